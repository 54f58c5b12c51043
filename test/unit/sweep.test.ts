import { Sweep } from '../../core/sweep.js';
import { TestClock } from '../support/test-clock.js';

test('one timer for all, only while something is kept, and never one that keeps the process alive', () => {
  const clock = new TestClock();
  const sweep = Sweep.of(clock);
  expect(Sweep.of(clock)).toBe(sweep);
  expect(clock.pending).toBe(0);
  const asked: string[] = [];
  const keeping = (name: string, rounds: number) => ({
    dropExpired: () => {
      asked.push(name);
      return --rounds > 0;
    },
  });
  sweep.add(keeping('a', 1));
  sweep.add(keeping('b', 2));
  const gone = keeping('c', 100);
  sweep.add(gone);
  sweep.remove(gone);
  expect([clock.pending, clock.pendingForeground, clock.timersSet]).toEqual([1, 0, 1]);
  clock.advance(1000);
  expect(asked).toEqual(['a', 'b']);
  clock.advance(5000);
  expect(asked).toEqual(['a', 'b', 'b']);
  expect(clock.pending).toBe(0);
});

test('who is added while all are asked is asked, too', () => {
  const clock = new TestClock();
  const sweep = Sweep.of(clock);
  let asked = 0;
  const late = { dropExpired: () => ++asked < 2 };
  sweep.add({
    dropExpired: () => {
      sweep.add(late);
      return false;
    },
  });
  clock.advance(10_000);
  expect([asked, clock.pending]).toEqual([2, 0]);
});
