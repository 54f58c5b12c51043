/** `carillon/emitter`: publish to the clients of a cluster without being one of its servers. */
export type { RedisClient } from '../adapters/redis/clients/client.js';
export { OptionError } from '../errors.js';
export { Emitter, NamespaceEmitter } from './emitter.js';
export { BroadcastOperator, type DefaultEventsMap, type EventsMap } from './operator.js';
export type { EmitterOptions } from './transport.js';
