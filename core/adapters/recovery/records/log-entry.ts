import { readBroadcast, writeBroadcast } from '../../../cluster/wire/broadcast.js';
import { ByteReader, ByteWriter, MalformedError } from '../../../cluster/wire/bytes.js';
import type { Part } from '../../../protocol/prepared.js';
import type { BroadcastOptions, Room } from '../../../rooms/selection.js';

/** An event as it was sent, without an offset: each node puts its own behind the arguments. */
export interface LoggedEvent {
  /** Number of the event among those of its sender. */
  readonly sequence: number;
  /** When it was sent, in milliseconds by its sender's wall clock: orders events of several senders, roughly. */
  readonly sentAt: number;
  readonly parts: readonly Part[];
  readonly options: BroadcastOptions;
}

const VERSION = 1;
/** The least an event takes: flags, two empty lists, one empty part. */
const LEAST_BYTES = 15;

/**
 * Writes the events of one turn as one entry of the sender's log.
 *
 *     entry   version u8 (1) · sequence of the first event u48 · sent at f64 · count u32 · broadcast*
 */
export function encodeEntry(events: readonly LoggedEvent[]): Buffer {
  const writer = new ByteWriter();
  writer.uint8(VERSION);
  writer.uint48(events[0]!.sequence);
  writer.float64(events[0]!.sentAt);
  writer.uint32(events.length);
  for (const { parts, options } of events) writeBroadcast(writer, parts, options);
  return writer.bytes();
}

/** Reads an entry; `undefined` when it is none. */
export function decodeEntry(bytes: Buffer): LoggedEvent[] | undefined {
  try {
    const reader = new ByteReader(bytes);
    if (reader.uint8() !== VERSION) return undefined;
    const first = reader.uint48();
    const sentAt = reader.float64();
    const count = reader.count(LEAST_BYTES);
    const events: LoggedEvent[] = [];
    for (let i = 0; i < count; i++) {
      const { parts, rooms, except, flags } = readBroadcast(reader);
      events.push({ sequence: first + i, sentAt, parts, options: { rooms, except, flags } });
    }
    reader.finish();
    return events.length === 0 ? undefined : events;
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

/** Whether a member of these rooms is one of those an event is for. */
export function isReceiver(rooms: Iterable<Room>, options: BroadcastOptions): boolean {
  let isIncluded = options.rooms.size === 0;
  for (const room of rooms) {
    if (options.except.has(room)) return false;
    isIncluded ||= options.rooms.has(room);
  }
  return isIncluded;
}
