import { type IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import cors from 'cors';
import createDebug from 'debug';
import { systemClock } from '../clock.js';
import { Deadlines } from '../deadlines.js';
import type { Connection } from '../engine/connection.js';
import type { Engine, EngineFront } from '../engine/engine.js';
import { type HandshakeErrorName, HandshakeErrors } from '../errors.js';
import { parseHandshake, parseQuery, type Query, type Revision } from '../protocol/engineio/handshake.js';
import { endSocket } from '../transports/end-socket.js';
import { PollingTransport, REASON_HEADER } from '../transports/polling.js';
import { pollingCodecOf } from '../transports/polling-codec.js';
import { Revision3WebSocket } from '../transports/revision3-websocket.js';
import type { ResponseHeaders, Transport } from '../transports/transport.js';
import { WebSocketAcceptor } from '../transports/websocket-acceptor.js';
import { CompactRequest } from './compact-request.js';
import { OneShotGate } from './one-shot-gate.js';
import { PerTurnLimiter } from './per-turn-limiter.js';
import type { Routes } from './routes.js';

const debug = createDebug('carillon:http');

/** Middlewares of the ecosystem tell a handshake from later requests by `request._query.sid`. */
type EngineRequest = IncomingMessage & {
  _query?: Query;
  /** The answer to a polling request, until it is written; where Express has it, too. */
  res?: ServerResponse | null;
};

/** A handshake takes a fraction of a millisecond; so many of them may take place in a row. */
const HANDSHAKES_PER_TURN = 32;

/** A refusal: the protocol's error, and what made it so. */
class Refusal {
  constructor(
    readonly error: HandshakeErrorName,
    readonly context: Record<string, unknown>,
  ) {}
}

/** A session that is not here, but may be at another node of the cluster. */
class Elsewhere {
  constructor(readonly sid: string) {}
}

/**
 * HTTP, as Node serves it: middlewares, then the handshake, then a transport. Each request passes here once; messages
 * over WebSocket never do.
 */
export class NodeHttp implements EngineFront {
  readonly #engine: Engine;
  readonly #routes: Routes;
  readonly #acceptor: WebSocketAcceptor;
  readonly #handshakes = new PerTurnLimiter(systemClock, HANDSHAKES_PER_TURN);
  /** Handshakes that middlewares or `allowRequest` have not decided about yet. */
  readonly #undecided: Deadlines<() => void>;
  #isClosed = false;
  #hasToldOfOldClients = false;

  constructor(engine: Engine, routes: Routes) {
    this.#engine = engine;
    this.#routes = routes;
    const { opts } = engine;
    this.#undecided = new Deadlines(systemClock, opts.handshakeTimeout, (expire) => expire());
    if (opts.cors !== undefined) engine.use(cors(opts.cors as cors.CorsOptions));
    this.#acceptor = new WebSocketAcceptor({
      maxPayload: opts.maxHttpBufferSize,
      maxFragments: opts.maxFragments,
      perMessageDeflate: opts.perMessageDeflate,
    });
    this.#acceptor.onRefused((error, request) => {
      this.#report(request, new Refusal('badRequest', { name: 'TRANSPORT_HANDSHAKE_ERROR', message: error.message }));
    });
  }

  handleRequest(request: IncomingMessage, response: ServerResponse): void {
    // Ahead of the middlewares: those are about clients, and these are requests of other programs.
    if (this.#routes.handle(request, response)) return;
    const query = parseQuery(request.url);
    (request as EngineRequest)._query = query;
    (request as EngineRequest).res = response;
    // The end of the HTTP server waits for its connections.
    if (this.#isClosed) response.shouldKeepAlive = false;
    if (query.sid) this.#serve(request, response);
    else this.#handshakes.pass(() => this.#serve(request, response));
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    if (response.destroyed) return;
    const decision = new OneShotGate();
    this.#runMiddlewares(request, response, (error) => {
      if (error !== undefined) {
        if (decision.make()) this.#refuse(request, response, middlewareFailure(error));
        return;
      }
      this.#accept(request, false, (verdict) => {
        if (!decision.make()) return;
        if (verdict instanceof Refusal) this.#refuse(request, response, verdict);
        else if (typeof verdict === 'string') this.#openPolling(verdict, request, response);
        else if (verdict instanceof Elsewhere) this.#relayPoll(verdict.sid, request, response);
        else (verdict.transport as PollingTransport).onRequest(request, response);
      });
    });
    this.#limitTime(decision, response, () => this.#refuse(request, response, this.#overdue()));
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    (request as EngineRequest)._query = parseQuery(request.url);
    (request as EngineRequest).res = null;
    // Between here and the transport nobody else listens: a reset must not be an unhandled error.
    socket.on('error', destroy);
    // Its answer would stand among the frames of the WebSocket, or ours ahead of it.
    if (isAnswering(request, socket)) {
      this.#report(request, new Refusal('badRequest', { name: 'PIPELINED_UPGRADE' }));
      socket.destroy();
      return;
    }
    this.#handshakes.pass(() => {
      if (!socket.destroyed) this.#serveUpgrade(request, socket, head);
    });
  }

  #serveUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const decision = new OneShotGate();
    const expire = () => refuse(this.#overdue());
    const refuse = (refusal: Refusal) => {
      this.#report(request, refusal);
      abortUpgrade(socket, refusal);
    };
    const proceed = (response: ServerResponse | null) => {
      this.#accept(request, true, (verdict) => {
        if (!decision.make() || socket.destroyed) return;
        if (verdict instanceof Refusal || verdict instanceof Elsewhere) {
          refuse(verdict instanceof Refusal ? verdict : unknownSession(verdict.sid));
          return;
        }
        let headers: ResponseHeaders = {};
        try {
          if (response !== null) headers = switchingHeaders(response);
        } catch (error) {
          refuse(middlewareFailure(error));
          return;
        }
        this.#engine.completeHeaders(headers, request, typeof verdict === 'string');
        socket.removeListener('error', destroy);
        this.#acceptor.accept(request, socket, head, headers, (transport) => {
          if (typeof verdict === 'string')
            this.#open(verdict, inRevision(revisionOf(request), transport, request), request);
          else verdict.startUpgrade(inRevision(verdict.protocol, transport, request));
        });
      });
    };
    if (this.#engine.middlewares.length === 0) {
      proceed(null);
      this.#limitTime(decision, socket, expire);
      return;
    }
    // A real response, so that a middleware can set headers on the 101, or refuse by answering.
    const response = new ServerResponse(request);
    response.assignSocket(socket as Socket);
    response.on('finish', () => endSocket(socket));
    this.#runMiddlewares(request, response, (error) => {
      response.detachSocket(socket as Socket);
      if (error === undefined) {
        proceed(response);
        return;
      }
      if (decision.make()) refuse(middlewareFailure(error));
    });
    this.#limitTime(decision, socket, expire);
  }

  /** Most decisions are made at once; the others get a time limit: until then a request holds a socket. */
  #limitTime(decision: OneShotGate, stream: ServerResponse | Duplex, expire: () => void): void {
    if (decision.isOver || stream.destroyed) return;
    const onTimeout = (): void => {
      if (decision.make()) expire();
    };
    const onClose = (): void => {
      decision.make();
    };
    this.#undecided.add(onTimeout);
    stream.once('close', onClose);
    decision.onOver(() => {
      this.#undecided.remove(onTimeout);
      stream.removeListener('close', onClose);
    });
  }

  close(grace: number): void {
    this.#isClosed = true;
    // Whatever they are waiting for, it does not matter any more, and the end of the HTTP server waits for them.
    this.#undecided.expireAll();
    this.#acceptor.close(grace);
  }

  /** The application has not decided in time, or there is no time left. */
  #overdue(): Refusal {
    return new Refusal('handshakeTimeout', this.#isClosed ? { name: 'SERVER_CLOSED' } : {});
  }

  /** One after the other; each may answer itself, and then nothing follows. */
  #runMiddlewares(request: IncomingMessage, response: ServerResponse, done: (error?: unknown) => void): void {
    const { middlewares } = this.#engine;
    const run = (index: number): void => {
      const middleware = middlewares[index];
      if (middleware === undefined) return done();
      let called = false;
      const next = (error?: unknown): void => {
        if (called || response.writableEnded) return;
        called = true;
        if (error !== undefined && error !== null) done(error);
        else run(index + 1);
      };
      const fail = (error: unknown): void => next(error ?? new Error('middleware failed'));
      try {
        const result = middleware(request, response, next);
        if (result instanceof Promise) result.catch(fail);
      } catch (error) {
        fail(error);
      }
    };
    run(0);
  }

  /**
   * Decides about a request: a refusal, the session it belongs to, or the id of a new session.
   */
  #accept(
    request: IncomingMessage,
    isUpgrade: boolean,
    callback: (verdict: Refusal | Connection | Elsewhere | string) => void,
  ): void {
    const { origin } = request.headers;
    const verdict = origin === undefined || this.#isAllowedOrigin(origin, request);
    if (typeof verdict === 'boolean') this.#acceptFrom(verdict, request, isUpgrade, callback);
    else verdict.then((isAllowed) => this.#acceptFrom(isAllowed, request, isUpgrade, callback));
  }

  /** @param isAllowed whether the page may connect. */
  #acceptFrom(
    isAllowed: boolean,
    request: IncomingMessage,
    isUpgrade: boolean,
    callback: (verdict: Refusal | Connection | Elsewhere | string) => void,
  ): void {
    const { opts } = this.#engine;
    const { method, headers, _query: query = {} } = request as EngineRequest;
    const handshake = parseHandshake(
      { method, query, origin: headers.origin, isUpgrade },
      opts.transports,
      opts.allowEIO3,
    );
    if (!isAllowed)
      return callback(new Refusal('forbidden', { name: 'ORIGIN_NOT_ALLOWED', message: 'Origin not allowed' }));
    if (handshake.kind === 'reject') {
      if (handshake.error === 'unsupportedVersion') this.#tellOfOldClients();
      return callback(new Refusal(handshake.error, handshake.context));
    }

    if (handshake.kind === 'resume') {
      const connection = this.#engine.find(handshake.sid);
      if (connection === undefined) {
        const isRelayed = this.#engine.hooks.foreign !== null && handshake.transport === 'polling';
        return callback(isRelayed ? new Elsewhere(handshake.sid) : unknownSession(handshake.sid));
      }
      if (handshake.revision !== undefined && handshake.revision !== connection.protocol) {
        const context = { name: 'REVISION_MISMATCH', protocol: `${handshake.revision}` };
        return callback(new Refusal('badRequest', context));
      }
      const previousTransport = connection.transport.name;
      if (!isUpgrade && previousTransport !== handshake.transport) {
        const context = { name: 'TRANSPORT_MISMATCH', transport: handshake.transport, previousTransport };
        return callback(new Refusal('badRequest', context));
      }
      return callback(connection);
    }

    const refused = this.#refusalOf('first', request);
    if (refused !== undefined) return callback(refused);

    this.#allow(request, (isAllowed, message) => {
      if (!isAllowed) return callback(new Refusal('forbidden', { message }));
      this.#generateId(request, callback);
    });
  }

  /** Once: whoever moves a product over must learn why its old clients stay away. */
  #tellOfOldClients(): void {
    if (this.#hasToldOfOldClients) return;
    this.#hasToldOfOldClients = true;
    console.warn(
      'carillon: refused a client of Socket.IO 1 or 2 (Engine.IO 3). To serve such clients, set the option allowEIO3: true.',
    );
  }

  /** Asks the extensions. */
  #refusalOf(when: 'first' | 'last', request: IncomingMessage): Refusal | undefined {
    const refusal = this.#engine.hooks.refusalOf(when, request);
    if (refusal === undefined) return undefined;
    const { name, retryAfter, message } = refusal;
    return retryAfter === undefined
      ? new Refusal('forbidden', { name, message })
      : new Refusal('tooManyRequests', { name, retryAfter });
  }

  /** @param callback gets the verdict, and the application's words for it. */
  #allow(request: IncomingMessage, callback: (isAllowed: boolean, message?: string | null) => void): void {
    const { allowRequest } = this.#engine.opts;
    if (allowRequest === undefined) return callback(true);
    let answered = false;
    const answer = (isAllowed: boolean, message?: string | null): void => {
      if (answered) return;
      answered = true;
      callback(isAllowed, message);
    };
    const fail = (error: unknown): void => {
      debug('allowRequest failed: %O', error);
      answer(false);
    };
    try {
      const result: unknown = allowRequest(request, (error, success) => {
        answer(success, error);
      });
      if (result instanceof Promise) result.catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  #isAllowedOrigin(origin: string, request: IncomingMessage): boolean | Promise<boolean> {
    const fail = (error: unknown): false => {
      debug('origins failed: %O', error);
      return false;
    };
    try {
      const verdict = this.#engine.opts.originPolicy(origin, request);
      return verdict instanceof Promise ? verdict.catch(fail) : verdict;
    } catch (error) {
      return fail(error);
    }
  }

  #generateId(request: IncomingMessage, callback: (verdict: Refusal | string) => void): void {
    const fail = (error: unknown): void => callback(new Refusal('badRequest', { name: 'ID_GENERATION_ERROR', error }));
    const check = (id: string): void => {
      const refused = this.#refusalOf('last', request);
      if (refused !== undefined) callback(refused);
      else if (typeof id !== 'string' || id === '' || this.#engine.find(id) !== undefined) {
        fail(new Error('generateId() must return a new, non-empty string'));
      } else callback(id);
    };
    try {
      const id = this.#engine.generateId(request);
      if (typeof id === 'string') check(id);
      else Promise.resolve(id).then(check, fail);
    } catch (error) {
      fail(error);
    }
  }

  #open(id: string, transport: Transport, request: IncomingMessage): Connection | undefined {
    const compact = new CompactRequest(request);
    return this.#engine.open(id, transport, compact, addressOf(request), revisionOf(request));
  }

  #openPolling(id: string, request: IncomingMessage, response: ServerResponse): void {
    const transport = new PollingTransport(
      this.#engine.opts,
      pollingCodecOf(revisionOf(request), takesBinary(request)),
    );
    if (this.#open(id, transport, request) === undefined) {
      response.writeHead(503).end();
      return;
    }
    transport.onRequest(request, response);
    // The request is kept with the connection, and its answer is written.
    (request as EngineRequest).res = null;
  }

  /** Somebody else may have the session. */
  async #relayPoll(sid: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isServed = await this.#engine.hooks.foreign?.serve(sid, request, response);
    if (isServed !== true) this.#refuse(request, response, unknownSession(sid));
  }

  #refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
    this.#report(request, refusal);
    if (response.headersSent) return;
    const { code, status } = HandshakeErrors[refusal.error];
    const { retryAfter } = refusal.context;
    const headers: ResponseHeaders = { 'Content-Type': 'application/json' };
    if (typeof retryAfter === 'number') headers['Retry-After'] = Math.ceil(retryAfter / 1000);
    const farewell = typeof refusal.context.sid === 'string' ? this.#engine.farewellOf(refusal.context.sid) : undefined;
    if (farewell !== undefined) headers[REASON_HEADER] = farewell;
    response.writeHead(status, headers);
    response.end(JSON.stringify({ code, message: messageFor(refusal), retryAfter }));
  }

  #report(req: IncomingMessage, refusal: Refusal): void {
    const { code, message } = HandshakeErrors[refusal.error];
    if (debug.enabled) debug('refused %s %s: %s %o', req.method, req.url, message, refusal.context);
    this.#engine.emit('connection_error', { req, code, message, context: refusal.context });
  }
}

function destroy(this: Duplex): void {
  this.destroy();
}

function unknownSession(sid: string): Refusal {
  return new Refusal('unknownSession', { sid });
}

/** With `allowRequest`, the application's own words. */
function messageFor(refusal: Refusal): string {
  const { message } = refusal.context;
  return refusal.error === 'forbidden' && typeof message === 'string'
    ? message
    : HandshakeErrors[refusal.error].message;
}

/** Whether an earlier request on this connection still waits for its answer (pipelining): Node lets nobody else answer then. */
function isAnswering(request: IncomingMessage, socket: Duplex): boolean {
  const probe = new ServerResponse(request);
  try {
    probe.assignSocket(socket as Socket);
  } catch {
    return true;
  }
  probe.detachSocket(socket as Socket);
  return false;
}

function abortUpgrade(socket: Duplex, refusal: Refusal): void {
  const { status } = HandshakeErrors[refusal.error];
  const { retryAfter } = refusal.context;
  const body = messageFor(refusal);
  const wait = typeof retryAfter === 'number' ? `Retry-After: ${Math.ceil(retryAfter / 1000)}\r\n` : '';
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n${wait}Content-Type: text/html\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  endSocket(socket, head + body);
}

function addressOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? '';
}

/** The revision that a handshake asks for; that it is served has been decided. */
function revisionOf({ _query: query }: EngineRequest): Revision {
  return query?.EIO === '4' ? 4 : 3;
}

/** Old browsers ask for base64. */
function takesBinary({ _query: query }: EngineRequest): boolean {
  return !query?.b64;
}

function inRevision(revision: Revision, transport: Transport, request: IncomingMessage): Transport {
  return revision === 4 ? transport : new Revision3WebSocket(transport, takesBinary(request));
}

/** A middleware of the engine threw, or passed an error on. */
function middlewareFailure(error: unknown): Refusal {
  return new Refusal('badRequest', { name: 'MIDDLEWARE_FAILURE', message: messageOf(error) });
}

/** What describes a body or the connection itself: not the middlewares' business on a 101. */
const NOT_ON_SWITCHING: ReadonlySet<string> = new Set(
  'connection content-encoding content-length content-type keep-alive sec-websocket-accept sec-websocket-extensions sec-websocket-protocol trailer transfer-encoding upgrade'.split(
    ' ',
  ),
);

/**
 * The headers that middlewares want on the 101. Some add theirs only when the head is written, by wrapping `writeHead`
 * (the package `on-headers`: express-session, cookie-session), so it is called; nothing is sent by it.
 *
 * @throws whatever such a middleware throws.
 */
function switchingHeaders(response: ServerResponse): ResponseHeaders {
  if (!response.headersSent) response.writeHead(101);
  const headers: ResponseHeaders = {};
  for (const [name, value] of Object.entries(response.getHeaders())) {
    if (value !== undefined && !NOT_ON_SWITCHING.has(name)) headers[name] = value as ResponseHeaders[string];
  }
  return headers;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
