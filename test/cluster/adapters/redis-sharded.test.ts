import { createShardedAdapter } from '@socket.io/redis-adapter';
import { adapterContract } from '../../contract/adapter/suite.js';
import { overRedis } from '../support/redis.js';

adapterContract(
  '@socket.io/redis-adapter, sharded, with ioredis',
  () =>
    overRedis({ libraries: ['carillon', 'carillon', 'carillon'], by: 'ioredis', makeAdapter: createShardedAdapter }),
  { official: true, subscribesToRooms: true },
);

adapterContract(
  '@socket.io/redis-adapter, sharded, with node-redis on a cluster, mixed',
  () =>
    overRedis({
      libraries: ['carillon', 'official', 'carillon'],
      by: 'node-redis',
      cluster: true,
      makeAdapter: createShardedAdapter,
    }),
  { official: true, subscribesToRooms: true },
);
