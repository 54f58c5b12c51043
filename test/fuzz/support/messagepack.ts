import fc from 'fast-check';
import { encode } from '../../../core/protocol/msgpack/encode.js';
import { bytes, json, name } from './arbitraries.js';

/** Types with a length, and lengths that lie. */
const header = fc
  .tuple(
    fc.constantFrom(0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf),
    fc.oneof(
      fc.constant([0xff, 0xff, 0xff, 0xff]),
      fc.constant([0, 0, 0, 3]),
      fc.array(fc.nat({ max: 255 }), { maxLength: 4 }),
    ),
  )
  .map(([type, length]) => Uint8Array.of(type, ...length));

const extension = fc
  .tuple(fc.constantFrom(0xd4, 0xd5, 0xd6, 0xd7, 0xd8), fc.constantFrom(0, 0xff, 5, 1), bytes)
  .map(([kind, type, content]) => Uint8Array.of(kind, type, ...content));

/** Any value that MessagePack can hold. */
export const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    { weight: 3, arbitrary: json },
    bytes.map((each) => Buffer.from(each)),
    fc.date({ noInvalidDate: true }),
    fc.double(),
    fc.maxSafeInteger(),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(name, tie('value'), { maxKeys: 5 }),
  ),
})).value;

const encoded = value.map((each) => Uint8Array.from(encode(each)));

/** MessagePack: well-formed, cut off, with a byte changed, nested, or made of pieces that lie. */
export const messagePack: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 4, arbitrary: encoded },
  { weight: 3, arbitrary: damaged(encoded) },
  fc.tuple(header, encoded).map(([first, rest]) => Uint8Array.of(...first, ...rest)),
  extension,
  fc
    .tuple(fc.nat({ max: 3000 }), fc.constantFrom(0x91, 0x81, 0xdd))
    .map(([depth, type]) => new Uint8Array(depth).fill(type)),
  fc.uint8Array({ maxLength: 60 }),
);

/** Cut off, or with a byte changed. */
export function damaged(whole: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc.tuple(whole, fc.nat(), fc.nat({ max: 255 }), fc.boolean()).map(([each, at, byte, isCut]) => {
    if (each.length === 0) return each;
    const copy = Uint8Array.from(each);
    copy[at % each.length] = byte;
    return isCut ? copy.subarray(0, at % each.length) : copy;
  });
}
