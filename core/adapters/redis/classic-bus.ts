import type { Clock } from '../../clock.js';
import type { ClassicBus } from './classic-wire.js';

/** A client of `ioredis`, as far as it is used here: `new Redis()` or `new Cluster()`. */
interface IoRedis {
  publish(channel: string, message: Buffer | string): Promise<unknown>;
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  psubscribe(pattern: string): Promise<unknown>;
  punsubscribe(pattern: string): Promise<unknown>;
  pubsub(command: 'NUMSUB', ...channels: string[]): Promise<unknown[]>;
  pipeline(): { publish(channel: string, message: Buffer | string): unknown; exec(): Promise<unknown> };
  /** Of a cluster only. */
  nodes?(role: 'master'): IoRedis[];
  on(event: string, listener: (...args: any[]) => void): unknown;
  off(event: string, listener: (...args: any[]) => void): unknown;
}

type RawListener = (message: Buffer, channel: Buffer) => void;

/** A client of `redis`, as far as it is used here: `createClient()` or `createCluster()`. */
interface NodeRedis {
  publish(channel: string, message: Buffer | string): Promise<unknown>;
  subscribe(channel: string, listener: RawListener, asBuffer: true): Promise<unknown>;
  unsubscribe(channel: string, listener: RawListener, asBuffer: true): Promise<unknown>;
  pSubscribe(pattern: string, listener: RawListener, asBuffer: true): Promise<unknown>;
  pUnsubscribe(pattern: string, listener: RawListener, asBuffer: true): Promise<unknown>;
  pubSubNumSub?(channels: string[]): Promise<Record<string, number>>;
  /** Of a cluster only. */
  masters?: unknown[];
  nodeClient?(node: unknown): Promise<NodeRedis> | NodeRedis;
}

type Listener = (message: Buffer, channel: string) => void;

/** What there is of each library to do. */
interface Library {
  publishAll(batch: readonly Publication[]): Promise<unknown>;
  subscribe(channel: string, listener: Listener): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  subscribePattern(pattern: string, listener: Listener): Promise<unknown>;
  unsubscribePattern(pattern: string): Promise<unknown>;
  countSubscribers(channels: readonly string[]): Promise<number[]>;
  close(): void;
}

interface Publication {
  readonly channel: string;
  readonly message: Buffer | string;
}

/**
 * Pub/Sub with patterns over the application's own clients, of `ioredis` or `redis`: one listener for all namespaces, and
 * all that is published in a turn in one write.
 */
export class RedisClassicBus implements ClassicBus {
  readonly #library: Library;
  readonly #clock: Clock;
  readonly #onError: (error: Error) => void;
  #batch: Publication[] = [];

  /** @param onError told when something that was published did not get to Redis. */
  constructor(publisher: unknown, subscriber: unknown, clock: Clock, onError: (error: Error) => void) {
    this.#library =
      typeof (subscriber as NodeRedis).pSubscribe === 'function'
        ? new NodeRedisLibrary(publisher as NodeRedis, subscriber as NodeRedis)
        : new IoRedisLibrary(publisher as IoRedis, subscriber as IoRedis);
    this.#clock = clock;
    this.#onError = onError;
  }

  publish(channel: string, message: Buffer | string): void {
    if (this.#batch.length === 0) this.#clock.endOfTurn(this.#flush);
    this.#batch.push({ channel, message });
  }

  readonly #flush = (): void => {
    this.#library.publishAll(this.#batch).catch(this.#onError);
    this.#batch = [];
  };

  async subscribe(channel: string, listener: Listener): Promise<void> {
    await this.#library.subscribe(channel, listener);
  }

  unsubscribe(channel: string): void {
    this.#library.unsubscribe(channel).catch(this.#onError);
  }

  async subscribePattern(pattern: string, listener: Listener): Promise<void> {
    await this.#library.subscribePattern(pattern, listener);
  }

  unsubscribePattern(pattern: string): void {
    this.#library.unsubscribePattern(pattern).catch(this.#onError);
  }

  countSubscribers(channels: readonly string[]): Promise<number[]> {
    return this.#library.countSubscribers(channels);
  }

  /** Leaves the clients as they were, but for subscriptions. */
  close(): void {
    this.#library.close();
  }
}

class IoRedisLibrary implements Library {
  readonly #publisher: IoRedis;
  readonly #subscriber: IoRedis;
  readonly #channels = new Map<string, Listener>();
  readonly #patterns = new Map<string, Listener>();

  constructor(publisher: IoRedis, subscriber: IoRedis) {
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    subscriber.on('messageBuffer', this.#onMessage);
    subscriber.on('pmessageBuffer', this.#onPatternMessage);
  }

  readonly #onMessage = (channel: Buffer, message: Buffer): void => {
    const name = channel.toString();
    this.#channels.get(name)?.(message, name);
  };

  readonly #onPatternMessage = (pattern: string, channel: Buffer, message: Buffer): void => {
    this.#patterns.get(pattern)?.(message, channel.toString());
  };

  /** Always the same node of a cluster: others would overtake it. */
  get #node(): IoRedis {
    return this.#publisher.nodes?.('master')[0] ?? this.#publisher;
  }

  publishAll(batch: readonly Publication[]): Promise<unknown> {
    const [first] = batch;
    if (batch.length === 1) return this.#node.publish(first!.channel, first!.message);
    const pipeline = this.#node.pipeline();
    for (const { channel, message } of batch) pipeline.publish(channel, message);
    return pipeline.exec();
  }

  subscribe(channel: string, listener: Listener): Promise<unknown> {
    this.#channels.set(channel, listener);
    return this.#subscriber.subscribe(channel);
  }

  unsubscribe(channel: string): Promise<unknown> {
    this.#channels.delete(channel);
    return this.#subscriber.unsubscribe(channel);
  }

  subscribePattern(pattern: string, listener: Listener): Promise<unknown> {
    this.#patterns.set(pattern, listener);
    return this.#subscriber.psubscribe(pattern);
  }

  unsubscribePattern(pattern: string): Promise<unknown> {
    this.#patterns.delete(pattern);
    return this.#subscriber.punsubscribe(pattern);
  }

  async countSubscribers(channels: readonly string[]): Promise<number[]> {
    // Each node of a cluster knows only its own.
    const nodes = this.#publisher.nodes?.('master') ?? [this.#publisher];
    const answers = await Promise.all(nodes.map((node) => node.pubsub('NUMSUB', ...channels)));
    return channels.map((_, index) => answers.reduce((sum: number, answer) => sum + Number(answer[2 * index + 1]), 0));
  }

  close(): void {
    this.#subscriber.off('messageBuffer', this.#onMessage);
    this.#subscriber.off('pmessageBuffer', this.#onPatternMessage);
  }
}

class NodeRedisLibrary implements Library {
  readonly #publisher: NodeRedis;
  readonly #subscriber: NodeRedis;
  readonly #listeners = new Map<string, RawListener>();

  constructor(publisher: NodeRedis, subscriber: NodeRedis) {
    this.#publisher = publisher;
    this.#subscriber = subscriber;
  }

  async #nodes(): Promise<NodeRedis[]> {
    const { masters } = this.#publisher;
    if (masters === undefined) return [this.#publisher];
    return Promise.all(masters.map((node) => this.#publisher.nodeClient!(node)));
  }

  publishAll(batch: readonly Publication[]): Promise<unknown> {
    const { masters } = this.#publisher;
    if (masters !== undefined) return this.#publishToCluster(batch);
    // What is asked for in one turn, this library writes at once.
    return Promise.all(batch.map(({ channel, message }) => this.#publisher.publish(channel, message)));
  }

  /** Always the same node: others would overtake it. */
  async #publishToCluster(batch: readonly Publication[]): Promise<unknown> {
    const [node] = await this.#nodes();
    return Promise.all(batch.map(({ channel, message }) => node!.publish(channel, message)));
  }

  #listen(name: string, listener: Listener): RawListener {
    const raw: RawListener = (message, channel) => listener(message, channel.toString());
    this.#listeners.set(name, raw);
    return raw;
  }

  #take(name: string): RawListener {
    const raw = this.#listeners.get(name)!;
    this.#listeners.delete(name);
    return raw;
  }

  subscribe(channel: string, listener: Listener): Promise<unknown> {
    return this.#subscriber.subscribe(channel, this.#listen(channel, listener), true);
  }

  unsubscribe(channel: string): Promise<unknown> {
    return this.#subscriber.unsubscribe(channel, this.#take(channel), true);
  }

  subscribePattern(pattern: string, listener: Listener): Promise<unknown> {
    return this.#subscriber.pSubscribe(pattern, this.#listen(pattern, listener), true);
  }

  unsubscribePattern(pattern: string): Promise<unknown> {
    return this.#subscriber.pUnsubscribe(pattern, this.#take(pattern), true);
  }

  async countSubscribers(channels: readonly string[]): Promise<number[]> {
    const answers = await Promise.all((await this.#nodes()).map((node) => node.pubSubNumSub!([...channels])));
    return channels.map((channel) => answers.reduce((sum, answer) => sum + Number(answer[channel]), 0));
  }

  close(): void {}
}
