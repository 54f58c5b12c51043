import fc from 'fast-check';
import {
  covers,
  decodeOffset,
  encodeOffset,
  endsWithText,
  furthest,
  nearest,
  withOffset,
} from '../../../../../core/adapters/recovery/records/offsets.js';

const tag = fc.stringMatching(/^[A-Za-z0-9_-]{6}$/);
const positions = fc
  .dictionary(tag, fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }))
  .map((record) => new Map(Object.entries(record)));
/** Of few senders, so that two have some in common. */
const common = fc
  .dictionary(fc.constantFrom('aaaaaa', 'bbbbbb', 'cccccc'), fc.integer({ min: 1, max: 5 }))
  .map((record) => new Map(Object.entries(record)));

test('an offset is what it was made of', () => {
  fc.assert(
    fc.property(positions, (given) => {
      expect(decodeOffset(encodeOffset(given))).toEqual(given);
    }),
  );
  expect(
    encodeOffset(
      new Map([
        ['node-a', 35],
        ['node-b', 36],
      ]),
    ),
  ).toBe('~node-az.node-b10');
  expect(encodeOffset(new Map([['silent', 0]]))).toBe('~');
});

test('any other text is none', () => {
  for (const text of [
    '',
    'node-a1',
    '~x',
    '~.',
    '~node-a',
    '~node-a0',
    '~node-aA',
    '~node-a1.',
    '~.node-a1',
    '~node-a1.node-a2',
    '~node-a1 ',
    '~node-azzzzzzzzzzzz',
    '~node-a-1',
    `~${'node-a1.'.repeat(70_000)}x`,
  ]) {
    expect(decodeOffset(text)).toBeUndefined();
  }
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('~', 'a', '1', '.', '_', 'Z', '\0'), maxLength: 40 }), (text) => {
      const decoded = decodeOffset(text);
      if (decoded !== undefined) expect(encodeOffset(decoded)).toBe(text);
    }),
  );
});

test('comparing, and the furthest and the nearest of two', () => {
  fc.assert(
    fc.property(common, common, (one, other) => {
      const both = furthest(one, other);
      expect(covers(both, one) && covers(both, other)).toBe(true);
      const least = nearest(one, other);
      expect(covers(one, least) && covers(other, least)).toBe(true);
      expect(covers(one, other) && covers(other, one)).toBe(
        encodeOffset(new Map([...one].sort())) === encodeOffset(new Map([...other].sort())),
      );
    }),
  );
});

describe('in the wire form of an event', () => {
  const attachment = Buffer.from([1]);

  test('the offset becomes the last argument', () => {
    expect(withOffset(['42["x"]'], 'node-a1')).toEqual(['42["x","node-a1"]']);
    expect(withOffset(['42/chat,["x",{"a":[]}]'], 'o')).toEqual(['42/chat,["x",{"a":[]},"o"]']);
    expect(withOffset(['451-["x",{"_placeholder":true,"num":0}]', attachment], 'o')).toEqual([
      '451-["x",{"_placeholder":true,"num":0},"o"]',
      attachment,
    ]);
    expect(withOffset([attachment], 'o')).toBeUndefined();
  });

  test('whether the last argument is a text', () => {
    expect(
      [['42["x"]'], ['42["x","y"]'], ['42["x",1]'], ['42["x",["y"]]'], ['42["x",{"y":"z"}]'], [attachment]].map(
        endsWithText,
      ),
    ).toEqual([true, true, false, false, false, false]);
  });
});
