import type { Malformed } from '../../../cluster/wire/messages.js';
import { ProtocolError } from '../../../errors.js';
import { Reader } from '../../../protocol/msgpack/decode.js';
import { PacketType, RESERVED_EVENTS } from '../../../protocol/socketio/packet.js';
import type { BroadcastFlags, BroadcastOptions, Room } from '../../../rooms/selection.js';

/** What somebody else wrote, of which nothing is believed yet. */
export type Fields = Record<string, unknown>;

/** Runs a reader; what it could not believe is a value: what others send is no reason to throw. */
export function checked<Result>(read: () => Result): Result | Malformed {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtocolError) return { malformed: error.message };
    throw error;
  }
}

/** JSON, or MessagePack: no map in MessagePack begins with a brace. */
export function decodeEither(bytes: Buffer): Fields {
  if (bytes[0] !== 0x7b) {
    const reader = new Reader(bytes);
    const value = reader.value();
    reader.end();
    return toFields(value, 'the message');
  }
  try {
    return toFields(JSON.parse(bytes.toString()), 'the message');
  } catch (error) {
    throw error instanceof ProtocolError ? error : new ProtocolError('malformed JSON');
  }
}

export function toFields(value: unknown, what: string): Fields {
  if (
    typeof value !== 'object' ||
    value === null ||
    Array.isArray(value) ||
    Buffer.isBuffer(value) ||
    value instanceof Date
  )
    throw new ProtocolError(`${what} is not an object`);
  return value as Fields;
}

export function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw new ProtocolError(`"${name}" is not a string`);
  return value;
}

export function optionalText(fields: Fields, name: string): string | undefined {
  return fields[name] === undefined || fields[name] === null ? undefined : text(fields, name);
}

/** Rooms that somebody else names. Applications do name them by numbers. @throws ProtocolError when they are none. */
export function toRooms(value: unknown, what: string): Room[] {
  // Emitters of other languages say "" for no rooms.
  if (value === undefined || value === null || value === '') return [];
  if (!Array.isArray(value) || !value.every((room) => typeof room === 'string' || typeof room === 'number'))
    throw new ProtocolError(`"${what}" is not a list of rooms`);
  return value as Room[];
}

export function toOptions(value: unknown): BroadcastOptions {
  const { rooms, except, flags } = isNothing(value) ? NO_FIELDS : toFields(value, 'the options');
  return { rooms: new Set(toRooms(rooms, 'rooms')), except: new Set(toRooms(except, 'except')), flags: toFlags(flags) };
}

/** What PHP and Python make of an object without fields: `[]`, or `""`. */
function isNothing(value: unknown): boolean {
  return value === '' || (Array.isArray(value) && value.length === 0);
}

const NO_FIELDS: Fields = {};

/** Only what means something to a receiver. */
function toFlags(value: unknown): BroadcastFlags {
  if (value === undefined || value === null || isNothing(value)) return {};
  const { volatile, compress, timeout } = toFields(value, 'the flags');
  const flags: BroadcastFlags = {};
  if (volatile === true) flags.volatile = true;
  if (compress === false) flags.compress = false;
  if (typeof timeout === 'number' && timeout >= 0) flags.timeout = timeout;
  return flags;
}

/** Emitters of other languages tell events with binary apart. */
export function assertEventType(type: unknown): void {
  if (type !== PacketType.EVENT && type !== PacketType.BINARY_EVENT) throw new ProtocolError('not an event');
}

export function assertEventName(name: unknown): void {
  if ((typeof name !== 'string' && typeof name !== 'number') || RESERVED_EVENTS.has(name))
    throw new ProtocolError('the name of the event is reserved, or not a name');
}
