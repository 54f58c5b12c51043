import { createServer } from 'node:http';
import fc from 'fast-check';
import msgpack from 'socket.io-msgpack-parser';
import { Server } from '../../core/index.js';
import type { Transport, TransportHandler } from '../../core/transports/transport.js';
import { json, name } from './support/arbitraries.js';
import { fuzz } from './support/fuzz.js';

/** What a hostile client makes of MessagePack: pieces that are right, in an order and of a length that may not be. */
const str = (text: string): number[] => {
  const bytes = [...Buffer.from(text)];
  return bytes.length < 32 ? [0xa0 + bytes.length, ...bytes] : [0xd9, bytes.length & 0xff, ...bytes];
};
const length: fc.Arbitrary<number[]> = fc.constantFrom<number[][]>(
  [0xff, 0xff, 0xff, 0xff],
  [0, 0, 0, 2],
  [0x7f, 0xff, 0xff, 0xff],
);
const piece: fc.Arbitrary<number[]> = fc.oneof(
  name.map(str),
  fc.constantFrom('type', 'nsp', 'data', 'id', '/', '__proto__', 'constructor').map(str),
  fc.integer({ min: 0, max: 255 }).map((byte) => [byte]),
  fc.constantFrom<number[][]>([0xc0], [0xc1], [0xc2], [0xc3], [0x80], [0x81], [0x90], [0x91], [0x02], [0x00]),
  fc.tuple(fc.constantFrom(0xdb, 0xdd, 0xdf, 0xc6, 0xc9), length).map(([code, size]) => [code, ...size]),
  fc
    .tuple(fc.constantFrom(0xd4, 0xd5, 0xd6, 0xd7, 0xd8), fc.integer({ min: 0, max: 255 }))
    .map(([code, type]) => [code, type, 1, 2]),
  fc
    .tuple(fc.constantFrom(0x81, 0x91), fc.integer({ min: 1, max: 700 }))
    .map(([code, depth]) => new Array(depth).fill(code === 0x81 ? [code, ...str('a')] : [code]).flat()),
);

const encoder: { encode(value: unknown): Uint8Array[] } = new msgpack.Encoder() as never;
const packet = fc.record(
  {
    type: fc.oneof(fc.integer({ min: -1, max: 7 }), json),
    nsp: fc.oneof(fc.constantFrom('/', '/', '/a', '__proto__'), json),
    data: fc.oneof(
      fc.tuple(name, fc.array(json, { maxLength: 3 })).map(([event, args]) => [event, ...args]),
      json,
    ),
    id: fc.oneof(fc.nat(), json),
  },
  { requiredKeys: [] },
);
/** The header of an event, then whatever. */
const START = [0x83, ...str('type'), 2, ...str('nsp'), ...str('/'), ...str('data'), 0x92, ...str('x')];

const message: fc.Arbitrary<Uint8Array> = fc.oneof(
  packet.map((each) => Uint8Array.from(encoder.encode(each)[0]!)),
  fc.array(piece, { maxLength: 6 }).map((pieces) => Uint8Array.from(pieces.flat())),
  fc.array(piece, { maxLength: 4 }).map((pieces) => Uint8Array.from([...START, ...pieces.flat()])),
);

class MemoryTransport implements Transport {
  readonly maxPackets = Number.POSITIVE_INFINITY;
  readonly name = 'websocket';
  readonly ready = true;
  readonly writable = true;
  readonly bufferedBytes = 0;
  readonly bytesReceived = 0;
  readonly bytesSent = 0;
  readyState: 'open' | 'closing' | 'closed' = 'open';
  handler: TransportHandler | null = null;
  attach(handler: TransportHandler): void {
    this.handler = handler;
  }
  write(): void {}
  close(): void {
    if (this.readyState === 'closed') return;
    this.readyState = 'closed';
    this.handler?.onClose('transport close');
  }
  terminate(): void {
    this.close();
  }
}

const io = new Server(createServer(), { parser: msgpack });
const reported: unknown[] = [];
io.on('listener_error', (error) => reported.push(error));
let heard: unknown[] = [];
io.on('connection', (socket) => {
  socket.onAny((...args) => heard.push(...args));
});
afterAll(() => io.close());

let count = 0;

fuzz<Uint8Array[]>({
  name: 'foreign-parser',
  inputs: fc.array(message, { minLength: 1, maxLength: 4 }),
  check(messages) {
    const transport = new MemoryTransport();
    const request = { url: '/socket.io/?EIO=4&transport=websocket', headers: {}, socket: {} };
    const holder = { get: () => request as never, is: () => false, reduce: () => {} };
    const connection = io.engine.open(`fuzz-${count++}`, transport, holder, '127.0.0.1')!;
    const reasons: unknown[] = [];
    connection.on('close', (reason) => reasons.push(reason));
    heard = [];
    transport.handler!.onBinary(Buffer.from(encoder.encode({ type: 0, nsp: '/' })[0]!));
    for (const each of messages) {
      // The parser gives away parts of what it is given: each message needs bytes of its own.
      if (transport.readyState === 'open') transport.handler!.onBinary(Buffer.from(each));
    }
    if (connection.readyState === 'open') connection.close(true);

    expect(reported).toEqual([]);
    expect(reasons).toHaveLength(1);
    expect(['transport close', 'parse error', 'forced close']).toContain(reasons[0]);
    expect(io.engine.clientsCount + io.sockets.sockets.size).toBe(0);
    // What reached a listener is data: nothing in it inherits what a client sent, nothing is nested without end.
    for (const each of heard) assertPlain(each, 512);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  },
});

function assertPlain(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  if (depth === 0) throw new Error('nested too deep');
  const prototype = Object.getPrototypeOf(value);
  const isKnown = [Object.prototype, Array.prototype, Date.prototype, ArrayBuffer.prototype, null].includes(prototype);
  if (!isKnown) throw new Error('an object with a prototype of its own');
  for (const each of Object.values(value)) assertPlain(each, depth - 1);
}
