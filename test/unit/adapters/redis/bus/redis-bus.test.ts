import { RedisBus } from '../../../../../core/adapters/redis/bus/redis-bus.js';
import { FakeRedis } from '../../../../support/fake-redis.js';
import { TestClock } from '../../../../support/test-clock.js';

const LOST = new Error('Connection is closed.');

function setup({ isReady = true, isPrompt = true, canShard = false, maxPendingBytes = 1000 } = {}) {
  const clock = new TestClock();
  const [publisher, subscriber] = [new FakeRedis(), new FakeRedis()];
  for (const each of [publisher, subscriber]) Object.assign(each, { isReady, isPrompt, canShard });
  const bus = new RedisBus(publisher, subscriber, { clock, prefix: 'p', maxPendingBytes });
  const told: string[] = [];
  bus.observe({
    onDown: ({ message }) => told.push(`down ${message}`),
    onUp: (dropped) => told.push(`up ${dropped}`),
    onError: ({ message }) => told.push(`error ${message}`),
  });
  const settle = async () => {
    do {
      clock.endTurns();
      await new Promise((resolve) => setImmediate(resolve));
    } while (clock.isTurnOpen);
  };
  const publish = (...texts: string[]) => {
    for (const text of texts) bus.publish('c', Buffer.from(text));
  };
  /** Both connections are back, and our own messages arrive. */
  const comeBack = async () => {
    for (const each of [publisher, subscriber]) each.become(true);
    await settle();
    arrive();
    await settle();
  };
  /** The probes that were published come back. */
  const arrive = () => {
    for (const line of publisher.log) {
      const [, channel] = /publish (\S+#probe \S+) probe$/.exec(line) ?? [];
      if (channel !== undefined) subscriber.deliver(channel, 'probe');
    }
  };
  return { clock, publisher, subscriber, bus, told, settle, publish, comeBack, arrive };
}

const published = ({ log }: FakeRedis) =>
  log.filter((line) => line.includes(' publish c ')).map((line) => line.slice(16));
const subscriptions = ({ log }: FakeRedis) => log.filter((line) => /subscribe/.test(line) && !line.includes('probe'));

test('names of channels: with a prefix, apart by scope, on one shard where there are shards', () => {
  const plain = setup().bus;
  expect([plain.channel('/'), plain.channel('/', 'x'), plain.channel('/a', 'b#c'), plain.channel('/a#b')]).toEqual([
    'p#/#',
    'p#/#x#',
    'p#/a#b#c#',
    'p#/a%23b#',
  ]);
  const { bus } = setup({ canShard: true });
  expect([bus.channel('/'), bus.channel('/', 'x')]).toEqual(['p#{/}#', 'p#{/}#x#']);
});

test('what is published in one go is sent in order, at once', async () => {
  const { publisher, settle, publish } = setup();
  publish('1', '2', '3');
  expect(published(publisher)).toEqual([]);
  await settle();
  expect(published(publisher)).toEqual(['1', '2', '3']);
});

test('the wishes of a turn are one command; who comes and goes within it costs none', async () => {
  const { subscriber, bus, settle } = setup();
  const heard: string[] = [];
  const listen = (message: Buffer) => void heard.push(String(message));
  const done = [bus.subscribe('a', listen), bus.subscribe('b', listen), bus.subscribe('gone', listen)];
  bus.unsubscribe('gone');
  await settle();
  await Promise.all(done.slice(0, 2));
  bus.unsubscribe('a');
  bus.subscribe('a', listen);
  bus.unsubscribe('b');
  await settle();
  expect(subscriptions(subscriber)).toEqual(['plain subscribe a b', 'plain unsubscribe b']);
  subscriber.deliver('a', 'hello');
  expect(heard).toEqual(['hello']);
});

test('a thousand channels to a command', async () => {
  const { subscriber, bus, settle } = setup();
  for (let i = 0; i < 2500; i++) bus.subscribe(`c${i}`, () => {});
  await settle();
  expect(subscriptions(subscriber).map((line) => line.split(' ').length - 2)).toEqual([1000, 1000, 500]);
});

test('a listener that throws is reported; a subscription that Redis refuses is rejected', async () => {
  const { subscriber, bus, told, settle } = setup();
  bus.subscribe('a', () => {
    throw new Error('the listener failed');
  });
  await settle();
  subscriber.deliver('a', 'x');
  expect(told).toEqual(['error the listener failed']);
  subscriber.isPrompt = false;
  const refused = bus.subscribe('secret', () => {});
  await settle();
  subscriber.answerAll(new Error('NOPERM this user has no permissions'));
  await expect(refused).rejects.toThrow('NOPERM');
});

test('subscribers are counted over all masters', async () => {
  const { publisher, bus } = setup();
  expect(await bus.countSubscribers('c')).toBe(5);
  expect(publisher.log).toEqual(['PUBSUB NUMSUB c']);
});

describe('an outage', () => {
  test('is told once; what waits follows in order, after everything was subscribed to again and proved to work', async () => {
    const { publisher, subscriber, bus, told, settle, publish, comeBack } = setup();
    bus.subscribe('a', () => {});
    await settle();
    publisher.become(false);
    subscriber.become(false);
    subscriber.fail(new Error('ECONNREFUSED'));
    publish('1');
    const joined = bus.subscribe('b', () => {});
    bus.unsubscribe('a');
    publish('2');
    await settle();
    expect(bus.isUp).toBe(false);
    expect(published(publisher)).toEqual([]);
    await comeBack();
    await joined;
    expect(bus.isUp).toBe(true);
    expect(published(publisher)).toEqual(['1', '2']);
    expect(subscriptions(subscriber)).toEqual(['plain subscribe a', 'plain unsubscribe a', 'plain subscribe b']);
    expect(told).toEqual(['down the connection to Redis is lost', 'up 0']);
  });

  test('is not over before our own message came back; it is tried again', async () => {
    const { clock, publisher, subscriber, bus, told, settle, arrive } = setup();
    publisher.become(false);
    publisher.become(true);
    await settle();
    expect(bus.isUp).toBe(false);
    clock.advance(2000);
    await settle();
    clock.advance(500);
    await settle();
    expect(publisher.log.filter((line) => line.endsWith('probe')).length).toBe(2);
    arrive();
    await settle();
    expect(told).toEqual(['down the connection to Redis is lost', 'up 0']);
    expect(subscriber.log.filter((line) => line.startsWith('plain unsubscribe p##probe')).length).toBe(2);
  });

  test('on shards, each scope is proved', async () => {
    const { publisher, bus, settle, comeBack } = setup({ canShard: true });
    for (const scope of ['/', '/chat']) bus.subscribe(bus.channel(scope), () => {});
    await settle();
    publisher.become(false);
    await comeBack();
    const probes = publisher.log.filter((line) => line.includes('#probe ')).map((line) => line.split('#')[1]);
    expect(probes).toEqual(['', '{/}', '{/chat}']);
    expect(bus.isUp).toBe(true);
  });

  test('what was sent but not answered is sent again, ahead of what came later', async () => {
    const { publisher, subscriber, told, settle, publish, comeBack } = setup();
    publisher.isPrompt = false;
    publish('1', '2');
    await settle();
    publisher.become(false);
    publish('3');
    publisher.answerAll(LOST);
    await settle();
    publisher.isPrompt = true;
    subscriber.become(true);
    await comeBack();
    expect(published(publisher)).toEqual(['1', '2', '1', '2', '3']);
    expect(told).toEqual(['down the connection to Redis is lost', 'up 0']);
  });

  test('shows itself, too, by a command that fails while the client believes that all is well', async () => {
    const { clock, publisher, told, settle, publish, arrive } = setup();
    publisher.isPrompt = false;
    publish('1');
    await settle();
    publisher.answerAll(LOST);
    await settle();
    publisher.isPrompt = true;
    clock.advance(500);
    await settle();
    arrive();
    await settle();
    expect(published(publisher)).toEqual(['1', '1']);
    expect(told).toEqual(['down Connection is closed.', 'up 0']);
  });

  test('what waits is bounded: the oldest go, and it is told how many', async () => {
    const { publisher, told, settle, publish, comeBack } = setup({ maxPendingBytes: 10 });
    publisher.become(false);
    publish('1111', '2222', '3333', '4444');
    await comeBack();
    expect(published(publisher)).toEqual(['3333', '4444']);
    expect(told).toEqual(['down the connection to Redis is lost', 'up 2']);
    await settle();
  });
});

test('a command that Redis refuses is no outage', async () => {
  const { publisher, bus, told, settle, publish } = setup();
  publisher.isPrompt = false;
  publish('1');
  await settle();
  publisher.answerAll(new Error('OOM command not allowed'));
  await settle();
  expect(told).toEqual(['error OOM command not allowed']);
  expect(bus.isUp).toBe(true);
});

test('a Redis that stands still is given no more than a few megabytes', async () => {
  const { publisher, told, settle, publish } = setup({ maxPendingBytes: 2_000_000 });
  publisher.isPrompt = false;
  for (let i = 0; i < 10; i++) {
    publish(`${i}`.repeat(1_000_000));
    await settle();
  }
  // Four and a bit went out, two wait, the others are gone.
  expect(published(publisher).map((text) => text[0])).toEqual(['0', '1', '2', '3', '4']);
  publisher.answerAll();
  await settle();
  expect(published(publisher).map((text) => text[0])).toEqual(['0', '1', '2', '3', '4', '8', '9']);
  expect(told).toEqual(['error 3 messages were dropped: Redis did not take them in time']);
});

describe('a client that is not connected yet', () => {
  test('is waited for, in silence', async () => {
    const { publisher, subscriber, bus, told, settle, publish, comeBack } = setup({ isReady: false });
    const subscribed = bus.subscribe('a', () => {});
    publish('1');
    await settle();
    expect([bus.isUp, publisher.log, subscriber.log]).toEqual([false, [], []]);
    await comeBack();
    await subscribed;
    expect(published(publisher)).toEqual(['1']);
    expect(told).toEqual([]);
  });

  test('and one that cannot connect is told of', async () => {
    const { subscriber, told, comeBack } = setup({ isReady: false });
    subscriber.fail(new Error('ECONNREFUSED'));
    subscriber.fail(new Error('ECONNREFUSED'));
    await comeBack();
    expect(told).toEqual(['down ECONNREFUSED', 'up 0']);
  });

  test('is looked at now and then: not every client tells when it is ready', async () => {
    const { clock, publisher, subscriber, bus, settle, arrive } = setup({ isReady: false });
    publisher.isReady = true;
    subscriber.isReady = true;
    clock.advance(500);
    await settle();
    arrive();
    await settle();
    expect(bus.isUp).toBe(true);
  });
});

describe('closing', () => {
  test('sends what waits, gives everything up, and leaves the clients alone', async () => {
    const { publisher, subscriber, bus, settle, publish } = setup();
    bus.subscribe('a', () => {});
    await settle();
    publish('1');
    await bus.close();
    await bus.close();
    expect(published(publisher)).toEqual(['1']);
    expect(subscriber.log).toEqual(['plain subscribe a', 'plain unsubscribe a', 'not watched any more']);
    publish('2');
    await expect(bus.subscribe('b', () => {})).rejects.toThrow('closed');
    await settle();
    expect(published(publisher)).toEqual(['1']);
  });

  test('does not wait for a Redis that stands still', async () => {
    const { clock, publisher, bus, settle, publish } = setup();
    publisher.isPrompt = false;
    publish('1');
    let isClosed = false;
    bus.close().then(() => {
      isClosed = true;
    });
    await settle();
    expect(isClosed).toBe(false);
    clock.advance(2000);
    await settle();
    expect(isClosed).toBe(true);
  });
});
