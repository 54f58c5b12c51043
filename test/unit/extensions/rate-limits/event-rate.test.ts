import { EventRate, type EventRateLimit } from '../../../../core/extensions/rate-limits/event-rate.js';
import { TestClock } from '../../../support/test-clock.js';

function rateOf(limit: Partial<EventRateLimit>) {
  const clock = new TestClock();
  const rate = new EventRate(
    { socket: undefined, connection: undefined, cost: undefined, exceeded: 'refuse', ...limit },
    clock,
  );
  const admit = (event = 'x', nsp = '/', ...args: unknown[]) => rate.admit(nsp, [event, ...args]);
  return { clock, rate, admit };
}

test('of a socket: its burst, then the time to wait; other namespaces have their own', () => {
  const { clock, admit } = rateOf({ socket: { perSecond: 10, burst: 2 } });
  expect([admit(), admit(), admit()]).toEqual([0, 0, 100]);
  expect(admit('x', '/other')).toBe(0);
  clock.advance(100);
  expect([admit(), admit()]).toEqual([0, 100]);
});

test('of a connection: all namespaces share it, and joining counts', () => {
  const { rate, admit } = rateOf({ connection: { perSecond: 10, burst: 3 } });
  expect([rate.admitConnect(), admit('x', '/a'), admit('x', '/b')]).toEqual([0, 0, 0]);
  expect([rate.admitConnect(), admit('x', '/c')]).toEqual([100, 100]);
});

test('what an event costs', () => {
  const cost = (event: string, args: unknown[], namespace: string) =>
    event === 'search' ? Number(args[0]) * (namespace === '/' ? 1 : 2) : 0;
  const { admit } = rateOf({ socket: { perSecond: 10, burst: 10 }, cost });
  expect([admit('free'), admit('search', '/', 6), admit('search', '/', 6)]).toEqual([0, 0, 200]);
  expect([admit('search', '/a', 5), admit('search', '/a', 1)]).toEqual([0, 200]);
  expect(admit('free')).toBe(0);
});

test.each([Number.NaN, -5, undefined, 'x'])('a cost of %p is none', (cost) => {
  const { admit } = rateOf({ socket: { perSecond: 1, burst: 1 }, cost: () => cost as number });
  expect([admit(), admit()]).toEqual([0, 0]);
});

test('the client is told once until it may send again, in each namespace', () => {
  const { clock, rate } = rateOf({ socket: { perSecond: 10, burst: 1 } });
  expect([rate.isNews('/', 100), rate.isNews('/', 100), rate.isNews('/a', 50)]).toEqual([true, false, true]);
  clock.advance(60);
  expect([rate.isNews('/', 40), rate.isNews('/a', 10)]).toEqual([false, true]);
  clock.advance(40);
  expect(rate.isNews('/', 100)).toBe(true);
});

test('where only the connection has a rate, it is told once', () => {
  const { clock, rate } = rateOf({ connection: { perSecond: 10, burst: 1 } });
  expect([rate.isNews('/', 100), rate.isNews('/a', 100)]).toEqual([true, false]);
  clock.advance(100);
  expect(rate.isNews('/a', 100)).toBe(true);
});

test('leaving a namespace and coming back fills no bucket', () => {
  const { clock, admit } = rateOf({ socket: { perSecond: 1, burst: 2 } });
  expect([admit(), admit(), admit()]).toEqual([0, 0, 1000]);
  for (let i = 0; i < 100; i++) admit('x', `/dynamic-${i}`);
  expect(admit()).toBe(1000);
  clock.advance(1000);
  expect(admit()).toBe(0);
});

test('names without end are forgotten once their bucket is full again', () => {
  const { clock, rate, admit } = rateOf({ socket: { perSecond: 10, burst: 2 } });
  for (let i = 0; i < 1000; i++) {
    admit('x', `/dynamic-${i}`);
    clock.advance(10);
  }
  expect(rate.size).toBeLessThan(20);
});
