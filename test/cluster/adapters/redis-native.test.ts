// Our own adapter, native, on a Redis server and on a Redis Cluster.

import { TestClient } from '../../contract/adapter/client.js';
import { adapterContract } from '../../contract/adapter/suite.js';
import { clusterClients, standaloneClients } from '../../support/redis-clients.js';
import { type RedisServer, startRedis } from '../../support/servers/index.js';
import { startRedisCluster } from '../support/redis-native.js';

let server: RedisServer;
let cluster: RedisServer;

beforeAll(async () => {
  [server, cluster] = await Promise.all([startRedis(), startRedis({ cluster: 3 })]);
});

afterAll(async () => {
  await Promise.all([server.stop(), cluster.stop()]);
});

adapterContract('three nodes over Redis, ioredis', () =>
  startRedisCluster(server.port, standaloneClients['ioredis 6']!, 3),
);
adapterContract('three nodes over Redis, node-redis', () =>
  startRedisCluster(server.port, standaloneClients['node-redis 6']!, 3),
);
adapterContract('two nodes over a Redis Cluster, ioredis with sharded subscribers', () =>
  startRedisCluster(cluster.port, clusterClients['ioredis 6, sharded']!, 2),
);
adapterContract('two nodes over a Redis Cluster, node-redis', () =>
  startRedisCluster(cluster.port, clusterClients['node-redis 6']!, 2),
);

/** What every version of a library must be able to carry. */
describe.each([
  ...Object.entries(standaloneClients).map(([name, connect]) => ({ name, connect, at: () => server.port })),
  ...Object.entries(clusterClients).map(([name, connect]) => ({
    name: `${name}, cluster`,
    connect,
    at: () => cluster.port,
  })),
])('$name', ({ name, connect, at }) => {
  test('events in order and binary, rooms, acknowledgements, questions', async () => {
    const { nodes, stop } = await startRedisCluster(at(), connect, 2, { prefix: name });
    const [here, there] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    const client = await TestClient.connect(there, '/');
    await client.join('room');
    await client.hears(here);
    client.socket.on('question', (answer: (text: string) => void) => answer('answer'));
    await there.run((io) => io.on('who', (answer: (text: string) => void) => answer('there')));
    await here.run((io) => {
      for (let i = 0; i < 3; i++) {
        io.to('room').emit('event', i);
        io.emit('event', i, Buffer.from([1, 2, 3]));
      }
      io.emit('end');
    });
    expect(await client.heardUntil('end')).toEqual(
      [0, 1, 2].flatMap((i) => [
        ['event', i],
        ['event', i, Buffer.from([1, 2, 3])],
      ]),
    );
    expect(await here.run((io) => io.to('room').timeout(60_000).emitWithAck('question'))).toEqual(['answer']);
    expect(await here.run((io) => io.serverSideEmitWithAck('who'))).toEqual(['there']);
    expect(await here.run(async (io) => (await io.fetchSockets()).map(({ id }: { id: string }) => id))).toEqual([
      client.id,
    ]);
    await client.leave();
    await stop();
  });
});
