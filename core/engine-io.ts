/**
 * The engine by itself: sessions over polling and WebSocket without namespaces, rooms and acknowledgements, with the API of
 * the package `engine.io` 6.
 *
 * @example
 * import { listen } from 'carillon/engine';
 *
 * const server = listen(3000);
 * server.on('connection', (socket) => {
 *   socket.on('message', (data) => socket.send(data));
 * });
 */
import { createServer, type Server as HttpServer } from 'node:http';
import type { ServerOptions } from './options/index.js';
import { EngineServer } from './server/attach.js';

export { Connection as Socket } from './engine/connection.js';
export type { ConnectionEvents } from './engine/connection-events.js';
export type { ConnectionError, EngineEvents, EngineMiddleware } from './engine/engine.js';
export { OptionError } from './errors.js';
export type { ServerOptions } from './options/index.js';
export { EngineServer as Server } from './server/attach.js';
export type { Transport, TransportName } from './transports/transport.js';

/** Revision of the Engine.IO protocol. Revision 3 is spoken too, with `allowEIO3`. */
export const protocol = 4;

/**
 * Serves an engine on an HTTP server, next to whatever else that serves.
 *
 * @param options see `ServerOptions`; `path` is `/engine.io` by default.
 * @throws OptionError when an option cannot work.
 */
export function attach(server: HttpServer, options: ServerOptions = {}): EngineServer {
  const engine = new EngineServer(options);
  engine.attach(server, options);
  return engine;
}

/**
 * Serves an engine on an HTTP server of its own, which answers every other request with 501.
 *
 * @param callback called when it listens; options may be left out.
 * @throws OptionError when an option cannot work.
 */
export function listen(port: number, callback?: () => void): EngineServer;
export function listen(port: number, options?: ServerOptions | null, callback?: () => void): EngineServer;
export function listen(
  port: number,
  options?: ServerOptions | null | (() => void),
  callback?: () => void,
): EngineServer {
  if (typeof options === 'function') return listen(port, {}, options);
  const server = createServer((_request, response) => {
    response.writeHead(501).end('Not Implemented');
  });
  const engine = attach(server, options ?? {});
  server.listen(port, callback);
  return engine;
}
