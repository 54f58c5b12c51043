import { createAdapter, type RedisAdapterOptions } from '../../../core/adapters/redis/index.js';
import { type AdapterCluster, type ClusterNode, startNode } from '../../contract/adapter/node.js';
import type { Connect, OpenClient } from '../../support/redis-clients.js';

/** Servers of ours in this process, each with two connections to this Redis. */
export async function startRedisCluster(
  port: number,
  connect: Connect,
  size: number,
  options: RedisAdapterOptions = {},
): Promise<AdapterCluster> {
  const clients: OpenClient[] = [];
  const open = async () => {
    const opened = await connect(port);
    clients.push(opened);
    return opened.client;
  };
  const nodes: ClusterNode[] = [];
  for (let i = 0; i < size; i++) {
    const adapter = createAdapter(await open(), await open(), options);
    const node = await startNode('carillon', { adapter });
    await adapter.node!.ready;
    nodes.push(node);
  }
  return {
    nodes,
    stop: async () => {
      await Promise.all(nodes.map((node) => node.close()));
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}
