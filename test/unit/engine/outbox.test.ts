import fc from 'fast-check';
import { BufferBudget } from '../../../core/engine/buffer-budget.js';
import { FlushScheduler } from '../../../core/engine/flush-scheduler.js';
import { Outbox, type OutboxTarget } from '../../../core/engine/outbox.js';
import { resolveOptions, type ServerOptions } from '../../../core/options/index.js';
import { Prepared } from '../../../core/protocol/prepared.js';
import type { Sequence } from '../../../core/protocol/sequence.js';
import { TestClock } from '../../support/test-clock.js';

/** A receiver: ready until told otherwise. */
class Receiver implements OutboxTarget {
  maxPackets = Number.POSITIVE_INFINITY;
  ready = true;
  readonly writes: Sequence[] = [];
  readonly outbox: Outbox;
  onWrite: (() => void) | undefined;
  unsentBytes = 0;
  readonly told: string[] = [];
  /** Its bytes cannot be put together. */
  refuses: Prepared | undefined;
  /** Takes this many writes, then is not ready. */
  capacity = Number.POSITIVE_INFINITY;

  constructor(scheduler: FlushScheduler) {
    this.outbox = new Outbox(scheduler, this);
  }

  writeSequence(sequence: Sequence): void {
    if (!this.ready) throw new Error('written to while not ready');
    if (this.refuses !== undefined && sequence.messages().includes(this.refuses)) throw new Error('no bytes');
    this.writes.push(sequence);
    if (--this.capacity <= 0) this.ready = false;
    this.onWrite?.();
  }

  onPressure(messages: number): void {
    this.told.push(`pressure ${messages}`);
  }
  onRelief(dropped: number): void {
    this.told.push(`relief ${dropped}`);
  }
  onOverflow(): void {
    this.told.push('overflow');
  }
  onUnwritable(error: unknown, event: string | undefined): void {
    this.told.push(`unwritable ${event}: ${(error as Error).message}`);
  }

  get messages(): Prepared[] {
    return this.writes.flatMap((sequence) => sequence.messages());
  }
}

function setup(count: number, given: ServerOptions = {}) {
  const clock = new TestClock();
  const scheduler = new FlushScheduler(
    clock,
    resolveOptions(given).backlogLimits,
    new BufferBudget(clock, 1e9, () => []),
  );
  return { clock, receivers: Array.from({ length: count }, () => new Receiver(scheduler)) };
}

const text = (content: string) => Prepared.message([content]);
const event = (name: string, size: number) => Prepared.message([`2${JSON.stringify([name, 'x'.repeat(size)])}`]);

describe('a turn', () => {
  test('writes each connection once, at its end', () => {
    const { clock, receivers } = setup(3);
    const messages = [text('a'), text('b'), text('c')];
    for (const message of messages) for (const { outbox } of receivers) outbox.push(message);
    expect(receivers.flatMap(({ writes }) => writes)).toEqual([]);
    expect(clock.turnsAsked).toBe(1);
    clock.endTurn();
    for (const { writes } of receivers) {
      expect(writes).toHaveLength(1);
      expect(writes[0]!.messages()).toEqual(messages);
    }
    expect(clock.isTurnOpen).toBe(false);
  });

  test('with nothing to write asks for nothing', () => {
    const { clock } = setup(3);
    expect(clock.turnsAsked).toBe(0);
  });

  test('connections with the same sequence get the same bytes, the very object', () => {
    const { clock, receivers } = setup(4);
    const [a, b, own] = [text('a'), text('b'), text('own')];
    for (const { outbox } of receivers) outbox.push(a);
    for (const { outbox } of receivers) outbox.push(b);
    receivers[3]!.outbox.push(own);
    clock.endTurn();
    const [first, second, third, fourth] = receivers.map(({ writes }) => writes[0]!);
    expect(second).toBe(first);
    expect(third!.frames()).toBe(first!.frames());
    expect(fourth!.frames()).not.toBe(first!.frames());
    expect(fourth!.frames()).toEqual(Buffer.concat([first!.frames(), own.frame]));
  });

  test('those who skip a message are together again in the next turn', () => {
    const { clock, receivers } = setup(2);
    const [one, other] = receivers as [Receiver, Receiver];
    one.outbox.push(text('own'));
    const shared = text('shared');
    for (const { outbox } of receivers) outbox.push(shared);
    clock.endTurn();
    expect(one.writes[0]).not.toBe(other.writes[0]);
    const next = text('next');
    for (const { outbox } of receivers) outbox.push(next);
    clock.endTurn();
    expect(one.writes[1]).toBe(other.writes[1]);
  });

  test('a listener that sends during the flush is served in the next turn', () => {
    const { clock, receivers } = setup(3);
    const [first, late] = [text('first'), text('late')];
    receivers[1]!.onWrite = () => {
      receivers[1]!.onWrite = undefined;
      for (const { outbox } of receivers) outbox.push(late);
    };
    for (const { outbox } of receivers) outbox.push(first);
    clock.endTurn();
    // The third had not been written yet: what it was sent meanwhile joins the write.
    expect(receivers.map(({ messages }) => messages)).toEqual([[first], [first], [first, late]]);
    clock.endTurn();
    expect(receivers.map(({ messages }) => messages)).toEqual([
      [first, late],
      [first, late],
      [first, late],
    ]);
    expect(clock.isTurnOpen).toBe(false);
  });

  test('a message that cannot be written takes nothing from the others', () => {
    const { clock, receivers } = setup(3);
    const [before, bad, behind] = [event('before', 1), event('bad', 1), event('behind', 1)];
    receivers[1]!.refuses = bad;
    for (const message of [before, bad, behind]) for (const { outbox } of receivers) outbox.push(message);
    clock.endTurn();
    expect(receivers.map(({ messages }) => messages)).toEqual([
      [before, bad, behind],
      [before, behind],
      [before, bad, behind],
    ]);
    // Left out, and the client is told as after any drop.
    expect(receivers.map(({ told }) => told)).toEqual([[], ['unwritable /,bad: no bytes', 'relief 1'], []]);
    for (const { outbox } of receivers) outbox.push(before);
    clock.endTurn();
    expect(receivers[1]!.messages).toEqual([before, behind, before]);
  });

  test('what the client cannot do without is not called an event', () => {
    const { clock, receivers } = setup(1);
    const answer = Prepared.message(['31[1]']);
    receivers[0]!.refuses = answer;
    receivers[0]!.outbox.push(answer);
    clock.endTurn();
    expect(receivers[0]!.told).toEqual(['unwritable undefined: no bytes']);
  });

  test('a target that takes one write at a time gets the others when it is ready', () => {
    const { clock, receivers } = setup(1);
    const [one] = receivers as [Receiver];
    const messages = ['a', 'bad', 'c', 'd'].map((name) => event(name, 1));
    one.refuses = messages[1]!;
    one.capacity = 1;
    for (const message of messages) one.outbox.push(message);
    clock.endTurn();
    for (let poll = 0; poll < 3; poll++) {
      one.capacity = 1;
      one.ready = true;
      one.outbox.flush();
    }
    expect(one.messages).toEqual([messages[0], messages[2], messages[3]]);
    expect(one.outbox.isEmpty).toBe(true);
  });

  test('a connection that is cleared in the middle of a turn loses only its own', () => {
    const { clock, receivers } = setup(3);
    const [a, b] = [text('a'), text('b')];
    for (const { outbox } of receivers) outbox.push(a);
    receivers[1]!.outbox.clear();
    for (const [i, { outbox }] of receivers.entries()) if (i !== 1) outbox.push(b);
    clock.endTurn();
    expect(receivers.map(({ messages }) => messages)).toEqual([[a, b], [], [a, b]]);
    expect(receivers[0]!.writes[0]).toBe(receivers[2]!.writes[0]);
  });

  test('flushing early keeps the order, and nothing is written twice', () => {
    const { clock, receivers } = setup(1);
    const [one] = receivers as [Receiver];
    const messages = ['a', 'b', 'c'].map(text);
    one.outbox.push(messages[0]!);
    one.outbox.flush();
    one.outbox.push(messages[1]!);
    one.outbox.push(messages[2]!);
    clock.endTurns();
    expect(one.messages).toEqual(messages);
    expect(one.writes).toHaveLength(2);
    expect(clock.turnsAsked).toBe(1);
  });
});

describe('a receiver that does not read', () => {
  test('gets everything, in order, when it reads again', () => {
    const { clock, receivers } = setup(1);
    const [slow] = receivers as [Receiver];
    const messages = ['a', 'b', 'c', 'd'].map(text);
    slow.ready = false;
    for (const message of messages.slice(0, 3)) {
      slow.outbox.push(message);
      clock.endTurn();
    }
    slow.outbox.push(messages[3]!);
    expect(slow.writes).toEqual([]);
    slow.ready = true;
    slow.outbox.flush();
    expect(slow.messages).toEqual(messages);
    clock.endTurns();
    expect(slow.messages).toEqual(messages);
  });

  test('byteLength counts what waits, in this turn and before', () => {
    const { clock, receivers } = setup(1);
    const [slow] = receivers as [Receiver];
    const { outbox } = slow;
    slow.ready = false;
    expect([outbox.isEmpty, outbox.byteLength]).toEqual([true, 0]);
    outbox.push(text('123456789'));
    expect([outbox.isEmpty, outbox.byteLength]).toEqual([false, 10]);
    clock.endTurn();
    expect([outbox.isEmpty, outbox.byteLength]).toEqual([false, 10]);
    outbox.push(text('1234'));
    expect(outbox.byteLength).toBe(15);
    slow.ready = true;
    outbox.flush();
    expect([outbox.isEmpty, outbox.byteLength]).toEqual([true, 0]);
  });

  test('a large backlog goes out in pieces, as long as it is ready', () => {
    const { clock, receivers } = setup(1);
    const [slow] = receivers as [Receiver];
    const messages = Array.from({ length: 30 }, (_, i) => text(`${i}`.padEnd(100_000, '.')));
    slow.ready = false;
    for (const message of messages) slow.outbox.push(message);
    clock.endTurn();
    slow.ready = true;
    slow.capacity = 2;
    slow.outbox.flush();
    expect(slow.writes).toHaveLength(2);
    expect(slow.outbox.byteLength).toBe(
      messages.slice(slow.messages.length).reduce((sum, { byteLength }) => sum + byteLength, 0),
    );
    slow.ready = true;
    slow.capacity = Number.POSITIVE_INFINITY;
    slow.outbox.flush();
    expect(slow.messages).toEqual(messages);
    expect(Math.max(...slow.writes.map(({ byteLength }) => byteLength))).toBeLessThan(256 * 1024 + 100_001);
    expect(slow.outbox.byteLength).toBe(0);
  });

  test('many slow receivers hold a broadcast once', () => {
    const { clock, receivers } = setup(100);
    const message = text('x'.repeat(1000));
    for (const receiver of receivers) {
      receiver.ready = false;
      receiver.outbox.push(message);
    }
    clock.endTurn();
    for (const receiver of receivers) {
      receiver.ready = true;
      receiver.outbox.flush();
    }
    expect(new Set(receivers.map(({ writes }) => writes[0]!.frames())).size).toBe(1);
  });

  test('clear forgets the backlog', () => {
    const { clock, receivers } = setup(1);
    const [slow] = receivers as [Receiver];
    slow.ready = false;
    slow.outbox.push(text('a'));
    clock.endTurn();
    slow.outbox.clear();
    expect([slow.outbox.isEmpty, slow.outbox.byteLength]).toEqual([true, 0]);
    slow.ready = true;
    slow.outbox.flush();
    expect(slow.messages).toEqual([]);
  });
});

describe('limits', () => {
  /** Three events of 10 bytes wait for one receiver, in the turn that ended. */
  function waiting(options: ServerOptions) {
    const { clock, receivers } = setup(1, options);
    const [slow] = receivers as [Receiver];
    slow.ready = false;
    const messages = ['aaa', 'bbb', 'aaa'].map((name) => text(`2["${name}",0]`));
    for (const message of messages) slow.outbox.push(message);
    clock.endTurn();
    return { clock, slow, messages };
  }

  test('pressure is told once, and relief when nothing waits any more', () => {
    const { clock, slow } = waiting({ backpressureThreshold: 20 });
    expect(slow.told).toEqual(['pressure 3']);
    slow.outbox.push(text('2["more"]'));
    clock.endTurn();
    expect(slow.told).toEqual(['pressure 3']);
    slow.ready = true;
    slow.outbox.flush();
    expect(slow.told).toEqual(['pressure 3', 'relief 0']);
  });

  test('bytes that the transport holds count, too', () => {
    const { clock, receivers } = setup(1, { backpressureThreshold: 1000 });
    const [slow] = receivers as [Receiver];
    slow.ready = false;
    slow.unsentBytes = 1000;
    slow.outbox.push(text('x'));
    clock.endTurn();
    expect(slow.told).toEqual(['pressure 1']);
  });

  test.each([{ maxBufferedBytes: 25 }, { maxBufferedMessages: 2 }])(
    'beyond %j it is over, and nothing is kept',
    (options) => {
      const { slow } = waiting(options);
      expect(slow.told).toEqual(['pressure 3', 'overflow']);
      expect(slow.outbox.isEmpty).toBe(true);
      expect(slow.outbox.byteLength).toBe(0);
    },
  );

  test.each([
    ['drop-oldest', [1, 2]],
    ['drop-newest', [0, 1]],
    ['conflate', [1, 2]],
  ] as const)('%s keeps %j of three', (slowConsumerPolicy, kept) => {
    const { slow, messages } = waiting({ maxBufferedMessages: 2, slowConsumerPolicy });
    expect(slow.outbox.dropped).toBe(1);
    slow.ready = true;
    slow.outbox.flush();
    expect(slow.messages).toEqual(kept.map((i) => messages[i]));
    expect(slow.told).toEqual(['pressure 3', 'relief 1']);
    expect(slow.outbox.dropped).toBe(0);
  });
});

test('whatever is interleaved, each receiver sees exactly its own sequence, and equal sequences share their bytes', () => {
  const COUNT = 4;
  const who = fc.nat(COUNT - 1);
  const some = fc.uniqueArray(who, { minLength: 1 });
  const command = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('broadcast' as const), to: some }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('direct' as const), who }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('binary' as const), to: some }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('volatile' as const), to: some }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('end of turn' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('congest' as const), who }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('drain' as const), who }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('disconnect' as const), who }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('flush' as const), who }) },
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
      const { clock, receivers } = setup(COUNT);
      const expected = receivers.map((): Prepared[] => []);
      const isGone = receivers.map(() => false);
      /** What each was sent since the last end of turn; the same for several means the same bytes. */
      let thisTurn = receivers.map((): Prepared[] => []);
      let undisturbed = receivers.map(() => true);
      let number = 0;

      const push = (i: number, message: Prepared) => {
        if (isGone[i]) return;
        receivers[i]!.outbox.push(message);
        expected[i]!.push(message);
        thisTurn[i]!.push(message);
      };
      const endTurn = () => {
        const before = receivers.map(({ writes }) => writes.length);
        clock.endTurn();
        const bytesOf = new Map<string, Buffer>();
        for (const [i, { writes }] of receivers.entries()) {
          if (!undisturbed[i] || thisTurn[i]!.length === 0) continue;
          expect(writes).toHaveLength(before[i]! + 1);
          const bytes = writes.at(-1)!.frames();
          const key = thisTurn[i]!.map(({ parts }) => parts[0]).join();
          expect(bytes).toBe(bytesOf.get(key) ?? bytes);
          bytesOf.set(key, bytes);
        }
        thisTurn = receivers.map(() => []);
        undisturbed = receivers.map((receiver, i) => receiver.ready && receiver.outbox.isEmpty && !isGone[i]);
      };

      for (const command of commands) {
        number++;
        if (command.do === 'broadcast') {
          const message = text(`2["broadcast",${number}]`);
          for (const i of command.to) push(i, message);
        } else if (command.do === 'direct') {
          push(command.who, text(`2["direct",${number}]`));
        } else if (command.do === 'binary') {
          const message = Prepared.message([`51-["binary",${number}]`, new Uint8Array([number])]);
          for (const i of command.to) push(i, message);
        } else if (command.do === 'volatile') {
          // As Client.deliver does: dropped unless nothing waits.
          const message = text(`2["volatile",${number}]`);
          for (const i of command.to) if (receivers[i]!.outbox.isEmpty && receivers[i]!.ready) push(i, message);
        } else if (command.do === 'end of turn') {
          endTurn();
        } else if (command.do === 'congest') {
          receivers[command.who]!.ready = false;
          undisturbed[command.who] = false;
        } else if (command.do === 'drain') {
          receivers[command.who]!.ready = true;
          undisturbed[command.who] = false;
          receivers[command.who]!.outbox.flush();
        } else if (command.do === 'flush') {
          undisturbed[command.who] = false;
          receivers[command.who]!.outbox.flush();
        } else if (!isGone[command.who]) {
          // The connection closed: what it has not got by now, it never gets.
          isGone[command.who] = true;
          undisturbed[command.who] = false;
          receivers[command.who]!.outbox.clear();
          expected[command.who] = [...receivers[command.who]!.messages];
        }
      }
      clock.endTurns();
      for (const receiver of receivers) {
        receiver.ready = true;
        receiver.outbox.flush();
      }
      for (const [i, receiver] of receivers.entries()) {
        expect(receiver.messages.map(({ parts }) => parts)).toEqual(expected[i]!.map(({ parts }) => parts));
        expect(Buffer.concat(receiver.writes.map((sequence) => sequence.frames()))).toEqual(
          Buffer.concat(expected[i]!.map((message) => message.frame)),
        );
        expect(receiver.outbox.byteLength).toBe(0);
      }
    }),
    { numRuns: 300 },
  );
});

test('a chat: everybody gets everything but their own, and most bytes are put together once', () => {
  const size = 50;
  const { clock, receivers } = setup(size);
  const broadcasts = Array.from({ length: 20 }, (_, i) => text(`2["chat",${i}]`));
  for (const message of broadcasts) for (const { outbox } of receivers) outbox.push(message);
  clock.endTurn();
  expect(new Set(receivers.map(({ writes }) => writes[0]!.frames())).size).toBe(1);
  expect(receivers[7]!.messages).toEqual(broadcasts);
});

describe('more than may wait for the end of a turn', () => {
  const limits = { flushThreshold: 1000, turnFlushThreshold: 5000 };

  test('of one connection: written at once, in order, and the rest at the end', () => {
    const { clock, receivers } = setup(2, limits);
    const [one, other] = receivers as [Receiver, Receiver];
    const messages = Array.from({ length: 25 }, (_, index) => event(`e${index}`, 90));
    other.outbox.push(messages[0]!);
    for (const message of messages) one.outbox.push(message);
    expect(one.writes.length).toBeGreaterThanOrEqual(2);
    expect(one.outbox.byteLength).toBeLessThanOrEqual(1000);
    expect(other.writes).toEqual([]);
    clock.endTurn();
    expect(one.messages).toEqual(messages);
    expect(other.messages).toEqual([messages[0]]);
    expect(clock.isTurnOpen).toBe(false);
  });

  test('of a broadcast: the same bytes for all', () => {
    const { clock, receivers } = setup(3, limits);
    const messages = Array.from({ length: 12 }, (_, index) => event(`e${index}`, 300));
    for (const message of messages) for (const { outbox } of receivers) outbox.push(message);
    clock.endTurn();
    const [first, ...others] = receivers;
    expect(first!.messages).toEqual(messages);
    for (const { writes } of others) {
      expect(writes).toHaveLength(first!.writes.length);
      for (const [index, sequence] of writes.entries()) expect(sequence).toBe(first!.writes[index]);
    }
  });

  test('of all together: all that wait are written; what many receive counts once', () => {
    const { clock, receivers } = setup(50, limits);
    const shared = event('shared', 400);
    for (const { outbox } of receivers) outbox.push(shared);
    expect(receivers.flatMap(({ writes }) => writes)).toEqual([]);
    const own = receivers.map((_, index) => event(`own ${index}`, 400));
    let most = 0;
    for (const [index, { outbox }] of receivers.entries()) {
      outbox.push(own[index]!);
      const held = receivers.reduce((sum, each) => sum + each.outbox.byteLength, 0);
      if (index > 15) most = Math.max(most, held);
    }
    expect(most).toBeLessThanOrEqual(6000);
    clock.endTurn();
    for (const [index, { messages }] of receivers.entries()) expect(messages).toEqual([shared, own[index]]);
  });

  test('a reader that stands still is judged in the turn, and told at its end', () => {
    const { clock, receivers } = setup(1, { ...limits, maxBufferedBytes: 10_000 });
    const [one] = receivers as [Receiver];
    one.ready = false;
    let most = 0;
    for (let index = 0; index < 1000; index++) {
      one.outbox.push(event('e', 100));
      most = Math.max(most, one.outbox.byteLength);
    }
    expect(most).toBeLessThanOrEqual(12_000);
    expect(one.told).toEqual([]);
    clock.endTurn();
    expect(one.told).toEqual(['overflow']);
    expect(clock.isTurnOpen).toBe(false);
  });

  test('with a policy that drops, no more than is allowed waits, also within the turn', () => {
    const { clock, receivers } = setup(1, {
      ...limits,
      maxBufferedBytes: 10_000,
      slowConsumerPolicy: 'drop-oldest',
    });
    const [one] = receivers as [Receiver];
    one.ready = false;
    const messages = Array.from({ length: 1000 }, (_, index) => event(`e${index}`, 100));
    for (const message of messages) {
      one.outbox.push(message);
      expect(one.outbox.byteLength).toBeLessThanOrEqual(12_000);
    }
    clock.endTurn();
    one.ready = true;
    one.outbox.flush();
    expect(one.messages.at(-1)).toBe(messages.at(-1));
    expect(one.told.at(-1)).toBe(`relief ${1000 - one.messages.length}`);
  });
});

test('an answer of a transport that takes so many packets has no more, and the next ones have the rest, in order', () => {
  const clock = new TestClock();
  const scheduler = new FlushScheduler(clock, resolveOptions({}).backlogLimits, new BufferBudget(clock, 1e9, () => []));
  const receiver = new Receiver(scheduler);
  receiver.maxPackets = 3;
  const attached = Prepared.message(['51-', Buffer.from([1])]);
  const large = Prepared.message(['54-', ...Array.from({ length: 4 }, () => Buffer.from([1]))]);
  const messages = [Prepared.message(['a']), Prepared.message(['b']), attached, Prepared.message(['c']), large];
  for (const message of messages) receiver.outbox.push(message);
  clock.endTurns();
  expect(receiver.writes.map((sequence) => sequence.messages())).toEqual([
    [messages[0], messages[1]],
    [attached, messages[3]],
    // It cannot be divided.
    [large],
  ]);
});
