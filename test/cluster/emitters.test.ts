import { Emitter as PostgresEmitter } from '@socket.io/postgres-emitter';
import { createAdapter } from '@socket.io/redis-adapter';
import { Emitter as RedisEmitter } from '@socket.io/redis-emitter';
import { Pool } from 'pg';
import { createAdapter as createPostgresAdapter } from 'postgres-adapter-0.3';
import { createAdapter as createOurAdapter } from '../../core/adapters/redis/index.js';
import { TestClient } from '../contract/adapter/client.js';
import { type ClusterNode, startNode, until } from '../contract/adapter/node.js';
import { startPostgres, startRedis } from '../support/servers/index.js';
import { connectTo } from './support/redis.js';

/** What both emitters can do, to the clients of two of our nodes. */
async function reachesClients(emitter: any, nodes: ClusterNode[]): Promise<void> {
  const clients = await Promise.all(nodes.map((node) => TestClient.connect(node)));
  const [first, second] = clients as [TestClient, TestClient];
  for (const client of clients) for (const node of nodes) await client.hears(node);
  const afterwards = (): Promise<unknown[][][]> => {
    emitter.emit('end');
    return Promise.all(clients.map((client) => client.heardUntil('end')));
  };

  emitter.emit('to all', 1, { two: [3] });
  expect(await afterwards()).toEqual(clients.map(() => [['to all', 1, { two: [3] }]]));

  emitter.emit('bytes', Buffer.from([1, 2, 3]));
  await Promise.all(clients.map((client) => until(() => client.heard.length === 1)));
  expect(await afterwards()).toEqual(clients.map(() => [['bytes', Buffer.from([1, 2, 3])]]));

  emitter.in(second.id).socketsJoin('joined');
  const joined = () => second.node.run((io, id) => io.of('/').adapter.rooms.get('joined')?.has(id) === true, second.id);
  await until(joined);
  emitter.to('joined').emit('to the room');
  emitter.except('joined').emit('to the others');
  expect(await afterwards()).toEqual([[['to the others']], [['to the room']]]);

  emitter.in(second.id).socketsLeave('joined');
  await until(async () => !(await joined()));

  const told = nodes.map((node) =>
    node.run((io) => new Promise((resolve) => io.once('told', (...args: unknown[]) => resolve(args)))),
  );
  emitter.serverSideEmit('told', 'x', 1);
  expect(await Promise.all(told)).toEqual(nodes.map(() => ['x', 1]));

  const reason = new Promise((resolve) => first.socket.once('disconnect', resolve));
  emitter.in(first.id).disconnectSockets();
  expect(await reason).toBe('io server disconnect');
  expect(second.socket.connected).toBe(true);

  const named = await TestClient.connect(nodes[1]!, '/named');
  for (const node of nodes) await named.hears(node);
  emitter.of('/named').emit('in /named');
  await named.heardUntil('in /named');
  expect(second.heard).toEqual([]);
  await Promise.all([...clients, named].map((client) => client.leave()));
}

test('@socket.io/redis-emitter reaches the clients of our nodes', async () => {
  const redis = await startRedis();
  const clients = await Promise.all(Array.from({ length: 5 }, () => connectTo(redis, 'node-redis')));
  const [a, b, c, d, e] = clients.map(({ client }) => client);
  const nodes = await Promise.all([
    startNode('carillon', { adapter: createAdapter(a, b) }),
    startNode('carillon', { adapter: createAdapter(c, d) }),
  ]);
  for (const { io } of nodes) io.of('/named');
  await reachesClients(new RedisEmitter(e), nodes);
  await Promise.all(nodes.map((node) => node.close()));
  await Promise.all(clients.map((client) => client.close()));
  await redis.stop();
});

/** What version 0.1.5 of `socket.io-emitter` of PyPI publishes, byte for byte. */
const fromPython: [channel: string, message: string][] = [
  [
    'socket.io#/#',
    '93a7656d697474657283a46461746193a46e6577730181a374776f9103a47479706502a36e7370a12f82a5666c616773a0a5726f6f6d73a0',
  ],
  [
    'socket.io#/#room#',
    '93a7656d697474657283a46461746192ac666f722074686520726f6f6da2c3bca47479706502a36e7370a12f82a5666c616773a0a5726f6f6d7391a4726f6f6d',
  ],
  [
    'socket.io#/named#',
    '93a7656d697474657283a46461746191a9696e202f6e616d6564a47479706502a36e7370a62f6e616d656482a5666c616773a0a5726f6f6d73a0',
  ],
];

test('an emitter in Python reaches clients of our nodes, in every mode, and of official ones', async () => {
  const redis = await startRedis();
  const clients = await Promise.all(Array.from({ length: 7 }, () => connectTo(redis, 'node-redis')));
  const [a, b, c, d, e, f, g] = clients.map(({ client }) => client);
  const nodes = await Promise.all([
    startNode('official', { adapter: createAdapter(a, b) }),
    startNode('carillon', { adapter: createOurAdapter(c, d) }),
    startNode('carillon', { adapter: createOurAdapter(e, f, { mode: 'compatible' }) }),
  ]);
  for (const { io } of nodes) io.of('/named');
  const heard = await Promise.all(
    nodes.map(async (node) => {
      const [client, named] = await Promise.all([TestClient.connect(node), TestClient.connect(node, '/named')]);
      for (const each of nodes) {
        await client.hears(each);
        await named.hears(each);
      }
      await node.run((io) => io.local.socketsJoin('room'));
      return { client, named };
    }),
  );
  for (const [channel, message] of fromPython) g.publish(channel, Buffer.from(message, 'hex'));
  for (const { client, named } of heard) {
    await named.heardUntil('in /named');
    expect(await client.heardUntil('for the room')).toEqual([['news', 1, { two: [3] }]]);
  }
  await Promise.all(heard.flatMap(({ client, named }) => [client.leave(), named.leave()]));
  await Promise.all(nodes.map((node) => node.close()));
  await Promise.all(clients.map((client) => client.close()));
  await redis.stop();
});

// With the adapter up to 0.3. The messages of the emitter do not name their namespace, and later adapters drop them, whoever's
// server it is.
test('@socket.io/postgres-emitter reaches the clients of our nodes', async () => {
  const postgres = await startPostgres();
  const pools = Array.from({ length: 3 }, () => new Pool({ connectionString: postgres.url, max: 2 }));
  await pools[0]!.query(
    'CREATE TABLE socket_io_attachments (id bigserial UNIQUE, created_at timestamptz DEFAULT now(), payload bytea)',
  );
  const nodes = await Promise.all(
    pools.slice(0, 2).map((pool) => startNode('carillon', { adapter: createPostgresAdapter(pool) })),
  );
  for (const { io } of nodes) io.of('/named');
  // One connection, so that one emit does not overtake the other.
  const sending = new Pool({ connectionString: postgres.url, max: 1 });
  await reachesClients(new PostgresEmitter(sending), nodes);
  await Promise.all(nodes.map((node) => node.close()));
  await Promise.all([...pools, sending].map((pool) => pool.end()));
  await postgres.stop();
});
