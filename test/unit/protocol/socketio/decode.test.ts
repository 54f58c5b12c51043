import fc from 'fast-check';
import { LimitError, ProtocolError } from '../../../../core/errors.js';
import { DEFAULT_DECODE_LIMITS, decode } from '../../../../core/protocol/socketio/decode.js';
import { encode } from '../../../../core/protocol/socketio/encode.js';
import { type Packet, PacketType, RESERVED_EVENTS } from '../../../../core/protocol/socketio/packet.js';

test.each([
  ['0', { type: 0, nsp: '/' }],
  ['0{"token":"x"}', { type: 0, nsp: '/', data: { token: 'x' } }],
  ['0/admin,', { type: 0, nsp: '/admin' }],
  ['0/admin', { type: 0, nsp: '/admin' }],
  ['0/admin?a=b,{}', { type: 0, nsp: '/admin?a=b', data: {} }],
  ['1', { type: 1, nsp: '/' }],
  ['1/admin,', { type: 1, nsp: '/admin' }],
  ['2["a"]', { type: 2, nsp: '/', data: ['a'] }],
  ['2[1,"x"]', { type: 2, nsp: '/', data: [1, 'x'] }],
  ['2/,["a"]', { type: 2, nsp: '/', data: ['a'] }],
  ['20["a"]', { type: 2, nsp: '/', id: 0, data: ['a'] }],
  ['2/admin,456["a",{"b":[]}]', { type: 2, nsp: '/admin', id: 456, data: ['a', { b: [] }] }],
  ['29007199254740991["a"]', { type: 2, nsp: '/', id: Number.MAX_SAFE_INTEGER, data: ['a'] }],
  ['3/admin,456[]', { type: 3, nsp: '/admin', id: 456, data: [] }],
  ['4"no"', { type: 4, nsp: '/', data: 'no' }],
  ['4{"message":"no"}', { type: 4, nsp: '/', data: { message: 'no' } }],
  [
    '51-["a",{"_placeholder":true,"num":0}]',
    { type: 5, nsp: '/', attachments: 1, data: ['a', { _placeholder: true, num: 0 }] },
  ],
  ['610-/admin,3[]', { type: 6, nsp: '/admin', id: 3, attachments: 10, data: [] }],
])('reads %s', (text, packet) => {
  expect(decode(text, 0)).toEqual(packet);
});

test('begins where it is told', () => {
  expect(decode('4ignored2["a"]', 8)).toEqual({ type: 2, nsp: '/', data: ['a'] });
});

test.each([
  ['', 'unknown packet type'],
  ['7', 'unknown packet type'],
  ['x["a"]', 'unknown packet type'],
  ['-', 'unknown packet type'],
  ['2', 'invalid payload'],
  ['2{}', 'invalid payload'],
  ['2[]', 'invalid payload'],
  ['2[null]', 'invalid payload'],
  ['2[{}]', 'invalid payload'],
  ['2[["a"]]', 'invalid payload'],
  ['2"a"', 'invalid payload'],
  ['2["a"', 'invalid payload'],
  ['2["a"]x', 'invalid payload'],
  ['2/admin', 'invalid payload'],
  ['0[]', 'invalid payload'],
  ['0"a"', 'invalid payload'],
  ['0null', 'invalid payload'],
  ['1{}', 'invalid payload'],
  ['3', 'invalid payload'],
  ['3{}', 'invalid payload'],
  ['4', 'invalid payload'],
  ['4[]', 'invalid payload'],
  ['4 ', 'invalid payload'],
  ['5["a"]', 'illegal attachments'],
  ['5-["a"]', 'illegal attachments'],
  ['51["a"]', 'illegal attachments'],
  ['50-["a"]', 'illegal attachments'],
  ['5-1-["a"]', 'illegal attachments'],
  ['51.5-["a"]', 'illegal attachments'],
  ['599999999999999999-["a"]', 'illegal attachments'],
  ['511-["a"]', 'too many attachments: 11, at most 10'],
  ['29007199254740992["a"]', 'acknowledgement id out of range'],
  ['299999999999999999999["a"]', 'acknowledgement id out of range'],
  [`2/${'x'.repeat(1024)},["a"]`, 'namespace too long'],
  [`2["a",${'['.repeat(600)}${']'.repeat(600)}]`, 'nested deeper than 512 levels'],
  [`2["a",${'{"a":'.repeat(600)}1${'}'.repeat(600)}]`, 'nested deeper than 512 levels'],
  [`2${'['.repeat(100_000)}`, 'nested deeper than 512 levels'],
])('refuses %.40s: %s', (text, message) => {
  expect(() => decode(text, 0)).toThrow(new ProtocolError(message));
});

test.each([...RESERVED_EVENTS])('refuses the reserved event %s', (name) => {
  expect(() => decode(`2["${name}"]`, 0)).toThrow('invalid payload');
  expect(() => decode(`51-["${name}"]`, 0)).toThrow('invalid payload');
});

describe('limits', () => {
  const limits = { ...DEFAULT_DECODE_LIMITS, maxDepth: 3, maxAttachments: 1, maxNamespaceLength: 4 };

  test('are met exactly', () => {
    expect(decode('2["a",[[1]]]', 0, limits).data).toEqual(['a', [[1]]]);
    expect(() => decode('2["a",[[[]]]]', 0, limits)).toThrow('nested deeper than 3 levels');
    expect(decode('2/abc,["a"]', 0, limits).nsp).toBe('/abc');
    expect(() => decode('2/abcd,["a"]', 0, limits)).toThrow('namespace too long');
    expect(decode('51-["a"]', 0, limits).attachments).toBe(1);
    expect(() => decode('52-["a"]', 0, limits)).toThrow('too many attachments');
  });

  test('brackets inside strings do not nest', () => {
    const text = JSON.stringify(['a', '[[[[[[{{{{{{', '\\"[[[[[[', '\\\\', '"[[[[[']);
    expect(decode(`2${text}`, 0, limits).data).toEqual(JSON.parse(text));
  });

  test('width is not depth', () => {
    const text = JSON.stringify(['a', ...Array.from({ length: 50 }, () => [{}])]);
    expect(decode(`2${text}`, 0, limits).data).toHaveLength(51);
  });

  test('agree with the depth of the value', () => {
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.integer({ min: 1, max: 6 }), (value, maxDepth) => {
        const data = ['a', value];
        const read = () => decode(`2${JSON.stringify(data)}`, 0, { ...DEFAULT_DECODE_LIMITS, maxDepth });
        if (depthOf(data) > maxDepth) expect(read).toThrow(ProtocolError);
        else expect(read().data).toEqual(JSON.parse(JSON.stringify(data)));
      }),
    );
  });
});

test('decode ∘ encode is the identity', () => {
  const packet: fc.Arbitrary<Packet> = fc.record({
    type: fc.constantFrom(PacketType.EVENT, PacketType.ACK),
    nsp: fc.oneof(
      fc.constant('/'),
      fc.string({ maxLength: 20 }).map((name) => `/${name.replaceAll(',', '')}`),
    ),
    id: fc.option(fc.maxSafeNat(), { nil: undefined }),
    data: fc.array(fc.jsonValue(), { maxLength: 4 }).map((args) => ['event', ...args]),
  });
  fc.assert(
    fc.property(packet, (original) => {
      const [text] = encode(original);
      const { id, ...rest } = original;
      const expected = JSON.parse(JSON.stringify(id === undefined ? rest : original));
      expect(decode(text as string, 0)).toEqual(expected);
    }),
  );
});

test('any text is a packet or a ProtocolError', () => {
  const start = fc.constantFrom('', '0', '1', '2', '3', '4', '51-', '6999-', '2/', '212', '2["a",');
  fc.assert(
    fc.property(start, fc.oneof(fc.string(), fc.json()), (prefix, rest) => {
      try {
        expect(decode(prefix + rest, 0).nsp.startsWith('/')).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
    { numRuns: 1000 },
  );
});

test('a reviver is asked, and its errors are the peer’s', () => {
  expect(decode('2["a",1]', 0, DEFAULT_DECODE_LIMITS, (_key, value) => (value === 1 ? 2 : value)).data).toEqual([
    'a',
    2,
  ]);
  const reviver = () => {
    throw new RangeError('application');
  };
  expect(() => decode('2["a"]', 0, DEFAULT_DECODE_LIMITS, reviver)).toThrow(ProtocolError);
});

test('__proto__ in a payload is plain data', () => {
  const { data } = decode('2["a",{"__proto__":{"isAdmin":true}}]', 0);
  expect(data[1].isAdmin).toBeUndefined();
  expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
});

test('more arguments than a function may be called with', () => {
  const limits = { ...DEFAULT_DECODE_LIMITS, maxArguments: 3 };
  const refusal = new LimitError('too many arguments: 4, at most 3');
  expect(decode('2["x",1,2,3]', 0, limits).data).toEqual(['x', 1, 2, 3]);
  expect(() => decode('2["x",1,2,3,4]', 0, limits)).toThrow(refusal);
  expect(decode('31[1,2,3]', 0, limits).data).toEqual([1, 2, 3]);
  expect(() => decode('31[1,2,3,4]', 0, limits)).toThrow(refusal);
});
