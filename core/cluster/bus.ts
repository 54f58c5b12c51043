/** Takes a message of a channel. Must not throw. The bytes may be shared with other receivers: never write to them. */
export type BusListener = (message: Buffer) => void;

/** Who hears how a bus is doing. Called between messages, never from within a call to the bus. */
export interface BusObserver {
  /** The connection is lost: nothing comes in, and what goes out waits. Once per outage. */
  onDown(error: Error): void;
  /**
   * The connection is back, every subscription was confirmed again, and a message of our own came back through it.
   *
   * @param dropped messages that were dropped because too much waited.
   */
  onUp(dropped: number): void;
  /** Something failed that is not an outage: a message that was refused, a client library that reported an error. */
  onError(error: Error): void;
}

/**
 * What carries bytes between the nodes of a cluster: channels with subscribers. Made for Redis Pub/Sub, and no more than
 * that is promised: a message reaches whoever is subscribed when it passes by.
 *
 * An implementer must
 * - carry the messages of one node to each subscriber in the order of the calls, also across channels of one
 *   {@link Bus.channel} scope, and each at most once per subscriber unless the connection failed in between;
 * - deliver what a node publishes to that node, too, if it subscribed;
 * - never throw from `publish`, never block it, and hand failures to the observer;
 * - bound what waits while the connection is down, in bytes, drop the oldest first, and say how many;
 * - subscribe again by itself after an outage, and check that it worked, before it calls `onUp`;
 * - leave alone whatever it was given: clients are closed by who opened them.
 */
export interface Bus {
  /** Whether messages get through, as far as is known. */
  readonly isUp: boolean;
  /** Sets who is told of outages; called once, before anything else. */
  observe(observer: BusObserver): void;
  /**
   * The name of a scope's channel, or of one of its further channels. Channels of one scope keep their order among each
   * other, on a Redis Cluster too, where the scope decides which shard they live on.
   */
  channel(scope: string, name?: string): string;
  /** Fire and forget. The bus keeps the buffer: the caller must not write to it again. */
  publish(channel: string, message: Buffer): void;
  /**
   * Subscribes, or resubscribes with another listener. Resolves when the other side confirmed it: from then on nothing is
   * missed. While the connection is down, it resolves after it is back. Rejects when it was refused, or the bus closed.
   */
  subscribe(channel: string, listener: BusListener): Promise<void>;
  /** The listener is not called any more from now on. */
  unsubscribe(channel: string): void;
  /** How many subscribers a channel has in the whole cluster. Rejects while the connection is down. */
  countSubscribers(channel: string): Promise<number>;
  /** Unsubscribes from everything, and sends what waits if it can. Idempotent. */
  close(): Promise<void>;
}
