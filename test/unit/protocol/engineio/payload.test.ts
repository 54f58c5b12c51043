import fc from 'fast-check';
import { ProtocolError } from '../../../../core/errors.js';
import { decodePayload, encodeBinary, SEPARATOR } from '../../../../core/protocol/engineio/payload.js';

function decodeAll(body: string, maxPackets = 100, stopAfter = Number.POSITIVE_INFINITY): (string | Buffer)[] {
  const packets: (string | Buffer)[] = [];
  const take = (packet: string | Buffer) => {
    packets.push(packet);
    return packets.length < stopAfter;
  };
  decodePayload(body, { maxPackets }, { onText: take, onBinary: take });
  return packets;
}

test('one packet needs no separator', () => {
  expect(decodeAll('4hello')).toEqual(['4hello']);
});

test('packets come in order, text and binary', () => {
  expect(decodeAll(`4a${SEPARATOR}bAQID${SEPARATOR}3`)).toEqual(['4a', Buffer.from([1, 2, 3]), '3']);
});

test('what is joined comes apart again', () => {
  const text = fc.string({ minLength: 1, unit: 'grapheme' }).map((content) => `4${content.replaceAll(SEPARATOR, '')}`);
  const binary = fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.array(fc.oneof(text, binary), { minLength: 1, maxLength: 20 }), (packets) => {
      const body = packets
        .map((packet) => (typeof packet === 'string' ? packet : encodeBinary(packet)))
        .join(SEPARATOR);
      expect(decodeAll(body)).toEqual(packets);
    }),
  );
});

test('a view into a larger buffer is encoded alone', () => {
  const bytes = new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4);
  expect(encodeBinary(bytes)).toBe('bAQID');
});

test('an empty binary packet is a packet', () => {
  expect(decodeAll(encodeBinary(new Uint8Array(0)))).toEqual([Buffer.alloc(0)]);
});

test.each(['', SEPARATOR, `4a${SEPARATOR}`, `${SEPARATOR}4a`, `4a${SEPARATOR}${SEPARATOR}4b`])(
  'an empty packet is refused: %j',
  (body) => {
    expect(() => decodeAll(body)).toThrow(new ProtocolError('empty packet in a payload'));
  },
);

test.each([
  ['in lines', 'bAQID\r\nBAUG\n'],
  ['with blanks', 'bAQ ID BAUG'],
  ['without padding', 'bAQIDBAUG'],
])('base64 %s', (_what, body) => {
  expect(decodeAll(body)).toEqual([Buffer.from([1, 2, 3, 4, 5, 6])]);
});

test('base64 in the alphabet for URLs', () => {
  expect(decodeAll('b-_8=')).toEqual([Buffer.from([0xfb, 0xff])]);
});

test.each(['b*', 'bAQ=ID', 'b====', 'b\u00a9'])('malformed base64 is refused: %j', (body) => {
  expect(() => decodeAll(body)).toThrow(new ProtocolError('malformed base64 in a payload'));
});

test('packets beyond the limit are refused before the first is delivered', () => {
  const delivered: string[] = [];
  const visitor = { onText: (packet: string) => delivered.push(packet) > 0, onBinary: () => true };
  const body = ['4a', '4b', '4c'].join(SEPARATOR);
  expect(() => decodePayload(body, { maxPackets: 2 }, visitor)).toThrow('more than 2 packets');
  expect(delivered).toEqual([]);
  decodePayload(body, { maxPackets: 3 }, visitor);
  expect(delivered).toEqual(['4a', '4b', '4c']);
});

test('nothing is delivered after the visitor wants no more', () => {
  expect(decodeAll(`4a${SEPARATOR}4b${SEPARATOR}`, 100, 1)).toEqual(['4a']);
});
