import type { RequestHandler } from './handlers.js';
import type { Member } from './membership.js';
import type { ClusterNodeObserver } from './observers.js';
import type { Answers } from './requests.js';

export interface RequestOptions {
  /** Only this node; otherwise all others. */
  to?: string;
  /** Milliseconds to wait. */
  timeout?: number;
  /** Called with each part that comes before a node's answer. */
  onPart?: (node: string, payload: Buffer) => void;
}

/** This process among the other nodes, as far as whoever talks to them needs it. */
export interface ClusterPeer {
  /** 20 characters, new with every process. */
  readonly id: string;
  /** The other nodes, by id. */
  readonly members: ReadonlyMap<string, Member>;
  /** Resolves when it was opened and hears the others; never, when that fails. */
  readonly ready: Promise<void>;
  /** While it finds out who is there: resolves when it knows. */
  readonly settled: Promise<void> | undefined;
  /** Takes part; each user opens it, and closes it when done. Resolves when it hears the others. */
  open(): Promise<void>;
  close(): Promise<void>;
  /** Adds somebody who wants to know what happens. @returns a function that removes them again. */
  observe(observer: ClusterNodeObserver): () => void;
  /** Sets who answers requests of this name; one per name. @returns a function that removes it again. */
  handle(name: string, handler: RequestHandler): () => void;
  /** Asks the other nodes, or one. Never rejects. */
  request(name: string, payload: Uint8Array, options?: RequestOptions): Promise<Answers>;
  /** Sends to all who subscribe to the topic, this node included. Fire and forget, in order. */
  publish(topic: string, payload: Uint8Array): void;
  /** Hears what is published on a topic; one listener for each. Resolves when nothing is missed any more. */
  subscribe(topic: string, listener: (payload: Buffer, from: string) => void): Promise<void>;
  unsubscribe(topic: string): void;
  /** Counts and reports bytes that no node sends. */
  reject(reason: string): void;
}
