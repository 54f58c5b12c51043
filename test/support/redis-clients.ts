// Clients of Redis as applications make them: each library and version that we support, for a server and for a cluster.
import { Cluster, Redis } from 'ioredis';
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis-5';
import { createClient, createCluster } from 'redis';
import { createClient as createClient4, createCluster as createCluster4 } from 'redis-4';
import { createClient as createClient5, createCluster as createCluster5 } from 'redis-5';
import type { RedisClient } from '../../core/adapters/redis/index.js';

export interface OpenClient {
  readonly client: RedisClient;
  close(): Promise<void>;
}

/** Connects to `redis://127.0.0.1:port`. */
export type Connect = (port: number) => Promise<OpenClient>;

/** Fails again and again while there is no server, and goes on; the tests look at what we make of it. */
const quiet = (): void => {};
const url = (port: number): string => `redis://127.0.0.1:${port}`;
const RETRY_DELAY = 50;

function ofIoredis(client: any): OpenClient {
  client.on('error', quiet);
  return { client, close: async () => client.disconnect() };
}

async function ofNodeRedis(client: any): Promise<OpenClient> {
  client.on('error', quiet);
  await client.connect();
  // Named `destroy` since 5.
  return { client, close: async () => void (await (client.destroy ? client.destroy() : client.disconnect())) };
}

const retryStrategy = (): number => RETRY_DELAY;
const socket = { reconnectStrategy: retryStrategy };
const ioredisOptions = { retryStrategy, maxRetriesPerRequest: null };

export const standaloneClients: Record<string, Connect> = {
  'ioredis 6': async (port) => ofIoredis(new Redis({ port, ...ioredisOptions })),
  'ioredis 6, RESP3': async (port) => ofIoredis(new Redis({ port, ...ioredisOptions, protocol: 3 } as never)),
  'ioredis 6, lazyConnect': async (port) => ofIoredis(new Redis({ port, ...ioredisOptions, lazyConnect: true })),
  'ioredis 6, enableAutoPipelining': async (port) =>
    ofIoredis(new Redis({ port, ...ioredisOptions, enableAutoPipelining: true })),
  'ioredis 5': async (port) => ofIoredis(new Redis5({ port, ...ioredisOptions })),
  'node-redis 6': (port) => ofNodeRedis(createClient({ url: url(port), socket })),
  'node-redis 6, RESP2': (port) => ofNodeRedis(createClient({ url: url(port), socket, RESP: 2 })),
  'node-redis 5': (port) => ofNodeRedis(createClient5({ url: url(port), socket })),
  'node-redis 4': (port) => ofNodeRedis(createClient4({ url: url(port), socket })),
};

const nodesOf = (port: number) => [{ host: '127.0.0.1', port }];
const clusterOptions = { clusterRetryStrategy: retryStrategy };

export const clusterClients: Record<string, Connect> = {
  'ioredis 6, sharded': async (port) =>
    ofIoredis(new Cluster(nodesOf(port), { ...clusterOptions, shardedSubscribers: true })),
  'ioredis 6, sharded, with a key prefix': async (port) =>
    ofIoredis(new Cluster(nodesOf(port), { ...clusterOptions, shardedSubscribers: true, keyPrefix: 'app:' })),
  'ioredis 6': async (port) => ofIoredis(new Cluster(nodesOf(port), clusterOptions)),
  'ioredis 5, sharded': async (port) =>
    ofIoredis(new Cluster5(nodesOf(port), { ...clusterOptions, shardedSubscribers: true })),
  'node-redis 6': (port) => ofNodeRedis(createCluster({ rootNodes: [{ url: url(port) }] })),
  'node-redis 5': (port) => ofNodeRedis(createCluster5({ rootNodes: [{ url: url(port) }] })),
  'node-redis 4': (port) => ofNodeRedis(createCluster4({ rootNodes: [{ url: url(port) }] })),
};
