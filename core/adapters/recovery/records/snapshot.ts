import type { Room } from '../../../rooms/selection.js';
import { isReceiver, type LoggedEvent } from './log-entry.js';
import type { Positions } from './offsets.js';

/** The log of one sender, as it was read. */
export interface SenderLog {
  /** Number of its last event. */
  readonly position: number;
  /** What is left of its events, in order. Without a hole, but not from the beginning: the oldest are gone. */
  readonly events: readonly LoggedEvent[];
}

/** What the logs of a namespace held at one moment. */
export interface Snapshot {
  readonly senders: ReadonlyMap<string, SenderLog>;
  /** Senders that have been gone for so long that nobody who may come back has missed anything of theirs. */
  readonly finished: ReadonlySet<string>;
  /** Senders whose log may have lost its end: Redis was restarted, and they have not looked after it since. */
  readonly doubtful: ReadonlySet<string>;
}

/** An event, and who sent it. */
export interface SentEvent {
  readonly tag: string;
  readonly event: LoggedEvent;
}

/**
 * Puts what was read together: whatever does not reach up to the sender's position without a hole is of no use.
 *
 * @param entries the events of each entry, oldest entry first.
 */
export function senderLog(position: number, entries: readonly (readonly LoggedEvent[])[]): SenderLog {
  const events: LoggedEvent[] = [];
  let next = position;
  for (let i = entries.length - 1; i >= 0; i--) {
    const entry = entries[i]!;
    if (entry.at(-1)!.sequence !== next) break;
    events.push(...entry.toReversed());
    next = entry[0]!.sequence - 1;
  }
  return { position, events: events.reverse() };
}

/**
 * Whether all that was sent after `start` is in the snapshot, as far as can be told.
 *
 * @param required senders that have to be known; one that is not may have been lost together with its log.
 */
export function isComplete(snapshot: Snapshot, start: Positions, required: Iterable<string>): boolean {
  for (const tag of required) if (!snapshot.senders.has(tag) && !snapshot.finished.has(tag)) return false;
  for (const [tag, log] of snapshot.senders) {
    if (snapshot.doubtful.has(tag)) return false;
    const after = start.get(tag) ?? 0;
    // Ahead of what was sent: an offset that was made up, or a log that lost its end.
    if (after > log.position) return false;
    if (after < log.position - log.events.length) return false;
  }
  return true;
}

/** The events after `start` for a member of these rooms, those of each sender in order, and all roughly by time. */
export function eventsAfter(snapshot: Snapshot, start: Positions, rooms?: ReadonlySet<Room>): SentEvent[] {
  const queues: SentEvent[][] = [];
  for (const [tag, { position, events }] of snapshot.senders) {
    const missing = position - (start.get(tag) ?? 0);
    const tail = missing >= events.length ? events : events.slice(events.length - Math.max(0, missing));
    const queue: SentEvent[] = [];
    for (const event of tail) if (rooms === undefined || isReceiver(rooms, event.options)) queue.push({ tag, event });
    if (queue.length > 0) queues.push(queue);
  }
  return mergeByTime(queues);
}

/** Clocks differ: the order within a queue stands, whatever its times say. */
export function mergeByTime(queues: readonly (readonly SentEvent[])[]): SentEvent[] {
  if (queues.length === 1) return [...queues[0]!];
  const heads = queues.map((queue) => ({ queue, index: 0 }));
  const merged: SentEvent[] = [];
  for (;;) {
    let earliest: { queue: readonly SentEvent[]; index: number } | undefined;
    for (const head of heads) {
      const event = head.queue[head.index]?.event;
      if (event === undefined) continue;
      if (earliest === undefined || event.sentAt < earliest.queue[earliest.index]!.event.sentAt) earliest = head;
    }
    if (earliest === undefined) return merged;
    merged.push(earliest.queue[earliest.index++]!);
  }
}
