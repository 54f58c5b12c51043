import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import * as ws from 'ws';
import { type FrameReceiver, readFrames } from '../../core/protocol/websocket/reader.js';
import { fuzz } from './support/fuzz.js';

interface Frame {
  first: number;
  payload: Uint8Array;
  repeat: number;
  masked: boolean;
  /** How the length is written; 0: the shortest way. */
  lengthBytes: 0 | 2 | 8;
}

interface Input {
  frames: Frame[];
  maxPayload: number;
  /** Bytes that are changed: where (of 2^16), and into what. */
  damage: { at: number; value: number }[];
  /** Sizes of the pieces the bytes arrive in. */
  pieces: number[];
}

const MASK = [0x5a, 0x13, 0xc7, 0x9e];

function encode({ first, payload, repeat, masked, lengthBytes }: Frame): Buffer {
  const whole = Buffer.concat(new Array(repeat).fill(Buffer.from(payload)));
  const size = lengthBytes !== 0 ? lengthBytes : whole.length < 126 ? 0 : whole.length < 65_536 ? 2 : 8;
  const length = Buffer.alloc(size);
  if (size === 2) length.writeUInt16BE(whole.length & 0xffff);
  if (size === 8) length.writeBigUInt64BE(BigInt(whole.length));
  const second = (masked ? 0x80 : 0) | (size === 0 ? whole.length : size === 2 ? 126 : 127);
  if (!masked) return Buffer.concat([Buffer.of(first, second), length, whole]);
  const body = whole.map((byte, index) => byte ^ MASK[index & 3]!);
  return Buffer.concat([Buffer.of(first, second), length, Buffer.from(MASK), body]);
}

/** The chunks are copies: both readers unmask in place. */
function split(bytes: Buffer, pieces: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = pieces.length === 0 ? bytes.length : pieces[i % pieces.length]!;
    chunks.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  return chunks;
}

type Event = [kind: string, ...details: unknown[]];

function readByUs(chunks: Buffer[], maxPayload: number): Event[] {
  const events: Event[] = [];
  const receiver = {
    unfinished: null,
    isReading: true,
    framesLeft: Number.POSITIVE_INFINITY,
    maxPayload,
    maxFragments: 131_072,
    onText: (text) => events.push(['text', text]),
    onBinary: (data) => events.push(['binary', Buffer.from(data)]),
    onPing: (payload) => events.push(['ping', Buffer.from(payload)]),
    onCloseFrame({ code, reason }) {
      receiver.isReading = false;
      events.push(['close', code, reason]);
    },
    onViolation({ message, closeCode }) {
      receiver.isReading = false;
      events.push(['violation', closeCode, message]);
    },
  } as FrameReceiver & { isReading: boolean };
  for (const chunk of chunks) if (receiver.isReading) readFrames(receiver, chunk);
  return events;
}

/** The oracle: the reader of the `ws` package in the role of a server. */
function readByLibrary(chunks: Buffer[], maxPayload: number): Promise<Event[]> {
  // Public exports of the package, missing in its types.
  const receiver = new (ws as any).Receiver({ isServer: true, maxPayload, extensions: {}, binaryType: 'nodebuffer' });
  return new Promise((resolve) => {
    const events: Event[] = [];
    receiver.on('message', (data: Buffer, isBinary: boolean) =>
      events.push(isBinary ? ['binary', Buffer.from(data)] : ['text', data.toString()]),
    );
    receiver.on('ping', (payload: Buffer) => events.push(['ping', Buffer.from(payload)]));
    receiver.on('conclude', (code: number, reason: Buffer) => {
      events.push(['close', code, reason.toString()]);
      resolve(events);
    });
    receiver.on('error', (error: Error) => {
      const status = Object.getOwnPropertySymbols(error).find((symbol) => symbol.description === 'status-code')!;
      events.push(['violation', (error as any)[status], error.message]);
      resolve(events);
    });
    receiver.on('finish', () => resolve(events));
    for (const chunk of chunks) if (receiver.writable) receiver.write(chunk);
    if (receiver.writable) receiver.end();
  });
}

fuzz<Input>({
  name: 'reader',
  inputs: fc.record({
    frames: fc.array(
      fc.record({
        first: fc.oneof(
          { weight: 12, arbitrary: fc.constantFrom(0x81, 0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x80, 0x89, 0x8a, 0x88) },
          { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) },
        ),
        payload: fc.oneof(
          fc.string({ unit: 'binary', maxLength: 40 }).map((text) => new Uint8Array(Buffer.from(text))),
          fc.string({ maxLength: 40 }).map((text) => new Uint8Array(Buffer.from(text))),
          fc.uint8Array({ maxLength: 12 }),
          fc.integer({ min: 990, max: 5010 }).map((code) => Uint8Array.of(code >> 8, code & 255, 0x61)),
        ),
        repeat: fc.constantFrom(1, 1, 1, 1, 2, 7, 30, 2000),
        masked: fc.integer({ min: 0, max: 30 }).map((number) => number > 0),
        lengthBytes: fc.constantFrom<(0 | 2 | 8)[]>(0, 0, 0, 0, 2, 8),
      }),
      { minLength: 1, maxLength: 8 },
    ),
    maxPayload: fc.constantFrom(1, 20, 300, 1e6, 1e6, 1e6),
    damage: fc.oneof(
      { weight: 4, arbitrary: fc.constant([]) },
      {
        weight: 1,
        arbitrary: fc.array(
          fc.record({ at: fc.integer({ min: 0, max: 65_535 }), value: fc.integer({ min: 0, max: 255 }) }),
          { maxLength: 3 },
        ),
      },
    ),
    pieces: fc.oneof(
      fc.constant<number[]>([]),
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
    ),
  }) as fc.Arbitrary<Input>,
  async check({ frames, maxPayload, damage, pieces }) {
    const bytes = Buffer.concat(frames.map(encode));
    for (const { at, value } of damage) bytes[at % bytes.length] = value;
    const expected = await readByLibrary(split(bytes, pieces), maxPayload);
    const ours = readByUs(split(bytes, pieces), maxPayload);
    if (!isDeepStrictEqual(ours, expected)) expect(ours).toEqual(expected);
    // However the bytes arrive.
    if (bytes.length < 2000) expect(isDeepStrictEqual(readByUs(split(bytes, [1]), maxPayload), ours)).toBe(true);
    expect(isDeepStrictEqual(readByUs([Buffer.from(bytes)], maxPayload), ours)).toBe(true);
  },
});
