import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import cors from 'cors';
import createDebug from 'debug';
import { systemClock } from '../clock.js';
import { Deadlines } from '../deadlines.js';
import type { Engine, EngineFront } from '../engine/engine.js';
import { HandshakeErrors } from '../errors.js';
import { parseQuery, type Revision } from '../protocol/engineio/handshake.js';
import { endSocket } from '../transports/end-socket.js';
import { PollingTransport } from '../transports/polling.js';
import { pollingCodecOf } from '../transports/polling-codec.js';
import { Revision3WebSocket } from '../transports/revision3-websocket.js';
import type { ResponseHeaders, Transport } from '../transports/transport.js';
import { WebSocketAcceptor } from '../transports/websocket-acceptor.js';
import { CompactRequest } from './compact-request.js';
import { type EngineRequest, revisionOf, takesBinary } from './engine-request.js';
import { HandshakeGate, type Verdict } from './gate.js';
import { runHttpMiddlewares } from './middlewares.js';
import { OneShotGate } from './one-shot-gate.js';
import { PerTurnLimiter } from './per-turn-limiter.js';
import { middlewareFailure, Refusal, refuseRequest, refuseUpgrade, unknownSession } from './refusals.js';
import type { Routes } from './routes.js';
import { switchingHeaders } from './switching-headers.js';

const debug = createDebug('carillon:http');

/** A handshake takes a fraction of a millisecond; so many of them may take place in a row. */
const HANDSHAKES_PER_TURN = 32;

/** So many requests of one connection wait for their turn; browsers and proxies send the next one behind an answer. */
const MAX_PIPELINED = 64;

/**
 * HTTP, as Node serves it: middlewares, then the handshake, then a transport. Each request passes here once; messages
 * over WebSocket never do.
 */
export class NodeHttp implements EngineFront {
  readonly #engine: Engine;
  readonly #routes: Routes;
  readonly #gate: HandshakeGate;
  readonly #acceptor: WebSocketAcceptor;
  readonly #handshakes = new PerTurnLimiter(systemClock, HANDSHAKES_PER_TURN);
  /** Handshakes that middlewares or `allowRequest` have not decided about yet. */
  readonly #undecided: Deadlines<() => void>;
  /** Requests of one TCP connection that wait for their turn. */
  readonly #pipelined = new WeakMap<Socket, number>();
  #isClosed = false;

  constructor(engine: Engine, routes: Routes) {
    this.#engine = engine;
    this.#routes = routes;
    this.#gate = new HandshakeGate(engine);
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
    if (query.sid && this.#engine.find(query.sid) !== undefined) this.#serve(request, response);
    else this.#serveInTurn(request, response);
  }

  /** Handshakes, and requests for sessions that are not here: anybody can send thousands on one connection, without waiting. */
  #serveInTurn(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    // What Node had parsed already when the connection was ended.
    if (socket.destroyed) return;
    const waiting = this.#pipelined.get(socket) ?? 0;
    if (waiting === MAX_PIPELINED) {
      this.#report(request, new Refusal('badRequest', { name: 'TOO_MANY_PIPELINED' }));
      socket.destroy();
      return;
    }
    this.#pipelined.set(socket, waiting + 1);
    this.#handshakes.pass(() => {
      this.#pipelined.set(socket, this.#pipelined.get(socket)! - 1);
      this.#serve(request, response);
    });
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    if (response.destroyed) return;
    const decision = new OneShotGate();
    runHttpMiddlewares(this.#engine.middlewares, request, response, (error) => {
      if (error !== undefined) {
        if (decision.make()) this.#refuse(request, response, middlewareFailure(error));
        return;
      }
      this.#gate.decide(request, false, (verdict) => {
        if (decision.make()) this.#act(verdict, request, response);
      });
    });
    this.#limitTime(decision, response, () => this.#refuse(request, response, this.#overdue()));
  }

  #act(verdict: Verdict, request: IncomingMessage, response: ServerResponse): void {
    switch (verdict.kind) {
      case 'refuse':
        return this.#refuse(request, response, verdict.refusal);
      case 'open':
        return this.#openPolling(verdict.id, request, response);
      case 'resume':
        // The gate has compared the transport's name.
        return (verdict.connection.transport as PollingTransport).onRequest(request, response);
      case 'relay':
        this.#relay(verdict.sid, request, response);
    }
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
      refuseUpgrade(socket, refusal);
    };
    const proceed = (response: ServerResponse | null) => {
      this.#gate.decide(request, true, (verdict) => {
        if (!decision.make() || socket.destroyed) return;
        if (verdict.kind === 'refuse') return refuse(verdict.refusal);
        // The gate relays polling alone.
        if (verdict.kind === 'relay') return refuse(unknownSession(verdict.sid));
        let headers: ResponseHeaders = {};
        try {
          if (response !== null) headers = switchingHeaders(response);
        } catch (error) {
          return refuse(middlewareFailure(error));
        }
        this.#engine.completeHeaders(headers, request, verdict.kind === 'open');
        socket.removeListener('error', destroy);
        this.#acceptor.accept(request, socket, head, headers, (transport) => {
          if (verdict.kind === 'open')
            this.#open(verdict.id, inRevision(revisionOf(request), transport, request), request);
          else verdict.connection.startUpgrade(inRevision(verdict.connection.protocol, transport, request));
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
    runHttpMiddlewares(this.#engine.middlewares, request, response, (error) => {
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

  /** @returns whether the session is open: a server that closes takes none. */
  #open(id: string, transport: Transport, request: IncomingMessage): boolean {
    const compact = new CompactRequest(request);
    return this.#engine.open(id, transport, compact, addressOf(request), revisionOf(request)) !== undefined;
  }

  #openPolling(id: string, request: IncomingMessage, response: ServerResponse): void {
    const transport = new PollingTransport(
      this.#engine.opts,
      pollingCodecOf(revisionOf(request), takesBinary(request)),
    );
    if (!this.#open(id, transport, request)) {
      response.writeHead(503).end();
      return;
    }
    transport.onRequest(request, response);
    // The request is kept with the connection, and its answer is written.
    (request as EngineRequest).res = null;
  }

  /** Another node may have the session. */
  async #relay(sid: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isServed = await this.#engine.hooks.foreign?.serve(sid, request, response);
    if (isServed !== true) this.#refuse(request, response, unknownSession(sid));
  }

  #refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
    this.#report(request, refusal);
    const { sid } = refusal.context;
    try {
      refuseRequest(response, refusal, typeof sid === 'string' ? this.#engine.closeReasonOf(sid) : undefined);
    } catch (error) {
      // A middleware put a `writeHead` of its own in place, and that threw.
      response.destroy();
      this.#engine.onListenerError(error, 'headers');
    }
  }

  #report(req: IncomingMessage, refusal: Refusal): void {
    const { code, message } = HandshakeErrors[refusal.error];
    if (debug.enabled) debug('refused %s %s: %s %o', req.method, req.url, message, refusal.context);
    this.#engine.counters.onRefused(refusal.error);
    this.#engine.emit('connection_error', { req, code, message, context: refusal.context });
  }
}

function destroy(this: Duplex): void {
  this.destroy();
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

function addressOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? '';
}

function inRevision(revision: Revision, transport: Transport, request: IncomingMessage): Transport {
  return revision === 4 ? transport : new Revision3WebSocket(transport, takesBinary(request));
}
