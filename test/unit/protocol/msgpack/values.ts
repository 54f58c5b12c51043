import fc from 'fast-check';

const key = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('__proto__', 'constructor', 'length', '', '0', '42', 'k'.repeat(40)),
);

function ownProperties(entries: [string, unknown][]): object {
  const object = {};
  for (const [name, value] of entries)
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  return object;
}

const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.integer({ min: -63, max: 63 }).map((bits) => Math.sign(bits) * 2 ** Math.abs(bits)),
);

/** Values that notepack encodes as they are meant. */
export const encodable: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(
      number.filter((each) => !Number.isInteger(each) || (each < 2 ** 64 && each >= -(2 ** 63))),
      fc.boolean(),
      fc.constantFrom(null, undefined),
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.string({ maxLength: 45 }),
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 8 }).map((each) => each.slice().buffer),
      fc.date({ noInvalidDate: true }),
      fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }),
    ),
    fc.array(tie('value'), { maxLength: 20 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 20 }).map(ownProperties),
  ),
})).value;
