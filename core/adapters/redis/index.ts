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
import { ClusterNode } from '../../cluster/node.js';
import { OptionError } from '../../errors.js';
import type { AdapterFactory, AdapterNamespace } from '../adapter.js';
import { NativeAdapter } from '../native/adapter.js';
import { adapterFactory } from '../native/factory.js';
import { type ClusterOptions, resolveClusterOptions } from '../native/options.js';
import { RecoveringClusterAdapter } from '../recovery/cluster-adapter.js';
import { AutoModeAdapter } from './auto-mode.js';
import { RedisBus } from './bus/redis-bus.js';
import { connectionOf, type RedisClient, type RedisConnection } from './clients/client.js';
import { OrderedCommands } from './recovery/ordered-commands.js';
import { RedisRecoveryStore } from './recovery/store.js';
import { SocketioAdapter } from './socketio/adapter.js';
import { SocketioChannels } from './socketio/channels.js';
import type { SocketioOptions } from './socketio/nodes.js';
import { RedisSocketioBus } from './socketio/redis-bus.js';
import { RedisStores } from './store/stores.js';

export { ClusterError, type ClusterErrorCode } from '../../errors.js';
export type { AdapterFactory } from '../adapter.js';
export type { ClusterOptions } from '../native/options.js';
export type { RedisClient } from './clients/client.js';

export interface RedisAdapterOptions extends ClusterOptions {
  /** What the names of all channels and keys begin with. Clusters that share a Redis differ in it. Default `carillon`. */
  prefix?: string;
  /**
   * Bytes of messages that may wait for Redis during an outage; beyond that, the oldest are dropped, and an `error` event
   * tells how many. Default 16 MiB.
   */
  maxPendingBytes?: number;
  /**
   * What is spoken with other nodes. `native`: our own wire, which only nodes of `carillon/redis` hear that are not in
   * compatible mode. `compatible`: that of `@socket.io/redis-adapter`. `auto` (default): native, and compatible with whoever
   * needs it, as long as there is somebody.
   */
  mode?: 'auto' | 'native' | 'compatible';
  /** In `auto` and `compatible` mode: what the names of the channels of Socket.IO's protocol begin with. Default `socket.io`. */
  key?: string;
  /** In `auto` and `compatible` mode: milliseconds nodes of the official adapter have to answer. Default 5000. */
  requestsTimeout?: number;
  /**
   * In `auto` and `compatible` mode: whether answers to nodes of the official adapter go to who asked, instead of to all. Default `false`, as
   * in the official adapter.
   */
  publishOnSpecificResponseChannel?: boolean;
}

const MODES: ReadonlySet<unknown> = new Set(['auto', 'native', 'compatible']);

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
  const { mode = 'auto' } = options;
  if (!MODES.has(mode)) throw new OptionError('mode', mode, '"auto", "native" or "compatible"');
  const socketio = resolveSocketioOptions(options);
  const socketioBus =
    mode === 'native'
      ? undefined
      : new RedisSocketioBus(publisher, subscriber, { clock: systemClock, key: socketio.key, maxPendingBytes });
  if (mode === 'compatible')
    return adapterFactory(undefined, (nsp) => new SocketioAdapter(nsp, socketioBus!, socketio));
  const resolved = resolveClusterOptions(options);
  const commands = new OrderedCommands(connectionOf(publisher, 'publisher'));
  const bus = new RedisBus(commands, connectionOf(subscriber, 'subscriber'), {
    clock: systemClock,
    prefix,
    maxPendingBytes,
  });
  const node = new ClusterNode(bus, { clock: systemClock, ...resolved, features: ['native'] });
  const stores = new RedisStores(bus, commands, { clock: systemClock, node, prefix });
  const make = (nsp: AdapterNamespace) => {
    const limits = nsp.server.opts?.connectionStateRecovery;
    if (limits === undefined) {
      return socketioBus === undefined
        ? new NativeAdapter(nsp, node, resolved)
        : new AutoModeAdapter(nsp, node, socketioBus, { ...socketio, ...resolved, prefix });
    }
    if (commands.isCluster && !commands.canShard) {
      throw new OptionError(
        'connectionStateRecovery',
        'on',
        'a client that can use sharded channels: new Redis.Cluster(nodes, { shardedSubscribers: true })',
      );
    }
    // Events of nodes that know only Socket.IO's protocol cannot be recovered: with recovery, all nodes are native.
    // Once the adapter has opened the node, which is right after it was made.
    if (mode === 'auto') queueMicrotask(() => reportOfficialNodes(commands, socketio.key, node, nsp.name));
    const store = new RedisRecoveryStore(bus, commands, { node, prefix, namespace: nsp.name });
    return new RecoveringClusterAdapter(nsp, node, store, limits, resolved);
  };
  return adapterFactory(node, make, stores);
}

/** They would not be heard, nor hear us: whoever moves over with recovery on has to know. */
async function reportOfficialNodes(
  connection: RedisConnection,
  key: string,
  node: ClusterNode,
  namespace: string,
): Promise<void> {
  const { request } = new SocketioChannels(key, namespace);
  try {
    await node.ready;
    const replies = (await connection.commandOnMasters(['PUBSUB', 'NUMSUB', request])) as unknown[][];
    const count = replies.reduce((sum, reply) => sum + Number(reply[1]), 0);
    if (count === 0) return;
    const remedy = 'switch connectionStateRecovery off until all nodes are moved over';
    node.reportFailure('connectionStateRecovery', `${count} nodes of the classic adapter are not heard: ${remedy}`);
  } catch (error) {
    node.reportFailure('looking for nodes of the classic adapter', error);
  }
}

function resolveSocketioOptions(options: RedisAdapterOptions): SocketioOptions & { key: string } {
  const { key = 'socket.io', requestsTimeout = 5000, publishOnSpecificResponseChannel = false } = options;
  if (typeof key !== 'string' || key === '') throw new OptionError('key', key, 'a text that is not empty');
  if (typeof requestsTimeout !== 'number' || !(requestsTimeout >= 1))
    throw new OptionError('requestsTimeout', requestsTimeout, 'a number of milliseconds, at least 1');
  if (typeof publishOnSpecificResponseChannel !== 'boolean')
    throw new OptionError('publishOnSpecificResponseChannel', publishOnSpecificResponseChannel, 'true or false');
  return { clock: systemClock, key, requestsTimeout, publishOnSpecificResponseChannel };
}
