import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { TestClient } from '../../contract/adapter/client.js';
import { until } from '../../contract/adapter/node.js';
import { type ClientPackage, overRedis } from '../support/redis.js';

/** What docs/scaling.md advises: nobody else catches a publish of node-redis that fails, and it would end the process. */
function catching(client: any): any {
  const publish = client.publish.bind(client);
  client.publish = (...args: unknown[]) => publish(...args).catch(() => {});
  return client;
}

test.each<[string, ClientPackage, (publish: any, subscribe: any) => unknown]>([
  ['@socket.io/redis-adapter with ioredis', 'ioredis', createAdapter],
  [
    '@socket.io/redis-adapter with node-redis',
    'node-redis',
    (publish, subscribe) => createAdapter(catching(publish), subscribe),
  ],
  ['@socket.io/redis-adapter, sharded, with node-redis', 'node-redis', createShardedAdapter],
  ['@socket.io/redis-streams-adapter with ioredis', 'ioredis', (client) => createStreamsAdapter(client)],
])('%s: Redis is killed and started again, and our nodes find each other', async (_, by, makeAdapter) => {
  const cluster = await overRedis({ libraries: ['carillon', 'carillon'], by, makeAdapter });
  const clients = await Promise.all(cluster.nodes.map((node) => TestClient.connect(node)));
  const complete = () => Promise.all(clients.flatMap((client) => cluster.nodes.map((node) => client.hears(node))));
  await complete();
  await cluster.redis.kill();
  // Clients of this node are served by this node, with or without Redis.
  await cluster.nodes[0]!.run((io, id) => void io.of('/').sockets.get(id).emit('still here'), clients[0]!.id);
  expect(await clients[0]!.heardUntil('still here')).toEqual([]);
  await cluster.nodes[0]!.run((io) => void io.emit('while Redis is away'));
  await cluster.redis.restart();
  await complete();
  for (const node of cluster.nodes) {
    await until(async () => (await node.run((io) => io.of('/').adapter.serverCount())) === 2);
  }
  expect(clients.map((client) => client.socket.connected)).toEqual([true, true]);
  await Promise.all(clients.map((client) => client.leave()));
  await cluster.stop();
});
