import { Journal, type JournalLimits } from '../../../../../core/adapters/recovery/log/journal.js';
import { decodeEntry } from '../../../../../core/adapters/recovery/records/log-entry.js';
import { everybody } from '../../../../support/adapter.js';

const event = (size = 1) => ({ sentAt: 0, parts: [`42["${'x'.repeat(size)}"]`], options: everybody });
const journal = (limits: Partial<JournalLimits> = {}) =>
  new Journal({ maxBytes: 1_000_000, retention: 1000, ...limits });

test('the events of a turn are one entry, with consecutive numbers', () => {
  const sent = journal();
  expect(sent.take(0)).toBeUndefined();
  sent.add('a', event());
  sent.add('b', event());
  const first = sent.take(0)!;
  expect([first.first, first.last, decodeEntry(first.entry)!.map(({ sequence }) => sequence)]).toEqual([1, 2, [1, 2]]);
  sent.add('a', event());
  expect(sent.take(0)).toMatchObject({ first: 3, last: 3, keepFrom: undefined });
});

test('each event knows the one before it on its channel', () => {
  const sent = journal();
  expect(['a', 'b', 'a', 'a', 'b'].map((channel) => sent.add(channel, event()))).toEqual([0, 0, 1, 3, 2]);
});

test('of very many channels those are forgotten that were silent for longest', () => {
  const sent = journal();
  sent.add('first', event());
  sent.add('second', event());
  sent.add('first', event());
  for (let i = 0; i < 9_999; i++) sent.add(`channel ${i}`, event());
  expect(sent.add('first', event())).toBe(3);
  expect(sent.add('second', event())).toBe(0);
});

test('a log within its bytes', () => {
  const sent = journal({ maxBytes: 1000 });
  for (let i = 1; i <= 100; i++) {
    sent.add('a', event(100));
    const { entry, keepFrom } = sent.take(0)!;
    expect(sent.bytes).toBeLessThanOrEqual(1000);
    const kept = Math.floor(1000 / entry.length);
    expect(keepFrom).toBe(i <= kept ? undefined : i - kept + 1);
  }
  sent.add('a', event(2000));
  expect(sent.take(0)!.keepFrom).toBe(102);
  expect(sent.bytes).toBe(0);
});

test('what is too old goes with the next entry', () => {
  const sent = journal({ retention: 1000 });
  for (const now of [0, 500, 1000]) {
    sent.add('a', event());
    expect(sent.take(now)!.keepFrom).toBeUndefined();
  }
  sent.add('a', event());
  expect(sent.take(1501)!.keepFrom).toBe(3);
});

test('many entries, and no more kept than said', () => {
  const sent = journal({ maxBytes: 10_000 });
  for (let i = 0; i < 20_000; i++) {
    sent.add('a', event());
    sent.take(i);
  }
  expect(sent.bytes).toBeLessThanOrEqual(10_000);
});
