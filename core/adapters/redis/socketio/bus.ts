import type { ClusterNodeObserver } from '../../../cluster/observers.js';

/** What Socket.IO's protocol needs of Redis: Pub/Sub with patterns. Obligations as for {@link Bus}. */
export interface SocketioBus {
  /** Somebody uses it; the first opens it. */
  open(): void;
  /** ... and does not any more; the last closes it. */
  close(): Promise<void>;
  /** Adds somebody who wants to hear of outages. @returns a function that removes them again. */
  observe(observer: ClusterNodeObserver): () => void;
  /** Fire and forget, in the order of the calls. */
  publish(channel: string, message: Buffer | string): void;
  /** Resolves when it was confirmed. */
  subscribe(channel: string, listener: (message: Buffer) => void): Promise<void>;
  unsubscribe(channel: string): void;
  /** Resolves when it was confirmed. */
  subscribePattern(pattern: string, listener: (message: Buffer, channel: string) => void): Promise<void>;
  unsubscribePattern(pattern: string): void;
  /** Subscribers of each of these channels, in the whole cluster, all counted at the same moment. */
  countSubscribers(channels: readonly string[]): Promise<number[]>;
}
