import createDebug from 'debug';
import type { Clock, Timer } from '../../../clock.js';
import type { Bus, BusListener, BusObserver } from '../../../cluster/bus.js';
import { randomId } from '../../../ids.js';
import type { Publication, RedisConnection } from '../clients/client.js';
import { hashTagOf } from '../clients/shards.js';
import { PendingPublications } from './pending-publications.js';
import { Subscriptions } from './subscriptions.js';

const debug = createDebug('carillon:redis');

export interface RedisBusOptions {
  readonly clock: Clock;
  /** What all channels begin with. */
  readonly prefix: string;
  /** Bytes that may wait during an outage. Beyond that, the oldest go. */
  readonly maxPendingBytes: number;
  /** Channels do not belong to shards, even where they could. Default `false`. */
  readonly isPlain?: boolean;
}

const MAX_CACHED_SCOPES = 1000;
/** Milliseconds a message of our own may take to come back when we check whether subscriptions work. */
const VERIFY_TIMEOUT = 2000;
/** Milliseconds until the next try, while the connection stands but does not work. */
const RETRY_DELAY = 500;

/**
 * A bus over Redis Pub/Sub: two connections of the application's, one to publish, one that is subscribed.
 *
 * On a Redis Cluster, channels belong to shards if the clients can do that: what a node publishes is then carried to the
 * nodes that listen, and not through all of the cluster. A scope has a hash tag, so that its channels are on one shard and
 * keep their order.
 */
export class RedisBus implements Bus {
  readonly #publisher: RedisConnection;
  readonly #subscriber: RedisConnection;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #kind: 'plain' | 'sharded';
  readonly #pending: PendingPublications;
  readonly #subscriptions: Subscriptions;
  readonly #id = randomId();
  /** What the channels of a scope begin with, so that no two scopes share one. */
  readonly #starts = new Map<string, string>();
  #observer: BusObserver | undefined;
  #stopWatching: (() => void)[] = [];
  #isUp: boolean;
  /** Whether `onDown` was told, and `onUp` was not. */
  #isOutage = false;
  #isVerifying = false;
  /** How often the connection was lost, as far as it showed. */
  #losses = 0;
  #retry: Timer | undefined;
  #isClosed = false;

  constructor(publisher: RedisConnection, subscriber: RedisConnection, options: RedisBusOptions) {
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#clock = options.clock;
    this.#prefix = options.prefix;
    this.#kind = !options.isPlain && publisher.canShard && subscriber.canShard ? 'sharded' : 'plain';
    this.#pending = new PendingPublications({
      maxBytes: options.maxPendingBytes,
      send: (publications) => publisher.publish(publications, this.#kind),
      onError: (error) => this.#observer?.onError(error),
      onLost: (error) => this.#onLost(error),
    });
    this.#subscriptions = new Subscriptions({
      clock: options.clock,
      subscribe: (channels, listener) => subscriber.subscribe(channels, this.#kind, listener),
      unsubscribe: (channels) => subscriber.unsubscribe(channels, this.#kind),
      onError: (error) => this.#observer?.onError(error),
      onLost: (error) => this.#onLost(error),
    });
    this.#isUp = publisher.isReady && subscriber.isReady;
    if (!this.#isUp) this.#hold();
    const watch = (connection: RedisConnection): (() => void) =>
      connection.watch(
        () => this.#onChange(),
        (error) => this.#onError(error),
      );
    this.#stopWatching = [watch(publisher), watch(subscriber)];
    // Not every client tells when it is ready.
    if (!this.#isUp) this.#tryLater();
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  observe(observer: BusObserver): void {
    this.#observer = observer;
  }

  channel(scope: string, name?: string): string {
    let start = this.#starts.get(scope);
    if (start === undefined) {
      const escaped = scope.replace(/[%#]/g, (character) => (character === '#' ? '%23' : '%25'));
      start = `${this.#prefix}#${this.#kind === 'sharded' ? `{${escaped}}` : escaped}#`;
      // Namespaces may be made by their clients, and come and go.
      if (this.#starts.size >= MAX_CACHED_SCOPES) this.#starts.clear();
      this.#starts.set(scope, start);
    }
    return name === undefined ? start : `${start}${name}#`;
  }

  publish(channel: string, message: Buffer): void {
    this.#pending.add({ channel, message });
  }

  subscribe(channel: string, listener: BusListener): Promise<void> {
    if (this.#isClosed) return Promise.reject(new Error('the bus is closed'));
    return this.#subscriptions.add(channel, listener);
  }

  unsubscribe(channel: string): void {
    this.#subscriptions.remove(channel);
  }

  async countSubscribers(channel: string): Promise<number> {
    const command = this.#kind === 'sharded' ? 'SHARDNUMSUB' : 'NUMSUB';
    const replies = await this.#publisher.commandOnMasters(['PUBSUB', command, channel]);
    return replies.reduce<number>((sum, reply) => sum + Number((reply as unknown[])[1] ?? 0), 0);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    debug('%s: closing', this.#prefix);
    this.#isClosed = true;
    this.#retry?.cancel();
    // A Redis that stands still must not keep a server from closing.
    await this.#withTimeout(Promise.all([this.#subscriptions.close(), this.#pending.close()])).catch(() => {});
    // To the last moment: without a listener, an error of the client would end the process.
    for (const stop of this.#stopWatching.splice(0)) stop();
  }

  // --- outages ---

  #onChange(): void {
    if (this.#isClosed) return;
    const isReady = this.#publisher.isReady && this.#subscriber.isReady;
    if (isReady && !this.#isUp) this.#verify();
    // Before the first time, it is only on its way.
    else if (!isReady && this.#isUp) this.#goDown(new Error('the connection to Redis is lost'));
    else if (!isReady) {
      this.#losses++;
      this.#tryLater();
    }
  }

  #onError(error: Error): void {
    if (this.#isClosed) return;
    if (this.#publisher.isReady && this.#subscriber.isReady) this.#observer?.onError(error);
    // Every attempt to connect ends with an error of its own: one outage is told once.
    else this.#goDown(error);
  }

  /** A command failed because its connection did. */
  #onLost(error: Error): void {
    if (this.#isClosed) return;
    this.#goDown(error);
    this.#tryLater();
  }

  #goDown(error: Error): void {
    debug('%s: down: %s', this.#prefix, error.message);
    this.#isUp = false;
    this.#losses++;
    this.#hold();
    if (this.#isOutage) return;
    this.#isOutage = true;
    this.#observer?.onDown(error);
  }

  #hold(): void {
    this.#pending.hold();
    this.#subscriptions.hold();
  }

  /**
   * Subscribes to everything again, and sends ourselves a message the way that the others take: through each shard that
   * we listen to. Nobody is told that we are back before all of them have arrived.
   */
  async #verify(): Promise<void> {
    if (this.#isVerifying) return;
    this.#isVerifying = true;
    const losses = this.#losses;
    try {
      await this.#withTimeout(this.#subscriptions.renew());
      const tags = new Set<string>(['']);
      if (this.#kind === 'sharded') for (const channel of this.#subscriptions.channels) tags.add(hashTagOf(channel));
      await Promise.all([...tags].map((tag) => this.#probe(tag)));
      // Lost again meanwhile: what was proved holds no longer.
      if (losses !== this.#losses || !this.#publisher.isReady || !this.#subscriber.isReady) this.#tryLater();
      else if (!this.#isClosed) this.#goUp();
    } catch (error) {
      debug('%s: the connections stand and do not work: %s', this.#prefix, (error as Error).message);
      this.#tryLater();
    } finally {
      this.#isVerifying = false;
    }
  }

  #goUp(): void {
    debug('%s: up', this.#prefix);
    this.#isUp = true;
    this.#subscriptions.release();
    const dropped = this.#pending.release();
    if (!this.#isOutage) return;
    this.#isOutage = false;
    this.#observer?.onUp(dropped);
  }

  #tryLater(): void {
    if (this.#isClosed) return;
    this.#retry?.cancel();
    this.#retry = this.#clock.setTimeout(() => this.#onChange(), RETRY_DELAY, true);
  }

  async #probe(tag: string): Promise<void> {
    const channel = `${this.#prefix}#${tag}#probe ${this.#id}#`;
    let onArrival: () => void = () => {};
    const arrived = new Promise<void>((resolve) => {
      onArrival = resolve;
    });
    try {
      await this.#withTimeout(this.#subscriber.subscribe([channel], this.#kind, () => onArrival()));
      const probe: Publication = { channel, message: Buffer.from('probe') };
      await this.#withTimeout(Promise.all([...this.#publisher.publish([probe], this.#kind), arrived]));
    } finally {
      this.#subscriber.unsubscribe([channel], this.#kind).catch(() => {});
    }
  }

  #withTimeout<Value>(promise: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimeout(() => reject(new Error('Redis does not answer')), VERIFY_TIMEOUT, true);
      promise.then(resolve, reject).finally(() => timer.cancel());
    });
  }
}
