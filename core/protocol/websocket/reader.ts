import { isUtf8 } from 'node:buffer';
import { ProtocolError } from '../../errors.js';

/** What a client did that RFC 6455 forbids, and the close code that tells it so (§7.4.1). */
export class FrameViolation extends ProtocolError {
  constructor(
    message: string,
    readonly closeCode: 1002 | 1007 | 1008 | 1009,
  ) {
    super(message);
  }
}

/** What came with a close frame; 1005: no code. Source: RFC 6455 §7.1.5. */
export interface CloseFrame {
  readonly code: number;
  readonly reason: string;
}

/** Where {@link readFrames} delivers to. */
export interface FrameReceiver {
  /** Kept here between two chunks, by the reader; `null` to begin with. */
  unfinished: Unfinished | null;
  /** Whether more is wanted: asked after each delivery. */
  readonly isReading: boolean;
  /** Frames that may still be read now; the reader counts down, and {@link readOn} reads what is behind them. */
  framesLeft: number;
  /** Bytes of a message, all fragments together. */
  readonly maxPayload: number;
  /** Fragments of a message; they cost work but need hold no bytes. */
  readonly maxFragments: number;
  onText(text: string): void;
  /** `data` belongs to the receiver. */
  onBinary(data: Buffer): void;
  /** `payload` is only valid during the call. */
  onPing(payload: Buffer): void;
  onCloseFrame(frame: CloseFrame): void;
  /** Nothing more is delivered. */
  onViolation(violation: FrameViolation): void;
}

/** Opcodes. Source: RFC 6455 §5.2. */
const CONTINUATION = 0;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

const FIN = 0x80;
const MASKED = 0x80;
const MASK_LENGTH = 4;
const NO_CODE = 1005;

/** Bytes that arrive piece by piece: at most twice as much memory as has arrived, whatever a header announces. */
class Gathering {
  bytes: Buffer = Buffer.allocUnsafeSlow(64);
  length = 0;

  /** @param expected bytes there will be in the end, when that is known. */
  append(source: Buffer, start: number, end: number, expected: number): void {
    const length = this.length + end - start;
    if (length > this.bytes.byteLength) {
      const grown = Buffer.allocUnsafeSlow(Math.max(length, Math.min(expected, 2 * length)));
      this.bytes.copy(grown, 0, 0, this.length);
      this.bytes = grown;
    }
    source.copy(this.bytes, this.length, start, end);
    this.length = length;
  }
}

/** What a connection holds of messages that have not arrived whole. Most connections never need one. */
class Unfinished {
  /** A frame, from its first byte on, of which something is missing. */
  frame: Gathering | null = null;
  /** What stood behind a frame whose receiver threw, or behind as many frames as were wanted at once. */
  unread: Buffer | null = null;
  /** The fragments of a message so far, unmasked. */
  message: Gathering | null = null;
  opcode = 0;
  fragments = 0;

  /** Bytes of memory. */
  get byteLength(): number {
    const { frame, unread, message } = this;
    return (frame?.bytes.byteLength ?? 0) + (unread?.byteLength ?? 0) + (message?.bytes.byteLength ?? 0);
  }
}

export type { Unfinished };

/**
 * Reads what a client sent: masked frames, no extension negotiated. Whole messages, pings and the close frame go to the
 * receiver, in order; pongs are read and forgotten. Source: RFC 6455 §5.
 *
 * The payload is unmasked where it lies: the chunk must be the reader's own.
 */
export function readFrames(receiver: FrameReceiver, chunk: Buffer): void {
  const { unfinished } = receiver;
  if (unfinished !== null && unfinished.unread !== null) {
    const bytes = Buffer.concat([unfinished.unread, chunk]);
    unfinished.unread = null;
    readChunk(receiver, bytes);
  } else {
    readChunk(receiver, chunk);
  }
}

/** Whether there is more to {@link readOn}. */
export function hasUnread({ unfinished }: FrameReceiver): boolean {
  return unfinished !== null && unfinished.unread !== null;
}

/** Reads what was left of the last chunk. */
export function readOn(receiver: FrameReceiver): void {
  const { unfinished } = receiver;
  if (unfinished === null || unfinished.unread === null) return;
  const bytes = unfinished.unread;
  unfinished.unread = null;
  readChunk(receiver, bytes);
}

function readChunk(receiver: FrameReceiver, chunk: Buffer): void {
  let at = 0;
  let isOver = false;
  try {
    const gathered = receiver.unfinished === null ? null : receiver.unfinished.frame;
    if (gathered !== null) {
      at = gather(receiver, gathered, chunk);
      if (receiver.unfinished !== null && receiver.unfinished.frame === null) {
        onFrame(receiver, gathered.bytes, 0, gathered.length);
      }
    }
    while (receiver.isReading && at < chunk.byteLength && receiver.framesLeft > 0) {
      const size = frameSize(receiver, chunk, at, chunk.byteLength);
      if (size === INVALID || size > chunk.byteLength - at) break;
      const start = at;
      receiver.framesLeft--;
      // Before the receiver is called: if that throws, reading goes on behind this frame.
      at += size;
      onFrame(receiver, chunk, start, at);
    }
    isOver = receiver.framesLeft > 0;
  } finally {
    if (at < chunk.byteLength && receiver.isReading) {
      receiver.unfinished ??= new Unfinished();
      if (isOver) keep(receiver.unfinished, chunk, at);
      else receiver.unfinished.unread = chunk.subarray(at);
    }
  }
}

/** The start of a frame waits for the rest. */
function keep(unfinished: Unfinished, chunk: Buffer, at: number): void {
  unfinished.frame = new Gathering();
  unfinished.frame.append(chunk, at, chunk.byteLength, Number.POSITIVE_INFINITY);
}

/** Adds to a frame what it still needs. @returns how much of the chunk that was. */
function gather(receiver: FrameReceiver, frame: Gathering, chunk: Buffer): number {
  let at = 0;
  for (;;) {
    // As the frame grows, more of its header is known.
    const size = frameSize(receiver, frame.bytes, 0, frame.length);
    if (size === INVALID) return at;
    if (size === frame.length) {
      receiver.unfinished!.frame = null;
      return at;
    }
    if (at === chunk.byteLength) return at;
    const end = Math.min(chunk.byteLength, at + size - frame.length);
    frame.append(chunk, at, end, size);
    at = end;
  }
}

const INVALID = -1;

/**
 * Bytes of the frame that begins at `at`, or, while its header is incomplete, bytes after which more is known. What can
 * be refused is refused as soon as it is there. Source: RFC 6455 §5.2.
 */
function frameSize(receiver: FrameReceiver, bytes: Buffer, at: number, end: number): number {
  const available = end - at;
  if (available < 2) return 2;
  const first = bytes[at]!;
  const second = bytes[at + 1]!;
  const isMessage = first === (FIN | TEXT) || first === (FIN | BINARY);
  const { unfinished } = receiver;
  if (!isMessage || second < MASKED || unfinished !== null) {
    const wrong = faultOf(first, second, unfinished !== null && unfinished.opcode !== 0);
    if (wrong !== undefined) return refuse(receiver, `Invalid WebSocket frame: ${wrong}`, 1002);
  }
  let length = second & 0x7f;
  let header = 2;
  if (length === 126) {
    header = 4;
    if (available < header) return header;
    length = bytes.readUInt16BE(at + 2);
  } else if (length === 127) {
    header = 10;
    if (available < header) return header;
    const high = bytes.readUInt32BE(at + 2);
    // Over 2^53 - 1 no number is exact.
    if (high > 0x1f_ffff) return refuse(receiver, 'Unsupported WebSocket frame: payload length > 2^53 - 1', 1009);
    length = high * 2 ** 32 + bytes.readUInt32BE(at + 6);
  }
  if ((first & 0x0f) < CLOSE && length + (unfinished?.message?.length ?? 0) > receiver.maxPayload && length > 0)
    return refuse(receiver, 'Max payload size exceeded', 1009);
  return header + MASK_LENGTH + length;
}

function refuse(receiver: FrameReceiver, message: string, closeCode: FrameViolation['closeCode']): typeof INVALID {
  receiver.unfinished = null;
  receiver.onViolation(new FrameViolation(message, closeCode));
  return INVALID;
}

/** What is wrong with the first two bytes of a frame. */
function faultOf(first: number, second: number, isFragmented: boolean): string | undefined {
  const opcode = first & 0x0f;
  if ((first & 0x30) !== 0) return 'RSV2 and RSV3 must be clear';
  if ((first & 0x40) !== 0) return 'RSV1 must be clear';
  if (opcode === CONTINUATION ? !isFragmented : opcode <= BINARY ? isFragmented : opcode < CLOSE || opcode > PONG)
    return `invalid opcode ${opcode}`;
  if (opcode >= CLOSE) {
    const length = second & 0x7f;
    if ((first & FIN) === 0) return 'FIN must be set';
    if (length > 125 || (opcode === CLOSE && length === 1)) return `invalid payload length ${length}`;
  }
  return (second & MASKED) === 0 ? 'MASK must be set' : undefined;
}

/** One whole frame: `bytes` from `at` to `end`, its header checked. */
function onFrame(receiver: FrameReceiver, bytes: Buffer, at: number, end: number): void {
  const first = bytes[at]!;
  const size = bytes[at + 1]! & 0x7f;
  const start = at + (size < 126 ? 2 : size === 126 ? 4 : 10) + MASK_LENGTH;
  const isAscii = unmask(bytes, start, end);
  switch (first) {
    case FIN | TEXT:
      onText(receiver, bytes, start, end, isAscii);
      return;
    case FIN | BINARY:
      receiver.onBinary(bytes.subarray(start, end));
      return;
    case FIN | PING:
      receiver.onPing(bytes.subarray(start, end));
      return;
    case FIN | PONG:
      return;
    case FIN | CLOSE:
      onCloseFrame(receiver, bytes, start, end);
      return;
    default:
      onFragment(receiver, first, bytes, start, end);
  }
}

function onText(receiver: FrameReceiver, bytes: Buffer, start: number, end: number, isAscii: boolean): void {
  // Most text is ASCII, and then it is valid, and each byte is a character.
  if (isAscii) receiver.onText(bytes.toString('latin1', start, end));
  else if (isUtf8(bytes.subarray(start, end))) receiver.onText(bytes.toString('utf8', start, end));
  else refuse(receiver, 'Invalid WebSocket frame: invalid UTF-8 sequence', 1007);
}

function onCloseFrame(receiver: FrameReceiver, bytes: Buffer, start: number, end: number): void {
  if (start === end) {
    receiver.onCloseFrame({ code: NO_CODE, reason: '' });
    return;
  }
  const code = bytes.readUInt16BE(start);
  const reason = bytes.subarray(start + 2, end);
  if (!isCloseCode(code)) refuse(receiver, `Invalid WebSocket frame: invalid status code ${code}`, 1002);
  else if (!isUtf8(reason)) refuse(receiver, 'Invalid WebSocket frame: invalid UTF-8 sequence', 1007);
  else receiver.onCloseFrame({ code, reason: reason.toString() });
}

/** Codes that may stand in a close frame. Source: RFC 6455 §7.4. */
function isCloseCode(code: number): boolean {
  if (code >= 1000 && code <= 1014) return code !== 1004 && code !== 1005 && code !== 1006;
  return code >= 3000 && code <= 4999;
}

function onFragment(receiver: FrameReceiver, first: number, bytes: Buffer, start: number, end: number): void {
  receiver.unfinished ??= new Unfinished();
  const { unfinished } = receiver;
  if ((first & 0x0f) !== CONTINUATION) unfinished.opcode = first & 0x0f;
  unfinished.message ??= new Gathering();
  unfinished.message.append(bytes, start, end, Number.POSITIVE_INFINITY);
  if ((first & FIN) === 0) {
    if (++unfinished.fragments > receiver.maxFragments) refuse(receiver, 'Too many message fragments', 1008);
    return;
  }
  const { opcode, message } = unfinished;
  receiver.unfinished = null;
  if (opcode === TEXT) onText(receiver, message.bytes, 0, message.length, false);
  else receiver.onBinary(message.bytes.subarray(0, message.length));
}

/** From this many bytes on, a view of four bytes at a time is worth its making. */
const LONG = 256;
const maskBytes = new Uint8Array(MASK_LENGTH);
const maskWord = new Uint32Array(maskBytes.buffer);

/** Unmasks in place, with the key in front of `start`. Returns whether all bytes are ASCII. Source: RFC 6455 §5.3. */
function unmask(bytes: Buffer, start: number, end: number): boolean {
  const m0 = bytes[start - 4]!;
  const m1 = bytes[start - 3]!;
  const m2 = bytes[start - 2]!;
  const m3 = bytes[start - 1]!;
  if (end - start >= LONG) return unmaskLong(bytes, start, end, [m0, m1, m2, m3]);
  let seen = 0;
  let at = start;
  for (const last = end - 3; at < last; at += 4) {
    seen |= bytes[at]! ^= m0;
    seen |= bytes[at + 1]! ^= m1;
    seen |= bytes[at + 2]! ^= m2;
    seen |= bytes[at + 3]! ^= m3;
  }
  if (at < end) seen |= bytes[at]! ^= m0;
  if (at + 1 < end) seen |= bytes[at + 1]! ^= m1;
  if (at + 2 < end) seen |= bytes[at + 2]! ^= m2;
  return seen < 0x80;
}

function unmaskLong(bytes: Buffer, start: number, end: number, mask: readonly number[]): boolean {
  let seen = 0;
  let at = start;
  while (((bytes.byteOffset + at) & 3) !== 0) {
    seen |= bytes[at]! ^= mask[(at - start) & 3]!;
    at++;
  }
  for (let index = 0; index < MASK_LENGTH; index++) maskBytes[index] = mask[(at - start + index) & 3]!;
  const word = maskWord[0]!;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + at, (end - at) >>> 2);
  let seenWords = 0;
  for (let index = 0; index < words.length; index++) seenWords |= words[index]! ^= word;
  for (at += words.length * 4; at < end; at++) seen |= bytes[at]! ^= mask[(at - start) & 3]!;
  return seen < 0x80 && (seenWords & 0x80_80_80_80) === 0;
}
