import { jest } from '@jest/globals';
import { createClock } from '../../../core/client/clock.js';

afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

describe('the clock of the client', () => {
  /** A clock of the wall and a steady one, moved by hand. */
  function clocks() {
    const time = { wall: 1_000_000, steady: 500 };
    jest.spyOn(Date, 'now').mockImplementation(() => time.wall);
    jest.spyOn(performance, 'now').mockImplementation(() => time.steady);
    return time;
  }

  test('goes on when somebody sets the clock back', () => {
    const time = clocks();
    const clock = createClock();
    const start = clock.now();
    time.wall -= 3_600_000;
    time.steady += 45_000;
    expect(clock.now() - start).toBe(45_000);
  });

  test('sees the sleep of a machine whose steady clock stands still', () => {
    const time = clocks();
    const clock = createClock();
    const start = clock.now();
    time.wall += 60_000;
    expect(clock.now() - start).toBe(60_000);
    time.wall += 1000;
    time.steady += 1000;
    expect(clock.now() - start).toBe(61_000);
  });

  test.each([Number.POSITIVE_INFINITY, 2 ** 31, 1e300])('a delay of %d ms is not over at once', (delay) => {
    jest.useFakeTimers();
    const called = jest.fn();
    const timer = createClock().setTimeout(called, delay);
    jest.advanceTimersByTime(2 ** 31 - 2);
    expect(called).not.toHaveBeenCalled();
    timer.cancel();
    expect(jest.getTimerCount()).toBe(0);
  });
});
