import { BufferBudget } from '../../../core/engine/buffer-budget.js';
import { Prepared } from '../../../core/protocol/prepared.js';
import { Sweep } from '../../../core/sweep.js';
import { TestClock } from '../../support/test-clock.js';

/** A connection: what waits for it, and what of its own has not arrived whole. */
class Holder {
  messages: Prepared[] = [];
  incomingBytes = 0;
  reason: string | null = null;
  readonly name: string;
  readonly #budget: () => BufferBudget;

  constructor(name: string, budget: () => BufferBudget) {
    this.name = name;
    this.#budget = budget;
  }

  get heldBytes(): number {
    return this.messages.reduce((sum, { byteLength }) => sum + byteLength, this.incomingBytes);
  }

  wait(...messages: Prepared[]): void {
    this.messages.push(...messages);
    this.#budget().retain(messages);
  }

  giveUp(maxBytes: number): void {
    this.reason = `${this.heldBytes} of ${maxBytes}`;
    this.#budget().release(this.messages);
    this.messages = [];
    this.incomingBytes = 0;
  }
}

function create(maxBytes = 1000) {
  const clock = new TestClock();
  const holders: Holder[] = [];
  const budget: BufferBudget = new BufferBudget(clock, maxBytes, () => holders);
  const holder = (name: string) => {
    const made = new Holder(name, () => budget);
    holders.push(made);
    return made;
  };
  const gone = () => holders.filter(({ reason }) => reason !== null).map(({ name, reason }) => `${name}: ${reason}`);
  return { clock, budget, holder, gone };
}

const message = (bytes: number) => new Prepared(['x'.repeat(bytes)]);

test('what many wait for counts once, and as long as one of them waits', () => {
  const { clock, budget, holder, gone } = create();
  const shared = message(900);
  const all = Array.from({ length: 100 }, (_, i) => holder(`${i}`));
  for (const each of all) each.wait(shared);
  expect(budget.waitingBytes).toBe(900);
  clock.endTurns();
  expect(gone()).toEqual([]);
  for (const each of all.slice(1)) budget.release(each.messages);
  expect(budget.waitingBytes).toBe(900);
  budget.release(all[0]!.messages);
  expect(budget.waitingBytes).toBe(0);
});

test('those that hold most end first, at the end of the turn, until an eighth is free', () => {
  const { clock, budget, holder, gone } = create();
  const [small, large, middle] = [holder('small'), holder('large'), holder('middle')];
  small.wait(message(100));
  large.wait(message(500));
  middle.wait(message(300));
  clock.endTurns();
  expect(gone()).toEqual([]);
  small.wait(message(101));
  expect(gone()).toEqual([]);
  clock.endTurns();
  expect(gone()).toEqual(['large: 500 of 1000']);
  expect(budget.waitingBytes).toBe(501);
});

test('what has not arrived whole is looked at every second', () => {
  const { clock, budget, holder, gone } = create();
  const [one, other] = [holder('one'), holder('other')];
  budget.watch();
  one.incomingBytes = 800;
  other.wait(message(150));
  clock.advance(1000);
  expect(gone()).toEqual([]);
  one.incomingBytes = 900;
  clock.advance(1000);
  expect(gone()).toEqual(['one: 900 of 1000']);
  budget.unwatch();
  expect(clock.pending).toBe(0);
});

test('what is kept for clients that are away counts, and keeps half when it is the largest', () => {
  const { clock, budget, holder, gone } = create();
  const log = {
    heldBytes: 800,
    dropExpired: () => true,
    shrink() {
      log.heldBytes /= 2;
    },
  };
  Sweep.of(clock).add(log);
  const one = holder('one');
  budget.watch();
  one.incomingBytes = 300;
  clock.advance(1000);
  expect([log.heldBytes, gone()]).toEqual([400, []]);
});
