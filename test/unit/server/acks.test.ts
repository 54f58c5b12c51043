import { PendingAcks } from '../../../core/server/acks.js';
import { TestClock } from '../../support/test-clock.js';

function pending() {
  const clock = new TestClock();
  const acks = new PendingAcks();
  const called: unknown[][] = [];
  return { clock, acks, called, callback: (...args: unknown[]) => called.push(args) };
}

const reason = ([error]: unknown[]) => (error as { reason: string }).reason;

test('an answer arrives, once', () => {
  const { acks, called, callback } = pending();
  acks.expect(1, callback);
  acks.take(1)!('a', 2);
  expect(called).toEqual([['a', 2]]);
  expect(acks.take(1)).toBeUndefined();
  expect(acks.size).toBe(0);
});

test('an answer nobody waits for', () => {
  expect(pending().acks.take(99)).toBeUndefined();
});

test('with an error first: no error and the answer', () => {
  const { clock, acks, called, callback } = pending();
  acks.expectOrFail(1, callback, clock, 100);
  acks.take(1)!('a');
  clock.advance(1000);
  acks.abandon(() => {});
  expect(called).toEqual([[null, 'a']]);
  expect(clock.pending).toBe(0);
});

test('with an error first: the timeout, and then no answer any more', () => {
  const { clock, acks, called, callback } = pending();
  acks.expectOrFail(1, callback, clock, 100);
  clock.advance(99);
  expect(called).toEqual([]);
  clock.advance(1);
  expect(called.map(reason)).toEqual(['timeout']);
  expect(acks.take(1)).toBeUndefined();
});

test('without a timeout it waits for the end', () => {
  const { clock, acks, called, callback } = pending();
  acks.expectOrFail(1, callback, clock);
  expect(clock.timersSet).toBe(0);
  acks.abandon(() => {});
  expect(called.map(reason)).toEqual(['disconnected']);
});

test('the end fails those with an error first, and forgets the others', () => {
  const { clock, acks, called, callback } = pending();
  const never: unknown[] = [];
  acks.expect(1, (...args) => never.push(args));
  acks.expectOrFail(2, callback, clock, 100);
  acks.expectOrFail(3, callback, clock);
  acks.abandon(() => {});
  acks.abandon(() => {});
  clock.advance(1000);
  expect(called.map(reason)).toEqual(['disconnected', 'disconnected']);
  expect(never).toEqual([]);
  expect(acks.size).toBe(0);
  expect(clock.pending).toBe(0);
});

test('a callback that throws at the end keeps nothing from the others', () => {
  const { clock, acks, called, callback } = pending();
  const reported: unknown[] = [];
  acks.expectOrFail(
    1,
    () => {
      throw new Error('callback');
    },
    clock,
  );
  acks.expectOrFail(2, callback, clock);
  acks.abandon((error) => reported.push(error));
  expect(called.map(reason)).toEqual(['disconnected']);
  expect(reported).toEqual([new Error('callback')]);
});

test('what is forgotten is not called', () => {
  const { acks, called, callback, clock } = pending();
  acks.expect(1, callback);
  acks.expectOrFail(2, callback, clock);
  acks.forget(1);
  acks.forget(2);
  acks.abandon(() => {});
  expect(called).toEqual([]);
});

test('it is a map: adapters of the ecosystem put callbacks in', () => {
  const { acks, called, callback } = pending();
  acks.set(7, callback);
  acks.take(7)!('a');
  expect(called).toEqual([['a']]);
});
