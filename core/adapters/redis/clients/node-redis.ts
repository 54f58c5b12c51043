import type { Publication, PubSubKind, PubSubListener, RedisArgument, RedisConnection } from './client.js';
import { groupByShard } from './shards.js';

type Listener = (message: Buffer, channel: Buffer) => void;
type Subscribe = (channels: string[], listener: Listener, bufferMode: true) => Promise<unknown>;

interface Commands {
  sendCommand(args: readonly RedisArgument[], options?: object): Promise<unknown>;
}

/** What we use of the clients and clusters that `createClient` and `createCluster` of node-redis make. */
export interface NodeRedisClient {
  /** Of a client only. */
  readonly isReady?: boolean;
  on(event: string, listener: (...args: any[]) => void): unknown;
  off(event: string, listener: (...args: any[]) => void): unknown;
  publish(channel: string, message: Buffer): Promise<unknown>;
  sPublish(channel: string, message: Buffer): Promise<unknown>;
  subscribe: Subscribe;
  sSubscribe: Subscribe;
  pSubscribe: Subscribe;
  unsubscribe: Subscribe;
  sUnsubscribe: Subscribe;
  pUnsubscribe: Subscribe;
  /** Of a client `(args, options)`, of a cluster `(key, isReadonly, args, options)`. */
  sendCommand(...args: any[]): Promise<unknown>;
  /** Of a cluster only. */
  readonly masters?: Master[];
  nodeClient?(node: Master): Commands | Promise<Commands>;
}

interface Master {
  readonly client?: { readonly isReady?: boolean } | undefined;
}

const STATUS_EVENTS = ['connect', 'ready', 'end', 'reconnecting', 'node-ready', 'node-disconnect'];
const SUBSCRIBE = { plain: 'subscribe', sharded: 'sSubscribe', pattern: 'pSubscribe' } as const;
const UNSUBSCRIBE = { plain: 'unsubscribe', sharded: 'sUnsubscribe', pattern: 'pUnsubscribe' } as const;

/** Bulk strings as buffers: the first is how node-redis 4 is told, the second how 5 and 6 are (36 is `$`). */
const BUFFERS = { returnBuffers: true, typeMapping: { 36: Buffer } };

export class NodeRedisConnection implements RedisConnection {
  readonly #client: NodeRedisClient;
  /** What was handed to the client, by channel: it counts who listens, and removes by identity. */
  readonly #listeners = new Map<string, Listener>();
  /** By channel: what has not been confirmed yet. */
  readonly #unconfirmed = new Map<string, Promise<void>>();
  readonly isCluster: boolean;
  /** Of a cluster: what all that is not for a shard is published through. */
  #master: Master | undefined;
  #lastTurn: Promise<void> = Promise.resolve();

  static accepts(client: unknown): client is NodeRedisClient {
    const { sendCommand, pSubscribe, sSubscribe } = (client ?? {}) as Partial<NodeRedisClient>;
    return typeof sendCommand === 'function' && typeof pSubscribe === 'function' && typeof sSubscribe === 'function';
  }

  constructor(client: NodeRedisClient) {
    this.#client = client;
    this.isCluster = client.masters !== undefined;
  }

  get canShard(): boolean {
    return this.isCluster;
  }

  get isReady(): boolean {
    // A cluster is as ready as its nodes; whether they are shows when they are used.
    return this.isCluster ? this.#client.masters!.length > 0 : this.#client.isReady === true;
  }

  watch(onChange: () => void, onError: (error: Error) => void): () => void {
    const onClientError = (error: Error): void => {
      // It says that it is not ready any more in no other way.
      onChange();
      onError(error);
    };
    for (const event of STATUS_EVENTS) this.#client.on(event, onChange);
    this.#client.on('error', onClientError);
    return () => {
      for (const event of STATUS_EVENTS) this.#client.off(event, onChange);
      this.#client.off('error', onClientError);
    };
  }

  publish(publications: readonly Publication[], kind: 'plain' | 'sharded'): Promise<unknown>[] {
    // The client writes what is sent in one turn at once.
    return publications.map(({ channel, message }) => {
      if (kind === 'sharded') return this.#client.sPublish(channel, message);
      if (this.isCluster) return this.#throughOneMaster(['PUBLISH', channel, message]);
      return this.#client.publish(channel, message);
    });
  }

  /** A cluster publishes through its nodes in turn, which does not keep the order. */
  async #throughOneMaster(args: readonly RedisArgument[]): Promise<unknown> {
    const masters = this.#client.masters!;
    const kept = this.#master !== undefined && masters.includes(this.#master) ? this.#master : masters[0];
    if (kept === undefined) throw new Error('no master of the cluster is known');
    // One that is not connected yet has no client, and gets one.
    const isLost = kept.client?.isReady === false;
    this.#master = isLost ? (masters.find(({ client }) => client?.isReady === true) ?? kept) : kept;
    const node = await this.#client.nodeClient!(this.#master);
    return node.sendCommand(args);
  }

  async subscribe(channels: readonly string[], kind: PubSubKind, listener: PubSubListener): Promise<void> {
    if (channels.length === 0) return;
    const heard: Listener = (message, channel) => listener(message, channel.toString());
    const fresh: string[] = [];
    const underWay = new Set<Promise<void>>();
    for (const channel of channels) {
      const key = `${kind} ${channel}`;
      // It subscribes again by itself after an outage.
      if (this.#listeners.has(key)) {
        const earlier = this.#unconfirmed.get(key);
        if (earlier !== undefined) underWay.add(earlier);
        continue;
      }
      this.#listeners.set(key, heard);
      fresh.push(channel);
    }
    if (fresh.length > 0) underWay.add(this.#subscribeTo(fresh, kind, heard));
    await Promise.all(underWay);
  }

  #subscribeTo(channels: string[], kind: PubSubKind, listener: Listener): Promise<void> {
    const keys = channels.map((channel) => `${kind} ${channel}`);
    const confirmed = this.#each(SUBSCRIBE[kind], channels, kind, listener)
      .catch((error) => {
        for (const key of keys) if (this.#listeners.get(key) === listener) this.#listeners.delete(key);
        throw error;
      })
      .finally(() => {
        for (const key of keys) if (this.#unconfirmed.get(key) === confirmed) this.#unconfirmed.delete(key);
      });
    for (const key of keys) this.#unconfirmed.set(key, confirmed);
    return confirmed;
  }

  async unsubscribe(channels: readonly string[], kind: PubSubKind): Promise<void> {
    const byListener = new Map<Listener, string[]>();
    for (const channel of channels) {
      const key = `${kind} ${channel}`;
      const listener = this.#listeners.get(key);
      if (listener === undefined) continue;
      this.#listeners.delete(key);
      const same = byListener.get(listener);
      if (same === undefined) byListener.set(listener, [channel]);
      else same.push(channel);
    }
    await Promise.all([...byListener].map(([listener, same]) => this.#each(UNSUBSCRIBE[kind], same, kind, listener)));
  }

  async #each(
    command: (typeof SUBSCRIBE)[PubSubKind] | (typeof UNSUBSCRIBE)[PubSubKind],
    channels: string[],
    kind: PubSubKind,
    listener: Listener,
  ): Promise<void> {
    if (kind !== 'sharded') {
      await this.#client[command](channels, listener, true);
      return;
    }
    // A cluster opens a connection per shard when it is first needed, and closes it with the last channel. Asked for two
    // things at once, it opens two connections and forgets one: so it is asked one thing after the other.
    const turn = this.#lastTurn.then(async () => {
      for (const group of groupByShard(channels, kind)) await this.#client[command](group, listener, true);
    });
    this.#lastTurn = turn.catch(() => {});
    await turn;
  }

  command(args: readonly RedisArgument[], key?: string): Promise<unknown> {
    return this.isCluster
      ? this.#client.sendCommand(key, false, args, BUFFERS)
      : this.#client.sendCommand(args, BUFFERS);
  }

  async commandOnMasters(args: readonly RedisArgument[]): Promise<unknown[]> {
    if (!this.isCluster) return [await this.command(args)];
    const nodes = await Promise.all(this.#client.masters!.map((master) => this.#client.nodeClient!(master)));
    return Promise.all(nodes.map((node) => node.sendCommand(args, BUFFERS)));
  }
}
