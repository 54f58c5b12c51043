import { connectionOf, isRefusal } from '../../../../../core/adapters/redis/clients/client.js';
import { groupByShard, hashTagOf } from '../../../../../core/adapters/redis/clients/shards.js';
import { createAdapter } from '../../../../../core/adapters/redis/index.js';
import { OptionError } from '../../../../../core/errors.js';

test('what decides about the shard of a channel', () => {
  expect(['p#{/}#x#', 'p#x', 'p#{}x{y}', '{a}{b}', 'p#{x'].map(hashTagOf)).toEqual(['{/}', '', '', '{a}', '']);
});

test('a command is about channels of one shard', () => {
  const channels = ['p#{a}#1', 'p#{b}#1', 'p#{a}#2', 'x', 'y'];
  expect(groupByShard(channels, 'sharded')).toEqual([['p#{a}#1', 'p#{a}#2'], ['p#{b}#1'], ['x'], ['y']]);
  expect(groupByShard(channels, 'plain')).toEqual([channels]);
});

test('what Redis says, and what the connection does', () => {
  const named = Object.assign(new Error('whatever'), { name: 'ReplyError' });
  expect(
    [named, new Error('NOPERM no'), new Error('Connection is closed.'), new Error('Socket closed')].map(isRefusal),
  ).toEqual([true, true, false, false]);
});

test.each<[string, unknown, string]>([
  ['nothing', undefined, 'got "undefined"'],
  ['a URL', 'redis://127.0.0.1', 'redis://127.0.0.1'],
  ['a promise of a client', Promise.resolve(), 'await client.connect() first'],
  ['something else', new Map(), 'an instance of Map'],
])('%s is no client', (_what, client, message) => {
  expect(() => connectionOf(client as never, 'publisher')).toThrow(OptionError);
  expect(() => connectionOf(client as never, 'publisher')).toThrow(message);
  expect(() => connectionOf(client as never, 'publisher')).toThrow(
    'expected a client of ioredis (5 or later) or node-redis',
  );
});

test('ioredis with enableAutoPipelining keeps nothing back, so that nothing is overtaken', async () => {
  const sent: unknown[][] = [];
  const keepsBack = (): never => {
    throw new Error('kept until the event loop comes round');
  };
  const client = {
    isCluster: false,
    status: 'ready',
    options: { enableAutoPipelining: true },
    publish: keepsBack,
    callBuffer: keepsBack,
    pipeline() {
      const own: unknown[][] = [];
      return {
        publish: (...args: unknown[]) => own.push(['publish', ...args]),
        callBuffer: (...args: unknown[]) => own.push(args),
        exec: async () => {
          sent.push(...own);
          return own.map(() => [null, 'OK']);
        },
      };
    },
  };
  const connection = connectionOf(client as never, 'publisher');
  const message = Buffer.from('m');
  await Promise.all([
    ...connection.publish([{ channel: 'a', message }], 'plain'),
    ...connection.publish(
      [
        { channel: 'b', message },
        { channel: 'c', message },
      ],
      'plain',
    ),
    connection.command(['PUBSUB', 'NUMSUB', 'a']),
  ]);
  expect(sent).toEqual([
    ['publish', 'a', message],
    ['publish', 'b', message],
    ['publish', 'c', message],
    ['PUBSUB', 'NUMSUB', 'a'],
  ]);
});

test('what passes is no refusal', () => {
  for (const message of ['CLUSTERDOWN The cluster is down', 'LOADING Redis is loading', 'MOVED 1 127.0.0.1:1']) {
    expect(isRefusal(Object.assign(new Error(message), { name: 'ReplyError' }))).toBe(false);
  }
});

test('options that cannot work', () => {
  const make =
    (options: object, subscriber: unknown = {}) =>
    () =>
      createAdapter({} as never, subscriber as never, options);
  expect(make({ prefix: '' })).toThrow('invalid option "prefix"');
  expect(make({ maxPendingBytes: -1 })).toThrow('invalid option "maxPendingBytes"');
  const same = {} as never;
  expect(() => createAdapter(same, same)).toThrow('a connection of its own: publisher.duplicate()');
});

describe('what is not for a shard of a cluster goes through one master, so that it keeps its order', () => {
  const sent: string[] = [];
  beforeEach(() => void sent.splice(0));

  /** Publishes the names one after the other; whether the client is made anew does not matter. */
  const publishing = (client: object) => {
    const connection = connectionOf(client as never, 'publisher');
    return async (...channels: string[]): Promise<string[]> => {
      for (const channel of channels) await connection.publish([{ channel, message: Buffer.from('m') }], 'plain')[0];
      return sent.splice(0);
    };
  };

  test('ioredis: whichever is ready first, as long as it is there', async () => {
    const node = (name: string, status: string) => ({
      status,
      options: {},
      publish: async (channel: string) => sent.push(`${name} ${channel}`),
    });
    const masters = [node('first', 'wait'), node('second', 'ready'), node('third', 'ready')];
    const publish = publishing({
      isCluster: true,
      status: 'ready',
      options: {},
      callBuffer() {},
      pipeline() {},
      nodes: () => masters,
    });
    expect(await publish('a')).toEqual(['second a']);
    masters[0]!.status = 'ready';
    expect(await publish('b')).toEqual(['second b']);
    masters[1]!.status = 'reconnecting';
    expect(await publish('c')).toEqual(['first c']);
    masters[1]!.status = 'ready';
    expect(await publish('d')).toEqual(['first d']);
    masters.shift();
    expect(await publish('e')).toEqual(['second e']);
  });

  test('node-redis', async () => {
    const node = (name: string) => ({ name, client: { isReady: true } });
    const masters = [node('first'), node('second')];
    const publish = publishing({
      masters,
      pSubscribe() {},
      sSubscribe() {},
      sendCommand() {},
      nodeClient: async ({ name }: { name: string }) => ({
        sendCommand: async ([command, channel]: string[]) => sent.push(`${name} ${command} ${channel}`),
      }),
    });
    expect(await publish('a', 'b')).toEqual(['first PUBLISH a', 'first PUBLISH b']);
    masters[0]!.client.isReady = false;
    expect(await publish('c')).toEqual(['second PUBLISH c']);
    masters[0]!.client.isReady = true;
    expect(await publish('d')).toEqual(['second PUBLISH d']);
    masters.pop();
    expect(await publish('e')).toEqual(['first PUBLISH e']);
  });
});

test('node-redis: who subscribes to what another call subscribes to waits until that is confirmed', async () => {
  const confirmations: (() => void)[] = [];
  const client = {
    isReady: true,
    sendCommand() {},
    sSubscribe() {},
    pSubscribe() {},
    subscribe: () => new Promise<void>((resolve) => confirmations.push(resolve)),
  };
  const connection = connectionOf(client as never, 'subscriber');
  const order: string[] = [];
  const first = connection.subscribe(['a'], 'plain', () => {}).then(() => order.push('first'));
  const second = connection.subscribe(['a'], 'plain', () => {}).then(() => order.push('second'));
  await connection.subscribe([], 'plain', () => {});
  order.push('confirmed');
  expect(confirmations.length).toBe(1);
  confirmations[0]!();
  await Promise.all([first, second]);
  expect(order).toEqual(['confirmed', 'first', 'second']);
});
