import { type IncomingMessage, ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifySchema,
  onErrorHookHandler,
  onSendHookHandler,
  preParsingHookHandler,
  RouteHandlerMethod,
} from 'fastify';
import { Engine, type Server } from '../../core/index.js';
import type { ResolvedPluginOptions } from './options.js';
import { ignoresTrailingSlash, pathnameReader } from './pathname.js';
import { mergeReplyHeaders } from './reply-headers.js';
import { WaitingRequests } from './waiting-requests.js';

/** HTTP status of a refused handshake by the code of `connection_error` (see limits.md); all others have 400. */
const STATUS: Record<number, number> = { [Engine.errors.FORBIDDEN]: 403, 6: 429, 7: 408 };

/** Files of the client, below the path. */
const CLIENT_FILE = /^\/socket\.io[^/]*\.js(?:\.map)?$/;

type Serve = (request: FastifyRequest, reply: FastifyReply) => void;

/** What is left to do with the routes. */
interface Routes {
  /** Answers requests and upgrades that are still in hooks: the app ends. */
  endPending(): void;
}

/** An upgrade on its way through the app's hooks. */
interface Upgrade {
  socket: NetSocket;
  head: Buffer;
  response: ServerResponse;
  onError: () => void;
  timer: NodeJS.Timeout;
}

/**
 * The engine answers upgrades on the socket, so the response never finishes by itself; `onResponse` hooks and the log's
 * "request completed" wait for it.
 */
function conclude({ raw }: FastifyReply, status: number): void {
  raw.statusCode = status;
  queueMicrotask(() => raw.emit('finish'));
}

/**
 * Serves the engine through Fastify's router: every request and upgrade is a request of the app, with all of its hooks.
 *
 * The request leaves Fastify in the last `onSend` hook rather than in the handler, because that is where plugins such
 * as `@fastify/cookie` and `@fastify/session` write their headers.
 */
export function mountRoutes(app: FastifyInstance, io: Server, options: ResolvedPluginOptions): Routes {
  const { handshakeTimeout } = io.opts;
  const { route, server, url } = options;
  const upgrades = new Map<IncomingMessage, Upgrade>();
  const waiting = new WaitingRequests(app, handshakeTimeout);
  /** Upgrades that were answered because a hook took too long: if it comes back, there is nothing left to do. */
  const expired = new WeakSet<IncomingMessage>();
  /** Requests that passed the handler and have met no error since. */
  const admitted = new WeakSet<FastifyRequest>();
  /** What went to the engine, and how it came. */
  const served = new WeakMap<IncomingMessage, { reply: FastifyReply; isUpgrade: boolean }>();
  const pathnameOf = pathnameReader(app, options.path);
  const mount = io.mount({
    server: app.server,
    path: options.path,
    onUpgrade: dispatchUpgrade,
    pathnameOf,
  });
  /** Below the path; deeper ones may be routes of the app's own, which may take their time. */
  const names = ['', io.opts.publishEndpoint?.name ?? ''].map((name) => `/${name}`).concat('');
  // Ahead of the app, because only so it is known which requests its hooks have.
  const onRequest = (raw: IncomingMessage, response: ServerResponse): void => {
    const pathname = pathnameOf(raw);
    if (!pathname.startsWith(options.path)) return;
    const rest = pathname.slice(options.path.length);
    if (names.includes(rest) || CLIENT_FILE.test(rest)) waiting.add(raw, response);
  };
  app.server.prependListener('request', onRequest);

  /** The hooks have not let it in, and will not: it holds a connection for nothing. */
  function expire(raw: IncomingMessage, statusLine: string): void {
    const upgrade = upgrades.get(raw);
    if (upgrade === undefined) return;
    clearTimeout(upgrade.timer);
    upgrades.delete(raw);
    expired.add(raw);
    const { socket, response } = upgrade;
    if (!response.headersSent && socket.writable) {
      socket.write(`HTTP/1.1 ${statusLine}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    }
    socket.destroySoon();
  }

  /** Has the app answer, over the socket of the upgrade: a hook that refuses gives a real HTTP answer. */
  function dispatchUpgrade(raw: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Until the engine takes over nobody else listens: a reset must not be an unhandled error.
    const onError = () => socket.destroy();
    socket.on('error', onError);
    const response = new ServerResponse(raw);
    response.shouldKeepAlive = false;
    try {
      response.assignSocket(socket as NetSocket);
    } catch {
      // An earlier request on this connection waits for its answer (pipelining), and nothing may come ahead of that.
      socket.destroy();
      return;
    }
    response.on('finish', () => {
      clearTimeout(timer);
      if (upgrades.delete(raw)) socket.end();
    });
    const timer = setTimeout(() => {
      (raw.fastify ?? app).log.warn(`carillon: hooks did not answer an upgrade within ${handshakeTimeout} ms`);
      expire(raw, '408 Request Timeout');
    }, handshakeTimeout);
    timer.unref();
    upgrades.set(raw, { socket: socket as NetSocket, head, response, onError, timer });
    app.routing(raw, response);
  }

  const serve: Serve = (request, reply) => {
    const { raw } = request;
    if (expired.has(raw) || !waiting.pass(raw)) return;
    raw.fastify = request;
    dropInvalidHeaders(request, reply);
    // Its own heartbeats tell whether a client is there; `connectionTimeout` of the app would cut every poll that waits.
    if (raw.socket.timeout) suspendTimeout(raw.socket, reply.raw);
    const upgrade = upgrades.get(raw);
    served.set(raw, { reply, isUpgrade: upgrade !== undefined });
    if (upgrade === undefined) {
      mount.handleRequest(raw, withHeaders(reply));
      return;
    }
    const { socket, head, response, onError } = upgrade;
    clearTimeout(upgrade.timer);
    upgrades.delete(raw);
    response.detachSocket(socket as NetSocket);
    mount.handleUpgrade(raw, socket, head);
    socket.removeListener('error', onError);
  };

  /** Never the engine: no handshake may come in by a route that others may open. */
  const serveFile: Serve = (request, reply) => {
    if (!waiting.pass(request.raw)) return;
    dropInvalidHeaders(request, reply);
    if (!mount.handleClientFile(request.raw, withHeaders(reply))) reply.raw.writeHead(404).end();
  };

  io.engine.on('headers', (headers, raw) => {
    const entry = served.get(raw);
    if (entry === undefined) return;
    mergeReplyHeaders(headers, entry.reply.getHeaders());
    if (entry.isUpgrade) conclude(entry.reply, 101);
  });
  io.engine.on('connection_error', ({ req, code }) => {
    const entry = served.get(req);
    if (entry?.isUpgrade) conclude(entry.reply, STATUS[code] ?? 400);
  });

  /** Never the engine, either. */
  const servePublication: Serve = (request, reply) => {
    if (!waiting.pass(request.raw)) return;
    dropInvalidHeaders(request, reply);
    if (!mount.handleRoute(request.raw, withHeaders(reply))) reply.raw.writeHead(404).end();
  };

  /** Without these Fastify sees no body: no parser reads it and no limit but ours cuts it. Given back in the handler. */
  const headersBefore = new WeakMap<FastifyRequest, FastifyRequest['headers']>();
  const hideBody: preParsingHookHandler = (request, _reply, payload, done) => {
    const { headers } = request;
    headersBefore.set(request, headers);
    request.headers = {
      ...headers,
      'content-type': undefined,
      'content-length': undefined,
      'transfer-encoding': undefined,
    };
    done(null, payload);
  };

  const handler: RouteHandlerMethod = (request, reply) => {
    request.headers = headersBefore.get(request) ?? request.headers;
    admitted.add(request);
    reply.send();
  };

  const handOverTo =
    (serve: Serve): onSendHookHandler =>
    (request, reply, payload, done) => {
      if (!admitted.delete(request)) return done(null, payload);
      reply.hijack();
      serve(request, reply);
    };

  const revoke: onErrorHookHandler = (request, _reply, _error, done) => {
    admitted.delete(request);
    done();
  };

  const { constraints, logLevel, logSerializers } = route;
  const common = {
    exposeHeadRoute: false,
    // Documentation generators leave it out.
    schema: { hide: true } as FastifySchema,
    handler,
  };
  const handshakes = {
    ...common,
    ...route,
    method: ['GET', 'POST', 'OPTIONS'],
    preParsing: [route.preParsing ?? [], hideBody].flat(),
    onSend: [route.onSend ?? [], handOverTo(serve)].flat(),
    onError: [route.onError ?? [], revoke].flat(),
  };
  app.route({ ...handshakes, url: `${url}/*` });
  // Where slashes at the end are cut off, `/socket.io/` is looked for without.
  if (server.addTrailingSlash === false || ignoresTrailingSlash(app)) app.route({ ...handshakes, url: url || '/' });
  const unguarded = {
    ...common,
    ...(constraints && { constraints }),
    ...(logLevel && { logLevel }),
    ...(logSerializers && { logSerializers }),
    onError: revoke,
  };
  // What guards the handshake does not guard the bundle: a page needs it before anybody has signed in.
  app.route({
    ...unguarded,
    method: 'GET',
    // A parameter alone matches an empty one in Fastify 4, and `/socket.io/` is no file.
    url: `${url}/socket.io:rest(^[^/]*\\.js(?:\\.map)?$)`,
    onSend: handOverTo(serveFile),
  });
  // Nor the publish endpoint: it asks for a token of its own, in the header where the guard would look for the user's.
  const { publishEndpoint } = io.opts;
  if (publishEndpoint !== undefined) {
    app.route({
      ...unguarded,
      method: 'POST',
      url: `${url}/${publishEndpoint.name}`,
      preParsing: hideBody,
      onSend: handOverTo(servePublication),
    });
  }
  return {
    endPending() {
      app.server.off('request', onRequest);
      waiting.end();
      for (const raw of [...upgrades.keys()]) expire(raw, '503 Service Unavailable');
    },
  };
}

/** Nothing waits for the timeout of the app while the engine has the request. */
function suspendTimeout(socket: NetSocket, response: ServerResponse): void {
  const { timeout } = socket;
  socket.setTimeout(0);
  // A kept-alive connection serves other requests, too.
  response.once('finish', () => {
    if (!socket.destroyed && timeout !== undefined) socket.setTimeout(timeout);
  });
}

/** Node throws when they are written, where the app no longer hears of it. */
function dropInvalidHeaders(request: FastifyRequest, reply: FastifyReply): void {
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value === undefined) continue;
    try {
      validateHeaderName(name);
      for (const each of [value].flat()) validateHeaderValue(name, String(each));
    } catch (error) {
      request.log.error(
        { err: error },
        `carillon: a hook set the header "${name}" to what cannot be sent: it is left out`,
      );
      reply.removeHeader(name);
    }
  }
}

/** The response, with the headers that hooks have set. */
function withHeaders(reply: FastifyReply): ServerResponse {
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  return reply.raw;
}
