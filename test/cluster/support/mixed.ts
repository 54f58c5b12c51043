import { createAdapter as createOfficialAdapter } from '@socket.io/redis-adapter';
import { createAdapter } from '../../../core/adapters/redis/index.js';
import { type AdapterCluster, startNode } from '../../contract/adapter/node.js';
import { type RedisServer, startRedis } from '../../support/servers/index.js';
import { type ClientPackage, connectTo, type RedisClient } from './redis.js';

/** Who serves a node, and with what. */
export type MixedNode = 'official' | 'compatible' | 'auto' | 'native';

/** Servers of both libraries around one Redis, each with two clients of its own. */
export async function mixedCluster(
  kinds: readonly MixedNode[],
  by: (index: number) => ClientPackage,
): Promise<AdapterCluster & { redis: RedisServer }> {
  const redis = await startRedis();
  const clients: RedisClient[] = [];
  const connect = async (index: number): Promise<any> => {
    const connected = await connectTo(redis, by(index));
    clients.push(connected);
    return connected.client;
  };
  const nodes = await Promise.all(
    kinds.map(async (kind, index) => {
      const [publisher, subscriber] = [await connect(index), await connect(index)];
      return kind === 'official'
        ? startNode('official', { adapter: createOfficialAdapter(publisher, subscriber) })
        : startNode('carillon', { adapter: createAdapter(publisher, subscriber, { mode: kind }) });
    }),
  );
  return {
    redis,
    nodes: [...nodes],
    async stop() {
      await Promise.all(nodes.map((node) => node.close()));
      await Promise.all(clients.map((client) => client.close()));
      await redis.stop();
    },
  };
}
