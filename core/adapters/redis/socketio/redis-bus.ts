import type { Clock } from '../../../clock.js';
import type { BusListener } from '../../../cluster/bus.js';
import { type ClusterNodeObserver, Observers } from '../../../cluster/observers.js';
import { ClusterError } from '../../../errors.js';
import { RedisBus } from '../bus/redis-bus.js';
import {
  connectionOf,
  isRefusal,
  type PubSubListener,
  type RedisClient,
  type RedisConnection,
} from '../clients/client.js';
import type { SocketioBus } from './bus.js';

export interface RedisSocketioBusOptions {
  readonly clock: Clock;
  /** What all channels begin with. */
  readonly key: string;
  /** Bytes that may wait during an outage. */
  readonly maxPendingBytes: number;
}

/** Milliseconds until the next try to subscribe to a pattern, while the connection does not work. */
const RETRY_DELAY = 500;

/** Everything that is there while somebody uses the bus. */
interface Opened {
  readonly bus: RedisBus;
  readonly publisher: RedisConnection;
  readonly subscriber: RedisConnection;
}

/**
 * The channels of Socket.IO's Redis adapter over the application's own clients: plain Pub/Sub, also on a cluster, and patterns. One per server,
 * used by the adapters of all its namespaces; outages are what they are for a {@link RedisBus}.
 */
export class RedisSocketioBus implements SocketioBus {
  readonly #publisher: RedisClient;
  readonly #subscriber: RedisClient;
  readonly #options: RedisSocketioBusOptions;
  readonly #observers = new Observers();
  readonly #patterns = new Map<string, PubSubListener>();
  #users = 0;
  #opened: Opened | undefined = undefined;

  /** @throws OptionError when these are no clients of Redis. */
  constructor(publisher: RedisClient, subscriber: RedisClient, options: RedisSocketioBusOptions) {
    connectionOf(publisher, 'publisher');
    connectionOf(subscriber, 'subscriber');
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#options = options;
  }

  open(): void {
    this.#users++;
    if (this.#opened !== undefined) return;
    const { clock, key, maxPendingBytes } = this.#options;
    const publisher = connectionOf(this.#publisher, 'publisher');
    const subscriber = connectionOf(this.#subscriber, 'subscriber');
    const bus = new RedisBus(publisher, subscriber, { clock, prefix: key, maxPendingBytes, isPlain: true });
    bus.observe({
      onDown: (error) =>
        this.#observers.down(
          new ClusterError('CARILLON_CLUSTER_DOWN', `other nodes cannot be reached: ${error.message}`, error),
        ),
      onUp: (dropped) => this.#onUp(dropped),
      onError: (error) =>
        this.#observers.error(new ClusterError('CARILLON_CLUSTER_FAILURE', `the bus: ${error.message}`, error)),
    });
    this.#opened = { bus, publisher, subscriber };
  }

  async close(): Promise<void> {
    if (--this.#users > 0) return;
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.bus.close();
  }

  observe(observer: ClusterNodeObserver): () => void {
    return this.#observers.add(observer);
  }

  #onUp(dropped: number): void {
    // Not every client subscribes again by itself.
    for (const [pattern, listener] of this.#patterns) {
      this.#opened?.subscriber.subscribe([pattern], 'pattern', listener).catch(() => {});
    }
    this.#observers.up(dropped);
    if (dropped === 0) return;
    const message = `${dropped} messages were dropped: too much waited during an outage`;
    this.#observers.error(new ClusterError('CARILLON_MESSAGES_DROPPED', message));
  }

  publish(channel: string, message: Buffer | string): void {
    this.#opened?.bus.publish(channel, typeof message === 'string' ? Buffer.from(message) : message);
  }

  subscribe(channel: string, listener: BusListener): Promise<void> {
    return this.#opened?.bus.subscribe(channel, listener) ?? closed();
  }

  unsubscribe(channel: string): void {
    this.#opened?.bus.unsubscribe(channel);
  }

  async subscribePattern(pattern: string, listener: PubSubListener): Promise<void> {
    this.#patterns.set(pattern, listener);
    while (this.#opened !== undefined && this.#patterns.get(pattern) === listener) {
      try {
        await this.#opened.subscriber.subscribe([pattern], 'pattern', listener);
        return;
      } catch (error) {
        if (isRefusal(error as Error)) throw error;
        await new Promise<void>((resolve) => this.#options.clock.setTimeout(resolve, RETRY_DELAY, true));
      }
    }
  }

  unsubscribePattern(pattern: string): void {
    this.#patterns.delete(pattern);
    this.#opened?.subscriber.unsubscribe([pattern], 'pattern').catch((error) => this.#observers.error(error));
  }

  async countSubscribers(channels: readonly string[]): Promise<number[]> {
    if (this.#opened?.bus.isUp !== true) throw new Error('Redis is away');
    // Each node of a cluster knows only its own.
    const replies = (await this.#opened.publisher.commandOnMasters(['PUBSUB', 'NUMSUB', ...channels])) as unknown[][];
    return channels.map((_, index) => replies.reduce((sum, reply) => sum + Number(reply[2 * index + 1]), 0));
  }
}

function closed(): Promise<never> {
  return Promise.reject(new Error('the bus is closed'));
}
