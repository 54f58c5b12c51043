import { describe, OptionError } from '../../../errors.js';
import { type IoredisClient, IoredisConnection } from './ioredis.js';
import { type NodeRedisClient, NodeRedisConnection } from './node-redis.js';

/** A client of `ioredis` 5 or 6, or of `redis` (node-redis) 4 to 6; one server or a cluster. Known by its shape. */
export type RedisClient = IoredisClient | NodeRedisClient;

/**
 * How messages are published: `plain` to the whole cluster, `sharded` through the shard of the channel (Redis 7), and
 * `pattern` for subscriptions to all channels that match.
 */
export type PubSubKind = 'plain' | 'sharded' | 'pattern';

/** Takes a message. For a pattern, `channel` is where it was published. */
export type PubSubListener = (message: Buffer, channel: string) => void;

export type RedisArgument = string | Buffer;

/** One message for a channel. */
export interface Publication {
  readonly channel: string;
  readonly message: Buffer;
}

/**
 * What we need of a Redis client, the same for all libraries. It never closes the client; whoever made it does.
 *
 * Methods reject as the library does. An `error` event of the client goes to whoever watches, so that it does not end the
 * process.
 */
export interface RedisConnection {
  /** Whether it is a client of a Redis Cluster. */
  readonly isCluster: boolean;
  /** Whether it can subscribe to, and publish through, shards. */
  readonly canShard: boolean;
  /** Whether commands are sent as they come, as far as the library knows. */
  readonly isReady: boolean;
  /** Watches it come and go. @returns a function that stops it. */
  watch(onChange: () => void, onError: (error: Error) => void): () => void;
  /** Publishes in this order, with one write where the library can. @returns a promise for each. */
  publish(publications: readonly Publication[], kind: 'plain' | 'sharded'): Promise<unknown>[];
  /** Resolves when all were confirmed. One listener per connection object and channel. */
  subscribe(channels: readonly string[], kind: PubSubKind, listener: PubSubListener): Promise<void>;
  unsubscribe(channels: readonly string[], kind: PubSubKind): Promise<void>;
  /**
   * Any command. Bulk strings come back as buffers.
   *
   * @param key decides which node of a cluster runs it.
   */
  command(args: readonly RedisArgument[], key?: string): Promise<unknown>;
  /** A command on each master of a cluster, or on the one server. */
  commandOnMasters(args: readonly RedisArgument[]): Promise<unknown[]>;
}

/**
 * @param role the name of the argument, for the message.
 * @throws OptionError when it is no client that we know.
 */
export function connectionOf(client: RedisClient, role: string): RedisConnection {
  if (IoredisConnection.accepts(client)) return new IoredisConnection(client);
  if (NodeRedisConnection.accepts(client)) return new NodeRedisConnection(client);
  throw new OptionError(role, describeClient(client), 'a client of ioredis (5 or later) or node-redis (4 or later)');
}

function describeClient(client: unknown): unknown {
  if (client instanceof Promise) return 'a promise: await client.connect() first';
  return typeof client === 'object' && client !== null
    ? `an instance of ${client.constructor?.name}`
    : describe(client);
}

/** What Redis says while it, or a part of a cluster, is not there for the moment. */
const PASSING = /^(CLUSTERDOWN|LOADING|MASTERDOWN|MOVED|ASK|READONLY|TRYAGAIN) /;

/** Whether it was Redis that said no, and would again. Everything else is the connection's fault, and passes. */
export function isRefusal(error: Error): boolean {
  if (PASSING.test(error.message)) return false;
  // The libraries name them differently; what Redis says begins with a code in capitals.
  return error.name === 'ReplyError' || /^[A-Z]{2,} /.test(error.message);
}
