import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { systemClock } from '../clock.js';
import { Engine } from '../engine/engine.js';
import type { EngineExtension, Extension } from '../extension.js';
import { admissionLimits } from '../extensions/admission-limits/index.js';
import { publishEndpoint } from '../extensions/publish/index.js';
import { clientFiles } from '../http/client-files.js';
import { EngineFace } from '../http/engine-face.js';
import { NodeHttp } from '../http/front.js';
import { type Attachment, PathRouter, type Route } from '../http/router.js';
import { Routes } from '../http/routes.js';
import { type ResolvedOptions, resolveOptions, type ServerOptions } from '../options/index.js';

/**
 * An engine with everything it needs to serve HTTP. The composition root: nowhere else do the parts meet.
 *
 * Applications make one when they want to hold it themselves: `io.bind(engine)`.
 */
export class EngineServer extends Engine {
  readonly #routes = new Routes((error, route) => this.onListenerError(error, route));
  readonly #face: EngineFace;
  #server: Pick<Extension, 'namespace' | 'servesNamespace'> | undefined;

  /**
   * @param options see `ServerOptions`; those of Socket.IO alone are ignored.
   * @throws OptionError when an option cannot work.
   */
  constructor(options?: ServerOptions) {
    super(resolveOptions(options), systemClock);
    this.#face = new EngineFace(this, this.#routes, Engine.prototype.generateId);
    const { publishEndpoint: publishing, admission } = this.opts;
    admissionLimits(this.#face, admission);
    if (publishing !== undefined) publishEndpoint(this.#face, publishing, () => this.#server);
    this.wire(new NodeHttp(this, this.#routes));
  }

  /** What extensions may see and do of it. @internal */
  get face(): EngineExtension {
    return this.#face;
  }

  /** The server on top of it: it is asked for the namespaces that events are published to. @internal */
  serve(server: Pick<Extension, 'namespace' | 'servesNamespace'>): void {
    this.#server = server;
  }

  /** Serves a request below the path that is not the engine's: the publish endpoint, or a route of an extension. */
  handleRoute(request: IncomingMessage, response: ServerResponse): boolean {
    return this.#routes.handleNamed(pathOf(request).replace(/^.*\//, ''), request, response);
  }

  /** Routes are below this path, and nowhere else. @internal */
  serveRoutesBelow(path: string): void {
    this.#routes.serveBelow(path);
  }

  override close(): this {
    this.#face.close();
    return super.close();
  }

  /** The HTTP server it is attached to. */
  httpServer: HttpServer | undefined = undefined;

  /** Serves `path` (default `/engine.io`) on this server, next to whatever else it serves. */
  attach(server: HttpServer, options: ServerOptions = {}): Attachment {
    this.httpServer = server;
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

export type { Attachment } from '../http/router.js';

/** What the owner of an upgrade is called with. */
export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** The way in for a framework that routes requests itself. */
export interface Mount extends Attachment {
  handleRequest(request: IncomingMessage, response: ServerResponse): void;
  /** Serves a file of the browser bundle; `false` when the request is for none, or the bundle is not served. */
  handleClientFile(request: IncomingMessage, response: ServerResponse): boolean;
  /** Serves a request to the publish endpoint, or to a route of an extension; `false` when it is for something else. */
  handleRoute(request: IncomingMessage, response: ServerResponse): boolean;
  handleUpgrade: UpgradeListener;
}

interface Settings {
  path: string;
  serveClient: () => boolean;
}

/** Serves an engine on one path of a server, and leaves everything else there alone. */
export function attach(
  server: HttpServer,
  engine: Engine,
  options: ResolvedOptions,
  { path, serveClient }: Settings,
): Attachment {
  if (engine instanceof EngineServer) engine.serveRoutesBelow(path);
  const serveClientFile = clientFiles(path, options.cors);
  const route: Route = {
    ...routeOf(path, options),
    onRequest(request: IncomingMessage, response: ServerResponse): boolean {
      if (serveClient() && serveClientFile(request, response)) return true;
      if (!this.matches(pathOf(request))) return false;
      engine.handleRequest(request, response);
      return true;
    },
    onUpgrade: (request, socket, head) => engine.handleUpgrade(request, socket, head),
  };
  return PathRouter.of(server, systemClock).add(route);
}

/** Serves an engine to a framework: only upgrades are taken from the server, and they go to the framework first. */
export function mount(
  server: HttpServer,
  engine: EngineServer,
  options: ResolvedOptions,
  { path, serveClient }: Settings,
  onUpgrade: UpgradeListener,
  pathnameOf?: (request: IncomingMessage) => string,
): Mount {
  engine.serveRoutesBelow(path);
  const serveClientFile = clientFiles(path, options.cors);
  const route = { ...routeOf(path, options), onUpgrade, ...(pathnameOf && { pathnameOf }) };
  const attachment = PathRouter.of(server, systemClock).add(route);
  return {
    ...attachment,
    handleRequest: (request, response) => engine.handleRequest(request, response),
    handleClientFile: (request, response) => serveClient() && serveClientFile(request, response),
    handleRoute: (request, response) => engine.handleRoute(request, response),
    handleUpgrade: (request, socket, head) => engine.handleUpgrade(request, socket, head),
  };
}

function routeOf(path: string, options: ResolvedOptions): Omit<Route, 'onRequest' | 'onUpgrade'> {
  return {
    matches: matcherOf(path, options.addTrailingSlash),
    prefix: path,
    destroyUpgradeTimeout: options.destroyUpgrade ? options.destroyUpgradeTimeout : undefined,
  };
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
