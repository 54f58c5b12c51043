import fc from 'fast-check';
import {
  eventsAfter,
  isComplete,
  mergeByTime,
  type Snapshot,
  senderLog,
} from '../../../../../core/adapters/recovery/records/snapshot.js';
import { everybody } from '../../../../support/adapter.js';

function event(sequence: number, sentAt = sequence, rooms: string[] = []) {
  return {
    sequence,
    sentAt,
    parts: [`42["${sequence}"]`],
    options: { ...everybody, rooms: new Set(rooms), except: new Set<string>(), flags: {} },
  };
}
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => event(first + i));
const snapshot = (
  senders: Record<string, [position: number, first: number]>,
  more: Partial<Snapshot> = {},
): Snapshot => ({
  senders: new Map(
    Object.entries(senders).map(([tag, [position, first]]) => [tag, { position, events: range(first, position) }]),
  ),
  finished: new Set(),
  doubtful: new Set(),
  ...more,
});
const at = (positions: Record<string, number>) => new Map(Object.entries(positions));
const numbers = (events: { tag: string; event: { sequence: number } }[]) =>
  events.map(({ tag, event }) => `${tag}${event.sequence}`);

describe('what is left of a log', () => {
  test('entries that follow each other up to where the sender is', () => {
    expect(senderLog(9, [range(3, 5), range(6, 6), range(7, 9)])).toEqual({ position: 9, events: range(3, 9) });
  });
  test('nothing before a hole', () => {
    expect(senderLog(9, [range(3, 5), range(7, 9)])).toEqual({ position: 9, events: range(7, 9) });
  });
  test('nothing at all when the end is missing', () => {
    expect(senderLog(9, [range(3, 8)])).toEqual({ position: 9, events: [] });
    expect(senderLog(9, [])).toEqual({ position: 9, events: [] });
  });
});

describe('whether all is there', () => {
  const complete = (logs: Snapshot, start: Record<string, number>, required = Object.keys(start)) =>
    isComplete(logs, at(start), required);
  test('from where the logs begin, and up to where they end', () => {
    const logs = snapshot({ a: [9, 5], b: [2, 1] });
    expect(complete(logs, { a: 4 })).toBe(true);
    expect(complete(logs, { a: 9, b: 2 })).toBe(true);
    expect(complete(logs, { a: 3, b: 2 })).toBe(false);
    expect(complete(logs, { b: 2 })).toBe(false);
    expect(complete(logs, { a: 10, b: 2 })).toBe(false);
  });
  test('a sender nobody knows any more', () => {
    expect(complete(snapshot({}), { a: 1 })).toBe(false);
    expect(complete(snapshot({}), { a: 1 }, [])).toBe(true);
    expect(complete(snapshot({}, { finished: new Set(['a']) }), { a: 1 })).toBe(true);
  });
  test('a sender that did not vouch for its log since Redis was restarted', () => {
    expect(complete(snapshot({ a: [9, 5] }, { doubtful: new Set(['a']) }), { a: 9 })).toBe(false);
  });
});

test('the events after a start, for a member of some rooms', () => {
  const logs: Snapshot = {
    ...snapshot({}),
    senders: new Map([
      ['a', { position: 4, events: [event(2, 20, ['x']), event(3, 30), event(4, 40, ['y'])] }],
      ['b', { position: 3, events: [event(1, 5), event(2, 35), event(3, 35)] }],
    ]),
  };
  expect(numbers(eventsAfter(logs, at({ a: 1, b: 1 })))).toEqual(['a2', 'a3', 'b2', 'b3', 'a4']);
  expect(numbers(eventsAfter(logs, at({ a: 1, b: 3 }), new Set(['x'])))).toEqual(['a2', 'a3']);
  expect(numbers(eventsAfter(logs, at({ a: 4, b: 3 })))).toEqual([]);
});

test('merging keeps the order of each sender, whatever its clock says', () => {
  const queue = (tag: string) =>
    fc
      .array(fc.nat(100), { maxLength: 10 })
      .map((times) => times.map((time, i) => ({ tag, event: event(i + 1, time) })));
  fc.assert(
    fc.property(queue('a'), queue('b'), queue('c'), (...queues) => {
      const merged = mergeByTime(queues);
      expect(merged).toHaveLength(queues.flat().length);
      for (const [i, tag] of ['a', 'b', 'c'].entries())
        expect(merged.filter((each) => each.tag === tag)).toEqual(queues[i]);
    }),
  );
});
