import fc from 'fast-check';
import {
  type FrameReceiver,
  hasUnread,
  readFrames,
  readOn,
  type Unfinished,
} from '../../../../core/protocol/websocket/reader.js';
import { clientFrame, OPCODE } from '../../../support/client-frames.js';

type Event = [kind: string, ...details: unknown[]];

/** Writes down what it is given. */
class Recorder implements FrameReceiver {
  readonly events: Event[] = [];
  unfinished: Unfinished | null = null;
  isReading = true;
  framesLeft = Number.POSITIVE_INFINITY;
  readonly maxPayload: number;
  readonly maxFragments = 131_072;

  constructor(maxPayload = 1_000_000) {
    this.maxPayload = maxPayload;
  }

  onText(text: string): void {
    this.events.push(['text', text]);
  }

  onBinary(data: Buffer): void {
    this.events.push(['binary', data.toString('latin1')]);
  }

  onPing(payload: Buffer): void {
    this.events.push(['ping', payload.toString()]);
  }

  onCloseFrame({ code, reason }: { code: number; reason: string }): void {
    this.isReading = false;
    this.events.push(['close', code, reason]);
  }

  onViolation({ closeCode, message }: { closeCode: number; message: string }): void {
    this.isReading = false;
    this.events.push(['violation', closeCode, message]);
  }
}

function read(bytes: Uint8Array, { size = Number.POSITIVE_INFINITY, maxPayload = 1_000_000 } = {}): Event[] {
  const recorder = new Recorder(maxPayload);
  for (let at = 0; at < bytes.byteLength && recorder.isReading; at += size)
    readFrames(recorder, Buffer.from(bytes.subarray(at, Math.min(bytes.byteLength, at + size))));
  return recorder.events;
}

/** All at once, and one byte at a time: it must not matter. */
function readBothWays(bytes: Uint8Array, maxPayload?: number): Event[] {
  const whole = read(bytes, { maxPayload });
  expect(read(bytes, { size: 1, maxPayload })).toEqual(whole);
  return whole;
}

const closeFrame = (code: number, reason = '') =>
  clientFrame(Buffer.concat([Buffer.of(code >> 8, code & 255), Buffer.from(reason)]), { opcode: OPCODE.close });

describe('messages', () => {
  test.each([0, 1, 5, 125, 126, 255, 256, 257, 1000, 65_535, 65_536, 70_003])('a text of %d bytes', (size) => {
    const text = 'abcdefg'.repeat(Math.ceil(size / 7)).slice(0, size);
    expect(read(clientFrame(text))).toEqual([['text', text]]);
    expect(read(clientFrame(text), { size: 1 })).toEqual([['text', text]]);
  });

  test.each(['é', 'grüße', '日本語', '👍', `${'a'.repeat(300)}👍`, 'é'.repeat(300)])(
    'text beyond ASCII: %s',
    (text) => {
      expect(readBothWays(clientFrame(text))).toEqual([['text', text]]);
    },
  );

  test.each([0, 3, 300, 66_000])('binary of %d bytes', (size) => {
    const bytes = Buffer.from(Array.from({ length: size }, (_, index) => index & 255));
    expect(read(clientFrame(bytes))).toEqual([['binary', bytes.toString('latin1')]]);
  });

  test('several in one chunk, and one that begins in the middle of memory', () => {
    const bytes = Buffer.concat([
      clientFrame('1'),
      clientFrame('x'.repeat(301)),
      clientFrame(Buffer.of(7)),
      clientFrame(''),
    ]);
    expect(readBothWays(bytes)).toEqual([
      ['text', '1'],
      ['text', 'x'.repeat(301)],
      ['binary', '\x07'],
      ['text', ''],
    ]);
  });

  test('fragments, with control frames between them', () => {
    const bytes = Buffer.concat([
      clientFrame('gr', { fin: false }),
      clientFrame('?', { opcode: OPCODE.ping }),
      clientFrame(Buffer.from('ü').subarray(0, 1), { opcode: OPCODE.continuation, fin: false }),
      clientFrame('', { opcode: OPCODE.continuation, fin: false }),
      clientFrame('!', { opcode: OPCODE.pong }),
      clientFrame(Buffer.from('ü').subarray(1), { opcode: OPCODE.continuation }),
      clientFrame('next'),
    ]);
    expect(readBothWays(bytes)).toEqual([
      ['ping', '?'],
      ['text', 'grü'],
      ['text', 'next'],
    ]);
  });

  test('whatever the pieces, the messages are the same', () => {
    const message = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.uint8Array({ maxLength: 300 }));
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), fc.integer({ min: 1, max: 200 }), (messages, size) => {
        const bytes = Buffer.concat(messages.map((each) => clientFrame(each)));
        expect(read(bytes, { size })).toEqual(
          messages.map((each) =>
            typeof each === 'string'
              ? ['text', Buffer.from(each).toString()]
              : ['binary', Buffer.from(each).toString('latin1')],
          ),
        );
      }),
    );
  });
});

describe('close frames', () => {
  test.each([1000, 1003, 1007, 1014, 3000, 4999])('code %d', (code) => {
    expect(readBothWays(closeFrame(code, 'bye'))).toEqual([['close', code, 'bye']]);
  });

  test('no code', () => {
    expect(readBothWays(clientFrame('', { opcode: OPCODE.close }))).toEqual([['close', 1005, '']]);
  });

  test('nothing is read behind one', () => {
    expect(read(Buffer.concat([closeFrame(1000), clientFrame('late')]))).toEqual([['close', 1000, '']]);
  });
});

describe('violations', () => {
  const wrong = (what: string) => `Invalid WebSocket frame: ${what}`;
  const fragment = clientFrame('x', { fin: false });

  test.each<[string, Buffer, number, string]>([
    ['RSV1', clientFrame('x', { reserved: 0x40 }), 1002, wrong('RSV1 must be clear')],
    ['RSV2', clientFrame('x', { reserved: 0x20 }), 1002, wrong('RSV2 and RSV3 must be clear')],
    ['RSV3', clientFrame('x', { reserved: 0x10 }), 1002, wrong('RSV2 and RSV3 must be clear')],
    ['not masked', clientFrame('x', { masked: false }), 1002, wrong('MASK must be set')],
    ['opcode 3', clientFrame('x', { opcode: 3 }), 1002, wrong('invalid opcode 3')],
    ['opcode 11', clientFrame('x', { opcode: 11 }), 1002, wrong('invalid opcode 11')],
    ['a continuation of nothing', clientFrame('x', { opcode: 0 }), 1002, wrong('invalid opcode 0')],
    ['a message inside another', Buffer.concat([fragment, clientFrame('y')]), 1002, wrong('invalid opcode 1')],
    ['a fragmented ping', clientFrame('', { opcode: 9, fin: false }), 1002, wrong('FIN must be set')],
    ['a long ping', clientFrame('x'.repeat(126), { opcode: 9 }), 1002, wrong('invalid payload length 126')],
    ['a close of one byte', clientFrame('x', { opcode: 8 }), 1002, wrong('invalid payload length 1')],
    ['a close with 1005', closeFrame(1005), 1002, wrong('invalid status code 1005')],
    ['a close with 2999', closeFrame(2999), 1002, wrong('invalid status code 2999')],
    ['bytes that are no text', clientFrame(Buffer.of(0xff), { opcode: 1 }), 1007, wrong('invalid UTF-8 sequence')],
    ['a surrogate', clientFrame(Buffer.of(0xed, 0xa0, 0x80), { opcode: 1 }), 1007, wrong('invalid UTF-8 sequence')],
    [
      'a reason that is no text',
      clientFrame(Buffer.of(3, 232, 0xff), { opcode: 8 }),
      1007,
      wrong('invalid UTF-8 sequence'),
    ],
    ['too large', clientFrame('x'.repeat(301)), 1009, 'Max payload size exceeded'],
    [
      'too large in fragments',
      Buffer.concat([clientFrame('x'.repeat(300), { fin: false }), clientFrame('x', { opcode: 0 })]),
      1009,
      'Max payload size exceeded',
    ],
    ['4 GB', clientFrame('x', { length: 2n ** 32n }), 1009, 'Max payload size exceeded'],
    ['2^63', clientFrame('x', { length: 2n ** 63n }), 1009, 'Unsupported WebSocket frame: payload length > 2^53 - 1'],
  ])('%s', (_name, bytes, code, message) => {
    const events = readBothWays(Buffer.concat([clientFrame('before'), bytes, clientFrame('behind')]), 300);
    expect(events).toEqual([
      ['text', 'before'],
      ['violation', code, message],
    ]);
  });

  test('what is wrong is refused before it has arrived whole', () => {
    expect(read(Buffer.of(0x81, 0x05))).toEqual([['violation', 1002, wrong('MASK must be set')]]);
    expect(read(Buffer.of(0x82, 0xfe, 0xff, 0xff), { maxPayload: 300 })).toEqual([
      ['violation', 1009, 'Max payload size exceeded'],
    ]);
  });

  test('a message of too many fragments', () => {
    const recorder = new Recorder();
    readFrames(recorder, clientFrame('x', { fin: false }));
    const empty = Buffer.concat(new Array(1000).fill(clientFrame('', { opcode: 0, fin: false })));
    for (let i = 0; i < 200 && recorder.isReading; i++) readFrames(recorder, Buffer.from(empty));
    expect(recorder.events).toEqual([['violation', 1008, 'Too many message fragments']]);
  });
});

test('a header that announces much reserves nothing', () => {
  const recorder = new Recorder();
  readFrames(recorder, clientFrame('x', { length: 1_000_000n }));
  expect(recorder.unfinished!.frame!.bytes.byteLength).toBeLessThan(1000);
});

test('a receiver that throws loses neither the rest of the chunk nor its place', () => {
  const recorder = new Recorder();
  recorder.onText = (text) => {
    recorder.events.push(['text', text]);
    if (text === 'bad') throw new Error('application');
  };
  const [first, second] = [clientFrame('second'), clientFrame('third')];
  const cut = second.byteLength - 2;
  expect(() => readFrames(recorder, Buffer.concat([clientFrame('bad'), first, second.subarray(0, cut)]))).toThrow(
    'application',
  );
  readFrames(recorder, Buffer.from(second.subarray(cut)));
  expect(recorder.events).toEqual([
    ['text', 'bad'],
    ['text', 'second'],
    ['text', 'third'],
  ]);
});

test('no more frames at once than are wanted, and the others later, in order', () => {
  const recorder = new Recorder();
  const bytes = Buffer.concat(['a', 'b', 'c', 'd', 'e'].map((text) => clientFrame(text)));
  recorder.framesLeft = 2;
  readFrames(recorder, bytes.subarray(0, bytes.byteLength - 3));
  expect([recorder.events.length, hasUnread(recorder)]).toEqual([2, true]);
  recorder.framesLeft = 2;
  readOn(recorder);
  expect([recorder.events.length, hasUnread(recorder)]).toEqual([4, true]);
  recorder.framesLeft = 2;
  readOn(recorder);
  // Only a part of the last one is there.
  expect([recorder.events.length, hasUnread(recorder)]).toEqual([4, false]);
  readFrames(recorder, bytes.subarray(bytes.byteLength - 3));
  expect(recorder.events.map(([, text]) => text)).toEqual(['a', 'b', 'c', 'd', 'e']);
  readOn(recorder);
  expect(recorder.events).toHaveLength(5);
});
