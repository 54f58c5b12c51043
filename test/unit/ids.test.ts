import { randomId } from '../../core/ids.js';

test('an id is 20 characters that need no escaping anywhere', () => {
  for (let i = 0; i < 1000; i++) expect(randomId()).toMatch(/^[A-Za-z0-9_-]{20}$/);
});

test('ids do not repeat, also across refills of the pool', () => {
  const count = 20_000;
  expect(new Set(Array.from({ length: count }, randomId)).size).toBe(count);
});

test('every position takes every character: no bits are fixed', () => {
  const seen = Array.from({ length: 20 }, () => new Set<string>());
  for (let i = 0; i < 5000; i++) for (const [at, character] of [...randomId()].entries()) seen[at]!.add(character);
  expect(seen.map(({ size }) => size)).toEqual(new Array(20).fill(64));
});
