/**
 * How the native wire carries broadcasts: as messages, as the payload of a request, and in the log. Pure. The shapes stand
 * in messages.ts.
 */
import type { Part } from '../../protocol/prepared.js';
import type { BroadcastOptions, Room } from '../../rooms/selection.js';
import { type ByteReader, type ByteWriter, MalformedError } from './bytes.js';
import { Kind } from './kinds.js';

/** Who an emit is for, without its flags. */
export interface Target {
  readonly rooms: ReadonlySet<Room>;
  readonly except: ReadonlySet<Room>;
}

/** Where a recoverable event stands among those of its sender; see the log. */
export interface Stamp {
  /** Number of the event: 1, 2, 3 … per sender and namespace. */
  readonly sequence: number;
  /** Number of the sender's event before it on the same channel; 0 when there was none. */
  readonly previous: number;
}

export interface BroadcastMessage extends BroadcastOptions {
  readonly kind: Kind.BROADCAST;
  /** As {@link Prepared.parts}. */
  readonly parts: readonly Part[];
  readonly stamp: Stamp | undefined;
}

const VOLATILE = 1;
const UNCOMPRESSED = 2;
const STAMPED = 4;
const TEXT = 0;
const BINARY = 1;

/** Appends the body of a BROADCAST. */
export function writeBroadcast(
  writer: ByteWriter,
  parts: readonly Part[],
  options: BroadcastOptions,
  stamp?: Stamp,
): void {
  const { flags } = options;
  writer.uint8(
    (flags.volatile === true ? VOLATILE : 0) |
      (flags.compress === false ? UNCOMPRESSED : 0) |
      (stamp === undefined ? 0 : STAMPED),
  );
  if (stamp !== undefined) {
    writer.uint48(stamp.sequence);
    writer.uint48(stamp.previous);
  }
  writeTarget(writer, options);
  writer.uint32(parts.length);
  for (const part of parts) {
    if (typeof part === 'string') {
      writer.uint8(TEXT);
      writer.text(part);
    } else {
      writer.uint8(BINARY);
      writer.block(part);
    }
  }
}

/** Reads the body of a BROADCAST. @throws MalformedError */
export function readBroadcast(reader: ByteReader): BroadcastMessage {
  const bits = reader.uint8();
  if (bits > (VOLATILE | UNCOMPRESSED | STAMPED)) throw new MalformedError(`flags ${bits}`);
  let stamp: Stamp | undefined;
  if (bits & STAMPED) {
    stamp = { sequence: reader.uint48(), previous: reader.uint48() };
    if (stamp.previous >= stamp.sequence) throw new MalformedError('an event before the one before it');
  }
  const options = readTarget(reader);
  if (bits & VOLATILE) options.flags.volatile = true;
  if (bits & UNCOMPRESSED) options.flags.compress = false;
  const parts = readList(reader, 5, () => readPart(reader));
  if (parts.length === 0) throw new MalformedError('a packet without parts');
  return { kind: Kind.BROADCAST, ...options, parts, stamp };
}

function readPart(reader: ByteReader): Part {
  const type = reader.uint8();
  if (type === BINARY) return reader.block();
  if (type !== TEXT) throw new MalformedError(`part of type ${type}`);
  const text = reader.text();
  // Engine.IO messages only: no other packet may reach a client by way of the bus.
  if (text.charCodeAt(0) !== 0x34) throw new MalformedError('a part that is not a message');
  return text;
}

// --- rooms ---

const NAME = 0;
const NUMBER = 1;

/** Appends rooms and exceptions. */
export function writeTarget(writer: ByteWriter, target: Target): void {
  writer.uint32(target.rooms.size);
  if (target.rooms.size > 0) for (const room of target.rooms) writeRoom(writer, room);
  writer.uint32(target.except.size);
  if (target.except.size > 0) for (const room of target.except) writeRoom(writer, room);
}

/** Reads rooms and exceptions. @throws MalformedError */
export function readTarget(reader: ByteReader): BroadcastOptions {
  const rooms = new Set(readList(reader, 5, () => readRoom(reader)));
  const except = new Set(readList(reader, 5, () => readRoom(reader)));
  return { rooms, except, flags: {} };
}

export function writeRoom(writer: ByteWriter, room: unknown): void {
  if (typeof room === 'number') {
    writer.uint8(NUMBER);
    writer.float64(room);
  } else {
    writer.uint8(NAME);
    writer.text(String(room));
  }
}

export function readRoom(reader: ByteReader): Room {
  const type = reader.uint8();
  if (type === NAME) return reader.text();
  if (type === NUMBER) return reader.float64() as unknown as Room;
  throw new MalformedError(`room of type ${type}`);
}

// --- lists ---

/** @param size bytes an item takes at least. */
export function readList<Item>(reader: ByteReader, size: number, readItem: () => Item): Item[] {
  const count = reader.count(size);
  const items: Item[] = [];
  for (let i = 0; i < count; i++) items.push(readItem());
  return items;
}
