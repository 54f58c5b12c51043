import type { ServerOptions } from '../options/index.js';
import { type AnyHttpServer, Server } from './server.js';
import type { DefaultEventsMap, EventsMap } from './types.js';

type Arguments = ConstructorParameters<typeof Server>;

/**
 * A server made by a call, with or without `new`: `require('carillon')(httpServer, options)`. The default export; in
 * CommonJS it is the module itself, and has the other exports as members. It may stand for {@link Server} everywhere,
 * after `instanceof` and `extends`, too.
 */
function create(...args: Arguments): Server {
  return Reflect.construct(Server, args, new.target ?? Server);
}

Object.setPrototypeOf(create, Server);
Object.defineProperty(create, 'prototype', { value: Server.prototype });
Object.defineProperty(create, 'name', { value: 'Server' });

/** Makes a server, without `new`, from what its constructor takes. */
interface MakeServer {
  <
    ListenEvents extends EventsMap = DefaultEventsMap,
    EmitEvents extends EventsMap = ListenEvents,
    ServerSideEvents extends EventsMap = DefaultEventsMap,
    SocketData = any,
  >(
    options?: ServerOptions,
  ): Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  <
    ListenEvents extends EventsMap = DefaultEventsMap,
    EmitEvents extends EventsMap = ListenEvents,
    ServerSideEvents extends EventsMap = DefaultEventsMap,
    SocketData = any,
  >(
    server?: AnyHttpServer | number | string,
    options?: ServerOptions,
  ): Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
}

export const createServer = create as unknown as typeof Server & MakeServer;
