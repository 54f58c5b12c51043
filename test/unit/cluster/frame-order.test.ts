import * as fc from 'fast-check';
import { FrameOrder } from '../../../core/cluster/frame-order.js';

const PATIENCE = 10_000;

/** The verdicts for frames of one sender, as `number` or `number@time`. */
function verdicts(...frames: (number | [number: number, at: number])[]): string[] {
  const order = new FrameOrder(PATIENCE);
  return frames.map((frame) => {
    const [number, at] = typeof frame === 'number' ? [frame, 0] : frame;
    return order.onFrame('a', number, at);
  });
}

test('numbers go up, with gaps; what was there before is known', () => {
  expect(verdicts(1, 2, 5, 9, 9, 5, 2, 10)).toEqual(['next', 'next', 'next', 'next', 'seen', 'seen', 'seen', 'next']);
});

test('what lies in a gap is new, once, and in order', () => {
  expect(verdicts(10, 1000, 11, 11, 15, 12, 999, 1000, 1001)).toEqual([
    ...['next', 'next', 'late', 'seen', 'late', 'seen', 'late', 'seen', 'next'],
  ]);
});

test('a number that no node can have come to', () => {
  expect(verdicts(10, 2 ** 47, 11, 12, 2 ** 47)).toEqual(['next', 'jump', 'late', 'late', 'seen']);
  expect(verdicts(2 ** 47, 1)).toEqual(['jump', 'late']);
});

test('senders have numbers of their own', () => {
  const order = new FrameOrder(PATIENCE);
  expect([order.onFrame('a', 7, 0), order.onFrame('b', 7, 0), order.onFrame('a', 7, 0)]).toEqual([
    'next',
    'next',
    'seen',
  ]);
});

describe('when a sender begins in a gap that is forgotten', () => {
  const forged = Array.from({ length: 40 }, (_, index) => 1000 + index * 2);

  test('it is heard again when it has gone on for a while', () => {
    const frames = [
      10,
      ...forged,
      ...[1, 5001, 9999, 10_000, 10_001].map((at, index): [number, number] => [11 + index, at]),
    ];
    expect(verdicts(...frames).slice(-5)).toEqual(['seen', 'seen', 'seen', 'seen', 'restart']);
    expect(verdicts(...frames, [16, 10_002], [15, 10_003]).slice(-2)).toEqual(['next', 'seen']);
  });

  test('the same frame again and again is not a sender that goes on', () => {
    const again = Array.from({ length: 20 }, (_, index): [number, number] => [5, index * 5000]);
    expect(new Set(verdicts(5, 6, 7, ...again).slice(3))).toEqual(new Set(['seen']));
  });
});

test('no frame is new twice, and none of its sender is lost to a number that somebody else made up', () => {
  const number = fc.integer({ min: 1, max: 200 });
  fc.assert(
    fc.property(
      fc.array(number, { maxLength: 60 }),
      fc.integer({ min: 1, max: 2 ** 48 - 1 }),
      fc.nat(60),
      (sent, forgery, at) => {
        const order = new FrameOrder(PATIENCE);
        const seen = new Set<number>();
        let last = 0;
        sent.forEach((step, index) => {
          if (index === at) {
            if (order.onFrame('a', forgery, 0) !== 'seen') seen.add(forgery);
          }
          last += 1 + (step % 5);
          const isNew = order.onFrame('a', last, 0) !== 'seen';
          expect(isNew).toBe(!seen.has(last));
          seen.add(last);
          expect(order.onFrame('a', last, 0)).toBe('seen');
        });
      },
    ),
  );
});
