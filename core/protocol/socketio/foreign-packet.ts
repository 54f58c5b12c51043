import { LimitError, ProtocolError } from '../../errors.js';
import { checkArguments, type DecodeLimits, isDataValid } from './decode.js';
import { type Packet, PacketType } from './packet.js';

/**
 * A packet as a custom parser's decoder made it of what a client sent, checked: its shape, and the bounds that our own
 * decoder keeps while it decodes.
 *
 * @throws ProtocolError for everything the rest of the server must not meet.
 */
export function checkForeignPacket(decoded: unknown, limits: DecodeLimits): Packet {
  if (!isObject(decoded)) throw new ProtocolError('not a packet');
  const { type, nsp } = decoded as Partial<Packet>;
  // Some formats know `null` only, not "nothing".
  const id = (decoded as Partial<Packet>).id ?? undefined;
  const data = (decoded as Partial<Packet>).data ?? undefined;
  if (!Number.isInteger(type) || type! < PacketType.CONNECT || type! > PacketType.BINARY_ACK)
    throw new ProtocolError('unknown packet type');
  if (typeof nsp !== 'string' || !nsp.startsWith('/')) throw new ProtocolError('invalid namespace');
  if (nsp.length > limits.maxNamespaceLength) throw new LimitError('namespace too long');
  if (id !== undefined && !(Number.isSafeInteger(id) && id >= 0))
    throw new ProtocolError('acknowledgement id out of range');
  if (!isDataValid(type!, data)) throw new ProtocolError('invalid payload');
  checkArguments(type!, data, limits);
  assertPlain(data, limits.maxDepth);
  return { type: ordinary(type!), nsp, id, data };
}

/** How the bytes travelled is of no interest any more, as behind our own decoder. */
function ordinary(type: PacketType): PacketType {
  if (type === PacketType.BINARY_EVENT) return PacketType.EVENT;
  return type === PacketType.BINARY_ACK ? PacketType.ACK : type;
}

/**
 * Level by level, so that depth costs no stack, and each object once, because a format may know references.
 *
 * A decoder that assigns to a key called `__proto__` gives an object a prototype of the sender's choice. It shows: what
 * the object inherits from is not the `prototype` of its constructor.
 */
function assertPlain(data: unknown, maxDepth: number): void {
  const seen = new Set<object>();
  let level = isObject(data) ? [data] : [];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maxDepth) throw new LimitError(`nested deeper than ${maxDepth} levels`);
    const next: object[] = [];
    for (const each of level) {
      if (seen.has(each)) continue;
      seen.add(each);
      const prototype: { constructor?: { prototype?: unknown } } | null = Object.getPrototypeOf(each);
      if (prototype !== null && prototype.constructor?.prototype !== prototype)
        throw new ProtocolError('a prototype among the data');
      if (ArrayBuffer.isView(each)) continue;
      for (const value of Object.values(each)) if (isObject(value)) next.push(value);
    }
    level = next;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
