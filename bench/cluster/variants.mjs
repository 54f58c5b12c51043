/** The pairings that are compared: whose server, which adapter, which client of Redis. */

import { once } from 'node:events';

const ioredis = (module, options) => async (port) => {
  const { Redis } = await import(module);
  const clients = [new Redis({ port, ...options }), new Redis({ port, ...options })];
  await Promise.all(clients.map((client) => client.status === 'ready' || once(client, 'ready')));
  return clients;
};

const nodeRedis = (module) => async (port) => {
  const { createClient } = await import(module);
  const publisher = createClient({ url: `redis://127.0.0.1:${port}` });
  const subscriber = publisher.duplicate();
  await Promise.all([publisher.connect(), subscriber.connect()]);
  return [publisher, subscriber];
};

const carillon = (options) => async (httpServer, clients) => {
  const [{ Server }, { createAdapter }] = await Promise.all([
    import('../../dist/core/index.js'),
    import('../../dist/core/adapters/redis/index.js'),
  ]);
  const adapter = createAdapter(...clients, options);
  const io = new Server(httpServer, { adapter });
  // In compatible mode, there is no node: whoever is counted hears the others.
  if (adapter.node) await adapter.node.ready;
  else await io.of('/').adapter.serverCount();
  return io;
};

async function carillonAlone(httpServer) {
  const { Server } = await import('../../dist/core/index.js');
  return new Server(httpServer);
}

const official = (name) => async (httpServer, clients) => {
  const [{ Server }, adapters] = await Promise.all([import('socket.io'), import('@socket.io/redis-adapter')]);
  return new Server(httpServer, { adapter: adapters[name](...clients) });
};

export const variants = {
  // Not a cluster: what the same emits cost when both clients are on one node.
  'control: carillon, one node': { alone: true, connect: async () => [], serve: carillonAlone },
  // As it is by default: it looks for classic nodes once a turn, and speaks to them if there are any.
  'carillon, ioredis 6': { connect: ioredis('ioredis'), serve: carillon({}) },
  'carillon, node-redis 6': { connect: nodeRedis('redis'), serve: carillon({}) },
  'carillon native, ioredis 6': { connect: ioredis('ioredis'), serve: carillon({ mode: 'native' }) },
  'carillon native, ioredis 5': { connect: ioredis('ioredis-5'), serve: carillon({ mode: 'native' }) },
  'carillon native, node-redis 6': { connect: nodeRedis('redis'), serve: carillon({ mode: 'native' }) },
  'carillon native, node-redis 5': { connect: nodeRedis('redis-5'), serve: carillon({ mode: 'native' }) },
  'carillon compatible, ioredis 6': { connect: ioredis('ioredis'), serve: carillon({ mode: 'compatible' }) },
  'carillon compatible, node-redis 6': { connect: nodeRedis('redis'), serve: carillon({ mode: 'compatible' }) },
  'classic, ioredis 6': { connect: ioredis('ioredis'), serve: official('createAdapter') },
  'classic, ioredis 5': { connect: ioredis('ioredis-5'), serve: official('createAdapter') },
  'classic, ioredis 5, autoPipelining': {
    connect: ioredis('ioredis-5', { enableAutoPipelining: true }),
    serve: official('createAdapter'),
  },
  'classic, node-redis 6': { connect: nodeRedis('redis'), serve: official('createAdapter') },
  'classic, node-redis 5': { connect: nodeRedis('redis-5'), serve: official('createAdapter') },
  'sharded, node-redis 6': { connect: nodeRedis('redis'), serve: official('createShardedAdapter') },
  'sharded, node-redis 5': { connect: nodeRedis('redis-5'), serve: official('createShardedAdapter') },
};
