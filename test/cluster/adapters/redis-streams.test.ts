import { createAdapter } from '@socket.io/redis-streams-adapter';
import { adapterContract } from '../../contract/adapter/suite.js';
import { overRedis } from '../support/redis.js';

const makeAdapter = (client: unknown) => createAdapter(client);

adapterContract(
  '@socket.io/redis-streams-adapter with ioredis',
  () => overRedis({ libraries: ['carillon', 'carillon', 'carillon'], by: 'ioredis', makeAdapter }),
  { official: true },
);

adapterContract(
  '@socket.io/redis-streams-adapter with node-redis, mixed',
  () => overRedis({ libraries: ['carillon', 'official', 'carillon'], by: 'node-redis', makeAdapter }),
  { official: true },
);
