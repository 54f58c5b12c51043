import { createAdapter as createOfficialAdapter } from '@socket.io/redis-adapter';
import { ClassicAdapter } from '../../../core/adapters/redis/classic.js';
import { RedisClassicBus } from '../../../core/adapters/redis/classic-bus.js';
import { systemClock } from '../../../core/clock.js';
import { type AdapterCluster, startNode } from '../../contract/adapter/node.js';
import { type RedisServer, startRedis } from '../../support/servers/index.js';
import { type ClientPackage, connectTo, type RedisClient } from './redis.js';

/** Who serves a node, and with what. */
export type MixedNode = 'official' | 'compatible';

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
      if (kind === 'official') return startNode('official', { adapter: createOfficialAdapter(publisher, subscriber) });
      const bus = new RedisClassicBus(publisher, subscriber, systemClock, (error) => console.error(error));
      return startNode('carillon', { adapter: (nsp: any) => new ClassicAdapter(nsp, bus, { clock: systemClock }) });
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
