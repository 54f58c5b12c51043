import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { systemClock } from '../clock.js';
import type { ClusterNode } from '../cluster/node.js';
import { Engine } from '../engine/engine.js';
import { PublishError } from '../errors.js';
import { clientFiles } from '../http/client-files.js';
import { NodeHttp } from '../http/front.js';
import { type Publish, PublishEndpoint } from '../http/publish-endpoint.js';
import { answerPoll } from '../http/relayed-poll.js';
import { PathRouter, type Route } from '../http/router.js';
import { type ResolvedOptions, resolveOptions, type ServerOptions } from '../options.js';
import { PollingTransport } from '../transports/polling.js';
import { ClusterSessionRelay } from './session-relay.js';

/**
 * An engine with everything it needs to serve HTTP. The composition root: nowhere else do the parts meet.
 *
 * Applications make one when they want to hold it themselves: `io.bind(engine)`.
 */
export class EngineServer extends Engine {
  readonly #publishEndpoint: PublishEndpoint | undefined;
  #publish: Publish = () => {
    throw new PublishError('there is no server: io.bind(engine)', 503);
  };

  /**
   * @param options see `ServerOptions`; those of Socket.IO alone are ignored.
   * @throws OptionError when an option cannot work.
   */
  constructor(options?: ServerOptions) {
    super(resolveOptions(options), systemClock);
    const { publishEndpoint } = this.opts;
    this.#publishEndpoint = publishEndpoint && new PublishEndpoint(publishEndpoint, (body) => this.#publish(body));
    this.wire(new NodeHttp(this, this.#publishEndpoint));
  }

  /** Has a server emit what comes in by the publish endpoint. */
  publishTo(publish: Publish): void {
    this.#publish = publish;
  }

  /** Serves a request to the publish endpoint; `false` when it is for something else, or there is none. */
  handlePublish(request: IncomingMessage, response: ServerResponse): boolean {
    return this.#publishEndpoint?.handle(request, response) ?? false;
  }

  /** Serves polling requests that arrive at other nodes of the cluster, and has them serve ours; once per engine. */
  relaySessions(node: ClusterNode): Relaying {
    const relay = new ClusterSessionRelay({
      node,
      areIdsOurs: () => this.generateId === Engine.prototype.generateId,
      has: (sid) => this.find(sid) !== undefined,
      answer: (sid, poll) => {
        const transport = this.find(sid)?.transport;
        if (!(transport instanceof PollingTransport)) return undefined;
        return answerPoll(poll, (request, response) => transport.onRequest(request, response));
      },
      // As long as a client would wait.
      timeout: this.opts.pingInterval + this.opts.pingTimeout,
    });
    this.sessionRelay = relay;
    this.idStart = relay.idStart;
    return relay;
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

/** Requests of sessions of other nodes are served until it is closed. */
export interface Relaying {
  close(): Promise<void>;
}

export interface Attachment {
  /** Serves the path no longer. */
  detach(): void;
}

/** What the owner of an upgrade is called with. */
export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** The way in for a framework that routes requests itself. */
export interface Mount extends Attachment {
  handleRequest(request: IncomingMessage, response: ServerResponse): void;
  /** Serves a file of the browser bundle; `false` when the request is for none, or the bundle is not served. */
  handleClientFile(request: IncomingMessage, response: ServerResponse): boolean;
  /** Serves a request to the publish endpoint; `false` when it is for something else, or there is none. */
  handlePublish(request: IncomingMessage, response: ServerResponse): boolean;
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
): Mount {
  const serveClientFile = clientFiles(path, options.cors);
  const { detach } = PathRouter.of(server, systemClock).add({ ...routeOf(path, options), onUpgrade });
  return {
    detach,
    handleRequest: (request, response) => engine.handleRequest(request, response),
    handleClientFile: (request, response) => serveClient() && serveClientFile(request, response),
    handlePublish: (request, response) => engine.handlePublish(request, response),
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
