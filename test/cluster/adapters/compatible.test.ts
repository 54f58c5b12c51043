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

adapterContract('carillon/redis, automatic, with ioredis and node-redis', () =>
  mixedCluster(['auto', 'auto', 'auto'], (index) => (index === 1 ? 'node-redis' : 'ioredis')),
);

adapterContract(
  'carillon/redis, automatic and compatible, and @socket.io/redis-adapter in one cluster',
  () => mixedCluster(['auto', 'official', 'compatible', 'auto'], (index) => (index < 2 ? 'node-redis' : 'ioredis')),
  { official: true },
);
