import { adapterContract } from '../../contract/adapter/suite.js';
import { mixedCluster } from '../support/mixed.js';

adapterContract('carillon/redis, compatible, with ioredis and node-redis', () =>
  mixedCluster(['compatible', 'compatible', 'compatible'], (index) => (index === 1 ? 'node-redis' : 'ioredis')),
);

adapterContract(
  'carillon/redis, compatible, and @socket.io/redis-adapter in one cluster',
  () =>
    mixedCluster(['compatible', 'official', 'compatible', 'official'], (index) =>
      index < 2 ? 'node-redis' : 'ioredis',
    ),
  { official: true },
);
