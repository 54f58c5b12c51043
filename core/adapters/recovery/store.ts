import type { Positions } from './records/offsets.js';
import type { Snapshot } from './records/snapshot.js';

/** One entry of a sender's log. */
export interface LogAppend {
  /** Numbers of its first and last event. */
  readonly first: number;
  readonly last: number;
  readonly entry: Buffer;
  /** Entries that end with an event below this one may go; `undefined` when none has to. */
  readonly keepFrom: number | undefined;
}

/** A change to a kept session. */
export interface SessionWrite {
  readonly pid: string;
  /** `undefined` to remove it. */
  readonly record: Buffer | undefined;
  /** Milliseconds it is kept, unless it is written again. */
  readonly lifetime: number;
  /** Whether it is written in any case; otherwise only over one with the same owner. */
  readonly isNew: boolean;
}

export interface ClaimedSession {
  readonly record: Buffer;
  /** Milliseconds it would have been kept. */
  readonly lifetime: number;
}

/** What a sender tells of itself from time to time. */
export interface Upkeep {
  readonly tag: string;
  /** Number of its last event that was written; 0 when there was none. */
  readonly position: number;
  /** Milliseconds its log is kept when it is not heard of any more. */
  readonly retention: number;
}

/**
 * Logs and sessions of one namespace, where all nodes find them.
 *
 * An implementer must
 * - append an entry, note the sender's position, and publish what the node publishes in the same go in one step: whoever
 *   finds an event in a log may rely on its having been published, and the other way round. If the entry cannot be written,
 *   the sender's position is removed before the events are published;
 * - do what one node asks in the order in which it asks;
 * - bound every wait: promises reject when Redis does not answer in time.
 */
export interface RecoveryStore {
  /** Called right before the events are published. */
  append(tag: string, append: LogAppend): void;
  /** Where each sender is, without any events. */
  positions(): Promise<Snapshot>;
  /** What is left of the events after these positions. */
  read(after: Positions): Promise<Snapshot>;
  /** Keeps our log alive and vouches for it; forgets senders that are long gone. @returns an id of Redis's current life. */
  upkeep(upkeep: Upkeep): Promise<string>;
  write(owner: string, writes: readonly SessionWrite[]): void;
  /** Takes a session away: of several who ask, one gets it. */
  claim(pid: string): Promise<ClaimedSession | undefined>;
}
