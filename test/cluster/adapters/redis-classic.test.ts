import { createAdapter } from '@socket.io/redis-adapter';
import { adapterContract } from '../../contract/adapter/suite.js';
import { overRedis } from '../support/redis.js';

adapterContract(
  '@socket.io/redis-adapter with ioredis',
  () => overRedis({ libraries: ['carillon', 'carillon', 'carillon'], by: 'ioredis', makeAdapter: createAdapter }),
  { official: true },
);

adapterContract(
  '@socket.io/redis-adapter with node-redis, mixed',
  () => overRedis({ libraries: ['carillon', 'official', 'carillon'], by: 'node-redis', makeAdapter: createAdapter }),
  { official: true },
);
