import { FIRST_UNNUMBERED, RETRY_KEY } from '../extensions/retries/wire.js';
import { type Packet, PacketType, RESERVED_EVENTS } from '../protocol/socketio/packet.js';
import { PendingAcks, type Settle, settleCallback } from './acks.js';
import type { Timer } from './clock.js';
import { byteLength, type Connection } from './connection.js';
import { callEach, Emitter } from './emitter.js';
import { MessageError } from './errors.js';
import type {
  AcknowledgedValue,
  AllButLast,
  DecorateAcknowledgements,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  Last,
  MessageParams,
} from './events.js';
import type { BaseManager, OutgoingPacket } from './manager.js';
import { BufferLimit } from './offline-buffer.js';
import type { Auth, SocketOptions } from './options.js';
import { type RetryEntry, RetryQueue } from './retry-queue.js';

/** More about the end of a connection: an error, or what was seen. */
export type DisconnectDescription = Error | { description: string; context?: unknown };

export interface ExtendedError extends Error {
  /** What the server's middleware put into `error.data`. */
  data?: any;
}

export interface SocketReservedEvents {
  connect: () => void;
  connect_error: (error: ExtendedError) => void;
  disconnect: (reason: Socket.DisconnectReason, description?: DisconnectDescription) => void;
}

interface Flags {
  compress?: boolean;
  volatile?: boolean;
  timeout?: number;
}

type AnyListener = (...args: any[]) => void;

/**
 * This side of one namespace: emits events, listens to them, and survives lost connections.
 */
export class Socket<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> extends Emitter<ListenEvents, EmitEvents, SocketReservedEvents> {
  readonly io: BaseManager<ListenEvents, EmitEvents>;
  /** Namespace, with its slash. */
  readonly nsp: string;
  /** Id of the session, as on the server; `undefined` while it is not connected. */
  id: string | undefined = undefined;
  connected = false;
  /** Whether the last connection took the session of the one before over: id, rooms, and what was missed. */
  recovered = false;
  /** Credentials, see {@link SocketOptions}. May be replaced at any time; counts from the next connection on. */
  auth: Auth;
  /** Events that came before the server's word that we are connected. */
  receiveBuffer: ReadonlyArray<any>[] = [];
  /** Events to send once connected. May be replaced by an empty array to forget them. */
  sendBuffer: Packet[] = [];

  readonly #options: Partial<SocketOptions>;
  readonly #acks: PendingAcks;
  readonly #queue: RetryQueue;
  readonly #sendLimit: BufferLimit<Packet>;
  readonly #queueLimit: BufferLimit<RetryEntry>;
  readonly #anyListeners: AnyListener[] = [];
  readonly #anyOutgoingListeners: AnyListener[] = [];
  #flags: Flags = {};
  #nextId = 0;
  /** With retries: by it a server knows this socket again on its next connection. */
  #retryKey: string | undefined;
  /** How many events with retries may be on their way: what the server promises to run once, else one. */
  #retryWindow = 1;
  /** For recovery: the private id of the session, and the last event that came. */
  #pid: string | undefined;
  #lastOffset: string | undefined;
  /** Takes the listeners off the manager. Set while the socket wants to be connected. */
  #unsubscribe: (() => void) | undefined;
  /** The connection on which we have asked to be let in. */
  #asked: Connection | undefined;
  #authTimer: Timer | undefined;

  constructor(io: BaseManager<any, any>, nsp: string, options: Partial<SocketOptions> = {}) {
    super();
    this.io = io;
    this.nsp = nsp;
    this.#options = options;
    this.auth = options.auth ?? {};
    this.#acks = new PendingAcks(io._clock);
    this.#queue = new RetryQueue(options.retries ?? 0, {
      window: () => (this.connected ? this.#retryWindow : 0),
      transmit: (entry) => this.#transmit(entry),
    });
    const { offlineBuffer } = io.opts;
    this.#sendLimit = new BufferLimit(offlineBuffer, (packet, error) => this.#onDropped(packet, error));
    this.#queueLimit = new BufferLimit(offlineBuffer, (entry, error) => {
      entry.settle?.(error, []);
      io._drop(error, entry.packet, this);
    });
    if (io._autoConnect) this.connect();
  }

  get disconnected(): boolean {
    return !this.connected;
  }

  /** Whether it is connected, or will be when its manager is: `false` after `disconnect()` from either side. */
  get active(): boolean {
    return this.#unsubscribe !== undefined;
  }

  /** Connects, unless it is connected. */
  connect(): this {
    if (this.connected) return this;
    this.#subscribe();
    if (!this.io._reconnecting) this.io.open();
    if (this.io._readyState === 'open') this.#onOpen();
    return this;
  }

  /** Alias of {@link connect}. */
  open(): this {
    return this.connect();
  }

  /** Leaves the namespace, and does not come back by itself. The last socket of a manager closes the connection. */
  disconnect(): this {
    if (this.connected) this.io._packet({ type: PacketType.DISCONNECT, nsp: this.nsp });
    this.#destroy();
    if (this.connected) this.#onClose('io client disconnect');
    return this;
  }

  /** Alias of {@link disconnect}. */
  close(): this {
    return this.disconnect();
  }

  /**
   * Sends an event. While the socket is not connected, it waits in `sendBuffer`.
   *
   * A function as the last argument is called with the answer of the other side; after `timeout()`, or with the
   * `ackTimeout` or `retries` option, with an error or `null` first.
   *
   * @throws Error for a reserved name. @throws TypeError, RangeError for what cannot be encoded. @throws MessageError for
   * more than the server takes.
   */
  override emit<Event extends EventNames<EmitEvents>>(event: Event, ...args: EventParams<EmitEvents, Event>): this {
    const data: unknown[] = [event, ...args];
    let settle: Settle | undefined;
    if (typeof data.at(-1) === 'function') {
      const { retries, ackTimeout } = this.#options;
      const withError = (this.#flags.timeout ?? ackTimeout) !== undefined || (!!retries && !this.#flags.volatile);
      settle = settleCallback(data.pop() as AnyListener, withError);
    }
    this.#emit(data, settle);
    return this;
  }

  /** Sends a `message` event. */
  send(...args: MessageParams<EmitEvents>): this {
    return this.emit('message' as EventNames<EmitEvents>, ...(args as any));
  }

  /**
   * Sends an event and waits for the answer.
   *
   * @returns the first argument of the answer. Rejects when the time of `timeout()` or `ackTimeout` is over, when the
   * connection is lost, and for what `emit` throws.
   */
  emitWithAck<Event extends EventNamesWithAck<EmitEvents>>(
    event: Event,
    ...args: AllButLast<EventParams<EmitEvents, Event>>
  ): Promise<AcknowledgedValue<Last<EventParams<EmitEvents, Event>>>> {
    return new Promise((resolve, reject) => {
      this.#emit([event, ...args], (error, answer) => (error ? reject(error) : resolve(answer[0] as any)));
    });
  }

  #emit(data: unknown[], settle: Settle | undefined): void {
    const flags = this.#flags;
    this.#flags = {};
    if (RESERVED_EVENTS.has(data[0])) throw new Error(`"${String(data[0])}" is a reserved event name`);
    const { retries, ackTimeout } = this.#options;
    const timeout = flags.timeout ?? ackTimeout;
    const isQueued = !!retries && !flags.volatile;
    // First of all: it finds out when the connection has died unnoticed.
    const isConnected = this.connected && this.io.engine.checkPing() && this.connected;
    if (flags.volatile && !(isConnected && this.io.engine.transport.writable)) {
      settle?.(new MessageError('NOT_WRITABLE', 'volatile event dropped'), []);
      return;
    }
    const packet: OutgoingPacket = {
      type: PacketType.EVENT,
      nsp: this.nsp,
      data,
      options: { compress: flags.compress !== false },
    };
    if (isQueued || settle) packet.id = this.#nextId++ + (retries && !isQueued ? FIRST_UNNUMBERED : 0);
    const messages = this.io._encode(packet);
    if (isQueued) {
      this.#enqueue({ packet, messages, timeout, settle, tries: 0, pending: false });
      return;
    }
    if (settle) {
      this.#acks.add(packet.id!, settle, timeout, () => {
        // Its sender has been told that it failed: it must not be sent later.
        this.sendBuffer = this.sendBuffer.filter((each) => each !== packet);
      });
    }
    if (isConnected) {
      this.#send(packet, messages);
      return;
    }
    try {
      this.#sendLimit.push(this.sendBuffer, packet, sizeOf(messages));
    } catch (error) {
      this.#acks.forget(packet.id!);
      throw error;
    }
  }

  #enqueue(entry: RetryEntry): void {
    const { entries } = this.#queue;
    if (this.connected) entries.push(entry);
    else this.#queueLimit.push(entries, entry, sizeOf(entry.messages));
    this.#queue.drain();
  }

  #transmit(entry: RetryEntry): void {
    const { packet, messages, timeout } = entry;
    this.#acks.add(packet.id!, (error, answer) => this.#queue.onOutcome(entry, error, answer), timeout);
    this.#send(packet, messages);
  }

  #send(packet: OutgoingPacket, messages: readonly any[]): void {
    callEach(this.#anyOutgoingListeners, packet.data);
    this.io._write(messages, packet.options);
  }

  #onDropped(packet: Packet, error: MessageError): void {
    if (packet.id !== undefined) this.#acks.settle(packet.id, error);
    this.io._drop(error, packet, this);
  }

  #subscribe(): void {
    if (this.#unsubscribe) return;
    const { io } = this;
    const listeners = {
      open: () => this.#onOpen(),
      error: (error: Error) => this.connected || this.emitReserved('connect_error', error),
      close: (reason: string, description?: DisconnectDescription) =>
        this.#onClose(reason as Socket.DisconnectReason, description),
    };
    const events = Object.keys(listeners) as (keyof typeof listeners)[];
    for (const event of events) io.on(event, listeners[event] as never);
    this.#unsubscribe = () => {
      for (const event of events) io.off(event, listeners[event] as never);
    };
  }

  #onOpen(): void {
    const { engine } = this.io;
    if (this.#asked === engine) return;
    this.#asked = engine;
    let isSent = false;
    const isWaiting = () => !isSent && this.#asked === engine && this.active && !this.connected;
    const send = (auth: object | void) => {
      if (!isWaiting()) return;
      try {
        this.#sendConnect(auth ?? {});
        isSent = true;
      } catch (error) {
        // Credentials that cannot be encoded.
        onError(error);
      }
    };
    const ask = async () => {
      const { auth } = this;
      if (typeof auth !== 'function') return send(auth);
      // A function calls back, or returns a promise. What else it returns, an arrow function for one, means nothing.
      const promise = auth(send) as Promise<object> | undefined;
      if (typeof promise?.then !== 'function') return;
      const result = await promise;
      if (result || !auth.length) send(result);
    };
    const onError = (error: unknown) => {
      if (!isWaiting()) return;
      this.emitReserved('connect_error', error instanceof Error ? error : new Error(String(error)));
      // Credentials that could not be had now may be had later.
      this.#authTimer = this.io._clock.setTimeout(() => {
        if (!isWaiting()) return;
        this.#asked = undefined;
        this.#onOpen();
      }, this.io.reconnectionDelayMax());
    };
    ask().catch(onError);
  }

  #forgetAttempt(): void {
    this.#asked = undefined;
    this.#authTimer?.cancel();
  }

  #sendConnect(auth: object): void {
    // React Native has no `crypto` of its own. Without a key, retries are what they are with Socket.IO.
    if (this.#options.retries && globalThis.crypto) this.#retryKey ??= randomKey();
    const data = {
      ...(this.#pid && { pid: this.#pid, offset: this.#lastOffset }),
      ...auth,
      ...(this.#retryKey && { [RETRY_KEY]: this.#retryKey }),
    };
    this.io._packet({ type: PacketType.CONNECT, nsp: this.nsp, ...(Object.keys(data).length && { data }) });
  }

  /** A packet for this namespace. @internal */
  _onPacket(packet: Packet): void {
    if (!this.active) return;
    switch (packet.type) {
      case PacketType.CONNECT:
        if (packet.data?.sid) {
          this.#onConnect(packet.data);
        } else {
          this.emitReserved('connect_error', new Error('the server speaks Socket.IO 2'));
        }
        break;
      case PacketType.EVENT:
      case PacketType.BINARY_EVENT:
        this.#onEvent(packet);
        break;
      case PacketType.ACK:
      case PacketType.BINARY_ACK:
        if (packet.id !== undefined) this.#acks.settle(packet.id, null, packet.data);
        break;
      case PacketType.DISCONNECT:
        this.#destroy();
        this.#onClose('io server disconnect');
        break;
      case PacketType.CONNECT_ERROR: {
        this.#destroy();
        // A server of Socket.IO sends an object without a message when a middleware refuses with something else.
        const error: ExtendedError = new Error(typeof packet.data === 'string' ? packet.data : packet.data?.message);
        error.data = packet.data?.data;
        this.emitReserved('connect_error', error);
        break;
      }
    }
  }

  #onConnect({ sid: id, pid, retryWindow = 1 }: { sid: string; pid?: string; retryWindow?: number }): void {
    if (this.connected) return;
    this.id = id;
    this.#retryWindow = retryWindow;
    this.recovered = pid !== undefined && this.#pid === pid;
    this.#pid = pid;
    this.connected = true;
    const received = this.receiveBuffer;
    this.receiveBuffer = [];
    for (const args of received) this.#dispatch(args);
    this.#flush();
    this.#queue.drain();
    if (this.id === id) this.emitReserved('connect');
  }

  #flush(): void {
    const packets = this.sendBuffer;
    this.sendBuffer = [];
    for (const packet of packets) {
      // A listener may have disconnected: what is left waits for the next time.
      if (!this.connected) {
        this.sendBuffer.push(packet);
        continue;
      }
      try {
        this.#send(packet, this.io._encode(packet));
      } catch (error) {
        this.#onDropped(packet, error as MessageError);
      }
    }
  }

  #onEvent(packet: Packet): void {
    const args: unknown[] = packet.data;
    if (packet.id !== undefined) args.push(this.#acknowledge(packet.id));
    if (this.connected) this.#dispatch(args);
    else this.receiveBuffer.push(Object.freeze(args));
  }

  #dispatch(args: readonly any[]): void {
    callEach(this.#anyListeners, args, this);
    super.emit.apply(this, args as any);
    const last = args.at(-1);
    // With recovery the server puts an offset behind the arguments.
    if (this.#pid && typeof last === 'string') this.#lastOffset = last;
  }

  #acknowledge(id: number): (...answer: unknown[]) => void {
    const { engine } = this.io;
    let isSent = false;
    return (...answer) => {
      // Once, and only to who asked: ids start again with each session.
      if (isSent || this.io.engine !== engine || engine.readyState !== 'open') return;
      isSent = true;
      this.io._packet({ type: PacketType.ACK, nsp: this.nsp, id, data: answer });
    };
  }

  #onClose(reason: Socket.DisconnectReason, description?: DisconnectDescription): void {
    this.connected = false;
    this.id = undefined;
    this.#forgetAttempt();
    // With recovery these come again.
    this.receiveBuffer = [];
    this.emitReserved('disconnect', reason, description);
    this.#acks.giveUp((id) => this.sendBuffer.some((packet) => packet.id === id));
  }

  /** It does not want to be connected any more. */
  #destroy(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#forgetAttempt();
    this.io._destroy(this);
  }

  /** Whether the next event is worth compressing; WebSocket on Node.js only, where `perMessageDeflate` is on. */
  compress(compress: boolean): this {
    this.#flags.compress = compress;
    return this;
  }

  /** The next event is dropped unless it can be sent at once. */
  get volatile(): this {
    this.#flags.volatile = true;
    return this;
  }

  /** The next event's acknowledgement fails after so many milliseconds; its callback takes the error first. */
  timeout(timeout: number): Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>> {
    this.#flags.timeout = timeout;
    return this as unknown as Socket<ListenEvents, DecorateAcknowledgements<EmitEvents>>;
  }

  /** Adds a listener for all events; the name comes first. */
  onAny(listener: AnyListener): this {
    this.#anyListeners.push(listener);
    return this;
  }

  /** {@link onAny}, before the others. */
  prependAny(listener: AnyListener): this {
    this.#anyListeners.unshift(listener);
    return this;
  }

  /** Removes one listener for all events, or all of them. */
  offAny(listener?: AnyListener): this {
    remove(this.#anyListeners, listener);
    return this;
  }

  /** The listeners for all events, the list itself. */
  listenersAny(): AnyListener[] {
    return this.#anyListeners;
  }

  /** Adds a listener for all events that are sent; acknowledgements are not. */
  onAnyOutgoing(listener: AnyListener): this {
    this.#anyOutgoingListeners.push(listener);
    return this;
  }

  /** {@link onAnyOutgoing}, before the others. */
  prependAnyOutgoing(listener: AnyListener): this {
    this.#anyOutgoingListeners.unshift(listener);
    return this;
  }

  /** Removes one listener for all events that are sent, or all of them. */
  offAnyOutgoing(listener?: AnyListener): this {
    remove(this.#anyOutgoingListeners, listener);
    return this;
  }

  /** The listeners for all events that are sent, the list itself. */
  listenersAnyOutgoing(): AnyListener[] {
    return this.#anyOutgoingListeners;
  }
}

export declare namespace Socket {
  /**
   * Why a socket was disconnected. After the first two it stays so until `connect()`; after the others it comes back by
   * itself.
   */
  type DisconnectReason =
    | 'io server disconnect'
    | 'io client disconnect'
    | 'ping timeout'
    | 'transport close'
    | 'transport error'
    | 'parse error';
}

function remove(listeners: AnyListener[], listener: AnyListener | undefined): void {
  const index = listener ? listeners.indexOf(listener) : 0;
  if (index !== -1) listeners.splice(index, listener ? 1 : listeners.length);
}

function sizeOf(messages: readonly any[]): number {
  return messages.reduce((size, message) => size + byteLength(message), 0);
}

/** 144 random bits as 24 characters: whoever knows it could read the answers to our events. */
function randomKey(): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(18))));
}
