import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { systemClock } from '../clock.js';
import { Engine } from '../engine/engine.js';
import { type ResolvedOptions, resolveOptions, type ServerOptions } from '../options.js';
import { serveClientFile } from '../transports/client-files.js';
import { NodeHttp } from '../transports/node-http.js';
import { PathRouter, type Route } from '../transports/path-router.js';

/**
 * An engine with everything it needs to serve HTTP. The composition root: nowhere else do the parts meet.
 *
 * Applications make one when they want to hold it themselves: `io.bind(engine)`.
 */
export class EngineServer extends Engine {
  /**
   * @param options see `ServerOptions`; those of Socket.IO alone are ignored.
   * @throws OptionError when an option cannot work.
   */
  constructor(options?: ServerOptions) {
    super(resolveOptions(options), systemClock);
    this.wire(new NodeHttp(this));
  }

  /** Serves `path` (default `/engine.io`) on this server, next to whatever else it serves. */
  attach(server: HttpServer, options: ServerOptions = {}): Attachment {
    const resolved = resolveOptions({ path: '/engine.io', ...options });
    return attach(server, this, resolved, { path: resolved.path, serveClient: () => false });
  }
}

/** An HTTP server that serves nothing but us, listening already. */
export function createHttpServer(port: number): HttpServer {
  const server = createServer((_request, response) => response.writeHead(404).end());
  server.listen(port);
  return server;
}

export interface Attachment {
  /** Serves the path no longer. */
  detach(): void;
}

/** Serves an engine on one path of a server, and leaves everything else there alone. */
export function attach(
  server: HttpServer,
  engine: Engine,
  options: ResolvedOptions,
  settings: { path: string; serveClient: () => boolean },
): Attachment {
  const { path } = settings;
  const route: Route = {
    matches: matcherOf(path, options.addTrailingSlash),
    onRequest(request: IncomingMessage, response: ServerResponse): boolean {
      if (settings.serveClient() && serveClientFile(path, request, response)) return true;
      if (!this.matches(pathOf(request))) return false;
      engine.handleRequest(request, response);
      return true;
    },
    onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
      engine.handleUpgrade(request, socket, head);
    },
    prefix: path,
    destroyUpgradeTimeout: options.destroyUpgrade ? options.destroyUpgradeTimeout : undefined,
  };
  return PathRouter.of(server, systemClock).add(route);
}

/** With a trailing slash, `/socket.io/` and below; without, `/socket.io` itself and below. */
function matcherOf(path: string, addTrailingSlash: boolean): (pathname: string) => boolean {
  const prefix = addTrailingSlash ? `${path}/` : path;
  return (pathname) => pathname.startsWith(prefix);
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '';
  const question = url.indexOf('?');
  return question === -1 ? url : url.slice(0, question);
}
