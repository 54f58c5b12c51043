import { describe } from '../../errors.js';
import type { Binary } from './attachments.js';
import { type Packet, PacketType } from './packet.js';
import { Encoder, type PacketEncoder, type Parser } from './parser.js';

/** Bounds on what is sent. All are options, see options.ts. */
export interface EncodeLimits {
  /** Binary messages behind one packet. */
  readonly maxAttachments: number;
  /** Arguments of one event or acknowledgement. */
  readonly maxArguments: number;
  /** Bytes of one packet, its attachments included. */
  readonly maxMessageBytes: number;
}

/**
 * The encoder of a server. What no client could read, or is larger than allowed, is refused where it is sent from, before
 * anything of it is queued or logged, and the error names the event.
 *
 * @param parser a custom one, if there is one.
 */
export function createEncoder(parser: Parser | undefined, limits: EncodeLimits): PacketEncoder {
  return parser === undefined ? new LimitedEncoder(limits) : new LimitedForeignEncoder(new parser.Encoder(), limits);
}

class LimitedEncoder extends Encoder {
  readonly #limits: EncodeLimits;

  constructor(limits: EncodeLimits) {
    super();
    this.#limits = limits;
  }

  override get isPlain(): boolean {
    return true;
  }

  override encode(packet: Packet): (string | Binary)[] {
    try {
      checkData(packet, this.#limits);
      const encoded = super.encode(packet);
      const { maxAttachments } = this.#limits;
      if (encoded.length > 1 && encoded.length - 1 > maxAttachments)
        throw new RangeError(`too many attachments: ${encoded.length - 1}, at most ${maxAttachments}`);
      checkSize(encoded, this.#limits.maxMessageBytes);
      return encoded;
    } catch (error) {
      throw named(error, packet);
    }
  }
}

/** An encoder of a custom parser. How it marks attachments, only the parser knows. */
class LimitedForeignEncoder implements PacketEncoder {
  readonly #encoder: PacketEncoder;
  readonly #limits: EncodeLimits;

  constructor(encoder: PacketEncoder, limits: EncodeLimits) {
    this.#encoder = encoder;
    this.#limits = limits;
  }

  encode(packet: Packet): unknown[] {
    try {
      checkData(packet, this.#limits);
      const encoded = this.#encoder.encode(packet);
      checkSize(encoded, this.#limits.maxMessageBytes);
      return encoded;
    } catch (error) {
      throw named(error, packet);
    }
  }
}

/**
 * A client takes nothing else for the name of an event; `null`, `NaN` and objects would end the connection of each receiver.
 * So would more arguments than ours calls a function with: an application that adds one to those it passes on gets there.
 */
function checkData({ type, data }: Packet, { maxArguments }: EncodeLimits): void {
  const isEvent = type === PacketType.EVENT;
  if (isEvent || type === PacketType.ACK) {
    const count = isEvent ? data.length - 1 : data.length;
    if (count > maxArguments) throw new RangeError(`too many arguments: ${count}, at most ${maxArguments}`);
  }
  if (!isEvent) return;
  const name: unknown = data[0];
  if (typeof name === 'string' || Number.isFinite(name)) return;
  throw new TypeError('the name of an event is a string or a number');
}

function checkSize(encoded: readonly unknown[], maxBytes: number): void {
  let most = 0;
  for (const part of encoded) most += sizeOf(part, (text) => text.length * 3);
  // Text is measured only when it may be too much.
  if (most <= maxBytes) return;
  let bytes = 0;
  for (const part of encoded) bytes += sizeOf(part, Buffer.byteLength);
  if (bytes > maxBytes) throw new RangeError(`too large: ${bytes} bytes, at most ${maxBytes}`);
}

function sizeOf(part: unknown, sizeOfText: (text: string) => number): number {
  return typeof part === 'string' ? sizeOfText(part) : ((part as Partial<ArrayBufferView>).byteLength ?? 0);
}

/** The same kind of error, with the event in its message. What the application's own `toJSON` throws stays as it is. */
function named(error: unknown, { type, data }: Packet): unknown {
  if (!(error instanceof TypeError || error instanceof RangeError)) return error;
  const what = type === PacketType.EVENT ? `event ${describe(data?.[0])}` : `packet ${PacketType[type]}`;
  const message = `${error.message} (${what})`;
  return error instanceof RangeError
    ? new RangeError(message, { cause: error })
    : new TypeError(message, { cause: error });
}
