import type { EncodedMessage } from '../../../../core/extension.js';
import { type RetryLimits, RetryMemories } from '../../../../core/extensions/retries/memories.js';
import { RETRY_WINDOW, type RetryMemory } from '../../../../core/extensions/retries/memory.js';
import { Prepared } from '../../../../core/protocol/prepared.js';
import { TestClock } from '../../../support/test-clock.js';

const KEY = 'k'.repeat(24);
const keyOf = (n: number) => `${n}`.padStart(24, 'k');

class Holder {
  readonly sent: string[] = [];
  isClosed = false;
  readonly conn: { close(): void };
  constructor(conn?: { close(): void }) {
    this.conn = conn ?? {
      close: () => {
        this.isClosed = true;
      },
    };
  }
  deliver(message: EncodedMessage): void {
    this.sent.push(String((message as Prepared).parts[0]));
  }
}

function create(limits: Partial<RetryLimits> = {}) {
  const clock = new TestClock();
  const bounds = {
    maxDisconnectionDuration: 1000,
    maxBytes: 1_000_000,
    maxKeysPerAddress: 1000,
    maxKeysPerConnection: 16,
  };
  const memories = new RetryMemories({ ...bounds, ...limits }, clock);
  const attach = (key: unknown = KEY, address?: string, conn?: Holder['conn']) => {
    const holder = new Holder(conn);
    return { holder, memory: memories.attach(key, holder, address)! };
  };
  /** A client comes, has this many events answered, and goes. */
  const visit = (key: string, address: string, events = 1, conn?: Holder['conn']) => {
    const { memory, holder } = attach(key, address, conn);
    for (let id = 0; id < events; id++) run(memory, id);
    memories.detach(memory, holder);
    clock.advance(0.001);
  };
  return { clock, memories, attach, visit };
}

/** An event arrives, and a listener answers it at once. Returns whether the listener was called. */
function run(memory: RetryMemory, id: number, answer = `a${id}`): boolean {
  if (!memory.admit(id) || !memory.claim(id)) return false;
  memory.answer(id, Prepared.message([answer]));
  return true;
}

describe('one client', () => {
  test('a repetition is not run, and gets the same answer', () => {
    const { attach } = create();
    const { memory, holder } = attach();
    expect(run(memory, 0)).toBe(true);
    expect(run(memory, 1)).toBe(true);
    expect(run(memory, 0, 'another')).toBe(false);
    expect(holder.sent).toEqual(['4a0', '4a1', '4a0']);
  });

  test('an answer is not repeated for ever: the client may be one that it is lost with', () => {
    const { attach } = create();
    const { memory, holder } = attach();
    run(memory, 0);
    run(memory, 1);
    for (let i = 0; i < 100; i++) expect(run(memory, 0)).toBe(false);
    expect(holder.sent).toEqual(['4a0', '4a1', ...new Array(16).fill('4a0')]);
    expect(run(memory, 1)).toBe(false);
    expect(holder.sent.at(-1)).toBe('4a1');
  });

  test('over connections, also when the listener is still at work', () => {
    const { attach, memories } = create();
    const first = attach();
    expect(first.memory.admit(0) && first.memory.claim(0)).toBe(true);
    memories.detach(first.memory, first.holder);
    const second = attach();
    expect(second.memory).toBe(first.memory);
    expect(run(second.memory, 0)).toBe(false);
    expect(second.holder.sent).toEqual([]);
    first.memory.answer(0, Prepared.message(['late']));
    expect(first.holder.sent).toEqual([]);
    expect(second.holder.sent).toEqual(['4late']);
  });

  test('an answer while nobody is there is kept', () => {
    const { attach, memories } = create();
    const first = attach();
    first.memory.admit(0);
    first.memory.claim(0);
    memories.detach(first.memory, first.holder);
    first.memory.answer(0, Prepared.message(['kept']));
    const second = attach();
    second.memory.admit(0);
    expect(second.holder.sent).toEqual(['4kept']);
  });

  test('an event that no listener saw is tried again', () => {
    const { memory } = create().attach();
    // In a middleware when the connection was lost, or refused by it.
    expect(memory.admit(0)).toBe(true);
    expect(memory.admit(1)).toBe(true);
    expect(memory.claim(1)).toBe(true);
    expect(memory.admit(0)).toBe(true);
    expect(memory.claim(0)).toBe(true);
    // Two tries passed the middleware: the second is too late.
    expect(memory.claim(0)).toBe(false);
    expect(memory.admit(0)).toBe(false);
  });

  test('a listener that ended the connection sees the event again, unless it has answered', () => {
    const { memory } = create().attach();
    expect(memory.admit(0) && memory.claim(0)).toBe(true);
    memory.release(0);
    expect(run(memory, 0)).toBe(true);
    memory.release(0);
    expect(run(memory, 0)).toBe(false);
  });

  test('an event that was answered twice counts once', () => {
    const { attach, memories } = create();
    const { memory } = attach();
    memory.admit(0);
    memory.answer(0, Prepared.message(['x'.repeat(1000)]));
    const { bytes } = memories;
    memory.answer(0, Prepared.message(['y'.repeat(1000)]));
    expect(memories.bytes).toBe(bytes);
  });

  test('events that are not numbered are none of its business', () => {
    const { memory, holder } = create().attach();
    expect(run(memory, 1e15)).toBe(true);
    expect(run(memory, 1e15)).toBe(true);
    expect(run(memory, 3)).toBe(true);
    expect(holder.sent).toEqual(['4a1000000000000000', '4a1000000000000000', '4a3']);
  });

  test('answers are kept for twice the window, least recently sent first out', () => {
    const { memory, holder } = create().attach();
    for (let id = 0; id < 2 * RETRY_WINDOW; id++) run(memory, id);
    holder.sent.length = 0;
    run(memory, 0);
    run(memory, 2 * RETRY_WINDOW);
    run(memory, 0);
    run(memory, 1);
    expect(holder.sent).toEqual(['4a0', `4a${2 * RETRY_WINDOW}`, '4a0']);
  });

  test('answers of many bytes are fewer, but the newest is there', () => {
    const { memory, holder } = create({ maxBytes: 1e9 }).attach();
    run(memory, 0, 'x'.repeat(600_000));
    run(memory, 1, 'y'.repeat(600_000));
    run(memory, 2, 'z'.repeat(2_000_000));
    holder.sent.length = 0;
    for (const id of [0, 1, 2]) run(memory, id);
    expect(holder.sent.map((each) => each.slice(0, 2))).toEqual(['4z']);
    expect(memory.bytes).toBeLessThan(2_002_000);
  });
});

describe('all clients', () => {
  test.each([[undefined], [''], ['short'], [17], [{}], ['k'.repeat(65)], [`${KEY} `], [null]])(
    'a key that is none: %j',
    (key) => {
      const { attach, memories } = create();
      expect(memories.attach(key, new Holder())).toBeNull();
      attach();
      expect(memories.size).toBe(1);
    },
  );

  test('a client that never repeated anything leaves nothing', () => {
    const { attach, memories } = create();
    const { memory, holder } = attach();
    memories.detach(memory, holder);
    expect([memories.size, memories.bytes]).toEqual([0, 0]);
  });

  test('a client that is away too long is forgotten', () => {
    const { attach, memories, clock } = create({ maxDisconnectionDuration: 1000 });
    const { memory, holder } = attach();
    run(memory, 0);
    memories.detach(memory, holder);
    clock.advance(999);
    const again = attach();
    expect(run(again.memory, 0)).toBe(false);
    memories.detach(again.memory, again.holder);
    clock.advance(1000);
    const late = attach();
    expect(run(late.memory, 0)).toBe(true);
    expect(memories.size).toBe(1);
  });

  test('a client that is back before its connection was missed takes over', () => {
    const { attach, memories } = create();
    const first = attach();
    run(first.memory, 0);
    const second = attach();
    expect(first.holder.isClosed).toBe(true);
    // The end of the old connection comes later, and means nothing any more.
    memories.detach(first.memory, first.holder);
    expect(run(second.memory, 0)).toBe(false);
    expect(second.holder.sent).toEqual(['4a0']);
  });

  test('memory is bounded: the longest away go first, then the oldest', () => {
    const { attach, memories, clock } = create({ maxBytes: 10_000 });
    const stays = attach(keyOf(0));
    run(stays.memory, 0);
    for (let n = 1; n <= 100; n++) {
      const { memory, holder } = attach(keyOf(n));
      run(memory, 0);
      memories.detach(memory, holder);
      clock.advance(1);
      expect(memories.bytes).toBeLessThanOrEqual(10_000);
    }
    expect(memories.size).toBeLessThan(21);
    expect(run(attach(keyOf(100)).memory, 0)).toBe(false);
    expect(run(attach(keyOf(1)).memory, 0)).toBe(true);
    // It is still told apart on its own connection what came twice, only answers are not kept.
    const connected = Array.from({ length: 30 }, (_, n) => attach(keyOf(1000 + n)));
    expect(memories.bytes).toBeLessThanOrEqual(10_000);
    expect(run(stays.memory, 1)).toBe(true);
    expect(run(stays.memory, 1)).toBe(false);
    for (const { memory, holder } of [stays, ...connected]) memories.detach(memory, holder);
    expect(memories.bytes).toBeLessThanOrEqual(10_000);
  });

  test('one client cannot take the memory of all', () => {
    const { attach, memories } = create({ maxBytes: 10_000 });
    const { memory } = attach();
    run(memory, 0, 'x'.repeat(20_000));
    expect(memories.bytes).toBe(0);
    run(memory, 1, 'x'.repeat(20_000));
    expect([memories.bytes, memory.bytes, memories.size]).toEqual([0, 0, 0]);
  });

  test('they go when their time is over, also when nothing happens any more', () => {
    const { memories, clock, visit } = create();
    for (let i = 0; i < 10; i++) visit(keyOf(i), 'a', 10);
    clock.advance(900);
    expect(memories.size).toBe(10);
    clock.advance(1200);
    expect([memories.size, memories.bytes, clock.pending]).toEqual([0, 0, 0]);
  });

  test('whoever makes many loses its own, and not those of others', () => {
    const { attach, memories, visit } = create({ maxBytes: 100_000 });
    visit(keyOf(0), 'honest');
    for (let i = 1; i < 500; i++) {
      visit(keyOf(i), 'attacker', 10);
      expect(memories.bytes).toBeLessThanOrEqual(100_000);
    }
    expect(run(attach(keyOf(0)).memory, 0)).toBe(false);
    expect(run(attach(keyOf(1)).memory, 0)).toBe(true);
    // The newest ones are there: nobody is cut down to less than what others have.
    expect(run(attach(keyOf(499)).memory, 0)).toBe(false);
  });

  test('where all come from one address, those that take far more than the others go first', () => {
    const { attach, memories, visit } = create({ maxBytes: 100_000 });
    visit(keyOf(0), 'proxy');
    visit(keyOf(1), 'proxy', 128);
    while (memories.size < 40) visit(keyOf(1000 + memories.size), 'proxy');
    visit(keyOf(2), 'proxy', 128);
    visit(keyOf(3), 'proxy', 128);
    expect(run(attach(keyOf(0)).memory, 0)).toBe(false);
    expect(run(attach(keyOf(1)).memory, 0)).toBe(true);
  });

  test('an address, and a connection, has so many clients that are away', () => {
    const { memories, visit, attach } = create({ maxKeysPerAddress: 20, maxKeysPerConnection: 5, maxBytes: 1e9 });
    const conn = { close: () => {} };
    for (let i = 0; i < 100; i++) visit(keyOf(i), 'a', 1, conn);
    expect(memories.size).toBe(5);
    expect(run(attach(keyOf(99)).memory, 0)).toBe(false);
    for (let i = 100; i < 200; i++) visit(keyOf(i), 'a');
    for (let i = 200; i < 300; i++) visit(keyOf(i), 'b');
    expect(memories.size).toBe(20 + 1 + 20);
    expect(run(attach(keyOf(199)).memory, 0)).toBe(false);
    expect(run(attach(keyOf(150)).memory, 0)).toBe(true);
  });

  test('events that nobody decides about count, too', () => {
    const { attach, memories } = create();
    const { memory } = attach();
    const { bytes } = memories;
    for (let id = 0; id < 1000; id++) memory.admit(id);
    expect(memories.bytes - bytes).toBe(128 * 20);
    for (let id = 872; id < 1000; id++) expect(memory.claim(id)).toBe(true);
    expect(memories.bytes).toBe(bytes);
  });

  test('asking again costs twenty bytes: over one connection it brings a megabyte', () => {
    const { attach, memories } = create({ maxBytes: 1e9 });
    const first = attach();
    for (let id = 0; id < 9; id++) run(first.memory, id, 'x'.repeat(100_000));
    first.holder.sent.length = 0;
    for (let round = 0; round < 10; round++) for (let id = 0; id < 9; id++) run(first.memory, id);
    expect(first.holder.sent.length).toBe(9);
    memories.detach(first.memory, first.holder);
    const second = attach();
    for (let id = 0; id < 9; id++) run(second.memory, id);
    expect(second.holder.sent.length).toBe(9);
    // A single answer of more is sent again, too.
    run(second.memory, 9, 'y'.repeat(2_000_000));
    memories.detach(second.memory, second.holder);
    const third = attach();
    run(third.memory, 9);
    run(third.memory, 9);
    expect(third.holder.sent.length).toBe(1);
  });
});
