import { backoff } from '../../../core/client/backoff.js';

const delays = (first: number, last: number, jitter: number, count: number, random?: () => number) => {
  const settings = { reconnectionDelay: first, reconnectionDelayMax: last, randomizationFactor: jitter };
  return Array.from({ length: count }, (_, attempt) => backoff(settings, attempt, random));
};

describe('backoff', () => {
  test('doubles from the first delay up to the last, without jitter', () => {
    expect(delays(1000, 5000, 0, 5)).toEqual([1000, 2000, 4000, 5000, 5000]);
  });

  test('stays within the jitter of the exponential delay', () => {
    expect(delays(1000, 5000, 0.5, 4, () => 0)).toEqual([500, 1000, 2000, 2500]);
    expect(delays(1000, 5000, 0.5, 3, () => 0.999_999)).toEqual([1499, 2999, 4999]);
  });

  test('spreads clients also where the delay is capped', () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const late = Array.from({ length: 1000 }, () => delays(1000, 5000, 0.5, 8, random).at(-1)!);
    expect(Math.max(...late)).toBeLessThanOrEqual(5000);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(2500);
    // Not one second in the range is crowded.
    for (let second = 2500; second < 5000; second += 500) {
      const share = late.filter((delay) => delay >= second && delay < second + 500).length;
      expect(share).toBeGreaterThan(100);
      expect(share).toBeLessThan(300);
    }
  });

  test('gives whole milliseconds for any number of attempts', () => {
    for (const delay of delays(1000, 5000, 0.5, 5000)) {
      expect(Number.isInteger(delay) && delay >= 500 && delay <= 5000).toBe(true);
    }
  });
});
