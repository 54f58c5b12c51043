import { Backoff } from '../../../core/client/backoff.js';

const create = (
  reconnectionDelay: number,
  reconnectionDelayMax: number,
  randomizationFactor: number,
  random?: () => number,
) => new Backoff({ reconnectionDelay, reconnectionDelayMax, randomizationFactor }, random);

const delays = (backoff: Backoff, count: number) => Array.from({ length: count }, () => backoff.duration());

describe('Backoff', () => {
  test('doubles from the first delay up to the last, without jitter', () => {
    expect(delays(create(1000, 5000, 0), 5)).toEqual([1000, 2000, 4000, 5000, 5000]);
  });

  test('stays within the jitter of the exponential delay', () => {
    expect(
      delays(
        create(1000, 5000, 0.5, () => 0),
        4,
      ),
    ).toEqual([500, 1000, 2000, 2500]);
    expect(
      delays(
        create(1000, 5000, 0.5, () => 0.999_999),
        3,
      ),
    ).toEqual([1499, 2999, 4999]);
  });

  test('spreads clients also where the delay is capped', () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const late = Array.from({ length: 1000 }, () => {
      const backoff = create(1000, 5000, 0.5, random);
      return delays(backoff, 8).at(-1)!;
    });
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
    const backoff = create(1000, 5000, 0.5);
    for (let i = 0; i < 5000; i++) {
      const delay = backoff.duration();
      expect(Number.isInteger(delay) && delay >= 500 && delay <= 5000).toBe(true);
    }
    expect(backoff.attempts).toBe(5000);
  });

  test('begins anew after a reset', () => {
    const backoff = create(100, 1000, 0);
    delays(backoff, 3);
    backoff.reset();
    expect(backoff.duration()).toBe(100);
  });
});
