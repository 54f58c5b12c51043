import fc from 'fast-check';
import { LimitError, ProtocolError } from '../../../../core/errors.js';
import {
  decodeBase64Packet,
  decodeBinaryPacket,
  decodeBinaryPayload,
  decodeTextPayload,
  encodePayload,
  toRevision3,
} from '../../../../core/protocol/engineio/revision3.js';
import { Prepared } from '../../../../core/protocol/prepared.js';
import { Sequence } from '../../../../core/protocol/sequence.js';

const limits = { maxPackets: 100 };

/** What a body holds: texts as they are, binary messages as hex. */
function visit(body: string | Buffer, stopAfter = Number.POSITIVE_INFINITY): string[] {
  const packets: string[] = [];
  const take = (packet: string): boolean => packets.push(packet) < stopAfter;
  const visitor = { onText: take, onBinary: (data: Buffer) => take(`<${data.toString('hex')}>`) };
  if (typeof body === 'string') decodeTextPayload(body, limits, visitor);
  else decodeBinaryPayload(body, limits, visitor);
  return packets;
}

const frame = (type: number, packet: Buffer): Buffer =>
  Buffer.concat([Buffer.from([type, ...Array.from(String(packet.length), Number), 255]), packet]);

describe('bodies of texts', () => {
  test.each([
    ['one packet', '6:4hello', ['4hello']],
    ['several', '1:26:4hello3:4a:', ['2', '4hello', '4a:']],
    ['characters outside of the basic plane count twice', '4:4\u{1f600}!1:3', ['4\u{1f600}!', '3']],
    ['base64', '10:b4AQIDBA==', ['<01020304>']],
  ])('%s', (_what, body, packets) => {
    expect(visit(body)).toEqual(packets);
  });

  test.each([
    ['nothing', ''],
    ['no length', 'abc'],
    ['no digits', ':4a'],
    ['a sign', '-1:4'],
    ['an exponent', '1e1:4aaaaaaaaa'],
    ['an empty packet', '0:'],
    ['a length beyond the body', '7:4hello'],
    ['a length of many digits', `${'1'.repeat(400)}:4`],
    ['malformed base64', '5:b4***'],
    ['base64 that is no message', '4:b2AQ'],
  ])('refuses %s', (_what, body) => {
    expect(() => visit(body)).toThrow(ProtocolError);
  });

  test('refuses more packets than allowed, and stops when told', () => {
    expect(() => visit('1:2'.repeat(101))).toThrow(LimitError);
    expect(visit('1:21:31:6', 2)).toEqual(['2', '3']);
  });
});

describe('bodies of bytes', () => {
  test('texts are UTF-8, binary packets carry their type', () => {
    const body = Buffer.concat([
      frame(0, Buffer.from('4é')),
      frame(1, Buffer.from([4, 1, 2])),
      frame(0, Buffer.from('2')),
    ]);
    expect(visit(body)).toEqual(['4é', '<0102>', '2']);
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['another kind', Buffer.from([2, 1, 255, 50])],
    ['no length', Buffer.from([0, 255, 50])],
    ['an endless length', Buffer.from([0, 1, 1, 1])],
    ['a length of many digits', Buffer.from([0, ...Array(20).fill(9), 255, 50])],
    ['a digit that is none', Buffer.from([0, 12, 255, 50])],
    ['a length beyond the body', Buffer.from([0, 9, 255, 50])],
    ['an empty packet', Buffer.from([1, 0, 255])],
    ['a binary packet that is no message', frame(1, Buffer.from([2, 1]))],
  ])('refuses %s', (_what, body) => {
    expect(() => visit(body)).toThrow(ProtocolError);
  });
});

test('what is encoded is decoded, in both forms', () => {
  const part = fc.oneof(
    fc.string({ unit: 'binary' }).map((text) => Buffer.from(text).toString()),
    fc.uint8Array(),
  );
  fc.assert(
    fc.property(
      fc.array(fc.array(part, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      (messages, binary) => {
        const prepared = messages.map((parts) => Prepared.message(parts));
        const expected = prepared.flatMap(({ parts }) =>
          parts.map((each) => (typeof each === 'string' ? each : `<${Buffer.from(each).toString('hex')}>`)),
        );
        expect(visit(encodePayload(prepared, binary))).toEqual(expected);
      },
    ),
  );
});

describe('over WebSocket', () => {
  const text = Prepared.message(['2["a"]']);
  const binary = Prepared.message(['51-["a",{"_placeholder":true,"num":0}]', Buffer.from([1, 2])]);

  test('texts go as they are: the very same sequence, with its shared bytes', () => {
    const sequence = Sequence.root().append(text);
    expect(toRevision3(sequence, true)).toBe(sequence);
  });

  test('binary messages get their type, or become base64, once for all receivers', () => {
    const sequence = Sequence.root().append(text).append(binary);
    const parts = (supportsBinary: boolean) =>
      toRevision3(sequence, supportsBinary)
        .messages()
        .flatMap((message) => message.parts.slice(message === text ? 0 : 1));
    expect(parts(true)).toEqual([...text.parts, Buffer.from([4, 1, 2])]);
    expect(parts(false)).toEqual([...text.parts, 'b4AQI=']);
    expect(toRevision3(sequence, true).last).toBe(toRevision3(Sequence.root().append(binary), true).last);
  });

  test('and back', () => {
    expect(decodeBinaryPacket(Buffer.from([4, 1, 2]))).toEqual(Buffer.from([1, 2]));
    expect(decodeBase64Packet('b4AQI=')).toEqual(Buffer.from([1, 2]));
    for (const packet of [Buffer.alloc(0), Buffer.from([2, 1])])
      expect(() => decodeBinaryPacket(packet)).toThrow(ProtocolError);
    for (const packet of ['b', 'b2AQI=', 'b4*']) expect(() => decodeBase64Packet(packet)).toThrow(ProtocolError);
  });
});
