// An application that sets the same adapter twice: in the options and by `io.adapter()`, say, or once for each module.
import { createAdapter as createOfficialAdapter } from '@socket.io/redis-adapter';
import { createAdapter, type RedisAdapterOptions } from '../../core/adapters/redis/index.js';
import { TestClient } from '../contract/adapter/client.js';
import { type ClusterNode, startNode, until } from '../contract/adapter/node.js';
import { type RedisServer, startRedis } from '../support/servers/index.js';
import { connectTo } from './support/redis.js';

let redis: RedisServer;
const cleanUps: (() => unknown)[] = [];

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function clients(): Promise<[any, any]> {
  const made = await Promise.all([connectTo(redis, 'node-redis'), connectTo(redis, 'node-redis')]);
  for (const { close } of made) cleanUps.push(close);
  return [made[0].client, made[1].client];
}

async function ours(options: RedisAdapterOptions, recovery: boolean): Promise<ClusterNode & { io: any }> {
  const adapter = createAdapter(...(await clients()), options);
  const node = await startNode('carillon', {
    adapter,
    ...(recovery ? { connectionStateRecovery: { maxDisconnectionDuration: 10_000 } } : {}),
  });
  cleanUps.push(() => node.close());
  await node.io.adapter().node?.ready;
  return node;
}

async function official(): Promise<ClusterNode & { io: any }> {
  const node = await startNode('official', { adapter: createOfficialAdapter(...(await clients())) });
  cleanUps.push(() => node.close());
  return node;
}

describe.each<[string, RedisAdapterOptions, boolean, (() => Promise<ClusterNode & { io: any }>) | undefined]>([
  ['natively', { mode: 'native' }, false, undefined],
  ['automatically, among our nodes', {}, false, undefined],
  ['automatically, with an official node', {}, false, official],
  ['in compatible mode', { mode: 'compatible' }, false, official],
  ['with recovery', {}, true, undefined],
])('%s', (_name, options, recovery, makeOther) => {
  test('a server goes on hearing the others, and they it', async () => {
    const [one, other] = [await ours(options, recovery), await (makeOther ?? (() => ours(options, recovery)))()];
    const [here, there] = [await TestClient.connect(one), await TestClient.connect(other)];
    await here.join('room');
    await there.join('room');
    const { adapter } = one.io.of('/');
    for (let i = 0; i < 2; i++) {
      one.io.adapter(one.io.adapter());
      for (const each of [here, there]) for (const node of [one, other]) await each.hears(node, 'room');
    }
    expect(one.io.of('/').adapter).toBe(adapter);
    await until(async () => (await one.io.fetchSockets()).length === 2);
    await until(async () => (await other.io.fetchSockets()).length === 2);
    // Once each, not once per time it was set.
    other.io.to('room').emit('news', 1);
    other.io.to('room').emit('end');
    expect((await here.heardUntil('end')).map((event) => event.slice(0, 2))).toEqual([['news', 1]]);
    await Promise.all([here.leave(), there.leave()]);
  });
});
