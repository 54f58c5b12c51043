import { type IncomingMessage, ServerResponse } from 'node:http';
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
import { mergeReplyHeaders } from './reply-headers.js';

/** HTTP status of a refused handshake by the code of `connection_error` (see limits.md); all others have 400. */
const STATUS: Record<number, number> = { [Engine.errors.FORBIDDEN]: 403, 6: 429, 7: 408 };

type Serve = (request: FastifyRequest, reply: FastifyReply) => void;

/** An upgrade on its way through the app's hooks. */
interface Upgrade {
  socket: Duplex;
  head: Buffer;
  response: ServerResponse;
  onError: () => void;
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
export function mountRoutes(app: FastifyInstance, io: Server, options: ResolvedPluginOptions): void {
  const upgrades = new WeakMap<IncomingMessage, Upgrade>();
  /** Requests that passed the handler and have met no error since. */
  const admitted = new WeakSet<FastifyRequest>();
  /** What went to the engine, and how it came. */
  const served = new WeakMap<IncomingMessage, { reply: FastifyReply; isUpgrade: boolean }>();
  const mount = io.mount({ server: app.server, path: options.path, onUpgrade: dispatchUpgrade });

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
      if (upgrades.delete(raw)) socket.end();
    });
    upgrades.set(raw, { socket, head, response, onError });
    app.routing(raw, response);
  }

  const serve: Serve = (request, reply) => {
    const { raw } = request;
    raw.fastify = request;
    const upgrade = upgrades.get(raw);
    served.set(raw, { reply, isUpgrade: upgrade !== undefined });
    if (upgrade === undefined) {
      mount.handleRequest(raw, withHeaders(reply));
      return;
    }
    const { socket, head, response, onError } = upgrade;
    upgrades.delete(raw);
    response.detachSocket(socket as NetSocket);
    mount.handleUpgrade(raw, socket, head);
    socket.removeListener('error', onError);
  };

  /** Never the engine: no handshake may come in by a route that others may open. */
  const serveFile: Serve = (request, reply) => {
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

  const { route, server, url } = options;
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
    url: `${url}/:file(^socket\\.io[^/]*\\.js(?:\\.map)?$)`,
    onSend: handOverTo(serveFile),
  });
  // Nor the publish endpoint: it asks for a token of its own, in the header where the guard would look for the user's.
  const { publishEndpoint } = io.opts;
  if (publishEndpoint === undefined) return;
  app.route({
    ...unguarded,
    method: 'POST',
    url: `${url}/${publishEndpoint.name}`,
    preParsing: hideBody,
    onSend: handOverTo(servePublication),
  });
}

function ignoresTrailingSlash({ initialConfig }: FastifyInstance): boolean {
  const { ignoreTrailingSlash, routerOptions } = initialConfig as {
    ignoreTrailingSlash?: boolean;
    routerOptions?: { ignoreTrailingSlash?: boolean };
  };
  return ignoreTrailingSlash === true || routerOptions?.ignoreTrailingSlash === true;
}

/** The response, with the headers that hooks have set. */
function withHeaders(reply: FastifyReply): ServerResponse {
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  return reply.raw;
}
