import { Cluster, Redis } from 'ioredis';
import { createClient, createCluster } from 'redis';
import { type AdapterCluster, type Library, type NodeOptions, startNode } from '../../contract/adapter/node.js';
import { type RedisServer, startRedis } from '../../support/servers/index.js';

/** The packages that talk to Redis. */
export type ClientPackage = 'ioredis' | 'node-redis';

/** A client as applications make them, and how it ends. */
export interface RedisClient {
  /** What an adapter is given. */
  readonly client: any;
  close(): unknown;
}

/** Makes a connected client; what is made of it by `duplicate()` ends with it, because not every adapter sees to that. */
export async function connectTo(redis: RedisServer, by: ClientPackage): Promise<RedisClient> {
  const client = by === 'ioredis' ? makeIoredis(redis) : makeNodeRedis(redis);
  const all = [client];
  const duplicate = client.duplicate.bind(client);
  client.duplicate = (...args: unknown[]) => {
    const copy = duplicate(...args);
    all.push(copy);
    copy.on('error', () => {});
    return copy;
  };
  client.on('error', () => {});
  if (by === 'node-redis') await client.connect();
  const end = async (each: any): Promise<void> => {
    // A copy may be waiting in a blocking command, and would first hear the answer to that.
    if (each !== client) return by === 'ioredis' ? each.disconnect() : each.destroy();
    await (by === 'ioredis' ? each.quit() : each.close());
  };
  return { client, close: () => Promise.all(all.map((each) => end(each).catch(() => {}))) };
}

function makeIoredis({ port, isCluster }: RedisServer): any {
  return isCluster ? new Cluster([{ host: '127.0.0.1', port }]) : new Redis(port, '127.0.0.1');
}

function makeNodeRedis({ url, isCluster }: RedisServer): any {
  return isCluster ? createCluster({ rootNodes: [{ url }] }) : createClient({ url });
}

export interface OverRedis {
  /** Whose server each node is. */
  libraries: Library[];
  by: ClientPackage;
  /** Makes what `new Server({ adapter })` is given, for one node. */
  makeAdapter(publish: any, subscribe: any): unknown;
  cluster?: boolean | number;
  options?: NodeOptions;
}

/** Servers around one Redis, each with two clients of its own. */
export async function overRedis(settings: OverRedis): Promise<AdapterCluster & { redis: RedisServer }> {
  const { libraries, by, makeAdapter, cluster, options } = settings;
  const redis = await startRedis(cluster === undefined ? {} : { cluster });
  const clients: RedisClient[] = [];
  const connect = async (): Promise<any> => {
    const connected = await connectTo(redis, by);
    clients.push(connected);
    return connected.client;
  };
  const nodes = await Promise.all(
    libraries.map(async (library) =>
      startNode(library, { ...options, adapter: makeAdapter(await connect(), await connect()) }),
    ),
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
