import fc from 'fast-check';
import { ProtocolError } from '../../../../core/errors.js';
import type { Packet } from '../../../../core/protocol/socketio/packet.js';
import { Decoder, Encoder, protocol } from '../../../../core/protocol/socketio/parser.js';

function decodeAll(decoder: Decoder, messages: unknown[]): Packet[] {
  const packets: Packet[] = [];
  decoder.on('decoded', (packet) => packets.push(packet));
  for (const message of messages) decoder.add(message);
  return packets;
}

test('speaks revision 5', () => {
  expect(protocol).toBe(5);
});

test('what the encoder makes, the decoder reads', () => {
  const leaf = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
  );
  const argument = fc.oneof(leaf, fc.array(leaf, { maxLength: 3 }));
  const packet = fc.record({
    type: fc.constant(2 as const),
    nsp: fc.constantFrom('/', '/admin'),
    data: fc.array(argument, { maxLength: 3 }).map((args) => ['event', ...args]),
  });
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 5 }), (packets) => {
      const encoder = new Encoder();
      const messages = packets.flatMap((each) => encoder.encode(each));
      const read = decodeAll(new Decoder(), messages);
      expect(read.map(({ nsp, data }) => ({ nsp, data }))).toEqual(packets.map(({ nsp, data }) => ({ nsp, data })));
    }),
  );
});

test('a replacer and a reviver', () => {
  const encoder = new Encoder((_key, value) => (typeof value === 'bigint' ? { bigint: `${value}` } : value));
  const decoder = new Decoder((_key, value) => (value?.bigint ? BigInt(value.bigint) : value));
  expect(decodeAll(decoder, encoder.encode({ type: 2, nsp: '/', data: ['a', 5n] }))[0]!.data).toEqual(['a', 5n]);
});

test('limits, some of them', () => {
  const decoder = new Decoder({ maxAttachments: 1 });
  expect(() => decoder.add('52-["a"]')).toThrow('too many attachments: 2, at most 1');
  expect(() => new Decoder({ maxAttachments: 1 }).add(`2["a",${'['.repeat(600)}${']'.repeat(600)}]`)).toThrow('nested');
});

test.each([undefined, null, 1, {}, ['2["a"]']])('%p is neither text nor binary', (message) => {
  expect(() => new Decoder().add(message)).toThrow(ProtocolError);
});

test('destroy forgets what was half received', () => {
  const decoder = new Decoder();
  decoder.add('51-["a",{"_placeholder":true,"num":0}]');
  decoder.destroy();
  expect(() => decoder.add(Buffer.alloc(1))).toThrow('when not reconstructing');
});
