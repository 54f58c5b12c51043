import fc from 'fast-check';
import { encode } from '../../../../core/protocol/msgpack/encode.js';
import { MAX_DEPTH } from '../../../../core/protocol/msgpack/limits.js';
import { notepack } from '../../../support/notepack.js';
import { encodable } from './values.js';

const hex = (value: unknown) => encode(value).toString('hex');

describe('encode', () => {
  test('writes the same bytes as notepack, whatever the value', () => {
    fc.assert(
      fc.property(encodable, (value) => {
        expect(hex(value)).toBe(notepack.encode(value).toString('hex'));
      }),
      { numRuns: 3000 },
    );
  });

  const edges: Record<string, unknown[]> = {
    integers: [0, 7, 8, 15, 16, 31, 32, 53, 63].flatMap((bits) =>
      [2 ** bits - 1, 2 ** bits, 2 ** bits + 1].flatMap((value) => [value, -value, -value - 1]),
    ),
    'other numbers': [0.1, -1.5, Number.NaN, Infinity, -Infinity, -0, Number.MIN_VALUE, 2 ** 32 + 0.5],
    strings: [0, 31, 32, 40, 41, 255, 256, 65_535, 65_536].flatMap((length) => [
      'a'.repeat(length),
      'é'.repeat(length),
    ]),
    arrays: [0, 15, 16, 65_535, 65_536].map((length) => new Array(length).fill(1)),
    maps: [0, 15, 16, 65_535, 65_536].map((count) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 1])),
    ),
    binary: [0, 255, 256, 65_535, 65_536].flatMap((length) => [Buffer.alloc(length, 7), new ArrayBuffer(length)]),
    dates: [
      0,
      1,
      999,
      -1,
      -1000,
      -1500,
      1e12,
      2 ** 32 * 1000,
      2 ** 32 * 1000 + 1,
      2 ** 34 * 1000 - 1,
      8.64e15,
      -8.64e15,
    ]
      .concat(2 ** 34 * 1000, 123_456_789)
      .map((time) => new Date(time)),
    'objects with toJSON': [
      { toJSON: () => 42 },
      { a: { toJSON: () => undefined } },
      { toJSON: () => ({ toJSON: () => 3 }) },
      { toJSON: 5 },
      Object.assign(Buffer.from([1]), { toJSON: () => 7 }),
    ],
    'what is left out': [{ a: undefined, b: () => 1, c: 1 }, [undefined], undefined],
    others: [new Map([[1, 2]]), new Set([1]), /a/, JSON.parse('{"__proto__":1}'), Object.create({ inherited: 1 })],
  };
  test.each(Object.entries(edges))('writes the same bytes as notepack at the edges: %s', (_name, values) => {
    for (const value of values) expect(encode(value).equals(notepack.encode(value))).toBe(true);
  });

  test('keeps integers that do not fit into 64 bits, as floats', () => {
    expect(hex(2 ** 64)).toBe('cb43f0000000000000');
    expect(hex(-(2 ** 63) - 2048)).toBe('cbc3e0000000000001');
    expect(notepack.decode(encode(1e300))).toBe(1e300);
  });

  test('writes the bytes of typed arrays of wider elements', () => {
    expect(hex(new Uint16Array([1, 0x0203]))).toBe('c40401000302');
    expect(hex(new DataView(Uint8Array.of(1, 2, 3, 4).buffer, 1, 2))).toBe('c4020203');
  });

  test('writes U+FFFD for halves of surrogate pairs', () => {
    expect(notepack.decode(encode('a\udc00b\ud800'))).toBe('a\ufffdb\ufffd');
  });

  test('takes what JSON takes for nothing as nothing', () => {
    expect(hex(new Date(Number.NaN))).toBe('c0');
    expect(hex([() => 1, Symbol('x')])).toBe('92c0c0');
    expect(hex({ a: Symbol('x') })).toBe('80');
  });

  test('says what it cannot encode', () => {
    expect(() => encode([1n])).toThrow(
      new TypeError('cannot encode a BigInt: send it as a string, or give BigInt.prototype a toJSON()'),
    );
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    expect(() => encode(cyclic)).toThrow(new RangeError('cannot encode values nested deeper than 1024 levels'));
    const self = { toJSON: () => self };
    expect(() => encode(self)).toThrow(RangeError);
    expect(hex('still works')).toBe('ab7374696c6c20776f726b73');
  });

  test('encodes as deep as it decodes', () => {
    let value: unknown = [];
    for (let depth = 1; depth < MAX_DEPTH; depth++) value = [value];
    expect(encode(value)).toHaveLength(MAX_DEPTH);
    expect(() => encode([value])).toThrow(RangeError);
  });

  test('a toJSON may encode something itself', () => {
    expect(hex(['a', { toJSON: () => hex(['b']) }, 'c'])).toBe(hex(['a', '91a162', 'c']));
  });

  test('a large value does not stay in memory, nor in the way', () => {
    const large = encode(Buffer.alloc(3 << 20, 1));
    expect(large).toHaveLength((3 << 20) + 5);
    expect(hex(1)).toBe('01');
    expect(large.at(-1)).toBe(1);
  });
});
