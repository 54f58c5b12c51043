// carillon/emitter reaches every kind of node that hears the classic wire, official ones included.
import { Emitter } from '../../core/emitter/index.js';
import { TestClient } from '../contract/adapter/client.js';
import { type AdapterCluster, until } from '../contract/adapter/node.js';
import { Project } from '../support/project.js';
import { Readme } from '../support/readme.js';
import type { RedisServer } from '../support/servers/index.js';
import { mixedCluster } from './support/mixed.js';
import { type ClientPackage, connectTo, type RedisClient } from './support/redis.js';

let cluster: AdapterCluster & { redis: RedisServer };
let clients: TestClient[];

beforeAll(async () => {
  cluster = await mixedCluster(['official', 'compatible', 'auto'], () => 'ioredis');
  for (const node of cluster.nodes) {
    await node.run((io) => {
      io.told = [];
      io.on('told', (...args: unknown[]) => io.told.push(args));
    });
    await until(() => node.run(async (io) => (await io.of('/').adapter.serverCount()) === 3));
  }
  clients = await Promise.all(cluster.nodes.map((node) => TestClient.connect(node)));
});

afterAll(async () => {
  await Promise.all(clients.map((client) => client.leave()));
  await cluster.stop();
});

describe.each<ClientPackage>(['ioredis', 'node-redis'])('with a client of %s', (by) => {
  let connection: RedisClient;
  let emitter: Emitter;

  beforeAll(async () => {
    connection = await connectTo(cluster.redis, by);
    emitter = new Emitter(connection.client);
  });

  afterAll(() => connection.close());

  test('events reach the clients of all nodes, those of rooms their members, in order', async () => {
    emitter.emit('news', 1, { two: ['x', Buffer.from([3])] });
    emitter.to(clients[1]!.id).emit('private');
    emitter.except([clients[0]!.id, clients[1]!.id]).emit('for the last');
    emitter.compress(false).emit('end');
    await emitter.flush();
    const news = ['news', 1, { two: ['x', Buffer.from([3])] }];
    expect(await Promise.all(clients.map((client) => client.heardUntil('end')))).toEqual([
      [news],
      [news, ['private']],
      [news, ['for the last']],
    ]);
  });

  test('sockets join, leave and disconnect, and servers are told', async () => {
    const leavers = await Promise.all(cluster.nodes.map((node) => TestClient.connect(node)));
    const ids = leavers.map(({ id }) => id);
    emitter.in(ids).socketsJoin(['joined', 'left']);
    emitter.in('joined').socketsLeave('left');
    emitter.serverSideEmit('told', by, { a: 1 });
    await emitter.flush();
    for (const [i, node] of cluster.nodes.entries()) {
      await until(() => node.run((io, name) => io.told.some(([each]: [string]) => each === name), by));
      expect(await node.run((io) => io.told.at(-1))).toEqual([by, { a: 1 }]);
      const rooms = await node.run((io, id) => [...io.of('/').adapter.socketRooms(id)].sort(), ids[i]!);
      expect(rooms).toEqual([ids[i], 'joined'].sort());
    }
    const reasons = leavers.map((client) => new Promise((resolve) => client.socket.once('disconnect', resolve)));
    emitter.in('joined').disconnectSockets();
    expect(await Promise.all(reasons)).toEqual(leavers.map(() => 'io server disconnect'));
    expect(clients.every(({ socket }) => socket.connected)).toBe(true);
    for (const client of leavers) client.socket.disconnect();
  });
});

test('the script in docs/scaling.md says what it has to say, and ends', async () => {
  const project = await Project.with(['ioredis']);
  try {
    const script = new Readme('docs/scaling.md').fragment('Emitting from elsewhere', 'ts');
    project.write('main.mjs', script.replace('new Redis()', `new Redis(${cluster.redis.port})`));
    expect(await project.run('node main.mjs')).toBe('');
  } finally {
    await project.remove();
  }
});
