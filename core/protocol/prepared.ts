import { encodeBinary, SEPARATOR } from './engineio/payload.js';
import {
  type Compression,
  deflateLater,
  encodeDeflatedFrame,
  encodeFrame,
  encodeTextFrame,
  POOL_BYTES,
} from './websocket/frame.js';

/**
 * What one packet looks like before a transport touches it: text parts are whole Engine.IO packets (type digit first),
 * binary parts are the payloads of binary messages.
 */
export type Part = string | Uint8Array;

/**
 * One packet, encoded once. Each wire form is computed at most once and shared by everybody who receives the packet.
 *
 * A Socket.IO header and its attachments are one unit: nothing can come between them, because they are one `Prepared`.
 */
export class Prepared {
  readonly parts: readonly Part[];
  /** Whether the packet may be compressed: the `compress` flag of the emit. */
  readonly compress: boolean;
  /** Bytes of payload, as the limits on waiting messages count them. */
  readonly byteLength: number;
  /** Connections it waits for; kept by `BufferBudget`. */
  waiters = 0;
  #frame: Buffer | undefined = undefined;
  #deflatedFrame: Buffer | undefined = undefined;
  #chunk: string | undefined = undefined;
  /** While it is compressed on another thread: who waits for that. */
  #waiting: (() => void)[] | null = null;

  constructor(parts: readonly Part[], compress = true, byteLength = sizeOf(parts)) {
    this.parts = parts;
    this.compress = compress;
    this.byteLength = byteLength;
  }

  /** An Engine.IO control packet, or any packet that is a single text. */
  static text(packet: string): Prepared {
    return new Prepared([packet], false);
  }

  /** A Socket.IO packet as an encoder returned it: its strings become Engine.IO message packets. */
  static message(encoded: readonly Part[], compress = true): Prepared {
    const first = encoded[0];
    if (encoded.length === 1 && typeof first === 'string') return new Prepared([`4${first}`], compress);
    return new Prepared(
      encoded.map((part) => (typeof part === 'string' ? `4${part}` : toBytes(part))),
      compress,
    );
  }

  /** The same packet with its binary parts in another form. */
  mapBinary(form: (part: Uint8Array) => Part): Prepared {
    return new Prepared(
      this.parts.map((part) => (typeof part === 'string' ? part : form(part))),
      this.compress,
    );
  }

  /** Bytes of memory it takes before it has any wire form: for what keeps messages longer than it takes to send them. */
  get heldBytes(): number {
    let bytes = MESSAGE_COST;
    for (const part of this.parts) {
      if (typeof part !== 'string') bytes += BINARY_COST + part.byteLength;
      // Of a text with one character that is not ASCII, each may take two bytes.
      else bytes += Buffer.byteLength(part) === part.length ? part.length : 2 * part.length;
    }
    return bytes;
  }

  /**
   * The same message without its wire forms, to be kept: what is sent of it is a copy again. A small part of a large buffer
   * (a client's attachment, cut out of what the kernel gave us) is copied, or it would keep all of that.
   */
  compact(): Prepared {
    return new Prepared(this.parts.map(cutOut), this.compress, this.byteLength);
  }

  /** As WebSocket frames. */
  get frame(): Buffer {
    this.#frame ??= this.#encode();
    return this.#frame;
  }

  #encode(): Buffer {
    const first = this.parts[0];
    return this.parts.length === 1 && typeof first === 'string'
      ? encodeTextFrame(first, this.byteLength)
      : this.#join(encodeFrame);
  }

  /** As WebSocket frames for a connection that negotiated permessage-deflate. */
  deflatedFrame(compression: Compression): Buffer {
    if (!this.compress) return this.frame;
    this.#deflatedFrame ??= this.#join((part) => encodeDeflatedFrame(part, compression));
    return this.#deflatedFrame;
  }

  /** Whether {@link Prepared.deflate} has to come before `deflatedFrame`, which would take long. */
  get isSlowToDeflate(): boolean {
    return this.compress && this.byteLength >= POOL_BYTES && this.#deflatedFrame === undefined;
  }

  /**
   * Compresses the message on another thread, once for everybody.
   *
   * @param done called when `deflatedFrame` is there.
   * @throws TypeError when the bytes are gone.
   */
  deflate(compression: Compression, done: () => void): void {
    if (this.#waiting !== null) {
      this.#waiting.push(done);
      return;
    }
    // Copies: the buffers are the application's, and may be given away meanwhile.
    const payloads = this.parts.map((part) => Buffer.from(part as Uint8Array));
    if (payloads.reduce((sum, { byteLength }) => sum + byteLength, 0) !== this.byteLength)
      throw new TypeError('the bytes of a message are gone');
    this.#waiting = [done];
    const frames: Buffer[] = [];
    let left = payloads.length;
    for (const [index, payload] of payloads.entries()) {
      deflateLater(payload, typeof this.parts[index] === 'string', compression, (frame) => {
        frames[index] = frame;
        if (--left > 0) return;
        this.#deflatedFrame = frames.length === 1 ? frames[0] : Buffer.concat(frames);
        const waiting = this.#waiting!;
        this.#waiting = null;
        for (const each of waiting) each();
      });
    }
  }

  /**
   * As a piece of a polling body.
   *
   * @throws Error when a text holds the character that separates packets there: it would be taken for several.
   */
  get chunk(): string {
    if (this.#chunk === undefined) {
      const [first] = this.parts;
      this.#chunk =
        this.parts.length === 1 && typeof first === 'string' ? piece(first) : this.parts.map(piece).join(SEPARATOR);
    }
    return this.#chunk;
  }

  #join(encode: (part: Part) => Buffer): Buffer {
    const first = this.parts[0];
    return this.parts.length === 1 && first !== undefined ? encode(first) : Buffer.concat(this.parts.map(encode));
  }
}

const EMPTY = new Uint8Array(0);

/** Bytes a message takes besides its parts: the object, the list, the head of a text. */
const MESSAGE_COST = 160;
/** Bytes a binary part takes besides its own: the view, and the buffer behind it. */
const BINARY_COST = 200;
/** A view of less than its buffer by more than this many bytes is worth a copy. */
const CUT_OUT_FROM = 1024;

function sizeOf(parts: readonly Part[]): number {
  let bytes = 0;
  for (const part of parts) bytes += typeof part === 'string' ? Buffer.byteLength(part) : part.byteLength;
  return bytes;
}

function cutOut(part: Part): Part {
  if (typeof part === 'string' || part.buffer.byteLength <= part.byteLength + CUT_OUT_FROM) return part;
  return new Uint8Array(part);
}

function piece(part: Part): string {
  if (typeof part !== 'string') return encodeBinary(part);
  // JSON never holds it. The text of a custom parser may, and with it what a client made up.
  if (part.includes(SEPARATOR)) throw new Error('a text with U+001E cannot be sent over polling');
  return part;
}

/** @throws TypeError when the part is not bytes: a Blob, say, whose bytes can only be read asynchronously. */
function toBytes(part: unknown): Uint8Array {
  if (part instanceof Uint8Array) return part.byteLength === 0 ? EMPTY : part;
  // Also one whose buffer was taken away, or has shrunk: nothing is left of it.
  if (ArrayBuffer.isView(part) && part.byteLength === 0) return EMPTY;
  if (ArrayBuffer.isView(part)) return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  if (part instanceof ArrayBuffer) return part.byteLength === 0 ? EMPTY : new Uint8Array(part);
  throw new TypeError(
    `cannot send a ${Object.prototype.toString.call(part).slice(8, -1)}: send its bytes (await blob.arrayBuffer())`,
  );
}
