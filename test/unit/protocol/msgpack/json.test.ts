import fc from 'fast-check';
import { ProtocolError } from '../../../../core/errors.js';
import { decode, Reader } from '../../../../core/protocol/msgpack/decode.js';
import { encode } from '../../../../core/protocol/msgpack/encode.js';
import { readJson } from '../../../../core/protocol/msgpack/json.js';
import { hasBinary } from '../../../../core/protocol/socketio/attachments.js';
import { encodable } from './values.js';

const read = (bytes: Uint8Array) => readJson(new Reader(bytes));
const fromHex = (text: string) => Buffer.from(text, 'hex');

describe('readJson', () => {
  test('is JSON.stringify of the decoded value', () => {
    fc.assert(
      fc.property(encodable, (value) => {
        const bytes = encode(value);
        const decoded = decode(bytes);
        const text = read(bytes);
        if (hasBinary(decoded)) {
          expect(text).toBeUndefined();
          return;
        }
        // As values: the keys of an object come in another order when they look like indices.
        expect(JSON.parse(text!)).toEqual(JSON.parse(JSON.stringify(decoded)));
        if (!/"\d+":/.test(text!)) expect(text).toBe(JSON.stringify(decoded));
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    ['all of ASCII', encode(String.fromCharCode(...Array.from({ length: 128 }, (_, code) => code)))],
    ['all small numbers', encode(Array.from({ length: 512 }, (_, number) => number - 256))],
    ['text of other scripts', encode(['é', '€', '😀', '\u2028', '\ufeff', 'x'.repeat(5000)])],
    ['bytes that are not UTF-8', fromHex('93a2c322a3eda080a1ff')],
    ['a string cut in the middle of a character', fromHex('92a1c3a1a9')],
    ['dates and numbers JSON does not know', encode([new Date(0), new Date(8.64e15), Number.NaN, Infinity, 1e300])],
    ['a date beyond those there are', fromHex('c70cff000000007fffffffffffffff')],
    ['undefined', fromHex('92d40000 83a161d40000a16201a163d40000'.replace(' ', ''))],
    ['only undefined', fromHex('81a161d40000')],
    ['keys of other types', fromHex('83010202a178c0c3')],
    ['long keys', encode({ ['k'.repeat(100)]: 1, ['é'.repeat(100)]: 2 })],
  ])('%s', (_name, bytes) => {
    expect(read(bytes)).toBe(JSON.stringify(decode(bytes)));
  });

  test('gives up where there is binary, and works again', () => {
    expect(read(encode(['x', { a: [Buffer.of(1)] }]))).toBeUndefined();
    expect(read(encode(['x']))).toBe('["x"]');
  });

  test('refuses what decode refuses', () => {
    for (const bytes of ['', '93c0c0', 'c1', 'dbffffffff', '8190c0', 'd50500aa', '81a161'])
      expect(() => read(fromHex(bytes))).toThrow(ProtocolError);
    expect(() => read(Buffer.alloc(5000, 0x91))).toThrow(ProtocolError);
    expect(read(fromHex('01'))).toBe('1');
  });
});
