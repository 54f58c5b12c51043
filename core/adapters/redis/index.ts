/**
 * `carillon/redis`: a server as one node of many, with Redis underneath.
 *
 * @example
 * import { Server } from 'carillon';
 * import { createAdapter } from 'carillon/redis';
 * import { Redis } from 'ioredis';
 *
 * const publisher = new Redis();
 * const subscriber = publisher.duplicate();
 * const io = new Server(3000, { adapter: createAdapter(publisher, subscriber) });
 */
import { systemClock } from '../../clock.js';
import { OptionError } from '../../errors.js';
import type { AdapterFactory } from '../adapter.js';
import { ClusterAdapter } from '../cluster.js';
import { adapterFactory } from '../cluster-factory.js';
import { ClusterNode } from '../cluster-node.js';
import { type ClusterOptions, resolveClusterOptions } from '../cluster-options.js';
import { RecoveringClusterAdapter } from '../recovering-cluster.js';
import { connectionOf, type RedisClient } from './client.js';
import { OrderedCommands } from './ordered-commands.js';
import { RedisRecoveryStore } from './recovery-store.js';
import { RedisBus } from './redis-bus.js';

export { ClusterError, type ClusterErrorCode } from '../../errors.js';
export type { AdapterFactory } from '../adapter.js';
export type { ClusterOptions } from '../cluster-options.js';
export type { RedisClient } from './client.js';

export interface RedisAdapterOptions extends ClusterOptions {
  /** What the names of all channels and keys begin with. Clusters that share a Redis differ in it. Default `carillon`. */
  prefix?: string;
  /**
   * Bytes of messages that may wait for Redis during an outage; beyond that, the oldest are dropped, and an `error` event
   * tells how many. Default 16 MiB.
   */
  maxPendingBytes?: number;
}

/**
 * What the `adapter` option takes to make a server one node of many.
 *
 * @param publisher a connected client of ioredis or node-redis, of a server or a cluster.
 * @param subscriber another one: `publisher.duplicate()`. Neither is closed by us.
 * @throws OptionError when an option cannot work.
 */
export function createAdapter(
  publisher: RedisClient,
  subscriber: RedisClient,
  options: RedisAdapterOptions = {},
): AdapterFactory {
  const { prefix = 'carillon', maxPendingBytes = 16 * 1024 * 1024 } = options;
  if (typeof prefix !== 'string' || prefix === '') throw new OptionError('prefix', prefix, 'a text that is not empty');
  if (typeof maxPendingBytes !== 'number' || !(maxPendingBytes >= 0)) {
    throw new OptionError('maxPendingBytes', maxPendingBytes, 'a number of bytes');
  }
  if (publisher === subscriber) {
    throw new OptionError('subscriber', 'the publisher', 'a connection of its own: publisher.duplicate()');
  }
  const resolved = resolveClusterOptions(options);
  const commands = new OrderedCommands(connectionOf(publisher, 'publisher'));
  const bus = new RedisBus(commands, connectionOf(subscriber, 'subscriber'), {
    clock: systemClock,
    prefix,
    maxPendingBytes,
  });
  const node = new ClusterNode(bus, { clock: systemClock, ...resolved, features: ['native'] });
  return adapterFactory(node, (nsp) => {
    const limits = nsp.server.opts?.connectionStateRecovery;
    if (limits === undefined) return new ClusterAdapter(nsp, node, resolved);
    if (commands.isCluster && !commands.canShard) {
      throw new OptionError(
        'connectionStateRecovery',
        'on',
        'a client that can use sharded channels: new Redis.Cluster(nodes, { shardedSubscribers: true })',
      );
    }
    const store = new RedisRecoveryStore(bus, commands, { node, prefix, namespace: nsp.name });
    return new RecoveringClusterAdapter(nsp, node, store, limits, resolved);
  });
}
