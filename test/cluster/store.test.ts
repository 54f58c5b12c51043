// What extensions keep, in Redis: the contract, and what an outage does to it.
import { createAdapter } from '../../core/adapters/redis/index.js';
import type { LogEntry } from '../../core/extension.js';
import type { StoreProvider } from '../../core/store/memory-store.js';
import { type ClusterNode, startNode, until } from '../contract/adapter/node.js';
import { storeContract } from '../contract/store/suite.js';
import { type Connect, clusterClients, standaloneClients } from '../support/redis-clients.js';
import { startRedis } from '../support/servers/index.js';

interface Member {
  readonly node: ClusterNode & { io: any };
  readonly stores: StoreProvider;
  /** The client it publishes with. */
  readonly publisher: any;
  /** Closes its connections to Redis, as an outage does. */
  cut(): void;
  stop(): Promise<void>;
}

async function member(port: number, connect: Connect): Promise<Member> {
  const clients = [await connect(port), await connect(port)] as const;
  const adapter = createAdapter(clients[0].client, clients[1].client, { mode: 'native' });
  const node = await startNode('carillon', { adapter });
  await adapter.node!.ready;
  return {
    node,
    stores: adapter.stores!,
    publisher: clients[0].client,
    cut: () => {
      for (const { client } of clients)
        (client as unknown as { disconnect(reconnect: boolean): void }).disconnect(true);
    },
    stop: async () => {
      await node.close();
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

const pass = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.each<[string, boolean, Connect]>([
  ['ioredis', false, standaloneClients['ioredis 6']!],
  ['node-redis', false, standaloneClients['node-redis 6']!],
  ['a cluster with shards', true, clusterClients['ioredis 6, sharded']!],
  ['a cluster without', true, clusterClients['ioredis 6']!],
])('%s', (name, isCluster, connect) => {
  storeContract(name, async () => {
    const redis = await startRedis(isCluster ? { cluster: 3 } : {});
    const members = [await member(redis.port, connect), await member(redis.port, connect)];
    return {
      open: (store) => members.map(({ stores }) => stores.store(store)),
      pass,
      stop: async () => {
        for (const each of members) await each.stop();
        await redis.stop();
      },
    };
  });
});

test('what is appended while a node is cut off, its followers hear afterwards, in order and once', async () => {
  const redis = await startRedis();
  const [a, b] = [
    await member(redis.port, standaloneClients['ioredis 6']!),
    await member(redis.port, standaloneClients['ioredis 6']!),
  ];
  const limits = { maxEntries: 1000, maxBytes: 1_000_000, maxAge: 60_000 };
  const [mine, theirs] = [a, b].map(({ stores }) => stores.store('x').log('y', limits));
  const heard: LogEntry[] = [];
  const stop = theirs!.follow((entry) => heard.push(entry));
  await theirs!.read(0);
  let isOver = false;
  const appending = (async () => {
    for (let i = 0; !isOver || i < 50; i++) await mine!.append(Buffer.from(String(i)));
  })();
  await until(() => heard.length > 5);
  let outages = 0;
  b.node.io.of('/').adapter.on('error', () => {});
  b.node.io.of('/').adapter.on('resubscribed', () => outages++);
  b.cut();
  await until(() => outages > 0);
  isOver = true;
  await appending;
  const { entries, last } = await theirs!.read(0);
  expect(heard.map(({ position }) => position)).toEqual(Array.from({ length: last }, (_, index) => index + 1));
  expect(heard.map(String)).toEqual(entries.map(String));
  stop();
  await Promise.all([a.stop(), b.stop()]);
  await redis.stop();
});

test('an entry whose confirmation was lost with the connection is appended once', async () => {
  const redis = await startRedis();
  const a = await member(redis.port, standaloneClients['ioredis 6']!);
  a.node.io.of('/').adapter.on('error', () => {});
  const log = a.stores.store('x').log('y', { maxEntries: 10_000, maxBytes: 10_000_000, maxAge: 600_000 });
  const heard: LogEntry[] = [];
  const stop = log.follow((entry) => heard.push(entry));
  await log.append(Buffer.from('before'));
  // Redis has done it, and nobody hears of that.
  let lost = 0;
  const call = a.publisher.callBuffer;
  a.publisher.callBuffer = async function (this: unknown, ...args: any[]) {
    const answer = await call.apply(this, args);
    if (args.includes('again') || !String(args[1]).includes('XADD') || lost === 3) return answer;
    lost++;
    throw new Error('Connection is closed.');
  };
  const positions = await Promise.all(['one', 'two', 'three', 'four'].map((text) => log.append(Buffer.from(text))));
  expect(lost).toBe(3);
  expect(positions).toEqual([2, 3, 4, 5]);
  const { entries } = await log.read(0);
  expect(entries.map(({ payload }) => String(payload))).toEqual(['before', 'one', 'two', 'three', 'four']);
  expect(heard.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5]);
  stop();
  await a.stop();
  await redis.stop();
});
