import fc from 'fast-check';
import { createCodec } from '../../../core/client/codec.js';
import { PacketAssembler } from '../../../core/protocol/socketio/assembler.js';
import { encode } from '../../../core/protocol/socketio/encode.js';
import type { Packet } from '../../../core/protocol/socketio/packet.js';

/** What each of the two makes of the same messages: packets, and at which message it gives up. */
function compare(messages: readonly unknown[]) {
  const ours: unknown[] = [];
  const codec = createCodec(undefined, (packet) => ours.push(plain(packet)));
  try {
    for (const message of messages) codec.receive(message);
  } catch {
    ours.push('refused');
  }
  const theirs: unknown[] = [];
  const assembler = new PacketAssembler();
  try {
    for (const message of messages) {
      const packet =
        typeof message === 'string' ? assembler.receiveText(message) : assembler.receiveBinary(message as Uint8Array);
      if (packet) theirs.push(plain(packet));
    }
  } catch {
    theirs.push('refused');
  }
  return { ours, theirs };
}

/** Without members that are there and undefined. */
const plain = (packet: Packet) => Object.fromEntries(Object.entries(packet).filter(([, value]) => value !== undefined));

const json = fc.jsonValue({ maxDepth: 4 });
const namespace = fc.constantFrom('/', '/a', '/a/b', '/é', '/with space', '/{}');
const name = fc
  .string()
  .filter((text) => !/^(connect|connect_error|disconnect|disconnecting|newListener|removeListener)$/.test(text));
const id = fc.option(fc.nat(), { nil: undefined });
const binary = fc.uint8Array({ maxLength: 8 });
const value = fc.oneof(
  json,
  binary,
  fc.record({ b: binary, list: fc.array(fc.oneof(json, binary), { maxLength: 3 }) }),
);

const packet: fc.Arbitrary<Packet> = fc.oneof(
  fc.record({ type: fc.constant(0), nsp: namespace, data: fc.dictionary(fc.string(), json) }),
  fc.record({ type: fc.constant(1), nsp: namespace }),
  fc.record({
    type: fc.constant(2),
    nsp: namespace,
    data: fc.tuple(name, fc.array(value, { maxLength: 3 })).map(([first, rest]) => [first, ...rest]),
    id,
  }),
  fc.record({ type: fc.constant(3), nsp: namespace, data: fc.array(value, { maxLength: 3 }), id: fc.nat() }),
  fc.record({ type: fc.constant(4), nsp: namespace, data: fc.record({ message: fc.string(), data: json }) }),
) as fc.Arbitrary<Packet>;

describe('the codec of the client does as the one of the server', () => {
  test('it encodes alike', () => {
    fc.assert(
      fc.property(packet, (each) => {
        const codec = createCodec(undefined, () => {});
        expect(codec.encode(each)).toEqual(encode(each));
      }),
      { numRuns: 500 },
    );
  });

  test('it decodes what was encoded', () => {
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 4 }), (packets) => {
        const { ours, theirs } = compare(packets.flatMap((each) => encode(each)));
        expect(ours).toEqual(theirs);
        expect(ours).toHaveLength(packets.length);
      }),
      { numRuns: 500 },
    );
  });

  test('it refuses what is damaged, and nothing else', () => {
    const piece = fc.constantFrom(
      '',
      '0',
      '5',
      '1-',
      '-',
      '/',
      '/a',
      ',',
      '{',
      '}',
      '[',
      ']',
      '"',
      '"x"',
      'null',
      '[]',
      '{}',
      '["x"]',
      ' ',
      '\n',
      'é',
      '11',
      '9007199254740993',
    );
    fc.assert(
      fc.property(packet, fc.nat(30), fc.nat(3), piece, fc.boolean(), (each, at, length, instead, extra) => {
        const [text, ...attachments] = encode(each) as [string, ...unknown[]];
        const damaged = text.slice(0, at) + instead + text.slice(at + length);
        const { ours, theirs } = compare([damaged, ...attachments, ...(extra ? [Uint8Array.of(1)] : [])]);
        expect(ours).toEqual(theirs);
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    [''],
    ['0'],
    ['1'],
    ['2'],
    ['3'],
    ['4'],
    ['5'],
    ['6'],
    ['7'],
    ['-1'],
    ['0{}'],
    ['0[]'],
    ['0null'],
    ['0"x"'],
    ['1{}'],
    ['1null'],
    ['2[]'],
    ['2{}'],
    ['2[1]'],
    ['2[null]'],
    ['2["x"]'],
    ['2["connect"]'],
    ['2[["x"]]'],
    ['20["x"]'],
    ['2 1["x"]'],
    ['2-1["x"]'],
    ['21.5["x"]'],
    ['21e3["x"]'],
    ['29007199254740991["x"]'],
    ['29007199254740992["x"]'],
    ['299999999999999999["x"]'],
    ['2/a["x"]'],
    ['2/a,["x"]'],
    ['2/,["x"]'],
    ['2/'],
    ['0/a'],
    ['0/a,'],
    ['0/a,{}'],
    ['1/a'],
    ['2,["x"]'],
    ['3[]'],
    ['30[]'],
    ['30{}'],
    ['3'],
    ['4{}'],
    ['4"x"'],
    ['4""'],
    ['4[]'],
    ['4null'],
    ['41{"message":"x"}'],
    ['5["x"]'],
    ['50-["x"]'],
    ['51-["x"]'],
    ['51e1-["x"]'],
    ['5-1-["x"]'],
    ['511-["x"]'],
    ['599999999999999999-["x"]'],
    ['51-/a,7["x"]'],
    ['51-["x",{"_placeholder":true,"num":"splice"}]'],
    ['51-["x",{"_placeholder":true,"num":1}]'],
    ['51-["x",{"_placeholder":true,"num":-1}]'],
    ['51-["x",{"_placeholder":true,"num":0.5}]'],
    ['51-["x",{"_placeholder":true}]'],
    ['61-0[{"_placeholder":true,"num":0}]'],
    ['2["__proto__"]'],
    ['2["x",{"__proto__":{"polluted":1}}]'],
  ])('%s', (text) => {
    for (const rest of [[], [Uint8Array.of(1)], [Uint8Array.of(1), Uint8Array.of(2)], ['2["y"]']]) {
      const { ours, theirs } = compare([text, ...rest]);
      expect(ours).toEqual(theirs);
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('what was half received is forgotten when told so', () => {
    const packets: Packet[] = [];
    const codec = createCodec(undefined, (each) => packets.push(each));
    codec.receive('51-["x",{"_placeholder":true,"num":0}]');
    codec.reset();
    codec.receive('2["y"]');
    expect(packets.map(({ data }) => data)).toEqual([['y']]);
  });
});
