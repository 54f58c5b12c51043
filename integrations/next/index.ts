/**
 * carillon for Next.js. What needs more than a few lines is imported when it is called: a route handler that only wants
 * {@link getIO} bundles nothing else.
 */
import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { DefaultEventsMap, EventsMap, Server, ServerOptions } from '../../core/index.js';
import type { NextApp } from './load-next.js';

export { withCarillon } from './config.js';
export { getIO } from './registry.js';
export type { NextApp };

/**
 * Serves carillon on the server that `next dev`, `next start` or the `server.js` of a standalone build runs in this
 * process. Call it once, in `register()` of `instrumentation.ts`; from then on {@link getIO} finds it.
 *
 * At SIGTERM and SIGINT all sockets are closed, so that Next can exit. `io.close()` closes them too and leaves Next's
 * server open.
 *
 * @param options see {@link ServerOptions}; `serveClient` has no effect.
 * @throws OptionError (rejection) when an option cannot work.
 * @throws Error (rejection) in the edge runtime, and when there is a server in this process already.
 *
 * @example
 * // instrumentation.ts
 * export async function register() {
 *   if (process.env.NEXT_RUNTIME === 'nodejs') {
 *     const io = await attach();
 *     io.on('connection', (socket) => socket.emit('hello'));
 *   }
 * }
 */
export async function attach<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = any,
>(options: ServerOptions = {}): Promise<Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> {
  // Next compiles instrumentation for the edge too, with the variable replaced by its value: there, the import is gone.
  if (process.env.NEXT_RUNTIME !== 'edge') {
    const implementation = await import('./attach.js');
    return implementation.attach(options);
  }
  throw new Error(
    "carillon: attach() works in Node.js only: call it inside `if (process.env.NEXT_RUNTIME === 'nodejs') { … }`",
  );
}

export interface NextServerOptions {
  /** Options of carillon. @default {} */
  io?: ServerOptions;
  /** Whether this is the development server. @default unless NODE_ENV is "production" */
  dev?: boolean;
  /** The folder of the Next project. @default the working directory */
  dir?: string;
  /** Where to listen. @default PORT, or else 3000 */
  port?: number;
  /** Where to listen, and the name Next takes the server for. @default all addresses, "localhost" */
  hostname?: string;
  /** A server to serve on, such as one of `node:https`. It stays open. @default one of our own */
  httpServer?: HttpServer | HttpsServer;
  /** Whether SIGTERM and SIGINT close everything and end the process. @default true */
  signals?: boolean;
  /** The configuration of Next, instead of the file. */
  conf?: object;
  /** Has Next log less. @default false */
  quiet?: boolean;
  /** Bundles with Turbopack in development. @default Next's */
  turbopack?: boolean;
  /** Bundles with webpack in development. @default Next's */
  webpack?: boolean;
}

/** Next and carillon on one port. */
export interface NextServer<IO = Server<any, any, any, any>> {
  /** carillon: add your listeners before {@link NextServer.listen}. */
  readonly io: IO;
  /** What both are served on. */
  readonly httpServer: HttpServer | HttpsServer;
  /** Next, as its own `next()` gives it. */
  readonly app: NextApp;
  /** Prepares Next and listens; resolves with the address, such as `http://localhost:3000`. */
  listen(): Promise<string>;
  /** Ends all connections, Next, and the server unless it was given. Requests under way have 300 ms. */
  close(): Promise<void>;
}

/**
 * A server for Next and carillon: a custom server, as Next calls it. {@link getIO} finds its `io`.
 *
 * Upgrades on carillon's path are carillon's, even if a catch-all route of Next matches it; of all others, listeners you
 * add to `httpServer` come first, and Next (hot reloading, proxied WebSockets) gets what is left.
 *
 * @throws Error (rejection) when Next is not installed in `dir`, for an option that does not exist, and when there is a
 * server in this process already.
 * @throws OptionError (rejection) when an option of carillon cannot work.
 *
 * @example
 * const server = await createServer({ io: { path: '/api/ws' } });
 * server.io.on('connection', (socket) => socket.emit('hello'));
 * console.log(await server.listen());
 */
export async function createServer<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = any,
>(
  options: NextServerOptions = {},
): Promise<NextServer<Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>> {
  if (process.env.NEXT_RUNTIME !== 'edge') {
    const implementation = await import('./server.js');
    return implementation.createServer(options);
  }
  throw new Error('carillon: createServer() starts Next: call it in a script of your own, not in the code of the app');
}
