import type { Packet } from '../protocol/socketio/packet.js';
import { type BackoffSettings, backoff } from './backoff.js';
import { type ClientClock, createClock, type Timer } from './clock.js';
import { type Codec, createCodec } from './codec.js';
import type { Connection, Platform, TransportMemory, WriteOptions } from './connection.js';
import { Emitter } from './emitter.js';
import { MessageError, TransportError } from './errors.js';
import type { DefaultEventsMap, EventsMap } from './events.js';
import type { ManagerOptions, SocketOptions } from './options.js';
import { watchPage } from './page.js';
import { type DisconnectDescription, Socket } from './socket.js';
import { parseQuery, parseTarget, splitArguments, type Target } from './url.js';

export interface ManagerReservedEvents {
  open: () => void;
  error: (error: Error) => void;
  ping: () => void;
  packet: (packet: Packet) => void;
  close: (reason: string, description?: DisconnectDescription) => void;
  reconnect_failed: () => void;
  reconnect_attempt: (attempt: number) => void;
  reconnect_error: (error: Error) => void;
  reconnect: (attempt: number) => void;
  /** An event of a socket will not be sent: the offline buffer is full, or it is larger than the server takes. */
  drop: (error: MessageError, packet: Packet, socket: Socket) => void;
}

/** Options that can be changed later. */
interface Settings extends BackoffSettings {
  reconnection: boolean;
  reconnectionAttempts: number;
  timeout: number | boolean;
}

/** Sets an option and returns the manager, or returns the value it has. */
interface Setting<Self, Value> {
  (value: Value): Self;
  (): Value;
  (value?: Value): Self | Value;
}

const DEFAULTS: Settings = {
  reconnection: true,
  reconnectionAttempts: Number.POSITIVE_INFINITY,
  reconnectionDelay: 1000,
  reconnectionDelayMax: 5000,
  randomizationFactor: 0.5,
  timeout: 20_000,
};

/**
 * Arguments of one event or acknowledgement: a call takes only so many. And events that may come ahead of the server's word
 * that we are connected.
 */
const MAX_LIST = 16_384;

/** A packet, and how to send it. */
export type OutgoingPacket = Packet & { options?: WriteOptions };

/**
 * The connection to one server: opens it, opens it again when it is lost, and shares it between the sockets of its
 * namespaces.
 *
 * The members that start with an underscore are between a manager and its sockets.
 */
export class BaseManager<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> extends Emitter<Record<never, never>, Record<never, never>, ManagerReservedEvents> {
  /** The current Engine.IO connection, or the last one. */
  engine!: Connection;
  /** The options as given. */
  opts: Partial<ManagerOptions>;
  /** Reads or sets the `reconnection` option. */
  reconnection!: Setting<this, boolean>;
  /** Reads or sets the `reconnectionAttempts` option. */
  reconnectionAttempts!: Setting<this, number>;
  /** Reads or sets the `reconnectionDelay` option, in milliseconds. */
  reconnectionDelay!: Setting<this, number>;
  /** Reads or sets the `reconnectionDelayMax` option, in milliseconds. */
  reconnectionDelayMax!: Setting<this, number>;
  /** Reads or sets the `randomizationFactor` option. */
  randomizationFactor!: Setting<this, number>;
  /** Reads or sets the `timeout` option, in milliseconds; `false` for none. */
  timeout!: Setting<this, number | boolean>;
  /** @internal */
  readonly _clock: ClientClock;
  _autoConnect: boolean;
  _readyState: 'opening' | 'open' | 'closed' = 'closed';
  _reconnecting = false;

  readonly #platform: Platform;
  readonly #target: Target;
  readonly #sockets = new Map<string, Socket<any, any>>();
  readonly #memory: TransportMemory = {};
  readonly #codec: Codec;
  readonly #settings: Settings = { ...DEFAULTS };
  /** Attempts since it was connected. */
  #attempts = 0;
  /** Whether the application closed it, and it must stay so. */
  #skipReconnect = false;
  #reconnectTimer: Timer | undefined;
  #openTimer: Timer | undefined;
  #unwatchPage: (() => void) | undefined;
  #maxPayload = 0;

  /**
   * @param uri where the server is, see {@link parseTarget}; or the options.
   * @throws TypeError when the URL is none, or as {@link open} does.
   */
  constructor(platform: Platform, uri?: string | Partial<ManagerOptions>, options?: Partial<ManagerOptions>) {
    super();
    const [url, opts] = splitArguments(uri, options);
    this.#target = parseTarget(url, opts);
    this.#platform = platform;
    this.opts = { ...opts, path: opts.path || '/socket.io' };
    this._clock = opts.clock ?? createClock(opts.useNativeTimers, opts.autoUnref);
    const settings: Record<string, unknown> = this.#settings as never; // By name, as they are given.
    for (const key of Object.keys(DEFAULTS) as (keyof Settings)[]) {
      const set = (value?: unknown): any => {
        if (value === undefined) return settings[key];
        settings[key] = value;
        // The other settings count from the next attempt on.
        if (!this.#settings.reconnection) this.#stopReconnecting();
        return this;
      };
      set(opts[key]);
      this[key] = set;
    }
    this.#codec = createCodec(opts.parser, (packet) => {
      const socket = this.#sockets.get(packet.nsp);
      for (const list of [packet.data, socket?.receiveBuffer]) if (list?.length > MAX_LIST) throw new Error('too long');
      this.emitReserved('packet', packet);
      socket?._onPacket(packet);
    });
    this._autoConnect = opts.autoConnect ?? true;
    if (this._autoConnect) this.open();
  }

  /**
   * Connects, unless it is connected or about to be.
   *
   * @param callback called once, with the error if the attempt fails; then nobody tries again unless told to.
   * @throws TypeError for a transport that does not exist.
   */
  open(callback?: (error?: Error) => void): this {
    if (this._readyState !== 'closed') return this;
    const { path, addTrailingSlash = true } = this.opts;
    // Socket.IO's types ask for an object, but it takes `a=1&b=2`, too.
    const query = this.opts.query as Record<string, unknown> | string | undefined;
    const engine = new this.#platform.Connection(
      {
        ...this.opts,
        ...this.#target,
        query: this.#target.query ?? (typeof query === 'string' ? parseQuery(query) : query)!,
        path: path!.replace(/\/$/, '') + (addTrailingSlash ? '/' : ''),
        clock: this._clock,
      },
      this.#platform,
      this.#memory,
    );
    this.engine = engine;
    this._readyState = 'opening';
    this.#skipReconnect = false;
    // By hand, while the next attempt is waiting: this is it.
    if (this.#reconnectTimer) this.#stopReconnecting();
    this.#watchPage();
    const isCurrent = (state: 'opening' | 'open') => this.engine === engine && this._readyState === state;
    engine
      .on('open', () => {
        this.#onOpen();
        callback?.();
      })
      .on('error', (error) => {
        if (isCurrent('opening')) this.#onOpenFailed(error, callback);
        else if (isCurrent('open')) this.emitReserved('error', error);
      })
      .on('close', (reason, description) => isCurrent('open') && this.#onClose(reason, description))
      .on('ping', () => isCurrent('open') && this.emitReserved('ping'))
      .on('data', (data) => isCurrent('open') && this.#onData(data));
    if (this.#settings.timeout !== false) {
      this.#openTimer = this._clock.setTimeout(
        () => engine.fail(new TransportError('timeout', `not connected in ${this.#settings.timeout} ms`), true),
        Number(this.#settings.timeout),
      );
    }
    engine.open();
    return this;
  }

  /** Alias of {@link open}. */
  connect(callback?: (error?: Error) => void): this {
    return this.open(callback);
  }

  #onOpen(): void {
    this.#openTimer?.cancel();
    this.#maxPayload = this.engine.handshake!.maxPayload;
    this._readyState = 'open';
    this.emitReserved('open');
  }

  #onOpenFailed(error: Error, callback: ((error?: Error) => void) | undefined): void {
    this.#openTimer?.cancel();
    this._readyState = 'closed';
    this.emitReserved('error', error);
    if (callback) callback(error);
    // The first attempt: nobody waits for the outcome, so the manager goes on by itself.
    else this.#reconnect();
    this.#rest();
  }

  #onData(data: unknown): void {
    try {
      this.#codec.receive(data);
    } catch (error) {
      this.#onClose('parse error', error as Error);
    }
  }

  #onClose(reason: string, description?: DisconnectDescription): void {
    this.#openTimer?.cancel();
    this.#attempts = 0;
    this.#codec.reset();
    this._readyState = 'closed';
    this.engine?.close();
    this.emitReserved('close', reason, description);
    this.#reconnect();
    this.#rest();
  }

  #reconnect(): void {
    // A listener may have connected, or given up.
    if (this._readyState !== 'closed' || this._reconnecting || this.#skipReconnect || !this.#settings.reconnection)
      return;
    if (this.#attempts >= this.#settings.reconnectionAttempts) {
      this.#attempts = 0;
      this.emitReserved('reconnect_failed');
      return;
    }
    this._reconnecting = true;
    this.#reconnectTimer = this._clock.setTimeout(() => this.#attempt(), backoff(this.#settings, this.#attempts++));
  }

  #attempt(): void {
    this.#reconnectTimer = undefined;
    this.emitReserved('reconnect_attempt', this.#attempts);
    // A listener may have given up, or connected by itself.
    if (this._readyState !== 'closed') this._reconnecting = false;
    if (!this._reconnecting) return;
    this.open((error) => {
      if (!this._reconnecting) return;
      this._reconnecting = false;
      if (error) {
        this.#reconnect();
        this.emitReserved('reconnect_error', error);
      } else {
        const attempts = this.#attempts;
        this.#attempts = 0;
        this.emitReserved('reconnect', attempts);
      }
    });
  }

  #stopReconnecting(): void {
    this.#reconnectTimer?.cancel();
    this.#reconnectTimer = undefined;
    this._reconnecting = false;
  }

  /** A network that is back, or a page that is looked at again, is worth an attempt at once, and a look at the clock. */
  #watchPage(): void {
    this.#unwatchPage ??= watchPage((event) => {
      const { engine } = this;
      if (event === 'beforeunload') {
        if (this.opts.closeOnBeforeunload) engine.dropTransport();
      } else if (event === 'offline') {
        // This machine needs no network to be reached.
        if (this._readyState !== 'closed' && this.#target.hostname !== 'localhost')
          engine.lose('network connection lost');
      } else {
        // A connection that is found dead now is not waited for either.
        engine.checkPing();
        if (!this.#reconnectTimer) return;
        this.#reconnectTimer.cancel();
        this.#attempt();
      }
    });
  }

  /** Holds on to nothing while there is nothing to wait for. */
  #rest(): void {
    if (this._readyState !== 'closed' || this._reconnecting) return;
    this.#unwatchPage?.();
    this.#unwatchPage = undefined;
  }

  /** The socket of a namespace: a new one, or the one there is, connected again when it was not. */
  socket(nsp: string, options?: Partial<SocketOptions>): Socket<ListenEvents, EmitEvents> {
    let socket = this.#sockets.get(nsp);
    if (!socket) {
      socket = new Socket(this, nsp, options);
      this.#sockets.set(nsp, socket);
    } else if (this._autoConnect && !socket.active) {
      socket.connect();
    }
    return socket;
  }

  /** Whether `io()` has to make another manager for this namespace. @internal */
  _has(nsp: string): boolean {
    return this.#sockets.has(nsp);
  }

  /** A socket does not need the connection any more. */
  _destroy(_socket: Socket<any, any>): void {
    for (const socket of this.#sockets.values()) if (socket.active) return;
    this._close();
  }

  /** Closes for good, until somebody opens again. */
  _close(): void {
    this.#skipReconnect = true;
    const wasBusy = this._readyState !== 'closed' || this._reconnecting;
    this.#stopReconnecting();
    if (wasBusy) this.#onClose('forced close');
  }

  /**
   * Encodes a packet and checks its size, without sending it. @internal
   *
   * @throws TypeError, RangeError when it cannot be encoded. @throws MessageError when the server would not take it.
   */
  _encode(packet: Packet): any[] {
    const messages = this.#codec.encode(packet);
    const limit = this.#maxPayload;
    if (limit) {
      for (const message of messages) {
        // A character is three bytes at most: short text needs no counting.
        if (typeof message === 'string' && message.length * 3 < limit) continue;
        const size = this.engine.wireSize(message);
        if (size > limit) {
          throw new MessageError('PAYLOAD_TOO_LARGE', `message of ${size} bytes: the server takes at most ${limit}`);
        }
      }
    }
    return messages;
  }

  /** Sends what `_encode` returned. @internal */
  _write(messages: readonly any[], options?: WriteOptions): void {
    for (const message of messages) this.engine.write(message, options);
  }

  _packet(packet: OutgoingPacket): void {
    this._write(this._encode(packet), packet.options);
  }

  /** @internal */
  _drop(error: MessageError, packet: Packet, socket: Socket<any, any>): void {
    this.emitReserved('drop', error, packet, socket);
  }
}
