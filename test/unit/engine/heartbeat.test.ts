import { ClientHeartbeat, type HeartbeatTarget, ServerHeartbeat } from '../../../core/engine/heartbeat.js';
import { TestClock } from '../../support/test-clock.js';

const INTERVAL = 1000;
const TIMEOUT = 400;
/** Timers may be late by a hundredth. */
const SLACK = INTERVAL / 100;

function heartbeat() {
  const clock = new TestClock();
  const heartbeat = new ServerHeartbeat(clock, INTERVAL, TIMEOUT);
  const events: string[] = [];
  const peer = (name: string): HeartbeatTarget => ({
    onPingDue: () => events.push(`ping ${name}`),
    onPongMissing: () => events.push(`missing ${name}`),
  });
  return { clock, heartbeat, events, peer };
}

test('a ping after the interval, the end after the timeout', () => {
  const { clock, heartbeat: beat, events, peer } = heartbeat();
  beat.start(peer('a'));
  clock.advance(INTERVAL - 1);
  expect(events).toEqual([]);
  clock.advance(1);
  expect(events).toEqual(['ping a']);
  clock.advance(TIMEOUT - 1);
  expect(events).toEqual(['ping a']);
  clock.advance(1);
  expect(events).toEqual(['ping a', 'missing a']);
  clock.advance(10_000);
  expect(events).toHaveLength(2);
});

test('the next ping comes one interval after the pong', () => {
  const { clock, heartbeat: beat, events, peer } = heartbeat();
  const a = peer('a');
  beat.start(a);
  clock.advance(INTERVAL);
  clock.advance(300);
  expect(beat.onPong(a)).toBe(true);
  clock.advance(INTERVAL - 1);
  expect(events).toEqual(['ping a']);
  clock.advance(1 + SLACK);
  expect(events).toEqual(['ping a', 'ping a']);
});

test('a pong nobody asked for changes nothing', () => {
  const { clock, heartbeat: beat, events, peer } = heartbeat();
  const a = peer('a');
  beat.start(a);
  clock.advance(INTERVAL - 1);
  expect(beat.onPong(a)).toBe(false);
  clock.advance(1);
  expect(events).toEqual(['ping a']);
});

test('extend waits for the pong anew, and only while one is awaited', () => {
  const { clock, heartbeat: beat, events, peer } = heartbeat();
  const a = peer('a');
  beat.start(a);
  expect(beat.extend(a)).toBe(false);
  clock.advance(INTERVAL + TIMEOUT - 1);
  expect(beat.extend(a)).toBe(true);
  clock.advance(TIMEOUT - 1);
  expect(events).toEqual(['ping a']);
  clock.advance(1 + SLACK);
  expect(events).toEqual(['ping a', 'missing a']);
});

test.each(['resting', 'awaiting its pong'])('stop while %s', (when) => {
  const { clock, heartbeat: beat, events, peer } = heartbeat();
  const a = peer('a');
  beat.start(a);
  if (when !== 'resting') clock.advance(INTERVAL);
  events.length = 0;
  beat.stop(a);
  beat.stop(a);
  clock.advance(10_000);
  expect(events).toEqual([]);
});

test('clear stops everybody', () => {
  const { clock, heartbeat: beat, events, peer } = heartbeat();
  beat.start(peer('a'));
  clock.advance(INTERVAL);
  beat.start(peer('b'));
  beat.clear();
  clock.advance(10_000);
  expect(events).toEqual(['ping a']);
  expect(clock.pending).toBe(0);
});

test('a thousand connections share two timers', () => {
  const { clock, heartbeat: beat, events, peer } = heartbeat();
  const peers = Array.from({ length: 1000 }, (_, i) => peer(`${i}`));
  for (const each of peers) beat.start(each);
  for (let round = 1; round <= 5; round++) {
    clock.advance(INTERVAL + SLACK);
    expect(events).toHaveLength(round * 1000);
    for (const each of peers) expect(beat.onPong(each)).toBe(true);
    expect(clock.pending).toBeLessThanOrEqual(2);
  }
  expect(events.every((event) => event.startsWith('ping'))).toBe(true);
  expect(clock.timersSet).toBeLessThan(20);
});

test('after a stop of the process, a pong that has arrived is read before anybody is judged', () => {
  const { clock, heartbeat: beat, events, peer } = heartbeat();
  const [living, dead] = [peer('living'), peer('dead')];
  beat.start(living);
  beat.start(dead);
  clock.advance(INTERVAL);
  events.length = 0;
  // The first thing the loop reads when it goes on.
  clock.endOfTurn(() => beat.onPong(living));
  clock.block(60_000);
  expect(events).toEqual(['missing dead']);
  clock.advance(INTERVAL);
  expect(events).toEqual(['missing dead', 'ping living']);
});

describe('of a client that pings', () => {
  function clientHeartbeat() {
    const clock = new TestClock();
    const missing: string[] = [];
    const beat = new ClientHeartbeat(clock, INTERVAL, TIMEOUT);
    const peer: HeartbeatTarget = {
      onPingDue: () => missing.push('a ping'),
      onPongMissing: () => missing.push('gone'),
    };
    beat.start(peer);
    return { clock, missing, beat, peer };
  }

  test('it is gone when nothing came for both times', () => {
    const { clock, missing } = clientHeartbeat();
    clock.advance(INTERVAL + TIMEOUT - SLACK - 10);
    expect(missing).toEqual([]);
    clock.advance(SLACK + 10);
    expect(missing).toEqual(['gone']);
  });

  test('anything it sends counts', () => {
    const { clock, missing, beat, peer } = clientHeartbeat();
    for (let i = 0; i < 5; i++) {
      clock.advance(INTERVAL);
      if (i % 2 === 0) expect(beat.extend(peer)).toBe(false);
      else expect(beat.onPong(peer)).toBe(true);
    }
    expect(missing).toEqual([]);
    beat.stop(peer);
    clock.advance(10 * INTERVAL);
    expect(missing).toEqual([]);
  });
});
