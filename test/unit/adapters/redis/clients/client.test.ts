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
