import type { Publication, PubSubKind, PubSubListener, RedisArgument, RedisConnection } from './client.js';
import { groupByShard } from './shards.js';

interface IoredisCommands extends Callable<Promise<unknown>> {
  readonly status: string;
  readonly options: { readonly enableAutoPipelining?: boolean | undefined };
  pipeline(): IoredisPipeline;
}

/** The commands that keep their order. */
interface Callable<Result> {
  publish(channel: string, message: Buffer): Result;
  spublish(channel: string, message: Buffer): Result;
  callBuffer(command: string, ...args: RedisArgument[]): Result;
}

/** What we use of `Redis` and `Cluster` of ioredis. */
export interface IoredisClient extends IoredisCommands {
  readonly isCluster: boolean;
  readonly options: {
    readonly enableAutoPipelining?: boolean | undefined;
    readonly shardedSubscribers?: boolean | undefined;
    readonly keyPrefix?: string | undefined;
  };
  on(event: string, listener: (...args: any[]) => void): unknown;
  off(event: string, listener: (...args: any[]) => void): unknown;
  connect(): Promise<unknown>;
  subscribe(...channels: string[]): Promise<unknown>;
  ssubscribe(...channels: string[]): Promise<unknown>;
  psubscribe(...patterns: string[]): Promise<unknown>;
  unsubscribe(...channels: string[]): Promise<unknown>;
  sunsubscribe(...channels: string[]): Promise<unknown>;
  punsubscribe(...patterns: string[]): Promise<unknown>;
  /** Of a cluster only. */
  nodes?(role: 'master'): IoredisCommands[];
}

interface IoredisPipeline extends Callable<unknown> {
  exec(): Promise<[error: Error | null, result?: unknown][] | null>;
}

const STATUS_EVENTS = ['ready', 'close', 'reconnecting', 'end'];
/** Of a connection that was there. */
const LOST: ReadonlySet<string> = new Set(['close', 'reconnecting', 'end']);
const MESSAGE_EVENTS = { plain: 'messageBuffer', sharded: 'smessageBuffer', pattern: 'pmessageBuffer' } as const;
const SUBSCRIBE = { plain: 'subscribe', sharded: 'ssubscribe', pattern: 'psubscribe' } as const;
const UNSUBSCRIBE = { plain: 'unsubscribe', sharded: 'sunsubscribe', pattern: 'punsubscribe' } as const;

/**
 * How many of us want a channel, by client: what one gives up, another on the same client may still need, and ioredis
 * does not count.
 */
const subscriptionCounts = new WeakMap<object, Map<string, number>>();

export class IoredisConnection implements RedisConnection {
  readonly #client: IoredisClient;
  readonly #listeners = new Map<string, PubSubListener>();
  readonly #counts: Map<string, number>;
  readonly #heard = new Set<PubSubKind>();
  /** Of a cluster: what all that is not for a shard is published through. */
  #master: IoredisCommands | undefined;

  static accepts(client: unknown): client is IoredisClient {
    const { callBuffer, pipeline, isCluster } = (client ?? {}) as Partial<IoredisClient>;
    return typeof callBuffer === 'function' && typeof pipeline === 'function' && typeof isCluster === 'boolean';
  }

  constructor(client: IoredisClient) {
    this.#client = client;
    this.#counts = subscriptionCounts.get(client) ?? new Map<string, number>();
    subscriptionCounts.set(client, this.#counts);
    // Made with `lazyConnect`: it would wait for the first command, and we wait for it. How it goes is told by its events.
    if (client.status === 'wait') client.connect().catch(() => {});
  }

  get isCluster(): boolean {
    return this.#client.isCluster;
  }

  /** A `Cluster` has to be told; without, it subscribes on one connection to any of its nodes. */
  get canShard(): boolean {
    return this.isCluster && this.#client.options.shardedSubscribers === true;
  }

  get isReady(): boolean {
    return this.#client.status === 'ready';
  }

  watch(onChange: () => void, onError: (error: Error) => void): () => void {
    for (const event of STATUS_EVENTS) this.#client.on(event, onChange);
    this.#client.on('error', onError);
    return () => {
      for (const event of STATUS_EVENTS) this.#client.off(event, onChange);
      this.#client.off('error', onError);
      for (const kind of this.#heard) this.#client.off(MESSAGE_EVENTS[kind], this.#onMessageOf[kind]);
      this.#heard.clear();
    };
  }

  publish(publications: readonly Publication[], kind: 'plain' | 'sharded'): Promise<unknown>[] {
    if (kind === 'sharded') {
      return publications.map(({ channel, message }) => run(this.#client, (to) => to.spublish(channel, message)));
    }
    const target = this.isCluster ? this.#oneMaster() : this.#client;
    if (publications.length === 1 || this.isCluster) {
      return publications.map(({ channel, message }) => run(target, (to) => to.publish(channel, message)));
    }
    const pipeline = this.#client.pipeline();
    for (const { channel, message } of publications) pipeline.publish(channel, message);
    const results = pipeline.exec();
    return publications.map(async (_publication, index) => {
      const [error] = (await results)?.[index] ?? [new Error('the pipeline was not run')];
      if (error) throw error;
    });
  }

  /**
   * Always the same one as long as it is there, however many others become ready meanwhile (each connects with its first
   * command): two would not keep the order.
   */
  #oneMaster(): IoredisCommands {
    const masters = this.#client.nodes!('master');
    const kept = this.#master;
    if (kept !== undefined && masters.includes(kept) && !LOST.has(kept.status)) return kept;
    this.#master = masters.find(({ status }) => status === 'ready') ?? masters[0];
    return this.#master ?? this.#client;
  }

  async subscribe(channels: readonly string[], kind: PubSubKind, listener: PubSubListener): Promise<void> {
    if (channels.length === 0) return;
    for (const channel of channels) {
      const key = `${kind} ${channel}`;
      if (!this.#listeners.has(key)) this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
      this.#listeners.set(key, listener);
    }
    if (!this.#heard.has(kind)) {
      this.#heard.add(kind);
      this.#client.on(MESSAGE_EVENTS[kind], this.#onMessageOf[kind]);
    }
    await Promise.all(groupByShard(channels, kind).map((group) => this.#client[SUBSCRIBE[kind]](...group)));
  }

  async unsubscribe(channels: readonly string[], kind: PubSubKind): Promise<void> {
    const unwanted: string[] = [];
    for (const channel of channels) {
      const key = `${kind} ${channel}`;
      if (!this.#listeners.delete(key)) continue;
      const left = (this.#counts.get(key) ?? 1) - 1;
      if (left > 0) {
        this.#counts.set(key, left);
      } else {
        this.#counts.delete(key);
        unwanted.push(channel);
      }
    }
    if (unwanted.length === 0) return;
    await Promise.all(groupByShard(unwanted, kind).map((group) => this.#client[UNSUBSCRIBE[kind]](...group)));
  }

  readonly #onMessageOf = {
    plain: (channel: Buffer, message: Buffer): void => this.#onMessage('plain', channel, message),
    sharded: (channel: Buffer, message: Buffer): void => this.#onMessage('sharded', channel, message),
    pattern: (pattern: Buffer | string, channel: Buffer, message: Buffer): void => {
      this.#listeners.get(`pattern ${pattern}`)?.(message, channel.toString());
    },
  };

  #onMessage(kind: 'plain' | 'sharded', channel: Buffer, message: Buffer): void {
    let name = channel.toString();
    // To ioredis, a channel of a shard is a key: it goes out with the client's prefix, and comes back with it.
    const { keyPrefix } = this.#client.options;
    if (kind === 'sharded' && keyPrefix) name = name.slice(keyPrefix.length);
    this.#listeners.get(`${kind} ${name}`)?.(message, name);
  }

  command([name, ...args]: readonly RedisArgument[], _key?: string): Promise<unknown> {
    // ioredis finds the key among the arguments.
    return run(this.#client, (to) => to.callBuffer(String(name), ...args));
  }

  commandOnMasters([name, ...args]: readonly RedisArgument[]): Promise<unknown[]> {
    const nodes = this.isCluster ? this.#client.nodes!('master') : [this.#client];
    return Promise.all(nodes.map((node) => run(node, (to) => to.callBuffer(String(name), ...args))));
  }
}

/**
 * Sends a command now. With `enableAutoPipelining`, the client would keep it until the event loop comes round, so that what
 * we send in a pipeline of our own overtakes it, and it loses the name of what goes by `callBuffer`.
 */
function run(client: IoredisCommands, send: <Result>(to: Callable<Result>) => Result): Promise<unknown> {
  if (client.options.enableAutoPipelining !== true) return send(client);
  const pipeline = client.pipeline();
  send(pipeline);
  return pipeline.exec().then((results) => {
    const [error, reply] = results?.[0] ?? [new Error('the pipeline was not run')];
    if (error) throw error;
    return reply;
  });
}
