import { EventEmitter } from 'node:events';
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Http2SecureServer, Http2Server } from 'node:http2';
import type { Server as HttpsServer } from 'node:https';
import type { AdapterFactory, AdapterNamespace } from '../adapters/adapter.js';
import { canRecover, closeAdapter } from '../adapters/host.js';
import { MemoryAdapter } from '../adapters/memory.js';
import { RecoveringMemoryAdapter } from '../adapters/recovery/memory-adapter.js';
import { systemClock } from '../clock.js';
import { Connection } from '../engine/connection.js';
import type { Engine } from '../engine/engine.js';
import { faces } from '../faces.js';
import { readBody } from '../http/body.js';
import { randomId } from '../ids.js';
import { type AdapterConstructor, type ResolvedOptions, resolveOptions, type ServerOptions } from '../options/index.js';
import { createEncoder } from '../protocol/socketio/outgoing.js';
import type { PacketEncoder } from '../protocol/socketio/parser.js';
import * as defaultParser from '../protocol/socketio/parser.js';
import type { Room } from '../rooms/selection.js';
import { MemoryStores } from '../store/memory-store.js';
import { warnIfUntested } from '../tested-versions.js';
import {
  type Attachment,
  attach,
  createHttpServer,
  EngineServer,
  type Mount,
  mount,
  type UpgradeListener,
} from './attach.js';
import type { BroadcastOperator, RemoteSocket } from './broadcast.js';
import { addBuiltInExtensions, relaySessions } from './built-in-extensions.js';
import { Client } from './client.js';
import { ServerClientHost } from './client-host.js';
import { ClusterLink } from './cluster-link.js';
import { ParentNamespace } from './dynamic-namespace.js';
import { ServerFace } from './extension-face.js';
import { ServerFaceHost } from './face-host.js';
import { ForeignConnection, type RawSocket } from './foreign-connection.js';
import { HookHub } from './hooks.js';
import { emitLocally, TypedEventEmitter } from './listeners.js';
import { type ListenerErrorContext, Namespace, type ServerReservedEventsMap } from './namespace.js';
import { type NamespaceMatcher, NamespaceRegistry } from './namespace-registry.js';
import type { Socket } from './socket.js';
import type {
  AllButLast,
  DecorateAcknowledgements,
  DecorateAcknowledgementsWithMultipleResponses,
  DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  ExtendedError,
  FirstNonErrorArg,
  Last,
  RemoveAcknowledgements,
} from './types.js';

/** A Node.js server to attach to. */
export type AnyHttpServer = HttpServer | HttpsServer | Http2SecureServer | Http2Server;

/** An engine to take connections from: one of ours, of the package `engine.io`, or one like it. */
export interface BindableEngine {
  on(event: any, listener: (...args: any[]) => void): unknown; // Emitters of any make have this shape.
}

/**
 * A realtime server: rooms, namespaces, acknowledgements and broadcasts over WebSocket and HTTP long-polling.
 *
 * @example
 * const io = new Server(3000);
 * io.on('connection', (socket) => {
 *   socket.on('chat', (text) => io.emit('chat', text));
 * });
 *
 * Type parameters: events the clients send, events they receive, events between servers, and `socket.data`.
 */
export class Server<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = any,
> extends TypedEventEmitter<
  ServerSideEvents,
  RemoveAcknowledgements<EmitEvents>,
  ServerReservedEventsMap<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
> {
  /** The main namespace, `/`. */
  readonly sockets: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** The Engine.IO server: `io.engine.clientsCount`, `io.engine.use(middleware)`, its events. */
  engine!: Engine;
  /** The HTTP server it is attached to. */
  httpServer!: AnyHttpServer;
  /** Encodes packets; adapters read it. */
  readonly encoder: PacketEncoder;
  /** All namespaces by name, those of patterns apart. @internal Named so by packages of the ecosystem. */
  readonly _nsps: Map<string, Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>;
  /** What extensions want to know. @internal */
  readonly hooks = new HookHub();
  readonly #namespaces: NamespaceRegistry<Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>;
  readonly #clientHost: ServerClientHost;
  readonly #memoryStores = new MemoryStores(systemClock);
  readonly #options: ResolvedOptions;
  /** Those without what the adapter cannot do. */
  #effectiveOptions: ResolvedOptions;
  /** As given: `attach()` may add to them. */
  readonly #givenOptions: ServerOptions;
  readonly #attachments: Attachment[] = [];
  /** One for each server it is attached to; {@link engine} is the last of them. */
  readonly #engines = new Set<Engine>();
  readonly #cluster: ClusterLink;
  readonly #faceHost: ServerFaceHost;
  readonly #face: ServerFace;
  #isRelaying = false;
  /** Closed with us: the server we were attached to, not one that only passes requests on. */
  #closesHttpServer = false;
  #adapter: AdapterConstructor;
  #path: string;
  #serveClient: boolean;
  #connectTimeout: number;

  /**
   * @param server an HTTP(S) or HTTP/2 server, a port to listen on, or the options.
   * @param options see {@link ServerOptions}.
   * @throws OptionError when an option cannot work.
   */
  constructor(options?: ServerOptions);
  constructor(server?: AnyHttpServer | number | string, options?: ServerOptions);
  constructor(server: undefined | ServerOptions | AnyHttpServer | number | string, options?: ServerOptions);
  constructor(server?: ServerOptions | AnyHttpServer | number | string, options?: ServerOptions) {
    super();
    warnIfUntested('Node.js', process.versions.node);
    const isOptions = typeof server === 'object' && server !== null && !('listen' in server);
    const given = isOptions ? (server as ServerOptions) : (options ?? {});
    this.#options = resolveOptions(given);
    this.#effectiveOptions = this.#options;
    this.#givenOptions = given;
    this.#adapter = this.opts.adapter ?? defaultAdapter(this.opts);
    this.#path = this.opts.path;
    this.#serveClient = this.opts.serveClient;
    this.#connectTimeout = this.opts.connectTimeout;
    this.encoder = createEncoder(this.opts.parser, this.opts.encodeLimits);
    this.#namespaces = new NamespaceRegistry({
      make: (name) => new Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>(this, name),
      onRegistered: (namespace) => this.#announce(namespace),
      onUnregistered: (namespace) => {
        this.hooks.forget(namespace.name);
        closeAdapter(namespace.adapter);
      },
      onMatcherError: (error) => this.reportListenerError(error, { event: 'namespace function' }),
    });
    this._nsps = this.#namespaces.named;
    this.#clientHost = new ServerClientHost(this, this.#namespaces);
    this.#cluster = new ClusterLink(randomId(), (error) => this.reportListenerError(error, { event: 'cluster' }));
    this.#cluster.setNode((this.#adapter as AdapterFactory).node);
    this.#faceHost = new ServerFaceHost({
      hooks: this.hooks,
      cluster: this.#cluster,
      reporter: this,
      namespaces: this.#namespaces,
      stores: () => (this.#adapter as AdapterFactory).stores ?? this.#memoryStores,
      readBody,
    });
    faces.set(this, (name) => new ServerFace(name, this.#faceHost));
    this.#face = new ServerFace('carillon', this.#faceHost);
    addBuiltInExtensions(this.#face, this.opts);
    this.sockets = this.#namespaces.get('/');
    this.#checkRecovery();
    if (server !== undefined && server !== null && !isOptions) this.attach(server as AnyHttpServer | number | string);
  }

  /** The options, complete and frozen. Recovery is off when the adapter cannot do it. */
  get opts(): ResolvedOptions {
    return this.#effectiveOptions;
  }

  /** The options. Named so by packages of the ecosystem. */
  get _opts(): ResolvedOptions {
    return this.opts;
  }

  /** The packet parser in use. Named so by packages of the ecosystem. */
  get _parser(): typeof defaultParser {
    return (this.opts.parser as typeof defaultParser | undefined) ?? defaultParser;
  }

  /** The same as {@link Server.engine}. */
  get eio(): Engine {
    return this.engine;
  }

  // --- settings ---

  /** Whether the browser bundle is served under the path. */
  serveClient(value: boolean): this;
  serveClient(): boolean;
  serveClient(value?: boolean): this | boolean {
    if (value === undefined) return this.#serveClient;
    this.#serveClient = value;
    return this;
  }

  /** The path of our requests; set it before attaching. */
  path(value: string): this;
  path(): string;
  path(value?: string): this | string {
    if (value === undefined) return this.#path;
    this.#path = resolveOptions({ path: value }).path;
    return this;
  }

  /** Milliseconds a client has to join its first namespace. */
  connectTimeout(value: number): this;
  connectTimeout(): number;
  connectTimeout(value?: number): this | number {
    if (value === undefined) return this.#connectTimeout;
    this.#connectTimeout = resolveOptions({ connectTimeout: value }).connectTimeout;
    this.#clientHost.setConnectTimeout(this.#connectTimeout);
    return this;
  }

  /** What makes the adapter of each namespace; setting it gives all namespaces a new one. */
  adapter(value: AdapterConstructor): this;
  adapter(): AdapterConstructor;
  adapter(value?: AdapterConstructor): this | AdapterConstructor {
    if (value === undefined) return this.#adapter;
    this.#adapter = resolveOptions({ adapter: value }).adapter ?? defaultAdapter(this.#options);
    this.#effectiveOptions = this.#options;
    for (const namespace of this._nsps.values()) namespace.initAdapter();
    this.#checkRecovery();
    this.#relaySessions();
    return this;
  }

  /**
   * With recovery on, adapters append an offset to each event, also those that cannot recover anything: their offsets are
   * empty strings, which listeners would get as an argument too many. So it is off with them, and not in silence.
   */
  #checkRecovery(): void {
    if (this.opts.connectionStateRecovery === undefined || canRecover(this.sockets.adapter)) return;
    this.#effectiveOptions = Object.freeze({ ...this.#options, connectionStateRecovery: undefined });
    console.warn(
      'carillon: connectionStateRecovery is off: this adapter cannot restore sessions. See docs/scaling.md for those that can.',
    );
  }

  // --- attaching ---

  /**
   * Serves our path on this server, next to whatever else it serves; or, given a port, on an HTTP server of our own.
   *
   * @throws TypeError when given a request handler (an Express app) instead of a server.
   */
  attach(server: AnyHttpServer | number | string, options?: ServerOptions): this {
    if (typeof server === 'function') {
      throw new Error(
        'You are trying to attach socket.io to an express request handler function. Please pass a http.Server instance.',
      );
    }
    const given = { ...options, ...this.#givenOptions };
    const resolved = resolveOptions(given);
    const path = options?.path !== undefined && this.#givenOptions.path === undefined ? resolved.path : this.#path;
    const isPort =
      typeof server === 'number' ||
      (typeof server === 'string' && server.trim() !== '' && Number.isFinite(Number(server)));
    this.httpServer = isPort ? createHttpServer(Number(server)) : (server as AnyHttpServer);
    this.#closesHttpServer = true;
    this.bind(new EngineServer(given));
    this.#attachments.push(
      attach(this.httpServer as HttpServer, this.engine, resolved, { path, serveClient: () => this.#serveClient }),
    );
    return this;
  }

  /**
   * For frameworks that route themselves: requests come in by `handleRequest` of what is returned, and upgrades on our
   * path go to `onUpgrade`, which answers them or passes them on to `handleUpgrade`. `close()` leaves the server open.
   *
   * @param settings.server where upgrades on the path are taken from; nobody else there sees them.
   * @param settings.path as the `path` option, which it replaces.
   * @param settings.pathnameOf the path of an upgrade as the framework reads it, where it rewrites addresses.
   */
  mount(settings: {
    server: AnyHttpServer;
    path: string;
    onUpgrade: UpgradeListener;
    pathnameOf?: (request: IncomingMessage) => string;
  }): Mount {
    this.path(settings.path);
    this.httpServer = settings.server;
    const engine = new EngineServer(this.#givenOptions);
    this.bind(engine);
    const mounted = mount(
      settings.server as HttpServer,
      engine,
      this.opts,
      { path: this.#path, serveClient: () => this.#serveClient },
      settings.onUpgrade,
      settings.pathnameOf,
    );
    this.#attachments.push(mounted);
    return mounted;
  }

  /** The same as {@link Server.attach}. */
  listen(server: AnyHttpServer | number | string, options?: ServerOptions): this {
    return this.attach(server, options);
  }

  /**
   * Takes its connections from another engine: one of ours, or of the package `engine.io` or one like it.
   *
   * @param engine emits `connection` with each raw socket.
   */
  bind(engine: BindableEngine): this {
    this.engine = engine as Engine;
    this.#engines.add(this.engine);
    if (engine instanceof EngineServer) engine.serve(this.#face);
    this.#faceHost.bind(engine instanceof EngineServer ? engine.face : undefined);
    this.#relaySessions();
    engine.on('connection', (conn: Connection | RawSocket) => this.onconnection(conn));
    engine.on('listener_error', (error: unknown, context: ListenerErrorContext) =>
      this.reportListenerError(error, context),
    );
    return this;
  }

  /** In a cluster, a polling request may arrive at any node. */
  #relaySessions(): void {
    const { node } = this.#adapter as AdapterFactory;
    this.#cluster.setNode(node);
    if (node === undefined || !this.opts.relaySessions || !(this.engine instanceof EngineServer)) return;
    if (!this.#isRelaying) relaySessions(this.#face, this.opts);
    this.#isRelaying = true;
  }

  /** Serves a connection of an engine. @internal Named so by packages of the ecosystem. */
  onconnection(conn: Connection | RawSocket): this {
    if (conn instanceof Connection) new Client(this.#clientHost, conn, conn);
    // To the application it is what it is: `socket.conn` of another engine.
    else new Client(this.#clientHost, new ForeignConnection(conn), conn as unknown as Connection);
    return this;
  }

  // --- namespaces ---

  /**
   * A namespace: the one with this name, or, for a pattern or function, all whose names match.
   *
   * @param onConnection added as a `connection` listener.
   *
   * Type parameters: the namespace's own maps, in the order of the server's; without, it has those of the server.
   */
  of<
    Listen extends EventsMap = ListenEvents,
    Emit extends EventsMap = EmitEvents,
    ServerSide extends EventsMap = ServerSideEvents,
    Data = SocketData,
  >(
    name: string | RegExp | NamespaceMatcher,
    onConnection?: (socket: Socket<Listen, Emit, ServerSide, Data>) => void,
  ): Namespace<Listen, Emit, ServerSide, Data>;
  of(
    name: string | RegExp | NamespaceMatcher,
    onConnection?: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void,
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  // Maps that a caller names are a promise: at run time the namespace is the same.
  of(name: string | RegExp | NamespaceMatcher, onConnection?: (socket: never) => void): object {
    const namespace = typeof name === 'string' ? this.#namespaces.get(name) : this.#addPattern(name);
    if (onConnection !== undefined) namespace.on('connect', onConnection as never);
    return namespace;
  }

  #addPattern(pattern: RegExp | NamespaceMatcher): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    const parent = new ParentNamespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>(this, this.#namespaces);
    this.#namespaces.addPattern(pattern, parent);
    return parent;
  }

  /** Tells the application about a namespace. The main one is made by the constructor: nobody can listen yet. */
  #announce(namespace: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
    if (this.sockets !== undefined) emitLocally(this.sockets, 'new_namespace', [namespace]);
  }

  /**
   * The one place where errors of listeners go: `io.on('listener_error', (error, { event, socket }) => ...)`, or else
   * the log. @internal
   */
  reportListenerError(error: unknown, context: { event: unknown; socket?: unknown; namespace?: unknown }): void {
    if (this.sockets.listenerCount('listener_error' as 'connect') > 0) {
      try {
        emitLocally(this.sockets, 'listener_error', [error, context]);
        return;
      } catch (second) {
        console.error('carillon: the "listener_error" listener failed:', second);
      }
    }
    console.error(`carillon: a listener of ${JSON.stringify(String(context.event))} failed:`, error);
  }

  // --- closing ---

  /**
   * Disconnects everybody (`server shutting down`), closes the engine and the HTTP server.
   *
   * @param callback called when all is closed; with an error when the HTTP server was not running.
   */
  async close(callback?: (error?: Error) => void): Promise<void> {
    await this.#leave();
    // Served to the end: a request that nobody answers would hold up the end of the HTTP server, and an upgrade does.
    if (this.#closesHttpServer) for (const attachment of this.#attachments) attachment.endUnclaimed();
    const error = this.#closesHttpServer ? await closeHttpServer(this.httpServer as HttpServer) : undefined;
    this.#stopServing();
    callback?.(error);
  }

  /**
   * Disconnects everybody and closes the engine, as {@link Server.close} does, but leaves the HTTP server running, with
   * every listener that is not ours: for a server that belongs to somebody else.
   */
  async detach(): Promise<void> {
    await this.#leave();
    this.#stopServing();
  }

  /** Until every client has been told, or had its time to come and hear of it. */
  async #leave(): Promise<void> {
    for (const namespace of [...this._nsps.values()]) {
      for (const socket of [...namespace.sockets.values()]) socket.onClose('server shutting down');
    }
    for (const engine of this.#engines) engine.close?.();
    this.#clientHost.close();
    const adapters = [...this._nsps.values()].map((namespace) => closeAdapter(namespace.adapter));
    if (this.engine?.clientsTold === undefined && !this.#closesHttpServer) this.#stopServing();
    await Promise.all([...Array.from(this.#engines, (engine) => engine.clientsTold), ...adapters]);
    this.#engines.clear();
    await this.#faceHost.close();
    await this.#cluster.close();
    this.#isRelaying = false;
  }

  #stopServing(): void {
    for (const attachment of this.#attachments.splice(0)) attachment.detach();
  }

  // --- the main namespace, for short ---

  /** Adds a middleware to the main namespace; see {@link Namespace.use}. */
  use(
    middleware: (
      socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
      next: (error?: ExtendedError) => void,
    ) => void,
  ): this {
    this.sockets.use(middleware);
    return this;
  }

  /** See {@link Namespace.to}. */
  to(room: Room | Room[]): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.sockets.to(room);
  }

  /** See {@link Namespace.in}. */
  in(room: Room | Room[]): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.sockets.in(room);
  }

  /** See {@link Namespace.except}. */
  except(
    room: Room | Room[],
  ): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.sockets.except(room);
  }

  /** See {@link Namespace.send}. */
  send(...args: EventParams<EmitEvents, 'message'>): this {
    this.sockets.send(...args);
    return this;
  }

  /** See {@link Namespace.write}. */
  write(...args: EventParams<EmitEvents, 'message'>): this {
    return this.send(...args);
  }

  /** See {@link Namespace.serverSideEmit}. */
  serverSideEmit<Ev extends EventNames<ServerSideEvents>>(
    event: Ev,
    ...args: EventParams<DecorateAcknowledgementsWithTimeoutAndMultipleResponses<ServerSideEvents>, Ev>
  ): boolean {
    return this.sockets.serverSideEmit(event, ...args);
  }

  /** See {@link Namespace.serverSideEmitWithAck}. */
  serverSideEmitWithAck<Ev extends EventNamesWithAck<ServerSideEvents>>(
    event: Ev,
    ...args: AllButLast<EventParams<ServerSideEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<ServerSideEvents, Ev>>>[]> {
    return this.sockets.serverSideEmitWithAck(event as never, ...(args as never)) as never;
  }

  /** See {@link Namespace.allSockets}. @deprecated use {@link Server.fetchSockets}. */
  allSockets(): Promise<Set<string>> {
    return this.sockets.allSockets();
  }

  /** See {@link Namespace.compress}. */
  compress(
    compress: boolean,
  ): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.sockets.compress(compress);
  }

  /** See {@link Namespace.volatile}. */
  get volatile(): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.sockets.volatile;
  }

  /** See {@link Namespace.local}. */
  get local(): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.sockets.local;
  }

  /** See {@link Namespace.timeout}. */
  timeout(
    timeout: number,
  ): BroadcastOperator<
    DecorateAcknowledgements<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>>,
    SocketData
  > {
    return this.sockets.timeout(timeout);
  }

  /** See {@link Namespace.fetchSockets}. */
  fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    return this.sockets.fetchSockets();
  }

  /** See {@link Namespace.socketsJoin}. */
  socketsJoin(room: Room | Room[]): void {
    this.sockets.socketsJoin(room);
  }

  /** See {@link Namespace.socketsLeave}. */
  socketsLeave(room: Room | Room[]): void {
    this.sockets.socketsLeave(room);
  }

  /** See {@link Namespace.disconnectSockets}. */
  disconnectSockets(close = false): void {
    this.sockets.disconnectSockets(close);
  }
}

// `io.on(...)`, `io.emit(...)` and all other methods of an emitter are those of the main namespace.
for (const name of Object.getOwnPropertyNames(EventEmitter.prototype) as (keyof EventEmitter)[]) {
  const method: unknown = EventEmitter.prototype[name];
  if (typeof method !== 'function' || name === ('constructor' as string)) continue;
  Object.defineProperty(Server.prototype, name, {
    configurable: true,
    writable: true,
    value(this: Server, ...args: unknown[]) {
      return Reflect.apply(this.sockets[name as 'on'] as Function, this.sockets, args);
    },
  });
}

/** One node, in memory; with a log of events when recovery is on. */
function defaultAdapter({ connectionStateRecovery: recovery }: ResolvedOptions): AdapterConstructor {
  if (recovery === undefined) return MemoryAdapter;
  return (namespace: AdapterNamespace) => new RecoveringMemoryAdapter(namespace, recovery, systemClock);
}

/** @returns the error of a server that was not running. */
function closeHttpServer(server: HttpServer): Promise<Error | undefined> {
  return new Promise((resolve) => {
    server.close(resolve);
    server.closeIdleConnections?.();
  });
}
