import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { Server } from '../../core/index.js';
import { checkNames, SERVER_OPTIONS } from '../option-names.js';
import type { NextServer, NextServerOptions } from './index.js';
import { loadNext, type NextApp } from './load-next.js';
import { NextUpgrades } from './next-upgrades.js';
import { register } from './registry.js';
import { onTermination } from './termination.js';

type Handle = ReturnType<NextApp['getRequestHandler']>;

/** Milliseconds that requests under way, and upgraded connections of others, get at the end. */
const CLOSE_GRACE = 300;

const OPTIONS: Record<keyof NextServerOptions, true> = {
  io: true,
  dev: true,
  dir: true,
  port: true,
  hostname: true,
  httpServer: true,
  signals: true,
  conf: true,
  quiet: true,
  turbopack: true,
  webpack: true,
};

/** See `createServer` in index.ts. */
export async function createServer(options: NextServerOptions): Promise<NextServer> {
  const { io: ioOptions, httpServer: given, signals, ...nextOptions } = resolveOptions(options);
  // Next and React decide by it when they are loaded.
  (process.env as Record<string, string>).NODE_ENV ??= nextOptions.dev ? 'development' : 'production';
  const createNext = await loadNext(nextOptions.dir);
  const io = new Server(ioOptions);
  const unregister = register(io, 'createServer()');
  const httpServer = (given ?? createHttpServer()) as HttpServer;

  const others = new Set(httpServer.rawListeners('upgrade'));
  io.attach(httpServer);
  const known = httpServer.rawListeners('upgrade').filter((listener) => !others.has(listener));
  const handle: Handle = (request, response) => app.getRequestHandler()(request, response);
  const upgrades = new NextUpgrades(httpServer, known, handle);
  let app: NextApp;
  try {
    app = createNext({ ...nextOptions, httpServer: upgrades.decoy });
  } catch (error) {
    unregister();
    upgrades.stop();
    await io.detach();
    throw error;
  }

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    handle(request, response).catch((error) => fail(response, error));
  };
  const ignoreSignals = signals ? onTermination(() => close()) : () => {};
  // By `close()`, or by its owner.
  httpServer.once('close', unregister);

  async function end(): Promise<void> {
    ignoreSignals();
    const closed = given === undefined ? closeHttpServer(httpServer, upgrades) : undefined;
    upgrades.stop();
    await Promise.all([io.detach(), closed]);
    httpServer.removeListener('request', onRequest);
    unregister();
    await app.close();
  }

  let ending: Promise<void> | undefined;
  const close = (): Promise<void> => {
    ending ??= end();
    return ending;
  };

  return {
    io,
    httpServer,
    app,
    close,
    async listen() {
      await app.prepare();
      httpServer.on('request', onRequest);
      await listen(httpServer, nextOptions.port, nextOptions.hostname);
      return addressOf(httpServer, nextOptions.hostname);
    },
  };
}

function resolveOptions(options: NextServerOptions) {
  for (const name of Object.keys(options)) {
    if (name in OPTIONS) continue;
    throw new TypeError(
      `createServer() of carillon/next has no option "${name}". Those of carillon go into \`io\`: ` +
        `{ io: { ${name}: … } }; those of Next into next.config.`,
    );
  }
  const {
    dev = process.env.NODE_ENV !== 'production',
    dir = '.',
    port = Number(process.env.PORT ?? 3000),
    io = {},
    signals = true,
    ...rest
  } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new TypeError(`invalid option "port": got ${port}, expected a number from 0 to 65535`);
  }
  checkNames(io, SERVER_OPTIONS, 'io.');
  return { ...rest, dev, dir: resolve(dir), port, io, signals };
}

function fail(response: ServerResponse, error: unknown): void {
  console.error('carillon: Next could not handle a request:', error);
  if (!response.headersSent) response.statusCode = 500;
  response.end();
}

function listen(server: HttpServer, port: number, hostname: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, hostname, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

function addressOf(server: HttpServer, hostname = 'localhost'): string {
  const protocol = server instanceof HttpsServer ? 'https' : 'http';
  const host = hostname.includes(':') ? `[${hostname}]` : hostname;
  return `${protocol}://${host}:${(server.address() as AddressInfo).port}`;
}

/** Resolves when the last connection is gone. */
function closeHttpServer(server: HttpServer, upgrades: NextUpgrades): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      upgrades.endOthers();
      server.closeAllConnections();
    }, CLOSE_GRACE);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
