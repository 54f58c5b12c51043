import { constants, deflateRawSync, type ZlibOptions } from 'node:zlib';

/** Opcodes with FIN set: we never fragment. Source: RFC 6455 §5.2. */
const TEXT = 0x81;
const BINARY = 0x82;
const CLOSE = 0x88;
const PONG = 0x8a;
/** RSV1 marks a compressed message. Source: RFC 7692 §6. */
const RSV1 = 0x40;

function headerLength(payloadLength: number): 2 | 4 | 10 {
  return payloadLength < 126 ? 2 : payloadLength < 65_536 ? 4 : 10;
}

function writeHeader(target: Buffer, opcode: number, payloadLength: number): number {
  target[0] = opcode;
  if (payloadLength < 126) {
    target[1] = payloadLength;
    return 2;
  }
  if (payloadLength < 65_536) {
    target[1] = 126;
    target.writeUInt16BE(payloadLength, 2);
    return 4;
  }
  target[1] = 127;
  target.writeUIntBE(0, 2, 2);
  target.writeUIntBE(payloadLength, 4, 6);
  return 10;
}

/**
 * One unmasked server frame holding a whole message. Source: RFC 6455 §5.2.
 *
 * Text is measured, then written once, straight behind the header: no intermediate buffer.
 */
export function encodeFrame(message: string | Uint8Array): Buffer {
  return typeof message === 'string'
    ? encodeTextFrame(message, Buffer.byteLength(message))
    : frameBytes(BINARY, message);
}

/** @param length bytes of the text in UTF-8. */
export function encodeTextFrame(text: string, length: number): Buffer {
  const frame = Buffer.allocUnsafe(headerLength(length) + length);
  // As many bytes as characters: it is ASCII, and there is nothing to encode.
  frame.write(text, writeHeader(frame, TEXT, length), length === text.length ? 'latin1' : 'utf8');
  return frame;
}

function frameBytes(opcode: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(headerLength(payload.byteLength) + payload.byteLength);
  frame.set(payload, writeHeader(frame, opcode, payload.byteLength));
  return frame;
}

/** The answer to a ping, with its payload. Source: RFC 6455 §5.5.3. */
export function encodePongFrame(payload: Uint8Array): Buffer {
  return frameBytes(PONG, payload);
}

/** @param reason not more than 123 bytes of UTF-8. Source: RFC 6455 §5.5.1. */
export function encodeCloseFrame(code?: number, reason = ''): Buffer {
  if (code === undefined) return frameBytes(CLOSE, Buffer.alloc(0));
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code, 0);
  payload.write(reason, 2);
  return frameBytes(CLOSE, payload);
}

/** How messages are compressed towards clients that negotiated permessage-deflate. */
export interface Compression {
  /** Messages smaller than this many bytes go out as they are. */
  readonly threshold: number;
  readonly zlib: Readonly<ZlibOptions>;
  /** Compresses on another thread what would take long on this one. Without, everything is compressed at once. */
  readonly pool?: DeflatePool;
}

/** Calls back later with the compressed bytes, or an error. */
export type DeflatePool = (
  payload: Uint8Array,
  options: ZlibOptions,
  callback: (error: Error | null, deflated: Buffer) => void,
) => void;

/** Bytes from which on a message is compressed on another thread: on this one, it would take up to 10 ms. */
export const POOL_BYTES = 16 * 1024;

/**
 * The same frame, compressed without context, so that one result serves every connection that negotiated the extension:
 * a compressor may start each message afresh whatever was agreed (RFC 7692 §7.1.1.1 obliges it only to *not* look back).
 *
 * It happens once per broadcast, here and now; what is large goes through {@link deflateLater} first.
 */
export function encodeDeflatedFrame(message: string | Uint8Array, compression: Compression): Buffer {
  const payload = typeof message === 'string' ? Buffer.from(message) : message;
  if (payload.byteLength < compression.threshold) return encodeFrame(message);
  try {
    return deflatedFrame(payload, typeof message === 'string', deflateRawSync(payload, options(compression)));
  } catch {
    // No memory for it, say. It may always go as it is.
    return encodeFrame(message);
  }
}

/** {@link encodeDeflatedFrame} with the pool: `payload` must not change meanwhile. Always calls back, once. */
export function deflateLater(
  payload: Uint8Array,
  isText: boolean,
  compression: Compression,
  callback: (frame: Buffer) => void,
): void {
  const plain = () => frameBytes(isText ? TEXT : BINARY, payload);
  if (payload.byteLength < compression.threshold) {
    callback(plain());
    return;
  }
  compression.pool!(payload, options(compression), (error, deflated) =>
    callback(error === null ? deflatedFrame(payload, isText, deflated) : plain()),
  );
}

function options({ zlib }: Compression): ZlibOptions {
  return { ...zlib, finishFlush: constants.Z_SYNC_FLUSH };
}

function deflatedFrame(payload: Uint8Array, isText: boolean, deflated: Buffer): Buffer {
  // The four bytes 00 00 ff ff that end a sync flush are implied. RFC 7692 §7.2.1.
  const body = deflated.subarray(0, deflated.byteLength - 4);
  const opcode = isText ? TEXT : BINARY;
  return body.byteLength < payload.byteLength ? frameBytes(opcode | RSV1, body) : frameBytes(opcode, payload);
}
