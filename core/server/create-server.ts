import { Server } from './server.js';

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

export const createServer = create as unknown as typeof Server & ((...args: Arguments) => Server);
