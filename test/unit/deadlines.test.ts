import fc from 'fast-check';
import { Deadlines } from '../../core/deadlines.js';
import { TestClock } from '../support/test-clock.js';

function deadlines(delay = 1000, onExpire?: (item: string) => void) {
  const clock = new TestClock();
  const expired: [string, number][] = [];
  const items = new Deadlines<string>(clock, delay, (item) => {
    expired.push([item, clock.now()]);
    onExpire?.(item);
  });
  return { clock, expired, items };
}

test('an item expires after the delay, once', () => {
  const { clock, expired, items } = deadlines();
  items.add('a');
  clock.advance(999);
  expect(expired).toEqual([]);
  expect(items.has('a')).toBe(true);
  clock.advance(1);
  expect(expired).toEqual([['a', 1000]]);
  expect(items.has('a')).toBe(false);
  clock.advance(10_000);
  expect(expired).toHaveLength(1);
});

test('adding again starts the delay again', () => {
  const { clock, expired, items } = deadlines();
  items.add('a');
  clock.advance(600);
  items.add('a');
  expect(items.size).toBe(1);
  clock.advance(600);
  expect(expired).toEqual([]);
  clock.advance(400);
  expect(expired).toEqual([['a', 1600]]);
});

test('what is removed does not expire', () => {
  const { clock, expired, items } = deadlines();
  items.add('a');
  expect(items.remove('a')).toBe(true);
  expect(items.remove('a')).toBe(false);
  clock.advance(5000);
  expect(expired).toEqual([]);
});

test('clear forgets all, and the timer', () => {
  const { clock, expired, items } = deadlines();
  items.add('a');
  items.add('b');
  items.clear();
  expect(items.size).toBe(0);
  expect(clock.pending).toBe(0);
  clock.advance(5000);
  expect(expired).toEqual([]);
  items.add('c');
  clock.advance(1000);
  expect(expired).toEqual([['c', 6000]]);
});

test('one timer serves ten thousand items, and does not keep the process alive', () => {
  const { clock, expired, items } = deadlines(10_000);
  for (let i = 0; i < 10_000; i++) {
    items.add(`${i}`);
    if (i % 100 === 0) clock.advance(10);
    expect(clock.pending).toBe(1);
  }
  expect(clock.pendingForeground).toBe(0);
  clock.advance(20_000);
  expect(expired).toHaveLength(10_000);
  expect(clock.timersSet).toBeLessThan(150);
  expect(clock.pending).toBe(0);
});

test('every item left alone expires in order, never late, and early by the slack at most', () => {
  const step = fc.record({ wait: fc.nat(300), item: fc.constantFrom('a', 'b', 'c', 'd'), remove: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 2000 }), (steps, delay) => {
      const { clock, expired, items } = deadlines(delay);
      const due = new Map<string, number>();
      let seen = 0;
      const check = () => {
        for (; seen < expired.length; seen++) {
          const [item, at] = expired[seen]!;
          expect(due.has(item)).toBe(true);
          expect(at).toBeLessThanOrEqual(due.get(item)!);
          expect(at).toBeGreaterThanOrEqual(due.get(item)! - Math.min(50, delay / 100));
          due.delete(item);
        }
      };
      for (const { wait, item, remove } of steps) {
        clock.advance(wait);
        check();
        if (remove) {
          expect(items.remove(item)).toBe(due.delete(item));
        } else {
          items.add(item);
          due.set(item, clock.now() + delay);
        }
      }
      clock.advance(delay + 50);
      check();
      expect(due.size).toBe(0);
    }),
  );
});

test('an item that comes back while it expires does not hold up the others', () => {
  const { clock, expired, items } = deadlines(1000, (item) => {
    if (item === 'a' && clock.now() < 1500) items.add('a');
  });
  items.add('a');
  clock.advance(100);
  items.add('b');
  clock.advance(2000);
  expect(expired).toEqual([
    ['a', 1000],
    ['b', 1100],
    ['a', 2000],
  ]);
});

test('a callback that throws does not hold up the others', () => {
  const { clock, expired, items } = deadlines(1000, (item) => {
    if (item === 'a') throw new Error('callback');
  });
  items.add('a');
  items.add('b');
  expect(() => clock.advance(1000)).toThrow('callback');
  clock.advance(50);
  expect(expired.map(([item]) => item)).toEqual(['a', 'b']);
});

test('clear while an item expires', () => {
  const { clock, expired, items } = deadlines(1000, () => items.clear());
  items.add('a');
  items.add('b');
  clock.advance(5000);
  expect(expired).toEqual([['a', 1000]]);
  expect(clock.pending).toBe(0);
});

test('all can expire at once', () => {
  const { clock, expired, items } = deadlines();
  items.add('a');
  items.add('b');
  clock.advance(10);
  items.expireAll();
  expect(expired).toEqual([
    ['a', 10],
    ['b', 10],
  ]);
  expect([items.size, clock.pending]).toEqual([0, 0]);
});
