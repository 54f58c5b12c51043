import type { RedisClient } from '../adapters/redis/clients/client.js';
import {
  BroadcastOperator,
  type DefaultEventsMap,
  type EventArguments,
  type EventName,
  type EventsMap,
  emitToServers,
  Target,
} from './operator.js';
import { type EmitterOptions, Transport } from './transport.js';

/** An emitter for one namespace. */
export class NamespaceEmitter<
  Events extends EventsMap = DefaultEventsMap,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
> extends BroadcastOperator<Events> {
  readonly #target: Target;

  /** @internal */
  constructor(transport: Transport, nsp: string) {
    const target = new Target(transport, nsp);
    super(target);
    this.#target = target;
  }

  /** The namespace it emits to. */
  get nsp(): string {
    return this.#target.nsp;
  }

  /** The same for another namespace, such as `/orders`. */
  of(nsp: string): NamespaceEmitter<Events, ServerSideEvents> {
    return new NamespaceEmitter(this.#target.transport, nsp);
  }

  /**
   * Sends an event to the servers of the cluster: `io.on(event, ...)` there.
   *
   * @throws TypeError when the name is none, is reserved, or an argument is a callback or cannot be encoded.
   */
  serverSideEmit<Name extends EventName<ServerSideEvents>>(
    event: Name,
    ...args: EventArguments<ServerSideEvents, Name>
  ): void {
    emitToServers(this.#target, event, args);
  }

  /** Resolves when Redis has taken everything, or refused it: wait for it before the process ends. Never rejects. */
  flush(): Promise<void> {
    return this.#target.transport.flush();
  }
}

/**
 * Sends events to the clients of a cluster from a process that is no server: a job, a script, another service.
 *
 * It speaks the protocol of Socket.IO's Redis adapter. Nodes of `carillon/redis` hear it in automatic and in compatible mode, and so do those of
 * `@socket.io/redis-adapter`.
 *
 * @example
 * import { Emitter } from 'carillon/emitter';
 * import { Redis } from 'ioredis';
 *
 * const emitter = new Emitter(new Redis());
 * emitter.to('room-101').emit('news', { hello: 'world' });
 * emitter.of('/orders').in('stale').disconnectSockets();
 * await emitter.flush();
 */
export class Emitter<
  Events extends EventsMap = DefaultEventsMap,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
> extends NamespaceEmitter<Events, ServerSideEvents> {
  /**
   * @param client a client of ioredis or node-redis, of a server or a cluster. It is not closed by us.
   * @param nsp namespace it emits to, unless {@link NamespaceEmitter.of} says otherwise.
   * @throws OptionError when it is no such client, or an option cannot work.
   */
  constructor(client: RedisClient, options: EmitterOptions = {}, nsp = '/') {
    super(new Transport(client, options), nsp);
  }
}
