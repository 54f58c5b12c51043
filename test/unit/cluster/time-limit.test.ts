import { setTimeLimit } from '../../../core/cluster/time-limit.js';
import { TestClock } from '../../support/test-clock.js';

function setup(delay: number) {
  const clock = new TestClock();
  const fired: number[] = [];
  const timer = setTimeLimit(clock, () => fired.push(clock.now()), delay);
  return { clock, fired, timer };
}

test('fires when the time is over', () => {
  const { clock, fired } = setup(5000);
  clock.advance(4999);
  expect(fired).toEqual([]);
  clock.advance(1);
  expect(fired).toEqual([5000]);
});

test('when the process did not run, what arrived meanwhile is read first', () => {
  const { clock, fired } = setup(5000);
  clock.block(20_000);
  expect(fired).toEqual([]);
  clock.advance(1000);
  expect(fired).toEqual([21_000]);
});

test('is cancelled, before and after it was late', () => {
  for (const blocked of [0, 20_000]) {
    const { clock, fired, timer } = setup(5000);
    clock.block(blocked);
    timer.cancel();
    clock.advance(50_000);
    expect(fired).toEqual([]);
    expect(clock.pending).toBe(0);
  }
});
