import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import createDebug from 'debug';
import type { Adapter, SessionToPersist, SocketId } from '../adapters/adapter.js';
import { logRejection } from '../adapters/host.js';
import { systemClock } from '../clock.js';
import { type DisconnectReason, RECOVERABLE } from '../engine/close-reason.js';
import type { Connection } from '../engine/connection.js';
import { AcknowledgementError, describe } from '../errors.js';
import type { ExtensionSocket, IncomingHook } from '../extension.js';
import { randomId } from '../ids.js';
import { parseQuery } from '../protocol/engineio/handshake.js';
import type { Prepared } from '../protocol/prepared.js';
import { type Packet, PacketType } from '../protocol/socketio/packet.js';
import { emitToListeners } from '../rejections.js';
import { assertNotReserved, isExtensionName, reservedName } from '../reserved-names.js';
import { type Room, Selection } from '../rooms/selection.js';
import { type AckCallback, PendingAcks } from './acks.js';
import { BroadcastOperator } from './broadcast.js';
import type { Client } from './client.js';
import type { Credentials, SocketClient, SocketNamespace } from './contracts.js';
import { EventDispatch } from './event-dispatch.js';
import { notify, passOutgoing } from './hooks.js';
import { type AnyListener, CatchAll, emitLocally, TypedEventEmitter } from './listeners.js';
import type { Namespace } from './namespace.js';
import type { Server } from './server.js';
import type {
  AllButLast,
  DecorateAcknowledgements,
  DecorateAcknowledgementsWithMultipleResponses,
  DefaultEventsMap,
  Event,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Handshake,
  Last,
} from './types.js';

const debug = createDebug('carillon:socket');

export interface SocketReservedEventsMap {
  /** The socket left; its rooms are empty already. */
  disconnect: (reason: DisconnectReason, description?: any) => void;
  /** The socket is about to leave; its rooms are still there. */
  disconnecting: (reason: DisconnectReason, description?: any) => void;
  /** A middleware of this socket refused an event, or the client sent what cannot be read and is about to be cut off. */
  error: (error: Error) => void;
}

interface EmitFlags {
  volatile?: boolean;
  compress?: boolean;
  timeout?: number;
}

const NO_FLAGS: Readonly<EmitFlags> = Object.freeze({});
const NO_ROOMS: ReadonlySet<Room> = new Set();
/** What a client is told of a listener that failed, and of an answer that cannot be sent. */
const INTERNAL_ERROR = Object.freeze({ status: 'error', message: 'Internal server error' });

/**
 * A client in one namespace.
 *
 * @example
 * io.on('connection', (socket) => {
 *   socket.emit('welcome', socket.id);
 *   socket.on('chat', (text, ack) => {
 *     socket.broadcast.emit('chat', text);
 *     ack('received');
 *   });
 * });
 */
export class Socket<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = any,
> extends TypedEventEmitter<ListenEvents, EmitEvents, SocketReservedEventsMap> {
  /** The namespace it is in. */
  readonly nsp: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** The connection as Socket.IO sees it, shared by the sockets of all its namespaces. */
  readonly client: Client;
  /** Public id, 20 characters; also the name of a room with only this socket. */
  readonly id: SocketId;
  /** Whether an earlier session was restored: id, rooms, data and missed events. */
  readonly recovered: boolean;
  /** Anything you like; part of what `fetchSockets()` sees on other nodes. Empty at first, whatever its type says. */
  data: SocketData;
  /** Whether it is in its namespace. */
  connected = false;
  /** Secret of the session, when recovery is on. @internal */
  readonly pid: string | undefined;
  /** Offset of the last recoverable event it was sent, if its adapter wants to know. @internal */
  lastOffset = '';
  readonly #auth: { [key: string]: any };
  readonly #issued: number;
  #handshake: Handshake | null = null;
  #acks: PendingAcks | null = null;
  /** What else than listeners sees its events; most sockets have nothing of it. */
  #dispatch: EventDispatch | null = null;
  #flags: Readonly<EmitFlags> = NO_FLAGS;
  #anyOutgoing: CatchAll | null = null;
  #isClosing = false;

  /** @internal */
  constructor(nsp: SocketNamespace, client: SocketClient, auth: Credentials, session?: SessionToPersist | null) {
    super({ captureRejections: true });
    this.nsp = nsp as Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
    this.client = client as Client;
    this.#auth = auth;
    this.#issued = Date.now();
    if (session) {
      this.id = session.sid;
      this.pid = session.pid;
      this.data = session.data as SocketData;
      this.recovered = true;
      logRejection(nsp.adapter.addAll(this.id, new Set(session.rooms)), 'restore rooms');
    } else {
      const isOld = client.conn.protocol === 3;
      this.id = isOld ? idOfOldClient(nsp.name, client.conn.id) : randomId();
      this.pid = nsp.server.opts.connectionStateRecovery && !isOld ? randomId() : undefined;
      this.data = {} as SocketData;
      this.recovered = false;
    }
  }

  /** The server it belongs to. */
  get server(): Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    return this.nsp.server;
  }

  /** The adapter of its namespace. */
  get adapter(): Adapter {
    return this.nsp.adapter;
  }

  /** What is known of the request that opened the connection, and the client's `auth`. */
  get handshake(): Handshake {
    this.#handshake ??= this.#buildHandshake();
    return this.#handshake;
  }

  #buildHandshake(): Handshake {
    const { request } = this.client;
    return {
      headers: request.headers,
      time: `${new Date(this.#issued)}`,
      address: this.client.remoteAddress,
      xdomain: request.headers.origin !== undefined,
      secure: (request.socket as Partial<TLSSocket> | null)?.encrypted === true,
      issued: this.#issued,
      url: request.url!,
      query: parseQuery(request.url),
      auth: this.#auth,
    };
  }

  /** Whether it is not, or no longer, in its namespace. */
  get disconnected(): boolean {
    return !this.connected;
  }

  /** The request that opened the connection. */
  get request(): IncomingMessage {
    return this.client.request;
  }

  /** The underlying connection: `socket.conn.transport.name`, its events, its `bufferedBytes`. */
  get conn(): Connection {
    return this.client.conn;
  }

  /** The rooms it is in; always its own id, until it disconnects. */
  get rooms(): Set<Room> {
    return this.nsp.adapter.socketRooms(this.id) ?? new Set(NO_ROOMS);
  }

  /** Acknowledgements it waits for, by id. @internal */
  get acks(): PendingAcks {
    this.#acks ??= new PendingAcks();
    return this.#acks;
  }

  // --- sending ---

  /**
   * Sends an event to this client. With a callback as last argument, asks for an acknowledgement.
   *
   * @returns always `true`.
   * @throws Error when the name is reserved; TypeError, RangeError when the arguments cannot be encoded.
   */
  override emit<Ev extends EventNames<EmitEvents>>(event: Ev, ...args: EventParams<EmitEvents, Ev>): boolean {
    assertNotReserved(event);
    const data: unknown[] = [event, ...args];
    const packet: Packet = { type: PacketType.EVENT, nsp: this.nsp.name, data };
    const flags = this.#flags;
    this.#flags = NO_FLAGS;
    const ack = typeof data.at(-1) === 'function' ? (data.pop() as AckCallback) : undefined;
    const { outgoing } = this.nsp.hooks;
    if (outgoing !== null && !passOutgoing(outgoing, packet, this.#selection(flags), this.server)) {
      // Nobody will answer: that is known when the time is over, or the socket gone.
      if (ack !== undefined) this.#expectAnswer(this.nsp._ids++, ack, flags.timeout);
      return true;
    }
    if (ack === undefined && this.pid !== undefined && (this.connected || this.#isClosing)) {
      // Through the adapter, which numbers the event and keeps it for a client that comes back, also while that is away.
      logRejection(this.nsp.adapter.broadcast(packet, this.#selection(flags)), 'broadcast');
      return true;
    }
    if (ack !== undefined) packet.id = this.nsp._ids++;
    // Encoded first: of what cannot be, nobody hears, and no answer is waited for.
    const message = this.client.isOpen ? this.client.prepare(packet, flags) : undefined;
    if (ack !== undefined) this.#expectAnswer(packet.id!, ack, flags.timeout);
    this.notifyOutgoingListeners(packet);
    if (message === undefined) return true;
    if (this.packet === Socket.prototype.packet) this.client.deliver(message, flags.volatile === true);
    else this.packet(packet, flags);
    return true;
  }

  /** This socket, as adapters and extensions know it: the only one in the room of its id. */
  #selection(flags: Readonly<EmitFlags>): Selection {
    return Selection.everybody.to(this.id).with(flags);
  }

  #expectAnswer(id: number, ack: AckCallback, timeout: number | undefined): void {
    if (this.#isClosing || (this.#acks !== null && this.#acks.size >= this.server.opts.maxPendingAcks)) {
      if (timeout !== undefined || settlesWithError.has(ack))
        ack(new AcknowledgementError(this.#isClosing ? 'disconnected' : 'timeout'));
      return;
    }
    if (timeout !== undefined || settlesWithError.has(ack)) this.acks.expectOrFail(id, ack, systemClock, timeout);
    else this.acks.expect(id, ack);
  }

  /**
   * Sends an event and resolves with the acknowledgement.
   *
   * @throws AcknowledgementError (rejection) after {@link Socket.timeout}, or when the socket disconnects first.
   */
  emitWithAck<Ev extends EventNamesWithAck<EmitEvents>>(
    event: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>> {
    return new Promise((resolve, reject) => {
      const ack = (error: Error | null, answer?: any): void => {
        if (error) reject(error);
        else resolve(answer);
      };
      settlesWithError.add(ack);
      this.emit(event as EventNames<EmitEvents>, ...([...args, ack] as unknown as EventParams<EmitEvents, Ev>));
    });
  }

  /** Sends a `message` event. */
  send(...args: EventParams<EmitEvents, 'message'>): this {
    this.emit('message' as EventNames<EmitEvents>, ...(args as EventParams<EmitEvents, 'message'>));
    return this;
  }

  /** The same as {@link Socket.send}. */
  write(...args: EventParams<EmitEvents, 'message'>): this {
    return this.send(...args);
  }

  #send(packet: Packet, flags?: EmitFlags): void {
    this.client.send(packet, flags);
  }

  /** @internal Hot path: once per receiver of every broadcast. */
  deliver(message: Prepared, isVolatile: boolean): void {
    this.client.deliver(message, isVolatile);
  }

  /** @internal */
  expectAck(id: number, callback: AckCallback): void {
    // Beyond the bound this answer is not heard, and the broadcast ends with its timeout.
    if (this.acks.size < this.server.opts.maxPendingAcks) this.acks.expect(id, callback);
  }

  /** @internal */
  forgetAck(id: number): void {
    this.#acks?.forget(id);
  }

  /** Whether the next event may be compressed; default `true`. */
  compress(compress: boolean): this {
    this.#flags = { ...this.#flags, compress };
    return this;
  }

  /** The next event may be dropped if the client is not ready for it. */
  get volatile(): this {
    this.#flags = { ...this.#flags, volatile: true };
    return this;
  }

  /** Milliseconds the acknowledgement of the next event may take; its callback then gets an error first. */
  timeout(timeout: number): Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>, ServerSideEvents, SocketData> {
    this.#flags = { ...this.#flags, timeout };
    return this as never;
  }

  // --- broadcasting: everybody but this socket ---

  /** Everybody in the namespace but this socket. */
  get broadcast(): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.#others();
  }

  /** Everybody on this node but this socket. */
  get local(): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.#others().local;
  }

  /** Everybody in this room, or any of several, but this socket. */
  to(room: Room | Room[]): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.#others().to(room);
  }

  /** The same as {@link Socket.to}. */
  in(room: Room | Room[]): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.#others().in(room);
  }

  /** Everybody but this socket and those in this room, or in any of several. */
  except(
    room: Room | Room[],
  ): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this.#others().except(room);
  }

  #others(): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    const flags = this.#flags;
    this.#flags = NO_FLAGS;
    return new BroadcastOperator(this.nsp.adapter, new Selection(new Set(), new Set([this.id]), flags));
  }

  // --- rooms ---

  /** Joins a room, or several. A promise only with adapters that need one. After the disconnection, nothing happens. */
  join(rooms: Room | Room[]): Promise<void> | void {
    if (this.#isClosing) return;
    return this.nsp.adapter.addAll(this.id, new Set(Array.isArray(rooms) ? rooms : [rooms]));
  }

  /** Leaves a room. A promise only with adapters that need one. */
  leave(room: Room): Promise<void> | void {
    return this.nsp.adapter.del(this.id, room);
  }

  // --- names of Socket.IO's own class, which packages of the ecosystem replace on a socket to see what passes ---

  /** Sends a packet. @internal */
  packet(packet: Packet, flags?: EmitFlags): void {
    packet.nsp = this.nsp.name;
    this.client.send(packet, flags);
  }

  /** Hands an event to the listeners. @internal */
  onevent(packet: Packet): void {
    this.#onEvent(packet);
  }

  /** The callback that answers the event with this id: a replacement of {@link onevent} takes it from here. @internal */
  ack(id: number): (...args: unknown[]) => void {
    return this.#acknowledge(id, undefined);
  }

  /** The same as {@link onPacket}. @internal */
  get _onpacket(): (packet: Packet) => void {
    return this.onPacket;
  }
  /** @internal */
  set _onpacket(replacement: (packet: Packet) => void) {
    this.onPacket = replacement;
  }

  // --- receiving ---

  /** @internal */
  onPacket(packet: Packet): void {
    switch (packet.type) {
      case PacketType.EVENT:
      case PacketType.BINARY_EVENT:
        if (this.onevent === Socket.prototype.onevent) this.#onEvent(packet);
        else this.#guard(packet.data, () => this.onevent(packet));
        break;
      case PacketType.ACK:
      case PacketType.BINARY_ACK:
        this.#onAck(packet);
        break;
      case PacketType.DISCONNECT:
        this.onClose('client namespace disconnect');
        break;
    }
  }

  #onEvent({ data, id }: Packet): void {
    if (this.#dispatch !== null) {
      this.#dispatch.dispatch(data, id);
      return;
    }
    if (isExtensionName(data[0])) {
      this.#onReserved(data[0], id);
      return;
    }
    if (id !== undefined) data.push(this.#acknowledge(id, data[0]));
    this.#callListeners(data);
  }

  /** Made when something else than listeners wants to see events, and kept from then on. */
  #dispatcher(): EventDispatch {
    this.#dispatch ??= new EventDispatch(this, {
      isConnected: () => this.connected,
      callListeners: (data) => this.#callListeners(data),
      onListenerError: (error, data) => this.#onListenerError(error, data),
      onRefused: (error) => this.#onRefusedEvent(error),
      onReserved: (event, id) => this.#onReserved(event, id),
      encodeAnswer: (id, event, values) => this.#prepareAnswer(id, event, values),
      deliver: (answer) => this.client.deliver(answer as Prepared, false),
    });
    return this.#dispatch;
  }

  /** Has an extension see the events of this socket. @internal */
  addIncomingHook(hook: IncomingHook): void {
    this.#dispatcher().addHook(hook);
  }

  /** @internal */
  removeIncomingHook(hook: IncomingHook): void {
    this.#dispatch?.removeHook(hook);
  }

  /** Sends an event of an extension's: not the application's, so that nothing of it is asked or told. @internal */
  notice(event: string, args: readonly unknown[]): void {
    this.#send({ type: PacketType.EVENT, nsp: this.nsp.name, data: [event, ...args] });
  }

  /** Names of extensions are nothing that listeners hear: the client learns it, too. */
  #onReserved(event: string, id: number | undefined): void {
    const message = reservedName(event);
    if (debug.enabled) debug('%s sent %s', this.id, message);
    if (id !== undefined) this.client.deliver(this.#prepareAnswer(id, event, [{ status: 'error', message }]), false);
    else this.notice('carillon:refused', [{ event: event.slice(0, 100), reason: 'reserved name' }]);
  }

  #callListeners(data: unknown[]): void {
    // Node treats an "error" event without listeners as fatal; here a client merely sent a strange name.
    if (data[0] === 'error' && this.listenerCount('error') === 0) return;
    // The same as #guard and emitLocally, without a closure and a second array for every event.
    try {
      emitToListeners.apply(this as unknown as EventEmitter, data as [string]);
    } catch (error) {
      this.#onListenerError(error, data);
    }
  }

  /** Whatever a listener does, the process and the other listeners live. */
  #guard(args: readonly unknown[], run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#onListenerError(error, args);
    }
  }

  /** A listener threw, or its promise was rejected: reported in one place, and the client hears of it. */
  #onListenerError(error: unknown, args: readonly unknown[]): void {
    const ack = args.at(-1);
    if (typeof ack === 'function') ack(INTERNAL_ERROR);
    this.server.reportListenerError(error, { socket: this, event: args[0] });
  }

  /** @internal */
  override [EventEmitter.captureRejectionSymbol](error: unknown, event: string | symbol, ...args: unknown[]): void {
    this.#onListenerError(error, [event, ...args]);
  }

  /** The callback that answers an event, once. It never throws: it may be called from anywhere. */
  #acknowledge(id: number, event: unknown): (...args: unknown[]) => void {
    let isSent = false;
    return (...args) => {
      if (isSent) return;
      isSent = true;
      if (this.packet === Socket.prototype.packet) this.client.deliver(this.#prepareAnswer(id, event, args), false);
      else this.#answerByPacket(id, event, args);
    };
  }

  /** A replacement of {@link packet} sees acknowledgements, too. */
  #answerByPacket(id: number, event: unknown, args: unknown[]): void {
    try {
      this.packet({ type: PacketType.ACK, nsp: this.nsp.name, id, data: args });
    } catch (error) {
      this.server.reportListenerError(error, { socket: this, event });
      this.client.deliver(this.#prepareAnswer(id, event, [INTERNAL_ERROR]), false);
    }
  }

  /** An answer, encoded. One that cannot be sent is reported, and the client is told that there was an error. */
  #prepareAnswer(id: number, event: unknown, args: unknown[]): Prepared {
    const packet: Packet = { type: PacketType.ACK, nsp: this.nsp.name, id, data: args };
    try {
      return this.client.prepare(packet);
    } catch (error) {
      this.server.reportListenerError(
        new Error(`the acknowledgement of ${describe(event)} could not be sent: ${messageOf(error)}`, { cause: error }),
        { socket: this, event },
      );
      return this.client.prepare({ ...packet, data: [INTERNAL_ERROR] });
    }
  }

  #onAck(packet: Packet): void {
    const callback = packet.id === undefined ? undefined : this.#acks?.take(packet.id);
    if (callback === undefined) {
      if (debug.enabled) debug('%s answered %s, which nobody waits for', this.id, packet.id);
      return;
    }
    try {
      callback.apply(this, packet.data);
    } catch (error) {
      this.server.reportListenerError(error, { socket: this, event: 'acknowledgement' });
    }
  }

  /** Tells the application, if it listens: the client's faults are no news for the log. @internal */
  onError(error: Error): void {
    if (this.listenerCount('error') > 0) this.#guard(['error'], () => emitLocally(this, 'error', [error]));
  }

  #onRefusedEvent(error: Error): void {
    if (this.listenerCount('error') > 0) this.onError(error);
    else
      console.error(
        'carillon: a socket middleware refused an event, and the socket has no "error" listener:',
        error.message,
      );
  }

  /**
   * Adds a middleware for the events of this client: `([event, ...args], next)`. `next(error)` drops the event and emits
   * `error` on the socket.
   */
  use(middleware: (event: Event, next: (error?: Error) => void) => void): this {
    this.#dispatcher().use(middleware);
    return this;
  }

  // --- catch-all listeners ---

  /** Adds a listener for every event that arrives: `(event, ...args)`. */
  onAny(listener: AnyListener): this {
    this.#dispatcher().catchAll.add(listener);
    return this;
  }

  /** Adds a listener for every event that arrives, ahead of the others. */
  prependAny(listener: AnyListener): this {
    this.#dispatcher().catchAll.prepend(listener);
    return this;
  }

  /** Removes one listener of {@link Socket.onAny}, or all. */
  offAny(listener?: AnyListener): this {
    this.#dispatch?.catchAll.remove(listener);
    return this;
  }

  /** Listeners of {@link Socket.onAny}; the array may be changed. */
  listenersAny(): AnyListener[] {
    return this.#dispatch?.catchAll.list ?? [];
  }

  /** Adds a listener for every event that is sent to this client; acknowledgements are not events. */
  onAnyOutgoing(listener: AnyListener): this {
    this.#anyOutgoing ??= new CatchAll();
    this.#anyOutgoing.add(listener);
    return this;
  }

  /** Adds a listener for every event that is sent, ahead of the others. */
  prependAnyOutgoing(listener: AnyListener): this {
    this.#anyOutgoing ??= new CatchAll();
    this.#anyOutgoing.prepend(listener);
    return this;
  }

  /** Removes one listener of {@link Socket.onAnyOutgoing}, or all. */
  offAnyOutgoing(listener?: AnyListener): this {
    this.#anyOutgoing?.remove(listener);
    return this;
  }

  /** Listeners of {@link Socket.onAnyOutgoing}; the array may be changed. */
  listenersAnyOutgoing(): AnyListener[] {
    return this.#anyOutgoing?.list ?? [];
  }

  /** @internal Hot path: once per receiver of every broadcast. */
  notifyOutgoingListeners(packet: Packet): void {
    if (this.#anyOutgoing !== null) this.#guard(['onAnyOutgoing'], () => this.#anyOutgoing!.notify(this, packet.data));
  }

  // --- the beginning and the end ---

  /** The namespace accepted it. @param greeting what extensions tell the client, too. @internal */
  onConnect(greeting?: Readonly<Record<string, unknown>>): void {
    this.connected = true;
    logRejection(this.join(this.id), 'join a room');
    const data = {
      sid: this.id,
      ...(this.pid !== undefined && { pid: this.pid }),
      ...greeting,
    };
    // Clients of Socket.IO 2 know their id from the connection's.
    const isOld = this.conn.protocol === 3;
    this.#send({ type: PacketType.CONNECT, nsp: this.nsp.name, data: isOld ? undefined : data });
  }

  /**
   * Disconnects from the namespace; with `close`, closes the whole connection. Emits `disconnecting`, then `disconnect`.
   */
  disconnect(close = false): this {
    if (!this.connected) return this;
    if (close) {
      this.client.disconnect();
    } else {
      this.#send({ type: PacketType.DISCONNECT, nsp: this.nsp.name });
      this.onClose('server namespace disconnect');
    }
    return this;
  }

  /** Its client is back elsewhere: the connection is dead, and need not be told. @internal */
  closeStale(): void {
    this.client.conn.close(true);
  }

  /** The one way a socket ends. Idempotent. @internal */
  onClose(reason: DisconnectReason, description?: unknown): void {
    if (!this.connected || this.#isClosing) return;
    if (debug.enabled) debug('%s leaves %j: %s', this.id, this.nsp.name, reason);
    const { disconnecting } = this.nsp.hooks;
    if (disconnecting !== null)
      notify<[ExtensionSocket, string]>(disconnecting, this.server, 'disconnecting', this, reason);
    this.#guard(['disconnecting'], () => emitLocally(this, 'disconnecting', [reason, description]));
    this.#isClosing = true;
    // After dropped events it could not be said that a client which comes back missed nothing.
    const isComplete = !(this.conn.droppedMessages > 0);
    if (this.pid !== undefined && isComplete && RECOVERABLE.has(reason)) {
      const session = { sid: this.id, pid: this.pid, rooms: [...this.rooms], data: this.data };
      logRejection(this.nsp.adapter.persistSession(session), 'keep a session');
    }
    this.leaveEverything();
    this.nsp.remove(this);
    this.client.remove(this);
    this.connected = false;
    this.#dispatch?.onDisconnected();
    this.#acks?.abandon((error) => this.server.reportListenerError(error, { socket: this, event: 'acknowledgement' }));
    this.#guard(['disconnect'], () => emitLocally(this, 'disconnect', [reason, description]));
  }

  /** Leaves all rooms, for good. @internal */
  leaveEverything(): void {
    this.#isClosing = true;
    logRejection(this.nsp.adapter.delAll(this.id), 'leave rooms');
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Clients of Socket.IO 2 make their id of the connection's, and do not ask. */
function idOfOldClient(namespace: string, connectionId: string): SocketId {
  return namespace === '/' ? connectionId : `${namespace}#${connectionId}`;
}

/** Acknowledgement callbacks of `emitWithAck`: they take an error first although no timeout was asked for. */
const settlesWithError = new WeakSet<AckCallback>();
