// The example of docs/extensions.md once more, on two nodes over Redis.
import { type Socket as ClientSocket, io as connect } from 'socket.io-client';
import { hits } from '../extensions/example/hits.js';
import { standaloneClients } from '../support/redis-clients.js';
import { startRedis } from '../support/servers/index.js';
import { startRedisNode } from './support/redis-native.js';

const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

test('history and watchers over Redis', async () => {
  const redis = await startRedis();
  cleanUps.push(() => redis.stop());
  const start = async () => {
    const { node, stop } = await startRedisNode(redis.port, standaloneClients['ioredis 6']!);
    cleanUps.push(stop);
    return { api: hits(node.io), url: `http://127.0.0.1:${node.port}` };
  };
  const client = async ({ url }: { url: string }) => {
    const socket: ClientSocket = connect(url, { forceNew: true, transports: ['websocket'] });
    cleanUps.push(() => socket.close());
    const heard: unknown[][] = [];
    socket.on('carillon:hits:hit', (...args) => heard.push(args));
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
    return { socket, heard };
  };
  const nodes = [await start(), await start()] as const;
  const [writer, watcher] = [await client(nodes[0]), await client(nodes[1])];
  const numbers: number[] = [];
  for (const page of ['/a', '/b']) numbers.push(await writer.socket.emitWithAck('carillon:hits:add', page));
  expect(numbers).toEqual([1, 2]);
  expect(await watcher.socket.emitWithAck('carillon:hits:watch', 1)).toEqual({ last: 2, isComplete: true });
  expect(await writer.socket.emitWithAck('carillon:hits:add', '/c')).toBe(3);
  while (watcher.heard.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(watcher.heard).toEqual([
    [2, '/b'],
    [3, '/c'],
  ]);
  expect(await nodes[0].api.watching()).toBe(1);
  expect(await nodes[1].api.total()).toBe(3);
});
