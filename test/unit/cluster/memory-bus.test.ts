import { MemoryNetwork } from '../../../core/cluster/memory-bus.js';
import { TestClock } from '../../support/test-clock.js';

function setup() {
  const clock = new TestClock();
  const network = new MemoryNetwork(clock);
  const heard: string[] = [];
  const listener = (name: string) => (message: Buffer) => void heard.push(`${name} ${message}`);
  return { clock, network, heard, listener, a: network.connect(), b: network.connect() };
}

const bytes = (text: string) => Buffer.from(text);

test('messages reach whoever is subscribed, the publisher too, in order, at the end of the turn', async () => {
  const { clock, heard, listener, a, b } = setup();
  const done = [a.subscribe('x', listener('a')), b.subscribe('x', listener('b')), b.subscribe('y', listener('b'))];
  a.publish('x', bytes('1'));
  a.publish('y', bytes('2'));
  a.publish('x', bytes('3'));
  expect(heard).toEqual([]);
  clock.endTurns();
  await Promise.all(done);
  expect(heard).toEqual(['a 1', 'b 1', 'b 2', 'a 3', 'b 3']);
});

test('whoever subscribes late has missed it; whoever unsubscribes hears no more', async () => {
  const { clock, network, heard, listener, a, b } = setup();
  a.publish('x', bytes('1'));
  const subscribed = b.subscribe('x', listener('b'));
  clock.endTurns();
  await subscribed;
  expect(network.count('x')).toBe(1);
  const counted = a.countSubscribers('x');
  clock.endTurns();
  expect(await counted).toBe(1);
  b.unsubscribe('x');
  a.publish('x', bytes('2'));
  clock.endTurns();
  expect(heard).toEqual([]);
});

test('a subscription that was given up before it was made', async () => {
  const { clock, network, listener, a } = setup();
  const subscribed = a.subscribe('x', listener('a'));
  a.unsubscribe('x');
  clock.endTurns();
  await subscribed;
  expect(network.count('x')).toBe(0);
});

test('an outage of one: it misses what passes by, what it publishes follows later', async () => {
  const { clock, heard, listener, a, b } = setup();
  a.observe({
    onDown: (error) => heard.push(`down: ${error.message}`),
    onUp: (dropped) => heard.push(`up ${dropped}`),
    onError: () => {},
  });
  a.subscribe('x', listener('a'));
  b.subscribe('x', listener('b'));
  clock.endTurns();
  a.cut();
  a.cut();
  b.publish('x', bytes('1'));
  a.publish('x', bytes('2'));
  await expect(a.countSubscribers('x')).rejects.toThrow('down');
  clock.endTurns();
  expect(heard.splice(0)).toEqual(['down: the connection was cut', 'b 1']);
  a.mend();
  a.mend();
  clock.endTurns();
  expect(heard).toEqual(['up 0', 'b 2', 'a 2']);
});

test('a closed bus hears nothing and subscribes to nothing', async () => {
  const { clock, heard, listener, a, b } = setup();
  a.subscribe('x', listener('a'));
  clock.endTurns();
  await a.close();
  await a.close();
  b.publish('x', bytes('1'));
  clock.endTurns();
  expect(heard).toEqual([]);
  await expect(a.subscribe('x', listener('a'))).rejects.toThrow('closed');
});

test('channels of a scope', () => {
  const { a } = setup();
  expect([a.channel('/'), a.channel('/', ''), a.channel('/', 'x')]).toEqual(['/#', '/##', '/#x#']);
});
