// RFC 6455 and RFC 7692, case by case, in the sections of the Autobahn suite: 1 framing, 2 pings, 3 reserved bits, 4 opcodes,
// 5 fragmentation, 6 UTF-8, 7 closing, 9 and 10 large messages, 12 and 13 compression. Each case runs against both of our
// transports and against `ws`, and all three must do what the RFC says. `CONFORMANCE=full` adds the long ones.

import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { systemClock } from '../../core/clock.js';
import { BufferBudget } from '../../core/engine/buffer-budget.js';
import { FlushScheduler } from '../../core/engine/flush-scheduler.js';
import { Outbox, type OutboxTarget } from '../../core/engine/outbox.js';
import { resolveOptions } from '../../core/options/index.js';
import { Prepared } from '../../core/protocol/prepared.js';
import type { FrameTransport } from '../../core/transports/frame-transport.js';
import { WebSocketAcceptor } from '../../core/transports/websocket-acceptor.js';
import { frame, OPCODE, open, upgradeText } from './support/raw.js';

const isFull = process.env.CONFORMANCE === 'full';
const MAX = 64 * 1024 * 1024;

type Accept = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Sends back what comes in, by way of an outbox, as the engine does. */
function echo(transport: FrameTransport): void {
  const scheduler = new FlushScheduler(
    systemClock,
    resolveOptions({ maxBufferedBytes: MAX }).backlogLimits,
    new BufferBudget(systemClock, 1e9, () => []),
  );
  const target: OutboxTarget = {
    get ready() {
      return transport.ready;
    },
    get maxPackets() {
      return transport.maxPackets;
    },
    get unsentBytes() {
      return transport.bufferedBytes;
    },
    writeSequence: (sequence) => transport.write(sequence),
    onPressure() {},
    onRelief() {},
    onOverflow: () => transport.terminate(),
    onUnwritable: () => transport.terminate(),
  };
  const outbox = new Outbox(scheduler, target);
  const send = (part: string | Buffer): boolean => {
    outbox.push(new Prepared([part]));
    return true;
  };
  transport.attach({
    onText: send,
    onBinary: send,
    onReady: () => outbox.flush(),
    onHeaders() {},
    onTooLarge() {},
    onUnanswered() {},
    onClose() {},
  });
}

function ours(deflate: boolean): Accept {
  const perMessageDeflate = deflate ? ({ threshold: 0 } as const) : false;
  const acceptor = new WebSocketAcceptor({ maxPayload: MAX, maxFragments: 100_000, perMessageDeflate });
  return (request, socket, head) => acceptor.accept(request, socket, head, {}, echo);
}

function oracle(): Accept {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX, perMessageDeflate: { threshold: 0 } });
  return (request, socket, head) =>
    server.handleUpgrade(request, socket, head, (peer) => {
      peer.on('error', () => {});
      peer.on('message', (data, isBinary) => peer.send(data, { binary: isBinary, compress: isBinary }));
    });
}

const servers = { websocket: ours(false), 'websocket-library': ours(true), ws: oracle() };
type Name = keyof typeof servers;
const names = Object.keys(servers) as Name[];
const listening = {} as Record<Name, { server: Server; port: number }>;

beforeAll(async () => {
  for (const name of names) {
    const server = createServer().on('upgrade', servers[name]);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    listening[name] = { server, port: (server.address() as AddressInfo).port };
  }
});
afterAll(() => {
  for (const { server } of Object.values(listening)) server.close();
});

/** The frames of a server, as text. */
function read(bytes: Buffer): string[] {
  const seen: string[] = [];
  for (let buffer = bytes; buffer.length >= 2; ) {
    const short = buffer[1]! & 0x7f;
    const start = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (buffer.length < start) break;
    const length = short < 126 ? short : short === 126 ? buffer.readUInt16BE(2) : Number(buffer.readBigUInt64BE(2));
    if (buffer.length < start + length) break;
    const payload = buffer.subarray(start, start + length);
    const opcode = buffer[0]! & 15;
    if (opcode === OPCODE.close) seen.push(`close ${length >= 2 ? payload.readUInt16BE(0) : 1005}`);
    else if (opcode === OPCODE.pong) seen.push(`pong ${payload.toString('hex')}`);
    else if ((buffer[0]! & 0x40) !== 0) seen.push('compressed');
    else seen.push(opcode === OPCODE.text ? `text ${payload}` : `binary ${payload.toString('hex')}`);
    buffer = buffer.subarray(start + length);
  }
  return seen;
}

/**
 * What comes back, frame by frame, until the connection is over.
 *
 * @param expected so many frames; the last one is the end, which is provoked when the others are there.
 */
async function answers(name: Name, pieces: readonly Buffer[], expected: number, isChopped: boolean): Promise<string[]> {
  const socket = await open(listening[name].port);
  const isDeflated = name !== 'websocket';
  socket.write(upgradeText('', isDeflated ? { 'sec-websocket-extensions': 'permessage-deflate' } : {}));
  let bytes: Buffer = Buffer.alloc(0);
  let start = -1;
  let wake = (): void => {};
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    if (start === -1 && bytes.includes('\r\n\r\n')) start = bytes.indexOf('\r\n\r\n') + 4;
    wake();
  });
  socket.on('end', () => socket.end());
  const over = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  const reached = async (isThere: () => boolean): Promise<void> => {
    while (!isThere() && !socket.destroyed) {
      const news = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await Promise.race([news, over]);
    }
  };
  await reached(() => start !== -1);
  for (const [index, piece] of pieces.entries()) {
    const isEnd = index === pieces.length - 1 || (piece[0]! & 15) === OPCODE.close;
    if (isEnd) await reached(() => read(bytes.subarray(start)).length >= expected - 1);
    const step = isChopped ? 1 : piece.length;
    for (let at = 0; at < piece.length; at += step) {
      socket.write(piece.subarray(at, at + step));
      if (isChopped) await new Promise((resolve) => setImmediate(resolve));
    }
  }
  await over;
  return read(bytes.subarray(start));
}

interface Case {
  section: string;
  name: string;
  send: Buffer[];
  /** What has to come back; of a text that may be compressed, only that it did. */
  back: string[];
  isChopped?: boolean;
  not?: Name[];
}

const close = (code = 1000) => {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return frame(payload, { opcode: OPCODE.close });
};
const part = (payload: string | Buffer, opcode: number, fin: boolean) => frame(payload, { opcode, fin });
const cases: Case[] = [];
const add = (section: string, name: string, send: Buffer[], back: string[], more: Partial<Case> = {}): void => {
  cases.push({ section, name, send, back, ...more });
};

// 1: framing
for (const size of [0, 1, 125, 126, 127, 128, 65_535, 65_536]) {
  const text = '*'.repeat(size);
  add('1', `text of ${size}`, [frame(text), close()], [`text ${text}`, 'close 1000']);
  const bytes = Buffer.alloc(size, 0xfe);
  add(
    '1',
    `binary of ${size}`,
    [frame(bytes, { opcode: OPCODE.binary }), close()],
    [`binary ${bytes.toString('hex')}`, 'close 1000'],
  );
}
add('1', 'byte by byte', [frame('*'.repeat(200)), close()], [`text ${'*'.repeat(200)}`, 'close 1000'], {
  isChopped: true,
});

// 2: pings and pongs
for (const payload of [Buffer.alloc(0), Buffer.from('hello'), Buffer.from([0, 255, 254, 1]), Buffer.alloc(125, 0xfe)]) {
  const ping = frame(payload, { opcode: OPCODE.ping });
  add('2', `a ping of ${payload.length}`, [ping, close()], [`pong ${payload.toString('hex')}`, 'close 1000'], {
    isChopped: true,
  });
}
add('2', 'a ping of 126', [frame(Buffer.alloc(126), { opcode: OPCODE.ping })], ['close 1002']);
add(
  '2',
  'pongs nobody asked for',
  [frame('x', { opcode: OPCODE.pong }), frame('a'), close()],
  ['text a', 'close 1000'],
);

// 3: reserved bits; the first one is that of compression
for (const bits of [0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70]) {
  for (const [what, opcode] of [
    ['text', OPCODE.text],
    ['a ping', OPCODE.ping],
    ['a close', OPCODE.close],
  ] as const) {
    const bad = frame(opcode === OPCODE.close ? '' : 'x', { opcode });
    bad[0]! |= bits;
    const isCompression = bits === 0x40 && opcode === OPCODE.text;
    add('3', `${what} with the bits ${bits.toString(16)}`, [bad], ['close 1002'], {
      not: isCompression ? ['websocket-library', 'ws'] : [],
    });
  }
}

// 4: opcodes
for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
  add('4', `opcode ${opcode}`, [frame('', { opcode })], ['close 1002']);
  add('4', `opcode ${opcode} with a payload`, [frame('x', { opcode })], ['close 1002']);
}

// 5: fragmentation
const { text: TEXT, continuation: MORE, ping: PING, pong: PONG } = OPCODE;
add('5', 'two fragments', [part('a', TEXT, false), part('b', MORE, true), close()], ['text ab', 'close 1000']);
add('5', 'byte by byte', [part('a', TEXT, false), part('b', MORE, true), close()], ['text ab', 'close 1000'], {
  isChopped: true,
});
add(
  '5',
  'empty ones',
  [part('', TEXT, false), part('', MORE, false), part('', MORE, true), close()],
  ['text ', 'close 1000'],
);
add(
  '5',
  'a ping between',
  [part('a', TEXT, false), frame('p', { opcode: PING }), part('b', MORE, true), close()],
  ['pong 70', 'text ab', 'close 1000'],
  { isChopped: true },
);
for (const opcode of [PING, PONG])
  add('5', `a fragment of control ${opcode}`, [part('x', opcode, false)], ['close 1002']);
add('5', 'a continuation of nothing', [part('x', MORE, true)], ['close 1002']);
add('5', 'another one of nothing', [part('x', MORE, false)], ['close 1002']);
add(
  '5',
  'a continuation behind the end',
  [part('a', TEXT, false), part('b', MORE, true), part('c', MORE, true)],
  ['text ab', 'close 1002'],
  { isChopped: true },
);
add('5', 'a message within a message', [part('a', TEXT, false), part('b', TEXT, true)], ['close 1002']);
add(
  '5',
  'many fragments',
  [part('', TEXT, false), ...new Array(500).fill(part('x', MORE, false)), part('', MORE, true), close()],
  [`text ${'x'.repeat(500)}`, 'close 1000'],
);

// 6: UTF-8
const valid = [
  'κόσμε',
  '\u0000',
  '\u007f',
  '\u0080',
  '\u07ff',
  '\u0800',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '\ufffe',
  '\u{10000}',
  '\u{10ffff}',
  '\u{1fffe}',
  'Hello-µ@ßöäüàá-UTF-8!!',
];
for (const text of valid) {
  const bytes = Buffer.from(text);
  add('6', `valid: ${JSON.stringify(text)}`, [frame(bytes, { opcode: TEXT }), close()], [`text ${text}`, 'close 1000']);
  const fragments = [...bytes].map((byte, index) => part(Buffer.from([byte]), index === 0 ? TEXT : MORE, false));
  add(
    '6',
    `valid, a byte a fragment: ${JSON.stringify(text)}`,
    [...fragments, part('', MORE, true), close()],
    [`text ${text}`, 'close 1000'],
  );
}
const invalid = [
  '80',
  'bf',
  '8080',
  '80bf80bf',
  'c0',
  'c020',
  'df',
  'e0',
  'e080',
  'ef',
  'efbf',
  'f0',
  'f080',
  'f08080',
  'f7bfbf',
  'c0af',
  'e080af',
  'f08080af',
  'f8808080af',
  'fc80808080af',
  'c1bf',
  'e09fbf',
  'f08fbfbf',
  'c080',
  'e08080',
  'f0808080',
  'f888808080',
  'fc8480808080',
  'f7bfbfbf',
  'f4908080',
  'fe',
  'ff',
  'fefeffff',
  'eda080',
  'edadbf',
  'edae80',
  'edbfbf',
  'eda080edb080',
  'edafbfedbfbf',
  'cebae1bdb9cf83cebcceb5eda080656469746564',
];
for (const hex of invalid) {
  const bytes = Buffer.from(hex, 'hex');
  add('6', `invalid: ${hex}`, [frame(bytes, { opcode: TEXT })], ['close 1007']);
  add(
    '6',
    `invalid, between others: ${hex}`,
    [frame(Buffer.concat([Buffer.from('κό'), bytes, Buffer.from('σμε')]), { opcode: TEXT })],
    ['close 1007'],
  );
  const fragments = [...bytes].map((byte, index) => part(Buffer.from([byte]), index === 0 ? TEXT : MORE, false));
  add('6', `invalid, a byte a fragment: ${hex}`, [...fragments, part('', MORE, true)], ['close 1007']);
}

// 7: closing
add('7', 'without a code', [frame('', { opcode: OPCODE.close })], ['close 1005']);
add('7', 'half a code', [frame('x', { opcode: OPCODE.close })], ['close 1002']);
add('7', 'two of them', [close(), close()], ['close 1000']);
add('7', 'a message behind it', [frame('a'), close(), frame('b')], ['text a', 'close 1000'], { isChopped: true });
add('7', 'a ping behind it', [close(), frame('', { opcode: PING })], ['close 1000']);
add('7', 'in the middle of a message', [part('a', TEXT, false), close(), part('b', MORE, true)], ['close 1000']);
const reason = (bytes: Buffer) => frame(Buffer.concat([Buffer.from([0x03, 0xe8]), bytes]), { opcode: OPCODE.close });
add('7', 'with a reason', [reason(Buffer.from('bye'))], ['close 1000']);
add('7', 'with the longest reason', [reason(Buffer.alloc(123, 0x2a))], ['close 1000']);
add('7', 'with one too long', [reason(Buffer.alloc(124, 0x2a))], ['close 1002']);
add('7', 'with one that is not UTF-8', [reason(Buffer.from('ceba80', 'hex'))], ['close 1007']);
for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999])
  add('7', `code ${code}`, [close(code)], [`close ${code}`]);
for (const code of [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65_535])
  add('7', `code ${code}`, [close(code)], ['close 1002']);

// 9 and 10: large messages, in one piece and in many
for (const size of isFull ? [65_536, 262_144, 1_048_576, 4_194_304, 16_777_216] : [65_536, 1_048_576]) {
  const bytes = randomBytes(size);
  const back = [`binary ${bytes.toString('hex')}`, 'close 1000'];
  add('9', `${size} bytes`, [frame(bytes, { opcode: OPCODE.binary }), close()], back);
  const step = size / 64;
  const fragments = Array.from({ length: 64 }, (_, index) =>
    part(bytes.subarray(index * step, (index + 1) * step), index === 0 ? OPCODE.binary : MORE, index === 63),
  );
  add('9', `${size} bytes in 64 fragments`, [...fragments, close()], back);
}
const automatic = '*'.repeat(65_536);
const pieces = automatic.match(/.{1,1300}/g)!;
add(
  '10',
  'fragments of 1300',
  [...pieces.map((each, index) => part(each, index === 0 ? TEXT : MORE, index === pieces.length - 1)), close()],
  [`text ${automatic}`, 'close 1000'],
);

/** Text may come back compressed where that was negotiated. */
const comparable = (name: Name, seen: string[]): string[] =>
  name === 'websocket' ? seen : seen.map((each) => (/^(text|binary) /.test(each) ? 'compressed' : each));

const counts = new Map<string, number>();
afterAll(() => {
  const line = [...counts].map(([section, count]) => `${section}: ${count}`).join(', ');
  process.stdout.write(`conformance, cases by section: ${line}\n`);
});

describe.each([...new Set(cases.map(({ section }) => section))])('section %s', (section) => {
  const own = cases.filter((each) => each.section === section);

  test.each(names)(
    `${own.length} cases: %s`,
    async (name) => {
      counts.set(section, own.length);
      const check = async ({ name: what, send, back, isChopped = false, not = [] }: Case): Promise<void> => {
        if (not.includes(name)) return;
        expect([what, comparable(name, await answers(name, send, back.length, isChopped))]).toEqual([
          what,
          comparable(name, back),
        ]);
      };
      for (let at = 0; at < own.length; at += 16) await Promise.all(own.slice(at, at + 16).map(check));
    },
    180_000,
  );
});

describe('sections 12 and 13', () => {
  const offers: object[] = [
    {},
    { serverNoContextTakeover: true },
    { clientNoContextTakeover: true, serverNoContextTakeover: true },
    { clientMaxWindowBits: 9 },
    { clientMaxWindowBits: 15, serverMaxWindowBits: 15 },
    { serverMaxWindowBits: 10 },
  ];
  const sizes = isFull ? [0, 16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, 131_072] : [0, 64, 4096, 65_536];

  test.each(offers)('messages of all sizes with the offer %j', async (offer) => {
    const { port } = listening['websocket-library'];
    const peer = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: { threshold: 0, ...offer } });
    await new Promise((resolve) => peer.once('open', resolve));
    for (const size of sizes) {
      for (const data of [Buffer.from('{"a":"lorem ipsum"} '.repeat(size / 16)), randomBytes(size)]) {
        const back = new Promise<Buffer>((resolve) => peer.once('message', (message) => resolve(message as Buffer)));
        peer.send(data, { binary: true, compress: true });
        expect(Buffer.compare(await back, data)).toBe(0);
      }
    }
    const closed = new Promise((resolve) => peer.once('close', resolve));
    peer.close(1000);
    expect(await closed).toBe(1000);
  });
});
