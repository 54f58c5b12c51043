import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { serialize as serializeCookie } from 'cookie';
import createDebug from 'debug';
import type { Clock } from '../clock.js';
import { HandshakeErrors, OptionError } from '../errors.js';
import { randomId } from '../ids.js';
import type { EngineOptions } from '../options/index.js';
import { PacketType } from '../protocol/engineio/packet.js';
import { dropInvalidHeaders } from '../protocol/header-fields.js';
import { Prepared } from '../protocol/prepared.js';
import { CapturingEmitter, emitToListeners } from '../rejections.js';
import type { ResponseHeaders, Transport, TransportName } from '../transports/transport.js';
import { BufferBudget } from './buffer-budget.js';
import { formatCloseSummary } from './close-summary.js';
import { Connection, type RequestHolder } from './connection.js';
import type { Backpressure, OutgoingPacket } from './connection-events.js';
import { EngineCounters } from './counters.js';
import { FlushScheduler } from './flush-scheduler.js';
import { ClientHeartbeat, type Heartbeat, ServerHeartbeat } from './heartbeat.js';
import { ConnectionHooks } from './hooks.js';
import { RecentCloseReasons } from './recent-close-reasons.js';

/** Milliseconds the peers have to answer our closing frames at shutdown. */
const CLOSE_GRACE = 300;

const debug = createDebug('carillon:engine');

/** An Express-style middleware: sees every HTTP request and upgrade on our path. */
export type EngineMiddleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => unknown;

/** What serves HTTP for the engine: see http/front.ts. */
export interface EngineFront {
  handleRequest(request: IncomingMessage, response: ServerResponse): void;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** @param grace milliseconds that peers still have to answer our close. */
  close(grace: number): void;
}

export interface ConnectionError {
  /** The request that was refused. */
  req: IncomingMessage;
  /** 0 to 7, see `HandshakeErrors` in errors.ts. */
  code: number;
  /** The protocol's words for the code. */
  message: string;
  /** What made it so; has a `name` where several causes share a code. */
  context: Record<string, unknown>;
}

/** `ResponseHeaders`, but `any`: listeners written for Socket.IO declare texts, or whatever they set. */
type WritableHeaders = Record<string, any>;

export interface EngineEvents {
  /** A session was opened. */
  connection: [connection: Connection];
  /** Headers of the first answer of a session, before they are written; add your own. */
  initial_headers: [headers: WritableHeaders, request: IncomingMessage];
  /** Headers of every answer, before they are written; add your own. */
  headers: [headers: WritableHeaders, request: IncomingMessage];
  /** Much waits for a client that reads slowly; `drain` of the connection says when nothing waits any more. */
  backpressure: [connection: Connection, state: Backpressure];
  /**
   * A message was larger than `maxHttpBufferSize`, and refused. `bytes`: as announced, or as many as had come in; over
   * WebSocket, where the length is not known, the least it can have had.
   */
  message_too_large: [connection: Connection, size: { bytes: number; limit: number }];
  /** What waited for a connection is being written. */
  flush: [connection: Connection, packets: readonly OutgoingPacket[]];
  /** What waited for a connection was handed to its transport. */
  drain: [connection: Connection];
  /** A handshake was refused. */
  connection_error: [error: ConnectionError];
  /** A listener of the engine or of a connection threw, or its promise was rejected. Without a listener: the log. */
  listener_error: [error: unknown, context: { event: string | symbol }];
}

/**
 * The registry of sessions: what applications know as `io.engine`. It turns accepted handshakes into connections and
 * finds them again by session id.
 */
export class Engine extends (CapturingEmitter as typeof EventEmitter<EngineEvents>) {
  /** Codes of `connection_error`, by the names Socket.IO users know. Those of carillon alone stand in errors.ts. */
  static readonly errors = {
    UNKNOWN_TRANSPORT: HandshakeErrors.unknownTransport.code,
    UNKNOWN_SID: HandshakeErrors.unknownSession.code,
    BAD_HANDSHAKE_METHOD: HandshakeErrors.badMethod.code,
    BAD_REQUEST: HandshakeErrors.badRequest.code,
    FORBIDDEN: HandshakeErrors.forbidden.code,
    UNSUPPORTED_PROTOCOL_VERSION: HandshakeErrors.unsupportedVersion.code,
  } as const;

  /** Messages of `connection_error`, by code. */
  static readonly errorMessages: Readonly<Record<number, string>> = Object.freeze(
    Object.fromEntries(
      Object.values(HandshakeErrors)
        .filter(({ code }) => code <= HandshakeErrors.unsupportedVersion.code)
        .map(({ code, message }) => [code, message]),
    ),
  );

  /** The options, as resolved. Assigning to one throws: they are given when the server is made. */
  readonly opts: EngineOptions;
  /** Where every message waits for the end of the turn. @internal */
  readonly scheduler: FlushScheduler;
  /** @internal */
  readonly heartbeat: Heartbeat;
  /** Of clients that speak revision 3. @internal */
  readonly clientHeartbeat: Heartbeat;
  /** What extensions want to know. @internal */
  readonly hooks = new ConnectionHooks((error, event) => this.onListenerError(error, event));
  /** What all its connections counted. @internal */
  readonly counters = new EngineCounters();
  /** Middlewares in the order of {@link Engine.use}. @internal */
  readonly middlewares: EngineMiddleware[] = [];
  readonly #clock: Clock;
  readonly #connections = new Map<string, Connection>();
  readonly #recentCloseReasons = new RecentCloseReasons();
  readonly #budget: BufferBudget;
  /** The common part of open packets, by transport. */
  readonly #handshakes: Readonly<Record<TransportName, string>>;
  #front: EngineFront | null = null;
  #isClosed = false;
  #clientsTold: Promise<void> | undefined = undefined;
  #onEmpty: (() => void) | undefined = undefined;

  /** @internal */
  constructor(options: EngineOptions, clock: Clock) {
    super({ captureRejections: true });
    this.opts = guardOptions(options);
    this.#clock = clock;
    this.#budget = new BufferBudget(clock, options.maxTotalBufferedBytes, () => this.#connections.values());
    this.scheduler = new FlushScheduler(clock, options.backlogLimits, this.#budget);
    this.heartbeat = new ServerHeartbeat(clock, options.pingInterval, options.pingTimeout);
    this.clientHeartbeat = new ClientHeartbeat(clock, options.pingInterval, options.pingTimeout);
    this.#handshakes = { polling: this.#describe('polling'), websocket: this.#describe('websocket') };
  }

  /** Number of open sessions. */
  get clientsCount(): number {
    return this.#connections.size;
  }

  /** The open sessions by id, as they are now. */
  get clients(): Record<string, Connection> {
    return Object.assign(Object.create(null), Object.fromEntries(this.#connections));
  }

  /** @internal */
  get upgradeTimeout(): number {
    return this.opts.upgradeTimeout;
  }

  /** @internal */
  setTimeout(callback: () => void, delay: number): { cancel(): void } {
    return this.#clock.setTimeout(callback, delay, true);
  }

  /** @internal */
  setInterval(callback: () => void, delay: number): { cancel(): void } {
    return this.#clock.setInterval(callback, delay);
  }

  /** Connects the HTTP side. Called once, by the composition root. @internal */
  wire(front: EngineFront): void {
    this.#front = front;
  }

  /**
   * Adds a middleware for all HTTP requests and upgrades on our path.
   *
   * @param middleware `(request, response, next)`; it refuses by answering itself or by `next(error)`.
   */
  use(middleware: EngineMiddleware): void;
  /** The same for middlewares written for a framework: they ask for its `Request`, which ours only begins to be. */
  use(middleware: (request: any, response: any, next: any) => unknown): void;
  use(middleware: EngineMiddleware): void {
    if (typeof middleware !== 'function')
      throw new TypeError('engine.use() takes a function (request, response, next)');
    this.middlewares.push(middleware);
  }

  /**
   * Makes the id of a new session. May be replaced; a promise is fine. Ids of another shape than 20 characters of
   * `[A-Za-z0-9_-]` break packages that rely on it (`@socket.io/sticky`, sharded adapters). In a cluster, ours begin with
   * what tells their node; about those of a replacement, all nodes are asked.
   */
  generateId(_request: IncomingMessage): string | PromiseLike<string> {
    const id = randomId();
    const idStart = this.hooks.foreign?.idStart ?? '';
    return idStart === '' ? id : idStart + id.slice(idStart.length);
  }

  /** Serves an HTTP request of our path. */
  handleRequest(request: IncomingMessage, response: ServerResponse): void {
    this.#front?.handleRequest(request, response);
  }

  /** Serves an HTTP upgrade of our path. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#front?.handleUpgrade(request, socket, head);
  }

  /** The session with this id. @internal */
  find(sid: string): Connection | undefined {
    return this.#connections.get(sid);
  }

  /** Why a session is over, when its client has not been told; `undefined` when there was none or it was told. @internal */
  closeReasonOf(sid: string): string | undefined {
    return this.#recentCloseReasons.get(sid);
  }

  /** Whatever a listener does, the server goes on. */
  override emit<K>(event: K | keyof EngineEvents, ...args: any[]): boolean {
    try {
      return emitToListeners.call(this, event as string, ...args);
    } catch (error) {
      this.onListenerError(error, event as string);
      return true;
    }
  }

  /** @internal */
  override [EventEmitter.captureRejectionSymbol](error: unknown, event: unknown, ..._args: unknown[]): void {
    this.onListenerError(error, event as string | symbol);
  }

  /** @internal */
  onListenerError(error: unknown, event: string | symbol): void {
    if (event !== 'listener_error' && this.listenerCount('listener_error') > 0)
      this.emit('listener_error', error, { event });
    else console.error(`carillon: a listener of ${JSON.stringify(String(event))} failed:`, error);
  }

  /** Opens a session over this transport. @param protocol the revision that the client speaks. @internal */
  open(
    id: string,
    transport: Transport,
    request: RequestHolder,
    remoteAddress: string,
    protocol: 3 | 4 = 4,
  ): Connection | undefined {
    if (this.#isClosed) {
      transport.terminate();
      return undefined;
    }
    const connection = new Connection(id, this, transport, request, remoteAddress, protocol);
    this.#connections.set(id, connection);
    this.#budget.watch();
    if (debug.enabled) debug('%s opened over %s', id, transport.name);
    const opening = Prepared.text(`${PacketType.open}{"sid":${JSON.stringify(id)},${this.#handshakes[transport.name]}`);
    const { initialPacket } = this.opts;
    if (initialPacket === undefined) connection.open(opening);
    else connection.open(opening, Prepared.message([initialPacket]));
    this.counters.onOpened();
    this.hooks.onOpened(connection, request.get());
    this.emit('connection', connection);
    connection.settle();
    return connection;
  }

  /** What an open packet says to everybody alike: all but the id of the session. */
  #describe(transport: TransportName): string {
    const { pingInterval, pingTimeout, maxHttpBufferSize: maxPayload } = this.opts;
    return JSON.stringify({ upgrades: this.upgrades(transport), pingInterval, pingTimeout, maxPayload }).slice(1);
  }

  /** Transports a client may move to from this one. */
  upgrades(transport: TransportName): TransportName[] {
    const possible = this.opts.allowUpgrades && transport === 'polling' && this.opts.transports.includes('websocket');
    return possible ? ['websocket'] : [];
  }

  /** @internal */
  onHeaders(headers: ResponseHeaders, request: IncomingMessage, newId: string | undefined): void {
    if (newId !== undefined) {
      const { cookie } = this.opts;
      try {
        if (cookie) headers['Set-Cookie'] = serializeCookie(cookie.name, newId, cookie);
      } catch (error) {
        // Its own `encode` threw: all else was checked with the options.
        this.onListenerError(error, 'cookie');
      }
    }
    this.completeHeaders(headers, request, newId !== undefined);
  }

  /** Has the application add its headers. What it sets that cannot stand in an answer is left out, and reported. @internal */
  completeHeaders(headers: ResponseHeaders, request: IncomingMessage, isFirst: boolean): void {
    if (isFirst) this.#emitHeaders('initial_headers', headers, request);
    this.#emitHeaders('headers', headers, request);
  }

  #emitHeaders(event: 'initial_headers' | 'headers', headers: ResponseHeaders, request: IncomingMessage): void {
    if (this.listenerCount(event) === 0) return;
    this.emit(event, headers, request);
    for (const fault of dropInvalidHeaders(headers)) this.onListenerError(fault, event);
  }

  /** Looked at once for each write of a connection. @internal */
  isWriteWatched = false;

  override on<K extends keyof EngineEvents>(event: K, listener: (...args: EngineEvents[K]) => void): this;
  override on(event: string | symbol, listener: (...args: any[]) => void): this;
  override on(event: string | symbol, listener: (...args: any[]) => void): this {
    super.on(event as keyof EngineEvents, listener);
    this.#watchWrites();
    return this;
  }

  override addListener<K extends keyof EngineEvents>(event: K, listener: (...args: EngineEvents[K]) => void): this;
  override addListener(event: string | symbol, listener: (...args: any[]) => void): this;
  override addListener(event: string | symbol, listener: (...args: any[]) => void): this {
    return this.on(event, listener);
  }

  override prependListener<K extends keyof EngineEvents>(event: K, listener: (...args: EngineEvents[K]) => void): this;
  override prependListener(event: string | symbol, listener: (...args: any[]) => void): this;
  override prependListener(event: string | symbol, listener: (...args: any[]) => void): this {
    super.prependListener(event as keyof EngineEvents, listener);
    this.#watchWrites();
    return this;
  }

  #watchWrites(): void {
    this.isWriteWatched = this.listenerCount('flush') + this.listenerCount('drain') > 0;
  }

  /** @internal */
  onFlush(connection: Connection, packets: readonly OutgoingPacket[]): void {
    this.emit('flush', connection, packets);
  }

  /** @internal */
  onDrain(connection: Connection): void {
    this.emit('drain', connection);
    // Whoever listened may have had enough.
    this.#watchWrites();
  }

  /** @internal */
  onBackpressure(connection: Connection, state: Backpressure): void {
    if (debug.enabled) debug('%s reads slowly: %d bytes wait', connection.id, state.bytes);
    this.emit('backpressure', connection, state);
  }

  /** @internal */
  onTooLarge(connection: Connection, bytes: number | undefined): void {
    const limit = this.opts.maxHttpBufferSize;
    const size = { bytes: bytes ?? limit + 1, limit };
    if (debug.enabled) debug('%s sent a message that is too large: %o', connection.id, size);
    this.emit('message_too_large', connection, size);
  }

  /** @internal */
  onClosed(connection: Connection): void {
    this.#connections.delete(connection.id);
    if (this.#connections.size === 0) {
      this.#budget.unwatch();
      this.#onEmpty?.();
    }
    const ending = connection.ending!;
    this.counters.onClosed(ending);
    this.hooks.onClosed(connection);
    if (ending.transport === 'polling' && ending.by !== 'client')
      this.#recentCloseReasons.add(connection.id, ending.reason);
    if (debug.enabled) debug('%s ended %s', connection.id, formatCloseSummary(connection.ending!));
  }

  /**
   * After {@link close}: until the clients that could not be told at once have come for it, a moment at most. `undefined`
   * when there is none. @internal
   */
  get clientsTold(): Promise<void> | undefined {
    return this.#clientsTold;
  }

  /**
   * Closes every session (`forced close`) and takes no new ones. A client between two polls, or in the middle of an upgrade,
   * has a moment to come and hear of it.
   */
  close(): this {
    this.#isClosed = true;
    debug('closes, with %d connections', this.#connections.size);
    const transports = Array.from(this.#connections.values(), (connection) => connection.transport);
    for (const connection of [...this.#connections.values()]) {
      // A client between two polls, or on its way to another transport, cannot be told before it is there.
      if (connection.transport.name === 'polling') connection.close();
      if (connection.readyState !== 'closing') connection.close(true);
    }
    this.heartbeat.clear();
    this.clientHeartbeat.clear();
    this.#front?.close(CLOSE_GRACE);
    if (this.#connections.size > 0) {
      this.#clientsTold = new Promise((resolve) => {
        this.#onEmpty = resolve;
      });
    }
    // A peer that is gone never answers a close frame: it must not hold up the process. Nor must this timer: as long as
    // one of the sockets is there, it fires; after the last one nobody needs it.
    if (transports.length > 0) {
      const terminate = () => {
        for (const connection of [...this.#connections.values()]) connection.close(true);
        for (const transport of transports) if (transport.readyState !== 'closed') transport.terminate();
      };
      this.#clock.setTimeout(terminate, CLOSE_GRACE, true);
    }
    return this;
  }
}

/** Options that can be read as before, and say what to do instead when they are assigned to. */
function guardOptions(options: EngineOptions): EngineOptions {
  const guarded = {} as EngineOptions;
  for (const name of Object.keys(options) as (keyof EngineOptions)[]) {
    Object.defineProperty(guarded, name, {
      enumerable: true,
      get: () => options[name],
      set: (value: unknown) => {
        throw new OptionError(`engine.opts.${name}`, value, `given when the server is made: new Server({ ${name} })`);
      },
    });
  }
  return Object.freeze(guarded);
}
