import { PendingAcks, settleCallback } from '../../../core/client/acks.js';
import { TestClock } from './support/test-clock.js';

function create() {
  const clock = new TestClock();
  const outcomes: string[] = [];
  const acks = new PendingAcks(clock);
  const settle = (name: string) => (error: Error | null, answer: readonly unknown[]) => {
    outcomes.push(error ? `${name}: ${error.message}` : `${name}: ${JSON.stringify(answer)}`);
  };
  return { clock, acks, outcomes, settle };
}

describe('PendingAcks', () => {
  test('an answer settles once', () => {
    const { acks, outcomes, settle, clock } = create();
    acks.add(1, settle('a'), 100);
    acks.settle(1, null, ['x', 2]);
    acks.settle(1, null, ['again']);
    clock.advance(1000);
    acks.giveUp(() => false);
    expect(outcomes).toEqual(['a: ["x",2]']);
    expect(clock.pending).toBe(0);
  });

  test('a timeout settles once', () => {
    const { acks, outcomes, settle, clock } = create();
    let timeouts = 0;
    acks.add(1, settle('a'), 100, () => {
      timeouts++;
    });
    clock.advance(99);
    expect(outcomes).toEqual([]);
    clock.advance(1);
    acks.settle(1, null, ['late']);
    acks.giveUp(() => false);
    expect(outcomes).toEqual(['a: operation has timed out']);
    expect(timeouts).toBe(1);
  });

  test('the loss of the connection settles what was sent, and only that', () => {
    const { acks, outcomes, settle, clock } = create();
    acks.add(1, settle('sent'));
    acks.add(2, settle('waiting'), 100);
    acks.giveUp((id) => id === 2);
    expect(outcomes).toEqual(['sent: socket has been disconnected']);
    acks.settle(2, null, []);
    expect(outcomes).toEqual(['sent: socket has been disconnected', 'waiting: []']);
    expect(clock.pending).toBe(0);
  });

  test('one that settles may ask again, and is not given up with the others', () => {
    const { acks, outcomes, settle } = create();
    acks.add(1, () => acks.add(2, settle('second')));
    acks.giveUp(() => false);
    expect(outcomes).toEqual([]);
    acks.settle(2, null, []);
    expect(outcomes).toEqual(['second: []']);
  });

  test('unknown ids are nobody', () => {
    const { acks } = create();
    acks.settle(5, null, []);
    acks.forget(5);
  });

  test('what is forgotten is not settled', () => {
    const { acks, outcomes, settle, clock } = create();
    acks.add(1, settle('a'), 100);
    acks.forget(1);
    clock.advance(100);
    acks.settle(1, null, []);
    expect(outcomes).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});

describe('settleCallback', () => {
  test('with an error first', () => {
    const calls: unknown[][] = [];
    const settle = settleCallback((...args) => calls.push(args), true);
    settle(null, [1, 2]);
    const error = new Error('no');
    settle(error, []);
    expect(calls).toEqual([[null, 1, 2], [error]]);
  });

  test('without one, no answer is no call', () => {
    const calls: unknown[][] = [];
    const settle = settleCallback((...args) => calls.push(args), false);
    settle(new Error('no'), []);
    settle(null, [1]);
    expect(calls).toEqual([[1]]);
  });
});
