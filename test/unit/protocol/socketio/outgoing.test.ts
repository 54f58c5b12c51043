import { createEncoder } from '../../../../core/protocol/socketio/outgoing.js';
import { type Packet, PacketType } from '../../../../core/protocol/socketio/packet.js';
import { Encoder } from '../../../../core/protocol/socketio/parser.js';

const limits = { maxAttachments: 2, maxArguments: 3, maxMessageBytes: 100 };
const encoder = createEncoder(undefined, limits);
const event = (...data: unknown[]) => ({ type: PacketType.EVENT, nsp: '/', data });
const bytes = Buffer.from([1]);

test('within the bounds it is the ordinary encoder', () => {
  expect(encoder).toBeInstanceOf(Encoder);
  expect((encoder as Encoder).isPlain).toBe(true);
  for (const data of [
    ['x', 1],
    [7, 'a number as a name'],
    ['x', bytes, bytes],
  ])
    expect(encoder.encode(event(...data))).toEqual(new Encoder().encode(event(...data)));
});

test.each<[string, unknown[], new () => Error, string]>([
  [
    'more attachments than clients take',
    ['photos', bytes, bytes, bytes],
    RangeError,
    'too many attachments: 3, at most 2',
  ],
  ['a text that is too large', ['news', 'x'.repeat(100)], RangeError, 'too large: 112 bytes, at most 100'],
  ['bytes of more than one each', ['news', 'ü'.repeat(50)], RangeError, 'too large: 112 bytes, at most 100'],
  [
    'attachments that are',
    ['file', Buffer.alloc(60), Buffer.alloc(60)],
    RangeError,
    'too large: 191 bytes, at most 100',
  ],
  [
    'a placeholder next to bytes',
    ['x', { _placeholder: true, num: 0 }, bytes],
    TypeError,
    '"_placeholder": true next to binary data',
  ],
  ['more arguments than clients take', ['list', 1, 2, 3, 4], RangeError, 'too many arguments: 4, at most 3'],
  ['a BigInt', ['price', 1n], TypeError, 'Do not know how to serialize a BigInt'],
  ['a name that is null', [null], TypeError, 'the name of an event is a string or a number'],
  ['a name that becomes null', [Number.NaN], TypeError, 'the name of an event is a string or a number'],
  ['a name that is an object', [{ toString: 'x' }], TypeError, 'the name of an event is a string or a number'],
])('%s: refused, with the event in the message', (_name, data, kind, message) => {
  const encode = () => encoder.encode(event(...data));
  expect(encode).toThrow(kind);
  expect(encode).toThrow(message);
  const name = typeof data[0] === 'string' ? `(event ${JSON.stringify(data[0])})` : '(event ';
  expect(encode).toThrow(name);
});

test('arguments: as many as clients take, of events and of acknowledgements', () => {
  const ack = (count: number) => ({ type: PacketType.ACK, nsp: '/', id: 1, data: Array(count).fill(0) });
  expect(encoder.encode(event('x', 1, 2, 3))).toEqual(['2["x",1,2,3]']);
  expect(encoder.encode(ack(3))).toEqual(['31[0,0,0]']);
  expect(() => encoder.encode(ack(4))).toThrow('too many arguments: 4, at most 3 (packet ACK)');
  const custom = createEncoder({ Encoder, Decoder: class {} as never }, limits);
  expect(() => custom.encode(event('x', 1, 2, 3, 4))).toThrow('too many arguments: 4, at most 3 (event "x")');
});

test('an event just within the bound', () => {
  expect(encoder.encode(event('x', 'y'.repeat(91)))[0]).toHaveLength(100);
});

test("what the application's toJSON throws stays as it is", () => {
  const own = new Error('not for others');
  const value = {
    toJSON() {
      throw own;
    },
  };
  expect(() => encoder.encode(event('x', value))).toThrow(own);
});

test('a custom parser keeps its bounds, too', () => {
  class Numbers {
    encode({ data }: Packet): Uint8Array[] {
      return [new Uint8Array(data[1])];
    }
  }
  const custom = createEncoder({ Encoder: Numbers, Decoder: class {} as never }, limits);
  expect(custom.encode(event('x', 100))).toEqual([new Uint8Array(100)]);
  expect(() => custom.encode(event('x', 101))).toThrow('too large: 101 bytes, at most 100 (event "x")');
  expect(() => custom.encode(event({}, 1))).toThrow('the name of an event is a string or a number');
});
