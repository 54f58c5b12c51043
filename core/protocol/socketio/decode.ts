import { LimitError, ProtocolError } from '../../errors.js';
import { exceedsDepth } from './depth.js';
import { type Packet, PacketType, RESERVED_EVENTS } from './packet.js';

/** What a decoder refuses. All are options, see options.ts. */
export interface DecodeLimits {
  /** Binary messages behind one packet. */
  readonly maxAttachments: number;
  /** Bytes of all attachments of one packet together. */
  readonly maxAttachmentBytes: number;
  /** Levels of arrays and objects inside each other. */
  readonly maxDepth: number;
  /** UTF-16 code units in the name of a namespace. */
  readonly maxNamespaceLength: number;
  /** Arguments of an event or an acknowledgement: a function is called with them. */
  readonly maxArguments: number;
}

export const DEFAULT_DECODE_LIMITS: DecodeLimits = {
  maxAttachments: 10,
  maxAttachmentBytes: Number.POSITIVE_INFINITY,
  maxDepth: 512,
  maxNamespaceLength: 1024,
  maxArguments: 10_000,
};

const ZERO = 48;
const DASH = 45;
const SLASH = 47;

/** Longest id that is still a safe integer: 2^53 - 1 has 16 digits. */
const MAX_ID_DIGITS = 16;

/**
 * Decodes the text of a packet, from `offset` on (nothing is sliced off first). A binary packet comes back with
 * `attachments` set and placeholders in its data: see {@link Decoder}. Source: Socket.IO protocol 5, "Packet encoding".
 *
 * @throws ProtocolError for everything that is not a valid packet. Nothing else is thrown.
 */
export function decode(
  text: string,
  offset: number,
  limits: DecodeLimits = DEFAULT_DECODE_LIMITS,
  reviver?: (this: any, key: string, value: any) => any,
): Packet {
  let at = offset;
  const type = text.charCodeAt(at++) - ZERO;
  if (!(type >= PacketType.CONNECT && type <= PacketType.BINARY_ACK)) throw new ProtocolError('unknown packet type');
  const packet: Packet = { type: type as PacketType, nsp: '/' };

  if (type === PacketType.BINARY_EVENT || type === PacketType.BINARY_ACK) {
    const end = digitsEnd(text, at);
    if (end === at || text.charCodeAt(end) !== DASH || end - at > MAX_ID_DIGITS)
      throw new ProtocolError('illegal attachments');
    packet.attachments = Number(text.slice(at, end));
    if (packet.attachments === 0) throw new ProtocolError('illegal attachments');
    if (packet.attachments > limits.maxAttachments) {
      throw new LimitError(`too many attachments: ${packet.attachments}, at most ${limits.maxAttachments}`);
    }
    at = end + 1;
  }

  if (text.charCodeAt(at) === SLASH) {
    const comma = text.indexOf(',', at);
    const end = comma === -1 ? text.length : comma;
    if (end - at > limits.maxNamespaceLength) throw new LimitError('namespace too long');
    packet.nsp = text.slice(at, end);
    at = comma === -1 ? end : end + 1;
  }

  const idEnd = digitsEnd(text, at);
  if (idEnd > at) {
    const id = Number(text.slice(at, idEnd));
    if (idEnd - at > MAX_ID_DIGITS || !Number.isSafeInteger(id))
      throw new ProtocolError('acknowledgement id out of range');
    packet.id = id;
    at = idEnd;
  }

  if (at < text.length) packet.data = parse(text, at, limits.maxDepth, reviver);
  if (!isDataValid(packet.type, packet.data)) throw new ProtocolError('invalid payload');
  checkArguments(packet.type, packet.data, limits);
  return packet;
}

/** @throws LimitError for more arguments than a function may be called with. */
export function checkArguments(type: PacketType, data: unknown, { maxArguments }: DecodeLimits): void {
  if (!Array.isArray(data)) return;
  const count = type === PacketType.EVENT || type === PacketType.BINARY_EVENT ? data.length - 1 : data.length;
  if (count > maxArguments) throw new LimitError(`too many arguments: ${count}, at most ${maxArguments}`);
}

function digitsEnd(text: string, start: number): number {
  let at = start;
  for (let code = text.charCodeAt(at); code >= ZERO && code <= ZERO + 9; code = text.charCodeAt(at)) at++;
  return at;
}

function parse(
  text: string,
  at: number,
  maxDepth: number,
  reviver?: (this: any, key: string, value: any) => any,
): unknown {
  const json = text.slice(at);
  if (exceedsDepth(json, maxDepth)) throw new LimitError(`nested deeper than ${maxDepth} levels`);
  try {
    return JSON.parse(json, reviver);
  } catch {
    throw new ProtocolError('invalid payload');
  }
}

/** Whether this may be the data of a packet of this type. */
export function isDataValid(type: PacketType, data: unknown): boolean {
  switch (type) {
    case PacketType.CONNECT:
      return data === undefined || isPlainObject(data);
    case PacketType.DISCONNECT:
      return data === undefined;
    case PacketType.CONNECT_ERROR:
      return typeof data === 'string' || isPlainObject(data);
    case PacketType.EVENT:
    case PacketType.BINARY_EVENT:
      return (
        Array.isArray(data) &&
        (typeof data[0] === 'number' || (typeof data[0] === 'string' && !RESERVED_EVENTS.has(data[0])))
      );
    case PacketType.ACK:
    case PacketType.BINARY_ACK:
      return Array.isArray(data);
  }
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
