// What a cluster over Redis lives through: Redis killed, standing still, cut off, or full of garbage; a node that is killed.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { FrameWriter } from '../../core/cluster/wire/messages.js';
import type { ClusterError } from '../../core/index.js';
import { Selection } from '../../core/rooms/selection.js';
import { TestClient } from '../contract/adapter/client.js';
import { type ClusterNode, until } from '../contract/adapter/node.js';
import { type CuttableProxy, openProxy } from '../support/cuttable-proxy.js';
import { type Connect, clusterClients, type OpenClient, standaloneClients } from '../support/redis-clients.js';
import { type RedisServer, startRedis } from '../support/servers/index.js';
import { startRedisNode } from './support/redis-native.js';

/** Short, so that the tests are; what happens is the same. */
const TIMING = { heartbeatInterval: 200, heartbeatTimeout: 2000, requestTimeout: 20_000 };
/** `npm run test:pause`, which sets `CARILLON_PAUSE=30000`, lets Redis stand still for that long (milliseconds) instead of until everybody noticed. */
const PAUSE = Number(process.env.CARILLON_PAUSE ?? 0);

interface Member extends ClusterNode {
  readonly io: any;
  readonly id: string;
  /** What its adapter told: codes of errors, and `resubscribed`. */
  readonly told: string[];
  readonly client: TestClient;
}

const cleanups: (() => Promise<unknown> | unknown)[] = [];
let redis: RedisServer;

beforeEach(async () => {
  redis = await startRedis();
});

afterEach(async () => {
  redis.resume();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await redis.stop();
});

async function member(port: number, connect: Connect): Promise<Member> {
  const { node, adapter, stop } = await startRedisNode(port, connect, TIMING);
  const told: string[] = [];
  const { adapter: main } = node.io.of('/');
  main.on('error', (error: ClusterError) => told.push(error.code));
  main.on('resubscribed', () => told.push('resubscribed'));
  const client = await TestClient.connect(node);
  cleanups.push(stop);
  return { ...node, id: adapter.node!.id, told, client };
}

/** Two nodes that hear each other. */
async function pair(connect: Connect, ports = [redis.port, redis.port]): Promise<[Member, Member]> {
  const a = await member(ports[0]!, connect);
  const b = await member(ports[1]!, connect);
  await Promise.all([a.client.hears(b), b.client.hears(a)]);
  return [a, b];
}

/** Numbers of the events named `event` that a client heard so far. */
const numbers = ({ client }: Member): unknown[] =>
  client.heard.filter(([name]) => name === 'event').map(([, number]) => number);

/** Each once, none before one that was sent earlier. */
function expectOrder(list: unknown[]): void {
  expect(list).toEqual([...new Set(list as number[])].sort((x, y) => x - y));
}

const emit = ({ io }: Member, ...list: number[]): void => {
  for (const number of list) io.emit('event', number);
};

describe.each(['ioredis 6', 'node-redis 6', 'node-redis 4'])('%s', (name) => {
  const connect = standaloneClients[name]!;

  test('Redis is killed and comes back', async () => {
    const [a, b] = await pair(connect);
    emit(a, 1, 2);
    await until(() => numbers(b).length === 2);
    await redis.kill();
    await until(() => [a, b].every(({ told }) => told.length > 0));
    // Clients of this node do not depend on it, and nobody waits for what cannot come.
    emit(a, 3);
    await until(() => numbers(a).length === 3);
    const found = await a.io.fetchSockets();
    expect(found).toHaveLength(1);
    expect(found.missing).toEqual([b.id]);
    await redis.restart();
    await until(() => [a, b].every(({ told }) => told.includes('resubscribed')));
    emit(a, 4, 5);
    emit(b, 6);
    await until(() => numbers(b).includes(5) && numbers(a).includes(6));
    for (const each of [a, b]) {
      expect(each.told).toEqual(['CARILLON_CLUSTER_DOWN', 'resubscribed']);
      expectOrder(numbers(each).filter((number) => number !== 6));
    }
    expect((await a.io.fetchSockets()).length).toBe(2);
  });

  test(
    'Redis stands still',
    async () => {
      const [a, b] = await pair(connect);
      redis.pause();
      const asked = a.io.fetchSockets();
      emit(a, 1, 2, 3);
      await until(() => numbers(a).length === 3);
      await until(() => [a, b].every(({ told }) => told.length > 0));
      if (PAUSE > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE));
      // Who asked before it was known gets an answer, too.
      expect((await asked).missing).toEqual([b.id]);
      emit(a, 4);
      redis.resume();
      await until(() => [a, b].every(({ told }) => told.includes('resubscribed')));
      emit(a, 5);
      await until(() => numbers(b).includes(5));
      // Connections stood: nothing is lost.
      expect(numbers(b)).toEqual([1, 2, 3, 4, 5]);
      for (const each of [a, b]) expect(each.told).toEqual(['CARILLON_CLUSTER_DOWN', 'resubscribed']);
      expect(await a.io.of('/').adapter.serverCount()).toBe(2);
    },
    180_000 + PAUSE,
  );

  test('one node is cut off, and what it said meanwhile follows', async () => {
    const proxy: CuttableProxy = await openProxy(redis.port);
    cleanups.push(() => proxy.close());
    const [a, b] = await pair(connect, [proxy.port, redis.port]);
    await a.client.join('room');
    proxy.cut();
    await until(() => a.told.length > 0);
    emit(a, 1, 2, 3);
    // It hears of rooms that were joined in between, and of those of before, when it is back.
    const joined = a.run((io, id) => io.of('/').sockets.get(id).join('later'), a.client.id);
    proxy.restore();
    await until(() => a.told.includes('resubscribed'));
    await joined;
    emit(a, 4);
    await until(() => numbers(b).includes(4));
    expect(numbers(b)).toEqual([1, 2, 3, 4]);
    b.io.to('room').emit('event', 5);
    b.io.to('later').emit('event', 6);
    b.io.to(a.client.id).emit('event', 7);
    await until(() => numbers(a).includes(7));
    expect(numbers(a)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(a.told).toEqual(['CARILLON_CLUSTER_DOWN', 'resubscribed']);
    expect(b.told).toEqual([]);
  });
});

test.each(['ioredis 6, sharded', 'node-redis 6'])(
  'a master of a Redis Cluster is killed and comes back, %s',
  async (name) => {
    const cluster = await startRedis({ cluster: 3 });
    cleanups.push(() => cluster.stop());
    const connect = clusterClients[name]!;
    const [a, b] = await pair(connect, [cluster.port, cluster.port]);
    await b.client.join('room');
    // Whichever of them carries our channels: one after the other.
    for (const [index, node] of cluster.nodes.entries()) {
      await node.kill();
      emit(a, index);
      await node.restart();
      // Over the main channel, the room's, and the one of the nodes.
      await Promise.all([b.client.hears(a), b.client.hears(a, 'room'), a.client.hears(b)]);
      await until(async () => (await a.io.fetchSockets()).length === 2);
    }
    expectOrder(numbers(b));
    expect(numbers(a).filter((number) => typeof number === 'number')).toEqual([0, 1, 2]);
  },
);

test('garbage and forgeries on our channels change nothing', async () => {
  const connect = standaloneClients['node-redis 6']!;
  const [a, b] = await pair(connect);
  await b.client.join('room');
  const { client, close } = await standaloneClients['ioredis 6']!(redis.port);
  cleanups.push(close);
  const forger = client as unknown as { publish(channel: string, bytes: Buffer): Promise<number> };
  let number = 0;
  const forge = (write: (writer: FrameWriter) => void): Buffer => {
    const writer = new FrameWriter('forger-_-_-_-_-_-_-_');
    write(writer);
    return writer.finish(++number);
  };
  const forgeries = () => [
    Buffer.alloc(0),
    Buffer.from('garbage'),
    Buffer.from('{"type":3,"data":{}}'),
    Buffer.alloc(1000, 0xff),
    Buffer.concat([forge(() => {}), Buffer.from([0xff, 0xff, 0xff, 0xff, 4])]),
    forge((writer) => writer.broadcast(['41'], Selection.everybody)),
    forge((writer) => writer.broadcast(['451-["x",{"_placeholder":true,"num":7}]'], Selection.everybody)),
    forge((writer) => writer.serverSideEmit(Buffer.from([0xc1]))),
    forge((writer) => writer.answer(1, 0, Buffer.from([0xc1]))),
    forge((writer) => writer.request(1, 'sockets /', Buffer.from([1]))),
  ];
  let heard = 0;
  for (const channel of ['nodes#', `nodes#${b.id}#`, '/#', '/#room#', `/#${b.client.id}#`]) {
    for (const forgery of forgeries()) heard += await forger.publish(`carillon#${channel}`, forgery);
  }
  // Everywhere somebody listened.
  expect(heard).toBeGreaterThanOrEqual(7 * forgeries().length);
  // A connection event that no client made is none.
  b.io.on('connection', (socket: unknown) => {
    if (typeof socket !== 'object') throw new Error('a forged connection');
  });
  emit(a, 1);
  await until(() => numbers(b).length === 1);
  expect(b.told).toEqual(['CARILLON_REJECTED_MESSAGE']);
  expect(b.io.adapter().node.rejected).toBeGreaterThan(20);
  expect(b.client.socket.connected).toBe(true);
  expect((await a.io.fetchSockets()).length).toBe(2);
});

test('a node is killed in the middle of everything: nobody waits for it, and it is named', async () => {
  const survivor = await member(redis.port, standaloneClients['ioredis 6']!);
  const path = fileURLToPath(new URL('support/workers/redis-node.mjs', import.meta.url));
  const child = fork(path, [String(redis.port), JSON.stringify(TIMING)], {
    execArgv: [],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  cleanups.push(() => child.kill('SIGKILL'));
  const [{ port, id }] = (await once(child, 'message')) as [{ port: number; id: string }];
  const theirs = await TestClient.connect({ port } as ClusterNode);
  const missed: unknown[][] = [];
  survivor.io.of('/').adapter.on('missing-nodes', (...args: unknown[]) => missed.push(args));
  // Its client never answers: the node is alive, and the question open.
  survivor.client.socket.on('question', (answer: (text: string) => void) => answer('here'));
  await until(async () => (await survivor.io.of('/').adapter.serverCount()) === 2);
  const asked = survivor.io.timeout(20_000).emitWithAck('question');
  await until(() => theirs.heard.some(([name]) => name === 'question'));
  child.send('talk');
  const others = () => survivor.client.heard.filter(([name]) => name === 'from the other').map(([, n]) => n as number);
  await until(() => others().length > 100);
  child.kill('SIGKILL');
  const found = survivor.io.fetchSockets();
  expect((await found).missing).toEqual([id]);
  const answers = await asked;
  expect([...answers]).toEqual(['here']);
  expect(answers.missing).toEqual([id]);
  expect(missed.map(([nodes]) => nodes)).toEqual([[id], [id]]);
  expect(await survivor.io.of('/').adapter.serverCount()).toBe(1);
  // What came is without a gap from the first to the last.
  expect(others()).toEqual(others().map((_, index) => index + others()[0]!));
  expect(survivor.told).toEqual([]);
});

test('what waits during an outage is bounded, and what is dropped is told', async () => {
  const proxy = await openProxy(redis.port);
  cleanups.push(() => proxy.close());
  const opened: OpenClient[] = [];
  const { node, stop } = await startRedisNode(proxy.port, standaloneClients['ioredis 6']!, {
    ...TIMING,
    maxPendingBytes: 100_000,
  });
  cleanups.push(stop, () => Promise.all(opened.map((client) => client.close())));
  const told: ClusterError[] = [];
  node.io.of('/').adapter.on('error', (error: ClusterError) => told.push(error));
  const reports: unknown[] = [];
  node.io.of('/').adapter.on('resubscribed', (report: unknown) => reports.push(report));
  const b = await member(redis.port, standaloneClients['ioredis 6']!);
  proxy.cut();
  await until(() => told.length > 0);
  for (let i = 0; i < 20; i++) {
    node.io.emit('event', i, 'x'.repeat(20_000));
    // Each in a turn, and so in a frame, of its own.
    await new Promise((resolve) => setImmediate(resolve));
  }
  proxy.restore();
  await until(() => reports.length > 0);
  node.io.emit('event', 20);
  await until(() => numbers(b).includes(20));
  const heard = numbers(b) as number[];
  // The newest are there, as many as fit.
  expect(heard).toEqual([...heard.slice(0, -1).map((_, index) => 20 - (heard.length - 1) + index), 20]);
  expect(heard.length).toBeGreaterThan(3);
  expect(heard.length).toBeLessThan(7);
  expect(told.map(({ code }) => code)).toEqual(['CARILLON_CLUSTER_DOWN', 'CARILLON_MESSAGES_DROPPED']);
  expect(reports).toEqual([{ dropped: expect.any(Number) }]);
});
