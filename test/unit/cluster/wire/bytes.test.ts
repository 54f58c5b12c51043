import fc from 'fast-check';
import { ByteReader, ByteWriter, MalformedError } from '../../../../core/cluster/wire/bytes.js';

test('what was written is read back', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 2000 }),
      fc.uint8Array({ maxLength: 3000 }),
      fc.nat(0xffffffff),
      fc.maxSafeNat().map((n) => n % 2 ** 48),
      fc.double(),
      (text, block, integer, large, float) => {
        const writer = new ByteWriter();
        writer.uint8(integer & 0xff);
        writer.text(text);
        writer.uint32(integer);
        writer.block(block);
        writer.uint48(large);
        writer.float64(float);
        writer.latin1('abc');
        writer.raw(block);
        const reader = new ByteReader(writer.bytes());
        expect(reader.uint8()).toBe(integer & 0xff);
        expect(reader.text()).toBe(text);
        expect(reader.uint32()).toBe(integer);
        expect(reader.block().equals(block)).toBe(true);
        expect(reader.uint48()).toBe(large);
        expect(reader.float64()).toBe(float);
        expect(reader.latin1(3)).toBe('abc');
        expect(reader.rest().equals(block)).toBe(true);
        reader.finish();
      },
    ),
  );
});

test('a number can be filled in later', () => {
  const writer = new ByteWriter();
  writer.uint32(0);
  writer.text('x');
  writer.uint32At(0, 7);
  expect(new ByteReader(writer.bytes()).uint32()).toBe(7);
});

test('nothing is read past the end, nor past the end of a section', () => {
  const bytes = Buffer.from([0, 0, 0, 1, 9, 8]);
  const section = new ByteReader(bytes).section();
  expect(section.uint8()).toBe(9);
  for (const read of [
    () => section.uint8(),
    () => new ByteReader(bytes, 1).text(),
    () => new ByteReader(bytes, 1).block(),
    () => new ByteReader(bytes).float64(),
    () => new ByteReader(bytes, 3).uint32(),
    () => new ByteReader(bytes, 2).uint48(),
    () => new ByteReader(bytes).latin1(7),
    () => new ByteReader(bytes).finish(),
  ])
    expect(read).toThrow(MalformedError);
});

test('a count that the bytes do not bear out is not believed', () => {
  const bytes = Buffer.from([0, 0, 0, 2, 1, 1, 1]);
  expect(new ByteReader(bytes).count(1)).toBe(2);
  expect(() => new ByteReader(bytes).count(2)).toThrow('2 things do not fit 3 bytes');
  expect(() => new ByteReader(Buffer.alloc(8, 0xff)).count(1)).toThrow(MalformedError);
});
