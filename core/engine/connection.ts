import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import createDebug from 'debug';
import { TransportViolation } from '../errors.js';
import { PacketType, packetTypeOf } from '../protocol/engineio/packet.js';
import { Prepared } from '../protocol/prepared.js';
import type { Sequence } from '../protocol/sequence.js';
import { captureRejections, emitToListeners } from '../rejections.js';
import type { ResponseHeaders, Transport } from '../transports/transport.js';
import { type CloseInfo, type ConnectionCloseReason, closeInfoOf } from './close-reason.js';
import { type CloseSummary, summarizeClose } from './close-summary.js';
import {
  announcePackets,
  type Backpressure,
  type ConnectionEvents,
  describePackets,
  type OutgoingPacket,
  reportBinary,
  reportText,
} from './connection-events.js';
import type { FlushScheduler } from './flush-scheduler.js';
import type { Heartbeat } from './heartbeat.js';
import { Outbox } from './outbox.js';
import { QuietEmitter } from './quiet-emitter.js';
import { canMove, type ReadyState } from './states.js';
import { Upgrade } from './upgrade.js';

const debug = createDebug('carillon:connection');

/** What lives above a connection. */
export interface ConnectionHandler {
  /** A text message: `packet` from `offset` on. @internal */
  onText(packet: string, offset: number): void;
  /** @internal */
  onBinary(data: Buffer): void;
  /** Bytes of messages that have come, and wait for others that belong to them. */
  readonly pendingBytes?: number;
  /** The client has read all that waited; so many events were dropped in the meantime. */
  onDropped?(count: number): void;
  /** @internal */
  onClose(reason: ConnectionCloseReason, description?: unknown): void;
}

/** What a connection needs from the engine it belongs to. */
export interface ConnectionHost {
  readonly scheduler: FlushScheduler;
  readonly heartbeat: Heartbeat;
  /** Of clients that speak revision 3. */
  readonly clientHeartbeat: Heartbeat;
  readonly upgradeTimeout: number;
  setTimeout(callback: () => void, delay: number): { cancel(): void };
  setInterval(callback: () => void, delay: number): { cancel(): void };
  /** @param newId id of the session, when this is its first answer. @internal */
  onHeaders(headers: ResponseHeaders, request: IncomingMessage, newId: string | undefined): void;
  onBackpressure(connection: Connection, state: Backpressure): void;
  /** Somebody wants to hear of each write of each connection. */
  readonly isWriteWatched: boolean;
  onFlush(connection: Connection, packets: readonly OutgoingPacket[]): void;
  onDrain(connection: Connection): void;
  /** @param bytes of the message, where that is known. */
  onTooLarge(connection: Connection, bytes: number | undefined): void;
  /** A listener of the application threw, or its promise was rejected. */
  onListenerError(error: unknown, event: string | symbol): void;
  onClosed(connection: Connection): void;
}

const PING = Prepared.text(PacketType.ping);
const PONG = Prepared.text(PacketType.pong);
const NOOP = Prepared.text(PacketType.noop);

/** The request that opened the session; see http/compact-request.ts. */
export interface RequestHolder {
  get(): IncomingMessage;
  is(request: IncomingMessage): boolean;
  /** The handshake is over: keep only what is needed. */
  reduce(): void;
}

/** Calls back once the message was handed to the transport. */
type SendCallback = (transport: Transport) => void;

/**
 * One Engine.IO session: what applications know as `socket.conn`. Survives the move from polling to WebSocket.
 *
 * It is an emitter for the application only; core is called directly, through {@link ConnectionHandler}.
 */
export class Connection extends QuietEmitter<ConnectionEvents> {
  /** Session id: 20 characters of `[A-Za-z0-9_-]`. A secret between the two sides. */
  readonly id: string;
  /** Revision of the Engine.IO protocol that the client speaks: 4, or 3 with `allowEIO3`. */
  readonly protocol: 3 | 4;
  /** Address of the peer, as the operating system reports it. */
  readonly remoteAddress: string;
  readonly #request: RequestHolder;
  readonly #host: ConnectionHost;
  readonly #outbox: Outbox;
  #transport: Transport;
  #handler: ConnectionHandler | null = null;
  #readyState: ReadyState = 'opening';
  #upgrade: Upgrade | null = null;
  #upgraded = false;
  /** Whether somebody listens here: without, no event is even prepared. */
  #observed = false;
  #hasListeners = false;
  /** In the order of their messages. */
  #sendCallbacks: { message: Prepared; callback: SendCallback }[] | null = null;
  /** Since the last ping, something else than its pong arrived and extended the wait once. */
  #pingExtended = false;
  #packetsReceived = 0;
  #packetsSent = 0;
  /** Milliseconds, whole; -1 before the first pong. */
  #roundTrip = -1;
  #ending: CloseSummary | null = null;

  /** @internal */
  constructor(
    id: string,
    host: ConnectionHost,
    transport: Transport,
    request: RequestHolder,
    remoteAddress: string,
    protocol: 3 | 4 = 4,
  ) {
    super();
    this.protocol = protocol;
    this.id = id;
    this.#host = host;
    this.#transport = transport;
    this.#request = request;
    this.remoteAddress = remoteAddress;
    this.#outbox = new Outbox(host.scheduler, this);
  }

  /** The first HTTP request of the session. */
  get request(): IncomingMessage {
    return this.#request.get();
  }

  /** The transport in use: its `name` is `polling` or `websocket`. */
  get transport(): Transport {
    return this.#transport;
  }

  /** The engine it belongs to. */
  get server(): object {
    return this.#host;
  }

  /** See states.ts. */
  get readyState(): ReadyState {
    return this.#readyState;
  }

  /** The client is moving to another transport. */
  get upgrading(): boolean {
    return this.#upgrade !== null;
  }

  /** The client moved to another transport. */
  get upgraded(): boolean {
    return this.#upgraded;
  }

  /** Bytes accepted for this peer that have not been handed to the operating system yet. */
  get bufferedBytes(): number {
    return this.#outbox.byteLength + this.#transport.bufferedBytes;
  }

  /** Events that the policy for slow consumers dropped, and the client has not been told of yet. */
  get droppedMessages(): number {
    return this.#outbox.dropped;
  }

  /** Why it ended, and what had happened until then; `null` before. */
  get ending(): CloseSummary | null {
    return this.#ending;
  }

  /** Milliseconds between the last ping and its pong; `undefined` before the first one. */
  get roundTrip(): number | undefined {
    return this.#roundTrip === -1 ? undefined : this.#roundTrip;
  }

  /** @internal */
  get packetsReceived(): number {
    return this.#packetsReceived;
  }

  /** @internal */
  get packetsSent(): number {
    return this.#packetsSent;
  }

  /** Nothing waits: what is sent now leaves at the end of this turn. Volatile events are sent only then. */
  get isIdle(): boolean {
    return this.#outbox.isEmpty && this.#transport.writable;
  }

  override on<K extends keyof ConnectionEvents>(event: K, listener: (...args: any) => void): this {
    // Whoever wants to hear of pressure only must not slow down everything else.
    if (event !== 'backpressure') this.#observed = true;
    this.#prepareListeners();
    return super.on(event, listener as never);
  }

  override addListener<K extends keyof ConnectionEvents>(event: K, listener: (...args: any) => void): this {
    return this.on(event, listener);
  }

  override prependListener<K extends keyof ConnectionEvents>(event: K, listener: (...args: any) => void): this {
    this.#observed = true;
    this.#prepareListeners();
    return super.prependListener(event, listener as never);
  }

  /** What a quiet emitter left out, now that somebody listens: rejected promises of listeners are reported, too. */
  #prepareListeners(): void {
    if (!this.#hasListeners) captureRejections(this);
    this.#hasListeners = true;
  }

  /** Whatever a listener does, the connection, and everybody else's, goes on. */
  override emit<K extends keyof ConnectionEvents>(event: K, ...args: any[]): boolean {
    try {
      return emitToListeners.call(this, event, ...args);
    } catch (error) {
      this.#host.onListenerError(error, event);
      return true;
    }
  }

  /** @internal */
  override [EventEmitter.captureRejectionSymbol](error: unknown, event: unknown, ..._args: unknown[]): void {
    this.#host.onListenerError(error, event as string | symbol);
  }

  /** Gives the connection to whoever lives above it. @internal */
  handle(handler: ConnectionHandler): void {
    this.#handler = handler;
  }

  /** Opens the session: the first packet, then the heartbeat. @internal */
  open(...packets: Prepared[]): void {
    this.#moveTo('open');
    this.#transport.attach(this);
    for (const packet of packets) this.#outbox.push(packet);
    this.#heartbeat.start(this);
    if (this.#observed) this.emit('open');
  }

  /** The handshake is over, and everybody who wanted to see it did. @internal */
  settle(): void {
    if (this.#transport.name === 'websocket') this.#request.reduce();
    // The answer to the handshake and the open packet leave in one write.
    this.#outbox.flush();
  }

  // --- sending ---

  /**
   * Queues a prepared message; it is written at the end of this turn. After the end, nothing happens.
   *
   * Hot path: once per receiver of every broadcast.
   * @internal
   */
  deliver(message: Prepared): void {
    if (this.#readyState !== 'open') return;
    if (this.#observed) {
      announcePackets(this, message);
      if (this.#readyState !== ('open' as ReadyState)) return;
    }
    this.#outbox.push(message);
  }

  /**
   * Sends one raw message.
   *
   * @param data text, or bytes; of numbers, `true` and the like the text, and of what is nothing an empty one.
   * @param options `compress: false` keeps it out of compression.
   * @param callback called once the message was handed to the transport.
   */
  send(data: string | Uint8Array, options?: { compress?: boolean } | SendCallback, callback?: SendCallback): this {
    if (typeof options === 'function') return this.send(data, undefined, options);
    if (this.#readyState !== 'open') return this;
    const message = Prepared.message(
      [typeof data === 'object' && data ? data : String(data || '')],
      options?.compress !== false,
    );
    this.deliver(message);
    if (callback !== undefined) {
      this.#sendCallbacks ??= [];
      this.#sendCallbacks.push({ message, callback });
    }
    return this;
  }

  /** The same as {@link Connection.send}. */
  write(data: string | Uint8Array, options?: { compress?: boolean } | SendCallback, callback?: SendCallback): this {
    return this.send(data, options, callback);
  }

  /** @internal */
  get ready(): boolean {
    return this.#transport.ready;
  }

  /** @internal */
  get maxPackets(): number {
    return this.#transport.maxPackets;
  }

  get #heartbeat(): Heartbeat {
    return this.protocol === 4 ? this.#host.heartbeat : this.#host.clientHeartbeat;
  }

  /** Called by the outbox: this is the one write of the turn. @internal */
  writeSequence(sequence: Sequence): void {
    this.#transport.write(sequence);
    this.#packetsSent += sequence.length;
    // Not before: whoever hears of it may send and close, and that must come behind this sequence.
    const isWatched = this.#host.isWriteWatched;
    if (this.#observed || isWatched) this.#announceFlush(sequence, isWatched);
    if (this.#sendCallbacks !== null) this.#callBack(this.#sendCallbacks, sequence);
    if (this.#observed) this.emit('drain');
    if (isWatched) this.#host.onDrain(this);
  }

  #announceFlush(sequence: Sequence, isWatched: boolean): void {
    const packets = describePackets(sequence.messages());
    if (this.#observed) this.emit('flush', packets);
    if (isWatched) this.#host.onFlush(this, packets);
  }

  /** A backlog is written in pieces: only those whose message was in this one are called. */
  #callBack(waiting: { message: Prepared; callback: SendCallback }[], sequence: Sequence): void {
    const written = new Set(sequence.messages());
    const isWritten = ({ message }: { message: Prepared }) => written.has(message);
    const rest = waiting.filter((each) => !isWritten(each));
    this.#sendCallbacks = rest.length === 0 ? null : rest;
    for (const { callback } of waiting.filter(isWritten)) {
      try {
        callback(this.#transport);
      } catch (error) {
        this.#host.onListenerError(error, 'send');
      }
    }
  }

  /** @internal */
  get unsentBytes(): number {
    return this.#transport.bufferedBytes;
  }

  /** Bytes of messages that have not arrived whole. @internal */
  get incomingBytes(): number {
    return (this.#transport.unfinishedBytes ?? 0) + (this.#handler?.pendingBytes ?? 0);
  }

  /** Bytes that wait here, for the client or from it. @internal */
  get heldBytes(): number {
    return this.#outbox.byteLength + this.incomingBytes;
  }

  /** All connections together hold too much, and this is one of those that hold most. @internal */
  giveUp(maxBytes: number): void {
    const description = `${this.heldBytes} bytes were waiting here when it was more than ${maxBytes} in all`;
    this.#outbox.clear();
    this.fail('slow consumer', new Error(description));
  }

  /** @internal */
  onPressure(messages: number): void {
    const state = { bytes: this.bufferedBytes, messages };
    this.emit('backpressure', state);
    this.#host.onBackpressure(this, state);
  }

  /** @internal */
  onRelief(dropped: number): void {
    if (dropped === 0) return;
    if (debug.enabled) debug('%s reads again; %d messages were dropped', this.id, dropped);
    // Nothing waits any more: what has not been written by now was dropped.
    this.#sendCallbacks = null;
    this.#handler?.onDropped?.(dropped);
  }

  /** @internal */
  onOverflow(): void {
    const { maxBytes, maxMessages } = this.#host.scheduler.limits;
    const description = `more than ${maxBytes} bytes or ${maxMessages} messages were waiting`;
    this.fail('slow consumer', new Error(description));
  }

  /** @internal */
  onUnwritable(error: unknown, event: string | undefined): void {
    const what = event === undefined ? 'a message' : `an event (${event})`;
    const words = `${what} could not be written to ${this.id}: ${error instanceof Error ? error.message : error}`;
    this.#host.onListenerError(new Error(words, { cause: error }), 'send');
    if (event === undefined) this.fail('transport error', error);
  }

  // --- receiving ---

  onText(packet: string): boolean {
    if (this.#readyState !== 'open') {
      // Over polling, a client that closes itself does not come to fetch ours.
      if (this.#readyState === 'closing' && packet === PacketType.close) this.fail('forced close');
      return false;
    }
    this.#packetsReceived++;
    if (this.#observed) reportText(this, packet);
    // Whoever got this packet as an event may have closed the connection.
    if (this.#readyState !== 'open') return false;
    if (packet.charCodeAt(0) === 52 /* message */) {
      this.#extendPing();
      this.#handler?.onText(packet, 1);
    } else {
      this.#onControl(packet);
    }
    return this.#readyState === ('open' as ReadyState);
  }

  onBinary(data: Buffer): boolean {
    if (this.#readyState !== 'open') return false;
    this.#packetsReceived++;
    if (this.#observed) {
      reportBinary(this, data);
      if (this.#readyState !== ('open' as ReadyState)) return false;
    }
    this.#extendPing();
    this.#handler?.onBinary(data);
    return this.#readyState === ('open' as ReadyState);
  }

  #onControl(packet: string): void {
    switch (packet) {
      case PacketType.pong:
        this.#onPong();
        if (this.#observed) this.emit('heartbeat');
        return;
      case PacketType.close:
        this.#end('transport close');
        this.#transport.terminate();
        return;
      case PacketType.noop:
        return;
    }
    const type = packetTypeOf(packet);
    if (type === 'ping' && this.protocol === 3) this.#onClientPing();
    else if (type === 'ping') this.fail('transport error', new TransportViolation('invalid heartbeat direction'));
    else if (type === undefined) this.fail('parse error', new TransportViolation('unknown Engine.IO packet'));
  }

  #onClientPing(): void {
    this.#heartbeat.onPong(this);
    if (this.#observed) announcePackets(this, PONG);
    if (this.#readyState !== 'open') return;
    this.#outbox.push(PONG);
    if (this.#observed) this.emit('heartbeat');
  }

  #onPong(): void {
    const elapsed = this.#heartbeat.sincePing(this);
    if (!this.#heartbeat.onPong(this)) return;
    // After an extension, it is not known any more when the ping was sent.
    if (!this.#pingExtended && elapsed !== undefined) this.#roundTrip = Math.round(elapsed);
    this.#pingExtended = false;
  }

  /** A busy client may be slow with its pong: anything it sends in between extends the wait, once per ping. */
  #extendPing(): void {
    if (this.#pingExtended) return;
    this.#pingExtended = this.#heartbeat.extend(this);
  }

  /** @internal */
  onReady(): void {
    this.#outbox.flush();
    if (this.#readyState === 'closing') this.#closeWhenWritten();
  }

  onHeaders(headers: ResponseHeaders, request: IncomingMessage): void {
    this.#host.onHeaders(headers, request, this.#request.is(request) ? this.id : undefined);
  }

  /** @internal */
  onTooLarge(bytes?: number): void {
    this.#host.onTooLarge(this, bytes);
  }

  /** @internal */
  onUnanswered(error: unknown): void {
    const words = `an answer could not be written to ${this.id}: ${error instanceof Error ? error.message : error}`;
    this.#host.onListenerError(new Error(words, { cause: error }), 'headers');
    // Later: it may have been a write of the outbox.
    queueMicrotask(() => this.fail('transport error', error));
  }

  /** @internal */
  onPingDue(): void {
    this.#pingExtended = false;
    if (this.#observed) announcePackets(this, PING);
    if (this.#readyState !== 'closed') this.#outbox.push(PING);
  }

  /** @internal */
  onPongMissing(): void {
    this.fail('ping timeout');
  }

  // --- upgrade ---

  /** Lets the client move to this transport. Refused (the transport is closed) when it cannot. @internal */
  startUpgrade(transport: Transport): void {
    if (this.#readyState !== 'open' || this.#upgrade !== null || this.#transport.name === 'websocket') {
      transport.close();
      return;
    }
    if (debug.enabled) debug('%s begins to move to %s', this.id, transport.name);
    this.#upgrade = new Upgrade(transport, this.#host, {
      onProbe: () => {
        if (this.#observed) this.emit('upgrading', transport);
      },
      releasePoll: () => {
        if (this.#transport.ready && this.#outbox.isEmpty) this.#outbox.push(NOOP);
      },
      onComplete: () => this.#completeUpgrade(transport),
      onFailed: () => {
        if (debug.enabled) debug('%s did not move to %s', this.id, transport.name);
        this.#upgrade = null;
        if (this.#readyState === 'closing') this.#closeWhenWritten();
      },
    });
  }

  #completeUpgrade(transport: Transport): void {
    this.#upgrade = null;
    const previous = this.#transport;
    this.#transport = transport;
    this.#upgraded = true;
    if (debug.enabled) debug('%s moved to %s', this.id, transport.name);
    transport.attach(this);
    if ('discard' in previous) (previous as Transport & { discard(): void }).discard();
    if (this.#observed) this.emit('upgrade', transport);
    this.#request.reduce();
    this.onReady();
  }

  // --- closing ---

  /**
   * Closes the connection, after what was sent before.
   *
   * @param discard end the session at once, and drop what cannot be written now.
   */
  close(discard = false): void {
    if (discard) {
      this.fail('forced close');
      return;
    }
    if (this.#readyState !== 'open') return;
    this.#outbox.flush();
    this.#moveTo('closing');
    // A client that is just moving is met again where it goes to, with everything it was promised.
    if (this.#upgrade === null) this.#closeWhenWritten();
  }

  /**
   * A slow reader gets what it was promised (see onReady), but not for ever: the heartbeat still runs. Over polling, the
   * close packet is the next answer: clients that find it behind messages, in one body, forget the messages.
   */
  #closeWhenWritten(): void {
    if (this.#outbox.isEmpty && (this.#transport.name === 'websocket' || this.#transport.ready))
      this.#transport.close();
  }

  /**
   * Ends the session at once: what the transport takes now still goes out, then it is closed.
   *
   * @param closeInfo what the client is told, when the reason alone does not say it.
   * @internal
   */
  fail(reason: ConnectionCloseReason, description?: unknown, closeInfo?: CloseInfo): void {
    if (this.#readyState === 'closed') return;
    this.#outbox.flush();
    this.#end(reason, description);
    const { code, reason: words } = closeInfo ?? closeInfoOf(reason, description) ?? {};
    this.#transport.close(code, words);
  }

  onClose(reason: 'transport close' | 'transport error' | 'parse error', description?: unknown): void {
    this.#end(this.#readyState === 'closing' ? 'forced close' : reason, description);
  }

  /** The one way a connection ends. Idempotent. */
  #end(reason: ConnectionCloseReason, description?: unknown): void {
    if (this.#readyState === 'closed') return;
    this.#moveTo('closed');
    this.#ending = summarizeClose(reason, description, {
      transport: this.#transport,
      packetsReceived: this.#packetsReceived,
      packetsSent: this.#packetsSent,
      roundTrip: this.roundTrip,
    });
    this.#heartbeat.stop(this);
    this.#upgrade?.cancel();
    this.#outbox.clear();
    this.#sendCallbacks = null;
    this.#host.onClosed(this);
    const handler = this.#handler;
    this.#handler = null;
    handler?.onClose(reason, description);
    if (this.#observed) this.emit('close', reason, description);
  }

  #moveTo(state: ReadyState): void {
    if (!canMove(this.#readyState, state))
      throw new Error(`a connection cannot move from ${this.#readyState} to ${state}`);
    this.#readyState = state;
  }
}
