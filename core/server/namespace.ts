import { EventEmitter } from 'node:events';
import createDebug from 'debug';
import type { Adapter, FoundSession, Session, SocketId } from '../adapters/adapter.js';
import { closeAdapter, logRejection, makeAdapter } from '../adapters/host.js';
import { systemClock } from '../clock.js';
import type { EncodedMessage, ExtensionSocket } from '../extension.js';
import type { Prepared } from '../protocol/prepared.js';
import { PacketType, RESERVED_EVENTS, SERVER_EVENTS } from '../protocol/socketio/packet.js';
import { assertNotReserved } from '../reserved-names.js';
import type { Room } from '../rooms/selection.js';
import { BroadcastOperator, type RemoteSocket } from './broadcast.js';
import type { Credentials, NamespaceClient, NamespaceHost, NamespaceMember } from './contracts.js';
import type { NamespaceHooks } from './hooks.js';
import { emitLocally, TypedEventEmitter } from './listeners.js';
import { type Middleware, runMiddlewares } from './middleware.js';
import { MAX_REPLAYS, RecoveryAttempts } from './recovery-attempts.js';
import type { Server } from './server.js';
import { Socket } from './socket.js';
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

const debug = createDebug('carillon:namespace');

export interface NamespaceReservedEventsMap<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> {
  /** The same as `connection`. */
  connect: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
  /** A client joined the namespace. */
  connection: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
}

export interface ServerReservedEventsMap<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> extends NamespaceReservedEventsMap<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  /** A namespace was created. */
  new_namespace: (namespace: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void;
  /** A listener of the application threw, or its promise was rejected. */
  listener_error: (error: unknown, context: ListenerErrorContext) => void;
}

/** Where a listener failed. */
export interface ListenerErrorContext {
  /** The event it listened to. */
  event: unknown;
  /** The socket it listened on, if it was one. */
  socket?: Socket<any, any, any, any>;
  /** The namespace it listened on, if it was one. */
  namespace?: Namespace<any, any, any, any>;
}

/**
 * A channel of its own on shared connections: own listeners, own rooms, own middlewares.
 *
 * @example
 * const orders = io.of('/orders');
 * orders.use((socket, next) => next());
 * orders.on('connection', (socket) => socket.join('room-1'));
 */
export class Namespace<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = any,
> extends TypedEventEmitter<
  ServerSideEvents,
  RemoveAcknowledgements<EmitEvents>,
  NamespaceReservedEventsMap<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
> {
  /** Begins with `/`. */
  readonly name: string;
  /** The server it belongs to. */
  readonly server: Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** The connected sockets by id. */
  readonly sockets = new Map<SocketId, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>();
  /** Who receives what; `adapter.rooms` and `adapter.sids` show who is where. */
  adapter!: Adapter;
  /** Next acknowledgement id: adapters take theirs from here, too. */
  _ids = 0;
  /** Middlewares, in order. @internal */
  readonly middlewares: Middleware<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>[] = [];
  /** What extensions want to know. @internal */
  readonly hooks: NamespaceHooks;
  readonly #adapterListeners = new Set<(adapter: Adapter) => void>();
  /** Clients that are not let in yet: a middleware, or their session, is waited for. */
  #arriving = 0;
  /** Sockets by their secret, when recovery is on: a client may come back before its loss was noticed. */
  readonly #socketsByPid = new Map<string, { closeStale(): void }>();
  /** When recovery is on. */
  readonly #attempts: RecoveryAttempts | null;

  /** @internal Use `io.of(name)`. */
  constructor(server: NamespaceHost, name: string, hooks: NamespaceHooks = server.hooks.of(name)) {
    super({ captureRejections: true });
    this.server = server as Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
    this.name = name;
    this.hooks = hooks;
    const { connectionStateRecovery: recovery, pingInterval, pingTimeout } = server.opts;
    this.#attempts =
      recovery === undefined
        ? null
        : // A client may be away for as long before its connection is found dead.
          new RecoveryAttempts(
            systemClock,
            recovery.maxDisconnectionDuration + pingInterval + pingTimeout,
            Math.max(1, recovery.maxSessions),
          );
    this.initAdapter();
  }

  /** Makes the adapter; done again when `io.adapter()` sets another, which takes over who is where. @internal */
  initAdapter(): void {
    const previous: Adapter | undefined = this.adapter;
    this.adapter = makeAdapter(this.server.adapter(), this);
    logRejection(this.adapter.init?.(), 'start');
    if (previous === undefined) return;
    for (const listener of this.#adapterListeners) listener(this.adapter);
    for (const [id, rooms] of previous.sids) logRejection(this.adapter.addAll(id, new Set(rooms)), 'take over rooms');
    closeAdapter(previous);
  }

  /** Calls whenever the namespace has got another adapter. @internal */
  onAdapter(listener: (adapter: Adapter) => void): () => void {
    this.#adapterListeners.add(listener);
    return () => this.#adapterListeners.delete(listener);
  }

  // --- connecting ---

  /** A client wants to be here. @internal */
  add(client: NamespaceClient, auth: Credentials, credentials: Credentials): void {
    this.#arriving++;
    const { connectionStateRecovery: recovery } = this.server.opts;
    if (!recovery || typeof auth.pid !== 'string') {
      this.#admit(client, auth, null, credentials);
      return;
    }
    const { pid } = auth;
    const offset = offsetOf(auth);
    if (this.#attempts?.isExhausted(pid, offset)) {
      const words = `the same events were replayed ${MAX_REPLAYS} times to a client that was lost each time: it begins anew`;
      this.server.reportListenerError(new Error(words), { namespace: this, event: 'connectionStateRecovery' });
      this.#socketsByPid.get(pid)?.closeStale();
      this.#admit(client, auth, null, credentials);
      return;
    }
    this.#restore(pid, offset).then((session) => {
      if (client.isOpen) this.#admit(client, auth, session, credentials);
      else {
        release(session);
        this.#onAdmissionFailed();
      }
    });
  }

  /** Somebody who wanted to be here is not let in, or is gone. */
  #onAdmissionFailed(): void {
    this.#arriving--;
    this.onRefused();
  }

  async #restore(pid: string, offset: string | undefined): Promise<Session | FoundSession | null> {
    // The client is back before we noticed that it was gone: its old connection is dead.
    this.#socketsByPid.get(pid)?.closeStale();
    try {
      const session = await this.adapter.restoreSession(pid, offset);
      return session !== null && this.#mayRestore(session) ? session : null;
    } catch (error) {
      if (debug.enabled) debug('%s could not restore a session: %s', this.name, error);
      return null;
    }
  }

  /** A guard that throws refuses: the client gets a session of its own. */
  #mayRestore(session: Session | FoundSession): boolean {
    const { restoring } = this.hooks;
    return restoring === null || restoring.every((guard) => guard(session));
  }

  #admit(
    client: NamespaceClient,
    auth: Credentials,
    session: Session | FoundSession | null,
    credentials: Credentials,
  ): void {
    const socket = new Socket(this, client, auth, session) as Socket<
      ListenEvents,
      EmitEvents,
      ServerSideEvents,
      SocketData
    >;
    const middlewares = this.#middlewaresFor(session !== null);
    if (middlewares.length === 0) {
      this.#connect(client, socket, session, credentials, offsetOf(auth));
      return;
    }
    runMiddlewares(middlewares, socket, (error: ExtendedError | null) => {
      if (!client.isOpen) {
        socket.leaveEverything();
        if (error === null) release(session);
        this.#onAdmissionFailed();
        return;
      }
      if (error === null) {
        this.#connect(client, socket, session, credentials, offsetOf(auth));
        return;
      }
      socket.leaveEverything();
      this.#refuse(client, error);
      this.#onAdmissionFailed();
    });
  }

  /** @param reason what a middleware called `next` with: an error, something like one, or a text. */
  #refuse(client: NamespaceClient, reason: ExtendedError | string): void {
    const { message, data }: Partial<ExtendedError> =
      typeof reason === 'object' || typeof reason === 'function' ? reason : { message: String(reason) };
    client.refuse(this.name, data === undefined ? { message: message! } : { message: message!, data });
  }

  /** The guards of extensions come first, and nobody skips them. */
  #middlewaresFor(
    isRecovered: boolean,
  ): readonly Middleware<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>[] {
    const skips = isRecovered && this.server.opts.connectionStateRecovery?.skipMiddlewares === true;
    const { connecting } = this.hooks;
    if (connecting === null) return skips ? [] : this.middlewares;
    return [...connecting.map(middlewareOf), ...(skips ? [] : this.middlewares)];
  }

  #connect(
    client: NamespaceClient,
    socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    session: Session | FoundSession | null,
    credentials: Credentials,
    offset: string | undefined,
  ): void {
    // In one turn: what was missed until now goes ahead of the CONNECT packet, where the client keeps it until it is
    // connected; what is sent from now on follows, because from now on the socket is found in its rooms.
    if (session !== null && !this.#replay(client, session, offset)) {
      socket.leaveEverything();
      // Middlewares have seen it as recovered, and it is not: the client has to begin anew.
      client.close();
      this.#onAdmissionFailed();
      return;
    }
    this.#arriving--;
    this.sockets.set(socket.id, socket);
    if (socket.pid !== undefined) this.#socketsByPid.set(socket.pid, socket);
    client.accept(socket);
    this.#greet(client, socket, credentials);
    this.#announce('connect', socket);
    this.#announce('connection', socket);
  }

  /** Shows the socket to extensions, which may have something to tell its client, and tells the client. */
  #greet(
    client: NamespaceClient,
    socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    credentials: Credentials,
  ): void {
    const { connected } = this.hooks;
    if (connected === null) {
      socket.onConnect();
      return;
    }
    const greeting: Record<string, unknown> = {};
    const accepted = {
      connection: client.connection,
      credentials,
      greeting,
      deliver: (message: EncodedMessage) => client.deliver(message as Prepared, false),
    };
    for (const hook of connected) {
      try {
        const incoming = hook(socket, accepted);
        if (incoming) socket.addIncomingHook(incoming);
      } catch (error) {
        this.server.reportListenerError(error, { socket, event: 'connected' });
      }
    }
    socket.onConnect(greeting);
  }

  /** @returns whether all that was missed could be sent. */
  #replay(client: NamespaceClient, session: Session | FoundSession, offset: string | undefined): boolean {
    let missed: Prepared[] | null;
    if ('missedPackets' in session) {
      missed = session.missedPackets.map((data) => client.prepare({ type: PacketType.EVENT, nsp: this.name, data }));
    } else {
      missed = session.takeMissed();
    }
    if (missed === null) return false;
    if (missed.length > 0) this.#attempts?.note(session.pid, offset);
    for (const message of missed) client.deliver(message, false);
    return true;
  }

  #announce(
    event: 'connect' | 'connection',
    socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
  ): void {
    try {
      emitLocally(this, event, [socket]);
    } catch (error) {
      this.server.reportListenerError(error, { socket, event });
    }
  }

  /** @internal */
  override [EventEmitter.captureRejectionSymbol](error: unknown, event: unknown, ..._args: unknown[]): void {
    this.server.reportListenerError(error, { namespace: this, event });
  }

  /** A socket left. @internal */
  remove(socket: NamespaceMember): void {
    this.sockets.delete(socket.id);
    if (socket.pid !== undefined) this.#socketsByPid.delete(socket.pid);
  }

  /** Nobody is here, and nobody is about to be. @internal */
  get isDeserted(): boolean {
    return this.sockets.size === 0 && this.#arriving === 0;
  }

  /** A client that wanted to be here is not: a middleware refused it, or it is gone. @internal */
  onRefused(): void {}

  /**
   * Adds a middleware, run for each client that wants to connect: `(socket, next)`. `next(error)` refuses it with
   * `connect_error`; `error.data` reaches the client.
   */
  use(
    middleware: (
      socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
      next: (error?: ExtendedError) => void,
    ) => void,
  ): this {
    this.middlewares.push(middleware);
    return this;
  }

  // --- sending ---

  /** Everybody in this room, or in any of several. */
  to(room: Room | Room[]): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.#everybody().to(room);
  }

  /** The same as {@link Namespace.to}. */
  in(room: Room | Room[]): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.#everybody().in(room);
  }

  /** Everybody but those in this room, or in any of several. */
  except(
    room: Room | Room[],
  ): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.#everybody().except(room);
  }

  /** Whether the event may be compressed; default `true`. */
  compress(
    compress: boolean,
  ): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.#everybody().compress(compress);
  }

  /** The event may be dropped for clients that are not ready for it. */
  get volatile(): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.#everybody().volatile;
  }

  /** Only clients of this node. */
  get local(): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.#everybody().local;
  }

  /** Milliseconds to wait for acknowledgements. */
  timeout(
    timeout: number,
  ): BroadcastOperator<
    DecorateAcknowledgements<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>>,
    SocketData
  > {
    return this.#everybody().timeout(timeout);
  }

  #everybody(): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return new BroadcastOperator(this.adapter);
  }

  /**
   * Sends an event to everybody in the namespace: `emit(event, ...args)`. Returns `true`; throws when the name is
   * reserved. Assigned rather than declared: the inherited signature, over a mapped type, cannot be restated.
   */
  static {
    Namespace.prototype.emit = function emit(this: Namespace, event: string | symbol, ...args: unknown[]): boolean {
      return new BroadcastOperator<DefaultEventsMap, unknown>(this.adapter).emit(event as string, ...args);
    };
  }

  /** Sends a `message` event to everybody. */
  send(...args: EventParams<EmitEvents, 'message'>): this {
    // Through `emit`: whoever replaced that sees it, too.
    (this as unknown as Namespace).emit('message', ...args);
    return this;
  }

  /** The same as {@link Namespace.send}. */
  write(...args: EventParams<EmitEvents, 'message'>): this {
    return this.send(...args);
  }

  // --- other servers ---

  /**
   * Sends an event to the other servers of the cluster. With a callback as last argument, collects their answers.
   *
   * @throws Error when the name is reserved.
   */
  serverSideEmit<Ev extends EventNames<ServerSideEvents>>(
    event: Ev,
    ...args: EventParams<DecorateAcknowledgementsWithTimeoutAndMultipleResponses<ServerSideEvents>, Ev>
  ): boolean {
    this.#askOthers([event, ...args]);
    return true;
  }

  #askOthers(event: [name: unknown, ...args: unknown[]]): void {
    assertNotReserved(event[0]);
    if (SERVER_EVENTS.has(event[0])) throw new Error(`"${String(event[0])}" is a reserved event name`);
    logRejection(this.adapter.serverSideEmit(event), 'tell the other servers');
  }

  /** Sends an event to the other servers and resolves with their answers. */
  serverSideEmitWithAck<Ev extends EventNamesWithAck<ServerSideEvents>>(
    event: Ev,
    ...args: AllButLast<EventParams<ServerSideEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<ServerSideEvents, Ev>>>[]> {
    type Answers = FirstNonErrorArg<Last<EventParams<ServerSideEvents, Ev>>>[];
    return new Promise((resolve, reject) => {
      const ack = (error: (Error & { responses?: unknown }) | null, responses: Answers): void => {
        if (!error) return resolve(responses);
        error.responses = responses;
        reject(error);
      };
      this.#askOthers([event, ...args, ack]);
    });
  }

  /** An event of another server, from the adapter. Those we emit ourselves are ours alone. */
  _onServerSideEmit(args: [event: string, ...args: unknown[]]): void {
    const [event, ...rest] = args;
    if (SERVER_EVENTS.has(event) || RESERVED_EVENTS.has(event)) return;
    try {
      emitLocally(this, event, rest);
    } catch (error) {
      this.server.reportListenerError(error, { namespace: this, event });
    }
  }

  // --- sockets ---

  /** Ids of all sockets. @deprecated use {@link Namespace.fetchSockets}. */
  allSockets(): Promise<Set<SocketId>> {
    return this.#everybody().allSockets();
  }

  /** All sockets, of all nodes. */
  fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    return new BroadcastOperator<EmitEvents, SocketData>(this.adapter).fetchSockets();
  }

  /** Makes all sockets join a room, or several. */
  socketsJoin(room: Room | Room[]): void {
    this.#everybody().socketsJoin(room);
  }

  /** Makes all sockets leave a room, or several. */
  socketsLeave(room: Room | Room[]): void {
    this.#everybody().socketsLeave(room);
  }

  /** Disconnects all sockets; with `close`, their connections too. */
  disconnectSockets(close = false): void {
    this.#everybody().disconnectSockets(close);
  }
}

function offsetOf({ offset }: Credentials): string | undefined {
  return typeof offset === 'string' ? offset : undefined;
}

function release(session: Session | FoundSession | null): void {
  if (session !== null && 'release' in session) session.release();
}

/** A guard of an extension, as a middleware. */
function middlewareOf(guard: (socket: ExtensionSocket) => void | Promise<void>): Middleware<ExtensionSocket> {
  return (socket, next) => {
    const result = guard(socket);
    if (result instanceof Promise) return result.then(() => next());
    next();
    return undefined;
  };
}
