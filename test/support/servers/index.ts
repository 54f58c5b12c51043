export { type PostgresServer, startPostgres } from './postgres.js';
export { type RedisNode, type RedisOptions, type RedisServer, startRedis } from './redis.js';
