// What the contract suite does not ask: how our server gets along with the adapters of Socket.IO in particular.
import { jest } from '@jest/globals';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { io as connect } from 'socket.io-client';
import msgpack from 'socket.io-msgpack-parser';
import { TestClient } from '../../contract/adapter/client.js';
import { type ClusterNode, startNode, until } from '../../contract/adapter/node.js';
import { type RedisServer, startRedis } from '../../support/servers/index.js';
import { command } from '../../support/servers/redis.js';
import { type ClientPackage, connectTo, type RedisClient } from '../support/redis.js';

let redis: RedisServer;
let connections: RedisClient[];
let nodes: ClusterNode[];

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(() => {
  connections = [];
  nodes = [];
});
afterEach(async () => {
  await Promise.all(nodes.map((node) => node.close()));
  await Promise.all(connections.map((connection) => connection.close()));
});

async function client(by: ClientPackage = 'node-redis'): Promise<any> {
  const connection = await connectTo(redis, by);
  connections.push(connection);
  return connection.client;
}

async function start(options: any, library: 'carillon' | 'official' = 'carillon'): Promise<any> {
  const node = await startNode(library, options);
  nodes.push(node);
  return node;
}

const classic = async (key: string, by?: ClientPackage) => createAdapter(await client(by), await client(by), { key });

test('io.adapter() on a server with clients: they stay where they are, and the adapter before is closed', async () => {
  const [one, two] = [await start({}), await start({})];
  const [first, second] = [await TestClient.connect(one), await TestClient.connect(two)];
  await first.join('room');
  await second.join('room');
  for (const key of ['before', 'after']) {
    for (const { io } of [one, two]) io.adapter(await classic(key));
    await Promise.all([first, second].flatMap((each) => [one, two].map((node) => each.hears(node, 'room'))));
    one.io.to('room').except(second.id).emit('to the first');
    two.io.to(second.id).emit('to the second');
    two.io.to('room').emit('end');
    expect(await first.heardUntil('end')).toEqual([['to the first']]);
    expect(await second.heardUntil('end')).toEqual([['to the second']]);
    one.io.in(second.id).socketsLeave('room');
    await until(() => !two.io.sockets.adapter.rooms.get('room')?.has(second.id));
    await second.join('room');
  }
  await until(async () => /:0\r\n$/.test(await command(redis.port, 'pubsub numsub before-request#/#')));
  await first.leave();
  expect(one.io.sockets.adapter.sids.size).toBe(0);
  await second.leave();
});

test('recovery is off with an adapter that cannot recover, and events have the arguments they were given', async () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
  const connectionStateRecovery = { maxDisconnectionDuration: 60_000 };
  const make = async () => createShardedAdapter(await client(), await client());
  const [one, two] = [
    await start({ connectionStateRecovery, adapter: await make() }),
    await start({ connectionStateRecovery, adapter: await make() }),
  ];
  expect(warn).toHaveBeenCalledTimes(2);
  warn.mockRestore();
  const [first, second] = [await TestClient.connect(one), await TestClient.connect(two)];
  await Promise.all([first, second].flatMap((each) => [one, two].map((node) => each.hears(node))));
  one.io.emit('news', 1);
  one.io.emit('end');
  expect(await first.heardUntil('end')).toEqual([['news', 1]]);
  expect(await second.heardUntil('end')).toEqual([['news', 1]]);
  // What is for one client of this node goes straight to it.
  const published = Number(/cmdstat_spublish:calls=(\d+)/.exec(await command(redis.port, 'info commandstats'))![1]);
  for (let i = 0; i < 10; i++) one.io.sockets.sockets.get(first.id).emit('private', i);
  one.io.sockets.sockets.get(first.id).emit('end');
  expect(await first.heardUntil('end')).toHaveLength(10);
  const stats = await command(redis.port, 'info commandstats');
  expect(Number(/cmdstat_spublish:calls=(\d+)/.exec(stats)![1])).toBe(published);
  await Promise.all([first.leave(), second.leave()]);
});

test('an argument that cannot be encoded does not end the process, and is not lost in silence', async () => {
  const report = jest.spyOn(console, 'error').mockImplementation(() => {});
  const { io } = await start({ adapter: createShardedAdapter(await client(), await client()) });
  io.emit('x', 1n);
  await until(() => report.mock.calls.length > 0);
  expect(report.mock.calls).toEqual([['carillon: the adapter could not broadcast:', expect.any(TypeError)]]);
  report.mockRestore();
});

test('onAnyOutgoing listeners hear of broadcasts, wherever they come from', async () => {
  const [one, two] = [await start({ adapter: await classic('any') }), await start({ adapter: await classic('any') })];
  const first = await TestClient.connect(one);
  const heard: unknown[] = [];
  one.io.sockets.sockets.get(first.id).onAnyOutgoing((...args: unknown[]) => heard.push(args));
  await first.hears(two);
  two.io.emit('from there', 1);
  two.io.emit('end');
  await first.heardUntil('end');
  expect(heard.filter(([event]: any) => event !== 'probe')).toEqual([['from there', 1], ['end']]);
  await first.leave();
});

test('with another parser on all sides', async () => {
  const make = async () => ({ adapter: await classic('msgpack'), parser: msgpack });
  const [one, two] = [await start(await make()), await start(await make(), 'official')];
  const sockets = [one, two].map(({ port }) =>
    connect(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true, parser: msgpack } as object),
  );
  await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.once('connect', () => resolve()))));
  for (const node of [one, two]) await until(async () => (await node.io.of('/').adapter.serverCount()) === 2);
  for (const node of [one, two]) {
    const heard = sockets.map((socket) => new Promise((resolve) => socket.once('packed', (...args) => resolve(args))));
    node.io.emit('packed', { one: [1] }, Buffer.from([7]));
    for (const args of await Promise.all(heard)) expect(args).toEqual([{ one: [1] }, Buffer.from([7])]);
    for (const socket of sockets) socket.removeAllListeners('ask').once('ask', (answer) => answer('yes'));
    expect(await node.io.timeout(60_000).emitWithAck('ask')).toEqual(['yes', 'yes']);
  }
  for (const socket of sockets) socket.disconnect();
});

test.each<ClientPackage>(['ioredis', 'node-redis'])(
  'a namespace that goes with its last socket comes back whole, with %s',
  async (by) => {
    const make = async () => ({ adapter: await classic(`children ${by}`, by), cleanupEmptyChildNamespaces: true });
    const [one, two] = [await start(await make()), await start(await make())];
    for (const { io } of [one, two]) io.of(/^\/child-/);
    for (let i = 0; i < 3; i++) {
      const [first, second] = [await TestClient.connect(one, '/child-1'), await TestClient.connect(two, '/child-1')];
      await Promise.all([first, second].flatMap((each) => [one, two].map((node) => each.hears(node))));
      one.io.of('/child-1').emit('hello', i);
      one.io.of('/child-1').emit('end');
      expect(await second.heardUntil('end')).toEqual([['hello', i]]);
      for (const each of [first, second]) each.socket.disconnect();
      await until(() => !one.io._nsps.has('/child-1') && !two.io._nsps.has('/child-1'));
    }
  },
);
