import { PACKETS_PER_TURN, PayloadTurns } from '../../../core/transports/payload-turns.js';
import { TestClock } from '../../support/test-clock.js';

function create(stopAt = Number.POSITIVE_INFINITY) {
  const clock = new TestClock();
  const got: (string | Buffer)[] = [];
  const take = (packet: string | Buffer) => got.push(packet) < stopAt;
  const turns = new PayloadTurns({ onText: take, onBinary: take });
  let done = 0;
  const finish = () => turns.finish(clock, () => done++);
  return { clock, got, turns, finish, done: () => done };
}

test('few packets are delivered at once', () => {
  const { got, turns } = create();
  expect([turns.onText('a'), turns.onBinary(Buffer.of(1)), turns.isWaiting]).toEqual([true, true, false]);
  expect(got).toEqual(['a', Buffer.of(1)]);
});

test('many packets take several turns, in order, with the answer behind them', () => {
  const { clock, got, turns, finish, done } = create();
  const count = 3 * PACKETS_PER_TURN + 1;
  for (let i = 0; i < count; i++) expect(turns.onText(String(i))).toBe(true);
  expect([got.length, turns.isWaiting]).toEqual([PACKETS_PER_TURN, true]);
  finish();
  for (const expected of [2 * PACKETS_PER_TURN, 3 * PACKETS_PER_TURN, count]) {
    expect(done()).toBe(0);
    clock.endTurn();
    expect(got.length).toBe(expected);
  }
  expect(done()).toBe(1);
  expect(got).toEqual(Array.from({ length: count }, (_, i) => String(i)));
});

test('who wants no more gets no more', () => {
  const { clock, got, turns, finish, done } = create(PACKETS_PER_TURN + 10);
  for (let i = 0; i < 1000; i++) turns.onText(String(i));
  finish();
  clock.endTurn();
  expect([got.length, done()]).toEqual([PACKETS_PER_TURN + 10, 1]);
  clock.endTurn();
  expect([got.length, done()]).toEqual([PACKETS_PER_TURN + 10, 1]);
});
