import fc from 'fast-check';
import { ProtocolError } from '../../../../core/errors.js';
import { decode, Reader } from '../../../../core/protocol/msgpack/decode.js';
import { encode } from '../../../../core/protocol/msgpack/encode.js';
import { MAX_DEPTH } from '../../../../core/protocol/msgpack/limits.js';
import { notepack } from '../../../support/notepack.js';
import { encodable } from './values.js';

const fromHex = (text: string) => Buffer.from(text, 'hex');

describe('decode', () => {
  test('reads what notepack reads', () => {
    fc.assert(
      fc.property(encodable, (value) => {
        const bytes = notepack.encode(value);
        const decoded = decode(bytes);
        // notepack loses keys called __proto__: that they stay is for the test below.
        if (!bytes.includes('__proto__')) expect(decoded).toEqual(notepack.decode(bytes));
        expect(encode(decoded).equals(bytes)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    ['d40000', undefined],
    ['ca3fc00000', 1.5],
    ['cf0020000000000000', 2 ** 53],
    ['cfffffffffffffffff', 2 ** 64],
    ['d38000000000000000', -(2 ** 63)],
    ['d080', -128],
    ['d1ff7f', -129],
    ['d280000000', -(2 ** 31)],
    ['d900', ''],
    ['da0003616263', 'abc'],
    ['db00000003616263', 'abc'],
    ['a1ff', '\ufffd'],
    ['c50001aa', Buffer.from([0xaa])],
    ['dd00000001c0', [null]],
    ['df00000001a16101', { a: 1 }],
    ['d6ff39457980', new Date('2000-06-13T00:00:00.000Z')],
    ['d7ff8000000000000001', new Date(1536)],
    ['c70cff3b8b87c0ffffffffffffffff', new Date(-1)],
    ['82a16101a16102', { a: 2 }],
    ['83010202a178c0c3', { 1: 2, 2: 'x', null: true }],
  ])('reads %s', (bytes, value) => {
    expect(decode(fromHex(bytes))).toEqual(value);
  });

  test.each([
    ['', 'nothing where a value should be, before byte 0'],
    ['c1', 'the type 0xc1, which does not exist, before byte 1'],
    ['93c0c0', '3 values where 2 bytes are left, before byte 1'],
    ['81a161', 'nothing where a value should be, before byte 3'],
    ['a2c3', 'a value of 2 bytes where 1 are left, before byte 1'],
    ['dbffffffff', 'a value of 4294967295 bytes where 0 are left, before byte 5'],
    ['ddffffffff', '4294967295 values where 0 bytes are left, before byte 5'],
    ['dfffffffff00', '8589934590 values where 1 bytes are left, before byte 5'],
    ['c6ffffffff', 'a value of 4294967295 bytes where 0 are left, before byte 5'],
    ['c9ffffffff05', 'a value of 4294967295 bytes where 0 are left, before byte 6'],
    ['cd00', 'a value of 2 bytes where 1 are left, before byte 1'],
    ['d50500aa', 'an extension of unknown type 5, before byte 4'],
    ['d50000aa', 'an extension of unknown type 0, before byte 4'],
    ['c702ff0102', 'a timestamp of 2 bytes, before byte 5'],
    ['8190c0', 'a map with a key that is not a plain value, before byte 2'],
  ])('refuses %s', (bytes, message) => {
    expect(() => decode(fromHex(bytes))).toThrow(new ProtocolError(`malformed MessagePack: ${message}`));
  });

  test('refuses bytes after the value', () => {
    expect(() => decode(fromHex('0101'))).toThrow(new ProtocolError('malformed MessagePack: 1 bytes after the value'));
  });

  test('keys of prototypes are data', () => {
    const decoded = decode(
      encode(JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}')),
    );
    expect(Object.keys(decoded as object)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('nesting is bounded', () => {
    const nested = (depth: number) => Buffer.concat([Buffer.alloc(depth, 0x91), Buffer.of(0xc0)]);
    expect(() => decode(nested(MAX_DEPTH))).not.toThrow();
    for (const read of [decode, (bytes: Buffer) => new Reader(bytes).skip()]) {
      expect(() => read(nested(MAX_DEPTH + 1))).toThrow('values nested deeper than 1024 levels');
      expect(() => read(nested(1_000_000))).toThrow(ProtocolError);
    }
  });

  test('nested headers that each claim all the bytes allocate nothing ahead', () => {
    const bytes = Buffer.alloc(1 << 20, 0xc0);
    for (let at = 0; at < 5 * 1000; at += 5) {
      bytes[at] = 0xdd;
      bytes.writeUInt32BE(bytes.length - at - 5, at + 1);
    }
    expect(() => decode(bytes)).toThrow(ProtocolError);
  });
});

describe('a reader', () => {
  test('passes over any value', () => {
    fc.assert(
      fc.property(encodable, (value) => {
        const reader = new Reader(Buffer.concat([encode(value), encode('next')]));
        reader.skip();
        expect(reader.value()).toBe('next');
        reader.end();
      }),
    );
    for (const bytes of [
      'c701ff00',
      'c80001ff00',
      'c900000001ff00',
      'd805'.padEnd(36, '0'),
      'ca00000000',
      'cb'.padEnd(18, '0'),
    ]) {
      const reader = new Reader(fromHex(bytes));
      reader.skip();
      reader.end();
    }
    expect(() => new Reader(fromHex('c1')).skip()).toThrow(ProtocolError);
  });

  test('reads headers, and leaves other values alone', () => {
    const reader = new Reader(fromHex('92a161de000101a162dc0001c0'));
    expect(reader.mapHeader()).toBe(-1);
    expect(reader.arrayHeader()).toBe(2);
    expect(reader.arrayHeader()).toBe(-1);
    expect(reader.value()).toBe('a');
    expect(reader.mapHeader()).toBe(1);
    reader.skip();
    expect(reader.key()).toBe('b');
    expect(reader.arrayHeader()).toBe(1);
    reader.skip();
    reader.end();
  });
});
