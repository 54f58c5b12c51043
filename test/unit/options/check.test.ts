import { OptionError } from '../../../core/errors.js';
import {
  anything,
  type Check,
  callback,
  checkAll,
  flag,
  group,
  ifGiven,
  number,
  offUnlessGiven,
  oneOf,
  onUnlessFalse,
  positive,
  time,
} from '../../../core/options/check.js';

const check = <T>(row: Check<T>, value: unknown): T => checkAll({ option: row }, { option: value }).option as T;

const inner = group({ size: positive(5), on: flag(false) }, 'an object such as { size: 1 }');

describe('each check: its default, a value, and what an error says', () => {
  test.each<[string, Check<unknown>, unknown, unknown, unknown, string]>([
    ['number', number(3, 0), 3, 0, -1, 'a number of at least 0'],
    ['positive', positive(7), 7, 1, 0, 'a number of at least 1'],
    ['time', time(9), 9, 2_147_483_647, 2_147_483_648, 'a number from 1 to 2147483647'],
    ['time from 0', time(9, 0), 9, 0, -1, 'a number from 0 to 2147483647'],
    ['flag', flag(true), true, false, 0, 'true or false'],
    ['oneOf', oneOf(['a', 'b'], 'a'), 'a', 'b', 'c', 'one of "a", "b"'],
    ['callback', callback('(a) => b'), undefined, Math.abs, 'abs', 'a function (a) => b'],
    ['offUnlessGiven', offUnlessGiven(inner), undefined, true, 5, 'an object such as { size: 1 }'],
    ['ifGiven', ifGiven(inner), undefined, {}, true, 'an object such as { size: 1 }'],
  ])('%s', (_name, row, fallback, value, wrong, allowed) => {
    for (const nothing of [undefined, null]) expect(check(row, nothing)).toBe(fallback);
    expect(() => check(row, value)).not.toThrow();
    expect(() => check(row, wrong)).toThrow(OptionError);
    expect(() => check(row, wrong)).toThrow(
      `invalid option "option": got ${String(wrong) === wrong ? `"${wrong}"` : wrong}, expected ${allowed}`,
    );
  });
});

test('a default may follow from a row before it, or from another table', () => {
  const rows = { size: positive(10), pieces: positive((settled) => settled('size') * settled('factor')) };
  const factor = () => 3;
  expect(checkAll(rows, {}, factor)).toEqual({ size: 10, pieces: 30 });
  expect(checkAll(rows, { size: 2 }, factor)).toEqual({ size: 2, pieces: 6 });
  expect(checkAll(rows, { pieces: 1 }, factor)).toEqual({ size: 10, pieces: 1 });
});

test('a group is checked by its own table, named as a path, and frozen', () => {
  const resolved = check(inner, { size: 1, unknown: 1 });
  expect(resolved).toEqual({ size: 1, on: false });
  expect(Object.isFrozen(resolved)).toBe(true);
  expect(() => check(inner, { size: 'x' })).toThrow('"option.size"');
  expect(() => check(inner, undefined)).toThrow('"option"');
});

test('on and off: words for it', () => {
  const defaults = { size: 5, on: false };
  expect([undefined, null, true, {}].map((value) => check(onUnlessFalse(inner), value))).toEqual(
    Array(4).fill(defaults),
  );
  expect(check(onUnlessFalse(inner), false)).toBeUndefined();
  expect([undefined, null, false].map((value) => check(offUnlessGiven(inner), value))).toEqual(
    Array(3).fill(undefined),
  );
  expect(check(offUnlessGiven(inner), true)).toEqual(defaults);
  expect(check(ifGiven(inner, [false]), false)).toBeUndefined();
  expect(() => check(ifGiven(inner), false)).toThrow(OptionError);
});

test('anything is passed on', () => {
  expect(check(anything(), 'x')).toBe('x');
  expect(check(anything(), null)).toBeNull();
});
