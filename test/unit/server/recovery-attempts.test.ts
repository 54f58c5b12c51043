import { MAX_REPLAYS, RecoveryAttempts } from '../../../core/server/recovery-attempts.js';
import { TestClock } from '../../support/test-clock.js';

const create = (maxSessions = 100) => {
  const clock = new TestClock();
  return { clock, replays: new RecoveryAttempts(clock, 1000, maxSessions) };
};

test('the same events are replayed so often, and then no more', () => {
  const { replays } = create();
  for (let i = 0; i < MAX_REPLAYS; i++) {
    expect(replays.isExhausted('pid', 'a')).toBe(false);
    replays.note('pid', 'a');
  }
  expect(replays.isExhausted('other', 'a')).toBe(false);
  expect(replays.isExhausted('pid', 'a')).toBe(true);
  // The client has begun anew: nothing is held against it.
  expect(replays.size).toBe(0);
  expect(replays.isExhausted('pid', 'a')).toBe(false);
});

test('a client that has read some of them begins to count anew', () => {
  const { replays } = create();
  for (const offset of ['a', 'b', 'c', 'd', 'e']) {
    for (let i = 1; i < MAX_REPLAYS; i++) {
      expect(replays.isExhausted('pid', offset)).toBe(false);
      replays.note('pid', offset);
    }
  }
  expect(replays.size).toBe(1);
});

test('one that never had an offset counts as well', () => {
  const { replays } = create();
  for (let i = 0; i < MAX_REPLAYS; i++) replays.note('pid', undefined);
  expect(replays.isExhausted('pid', undefined)).toBe(true);
});

test('what cannot come back any more is forgotten, also if nobody does anything', () => {
  const { clock, replays } = create();
  replays.note('pid', 'a');
  clock.advance(999);
  expect(replays.size).toBe(1);
  clock.advance(100);
  expect(replays.size).toBe(0);
});

test('of more sessions than are kept, the oldest go', () => {
  const { replays } = create(2);
  for (const pid of ['a', 'b', 'c']) for (let i = 0; i < MAX_REPLAYS; i++) replays.note(pid, 'x');
  expect(replays.size).toBe(2);
  expect(replays.isExhausted('a', 'x')).toBe(false);
  expect(replays.isExhausted('c', 'x')).toBe(true);
});
