// Engine.IO 3, as clients of Socket.IO 1 and 2 speak it: what differs from revision 4 in the form of packets. Loaded and used
// only with the option `allowEIO3`.
import { LimitError, ProtocolError } from '../../errors.js';
import type { Prepared } from '../prepared.js';
import { Sequence } from '../sequence.js';
import { decodeBase64, type PayloadLimits, type PayloadVisitor } from './payload.js';

/** Of a message packet: its first byte, or the character behind the `b` of base64. Source: Engine.IO protocol 3, "Packet". */
const MESSAGE = 4;
/** Ends the length of a packet in a binary payload. Source: Engine.IO protocol 3, "Payload". */
const END_OF_LENGTH = 255;
/** No body that passed its bound has a packet whose length takes more digits. */
const MAX_LENGTH_DIGITS = 10;

/** The bytes of a message as the type and the data. */
function withType(data: Uint8Array): Buffer {
  const packet = Buffer.allocUnsafe(data.byteLength + 1);
  packet[0] = MESSAGE;
  packet.set(data, 1);
  return packet;
}

/** The data of a binary packet. @throws ProtocolError when it is no message. */
function withoutType(packet: Buffer): Buffer {
  if (packet[0] !== MESSAGE) throw new ProtocolError('a binary packet that is no message');
  return packet.subarray(1);
}

function toBase64(data: Uint8Array): string {
  return `b4${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')}`;
}

/** The data of a text packet that begins with `b`. @throws ProtocolError when it is no message, or malformed. */
export function decodeBase64Packet(packet: string): Buffer {
  if (packet.charCodeAt(1) !== 48 + MESSAGE) throw new ProtocolError('a binary packet that is no message');
  return decodeBase64(packet, 2, packet.length);
}

/** The data of a binary WebSocket message. @throws ProtocolError when it is no message packet. */
export const decodeBinaryPacket = withoutType;

const hasBinary = (message: Prepared): boolean => message.parts.some((part) => typeof part !== 'string');

/** Messages as revision 3 wants them on a WebSocket; one form for all receivers of a broadcast. */
class Forms {
  readonly #supportsBinary: boolean;
  readonly #known = new WeakMap<Prepared, Prepared>();

  constructor(supportsBinary: boolean) {
    this.#supportsBinary = supportsBinary;
  }

  of(message: Prepared): Prepared {
    let form = this.#known.get(message);
    if (form === undefined) {
      form = message.mapBinary(this.#supportsBinary ? withType : toBase64);
      this.#known.set(message, form);
    }
    return form;
  }
}

const binaryForms = new Forms(true);
const base64Forms = new Forms(false);

/**
 * Messages for a WebSocket of revision 3: the same ones when all are texts, which look alike in both revisions.
 *
 * @param supportsBinary the client takes binary messages; otherwise they go as base64.
 */
export function toRevision3(sequence: Sequence, supportsBinary: boolean): Sequence {
  const messages = sequence.messages();
  if (!messages.some(hasBinary)) return sequence;
  const forms = supportsBinary ? binaryForms : base64Forms;
  return messages.reduce(
    (path, message) => path.append(hasBinary(message) ? forms.of(message) : message),
    Sequence.root(),
  );
}

/**
 * The body of an answer to a polling request: texts, each behind its length in UTF-16 units, or, with binary messages for
 * a client that takes them, bytes. Source: Engine.IO protocol 3, "Payload".
 */
export function encodePayload(messages: readonly Prepared[], supportsBinary: boolean): string | Buffer {
  const parts = messages.flatMap((message) => message.parts);
  if (supportsBinary && parts.some((part) => typeof part !== 'string')) return encodeBinaryPayload(parts);
  return parts.map((part) => encodeText(typeof part === 'string' ? part : toBase64(part))).join('');
}

/** One text packet in a body of texts. */
export function encodeText(packet: string): string {
  return `${packet.length}:${packet}`;
}

function encodeBinaryPayload(parts: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const packet = typeof part === 'string' ? Buffer.from(part) : withType(part);
      const digits = Array.from(String(packet.byteLength), Number);
      return [Buffer.from([typeof part === 'string' ? 0 : 1, ...digits, END_OF_LENGTH]), packet];
    }),
  );
}

/**
 * Visits the packets of a polling body of texts in order.
 *
 * @throws ProtocolError when a length is missing or goes beyond the body, a packet is empty, or there are too many.
 */
export function decodeTextPayload(body: string, limits: PayloadLimits, visitor: PayloadVisitor): void {
  let count = 0;
  for (let at = 0; at < body.length; ) {
    if (++count > limits.maxPackets) throw tooMany(limits);
    const colon = body.indexOf(':', at);
    const digits = colon === -1 || colon - at > MAX_LENGTH_DIGITS ? '' : body.slice(at, colon);
    if (!/^\d+$/.test(digits)) throw new ProtocolError('a packet without its length in a payload');
    const start = colon + 1;
    at = start + Number(digits);
    if (at === start) throw new ProtocolError('empty packet in a payload');
    if (at > body.length) throw new ProtocolError('a packet that is longer than its payload');
    const packet = body.slice(start, at);
    const goOn =
      packet.charCodeAt(0) === 98 /* b */ ? visitor.onBinary(decodeBase64Packet(packet)) : visitor.onText(packet);
    if (!goOn) return;
  }
  if (count === 0) throw new ProtocolError('an empty payload');
}

/**
 * Visits the packets of a polling body of bytes (`application/octet-stream`) in order.
 *
 * @throws ProtocolError as {@link decodeTextPayload}, and when a packet is neither text nor binary.
 */
export function decodeBinaryPayload(body: Buffer, limits: PayloadLimits, visitor: PayloadVisitor): void {
  let count = 0;
  for (let at = 0; at < body.length; ) {
    if (++count > limits.maxPackets) throw tooMany(limits);
    const isText = body[at] === 0;
    if (!isText && body[at] !== 1) throw new ProtocolError('a packet that is neither text nor binary in a payload');
    const end = body.indexOf(END_OF_LENGTH, at + 1);
    const digits = end === -1 || end - at - 1 > MAX_LENGTH_DIGITS ? [] : [...body.subarray(at + 1, end)];
    if (digits.length === 0 || digits.some((digit) => digit > 9))
      throw new ProtocolError('a packet without its length in a payload');
    const start = end + 1;
    at = start + Number(digits.join(''));
    if (at === start) throw new ProtocolError('empty packet in a payload');
    if (at > body.length) throw new ProtocolError('a packet that is longer than its payload');
    const packet = body.subarray(start, at);
    if (!(isText ? visitor.onText(packet.toString()) : visitor.onBinary(withoutType(packet)))) return;
  }
  if (count === 0) throw new ProtocolError('an empty payload');
}

function tooMany({ maxPackets }: PayloadLimits): LimitError {
  return new LimitError(`more than ${maxPackets} packets in one payload`);
}
