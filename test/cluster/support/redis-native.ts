import type { AdapterFactory } from '../../../core/adapters/adapter.js';
import { createAdapter, type RedisAdapterOptions } from '../../../core/adapters/redis/index.js';
import { type AdapterCluster, type ClusterNode, startNode, until } from '../../contract/adapter/node.js';
import type { Connect } from '../../support/redis-clients.js';

export interface RedisNode {
  readonly node: ClusterNode & { io: any };
  readonly adapter: AdapterFactory;
  stop(): Promise<void>;
}

/** A server of ours in this process, with two connections to this Redis, that hears the others. */
export async function startRedisNode(
  port: number,
  connect: Connect,
  options: RedisAdapterOptions = {},
): Promise<RedisNode> {
  const clients = [await connect(port), await connect(port)] as const;
  const adapter = createAdapter(clients[0].client, clients[1].client, { mode: 'native', ...options });
  const node = await startNode('carillon', { adapter });
  await adapter.node!.ready;
  return {
    node,
    adapter,
    stop: async () => {
      await node.close();
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

/** Several of them. */
export async function startRedisCluster(
  port: number,
  connect: Connect,
  size: number,
  options: RedisAdapterOptions = {},
): Promise<AdapterCluster> {
  const started: RedisNode[] = [];
  for (let i = 0; i < size; i++) started.push(await startRedisNode(port, connect, options));
  // A question is for the nodes one knows: on a busy machine a client that redirects takes its time to hear of all.
  for (const { node } of started)
    await until(async () => (await node.run((io) => io.of('/').adapter.serverCount())) === size);
  return {
    nodes: started.map(({ node }) => node),
    stop: async () => {
      await Promise.all(started.map(({ stop }) => stop()));
    },
  };
}
