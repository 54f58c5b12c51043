import { PerTurnLimiter } from '../../../core/http/per-turn-limiter.js';
import { TestClock } from '../../support/test-clock.js';

test('so many pass in a turn, the others in the next ones, in order', () => {
  const clock = new TestClock();
  const turnstile = new PerTurnLimiter(clock, 3);
  const passed: number[] = [];
  for (let i = 0; i < 8; i++) turnstile.pass(() => passed.push(i));
  expect(passed).toEqual([0, 1, 2]);
  clock.endTurn();
  expect(passed).toEqual([0, 1, 2, 3, 4, 5]);
  // Whoever comes now stands behind those who wait.
  turnstile.pass(() => passed.push(8));
  clock.endTurn();
  expect(passed).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  clock.endTurns();
  turnstile.pass(() => passed.push(9));
  expect(passed.at(-1)).toBe(9);
});

test('one alone does not wait, and asks for one turn', () => {
  const clock = new TestClock();
  const turnstile = new PerTurnLimiter(clock, 3);
  let count = 0;
  turnstile.pass(() => count++);
  turnstile.pass(() => count++);
  expect([count, clock.turnsAsked]).toEqual([2, 1]);
});

test('one that throws does not take the turn of the others', () => {
  const clock = new TestClock();
  const turnstile = new PerTurnLimiter(clock, 2);
  const passed: number[] = [];
  for (const i of [0, 1, 2, 3, 4])
    turnstile.pass(() => {
      if (i === 2) throw new Error('two');
      passed.push(i);
    });
  expect(() => clock.endTurn()).toThrow('two');
  clock.endTurns();
  expect(passed).toEqual([0, 1, 3, 4]);
});
