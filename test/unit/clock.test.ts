import { jest } from '@jest/globals';
import { systemClock } from '../../core/clock.js';
import { TestClock } from '../support/test-clock.js';

describe('the clock of the system', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('a timeout comes once, an interval again and again, until they are cancelled', () => {
    const heard: string[] = [];
    const timeout = systemClock.setTimeout(() => heard.push('timeout'), 10);
    const interval = systemClock.setInterval(() => heard.push('interval'), 20);
    jest.advanceTimersByTime(45);
    expect(heard).toEqual(['timeout', 'interval', 'interval']);
    interval.cancel();
    interval.cancel();
    timeout.cancel();
    jest.advanceTimersByTime(1000);
    expect(heard).toHaveLength(3);
  });

  test('a cancelled timeout does not come', () => {
    const heard: string[] = [];
    systemClock.setTimeout(() => heard.push('timeout'), 10).cancel();
    jest.advanceTimersByTime(100);
    expect(heard).toEqual([]);
  });

  test.each([Number.POSITIVE_INFINITY, 2 ** 31, 1e15])('a delay of %d does not fire at once', (delay) => {
    const heard: string[] = [];
    const timers = [
      systemClock.setTimeout(() => heard.push('timeout'), delay),
      systemClock.setInterval(() => heard.push('interval'), delay),
    ];
    jest.advanceTimersByTime(24 * 60 * 60 * 1000);
    expect(heard).toEqual([]);
    for (const timer of timers) timer.cancel();
  });

  test('the end of the turn', () => {
    const heard: string[] = [];
    systemClock.endOfTurn(() => heard.push('end'));
    expect(heard).toEqual([]);
    jest.runAllTicks();
    expect(heard).toEqual([]);
    jest.runAllTimers();
    expect(heard).toEqual(['end']);
  });

  test('time goes forward', () => {
    const before = systemClock.now();
    jest.advanceTimersByTime(5);
    expect(systemClock.now() - before).toBe(5);
  });
});

test('only a timeout in the foreground keeps the process alive', () => {
  const count = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = count();
  const background = systemClock.setTimeout(() => {}, 60_000, true);
  const interval = systemClock.setInterval(() => {}, 60_000);
  expect(count()).toBe(before);
  const foreground = systemClock.setTimeout(() => {}, 60_000);
  expect(count()).toBe(before + 1);
  for (const timer of [background, interval, foreground]) timer.cancel();
  expect(count()).toBe(before);
});

describe('the clock of the tests', () => {
  test('fires what falls due in order, at its time', () => {
    const clock = new TestClock();
    const heard: [string, number][] = [];
    clock.setTimeout(() => heard.push(['b', clock.now()]), 20);
    clock.setTimeout(() => {
      heard.push(['a', clock.now()]);
      clock.setTimeout(() => heard.push(['later', clock.now()]), 5);
    }, 10);
    const interval = clock.setInterval(() => heard.push(['interval', clock.now()]), 12);
    clock.advance(25);
    interval.cancel();
    clock.advance(100);
    expect(heard).toEqual([
      ['a', 10],
      ['interval', 12],
      ['later', 15],
      ['b', 20],
      ['interval', 24],
    ]);
    expect(clock.now()).toBe(125);
  });

  test('what is asked for at the end of a turn belongs to the next', () => {
    const clock = new TestClock();
    const heard: string[] = [];
    clock.endOfTurn(() => {
      heard.push('first');
      clock.endOfTurn(() => heard.push('second'));
    });
    clock.endTurn();
    expect(heard).toEqual(['first']);
    clock.endTurn();
    expect(heard).toEqual(['first', 'second']);
  });
});
