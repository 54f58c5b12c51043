import { type ClientClock, MAX_DELAY, type Timer } from './clock.js';
import { Emitter } from './emitter.js';
import { TransportError } from './errors.js';
import type { ConnectionOptions, TransportName } from './options.js';
import { quote } from './transports/codec.js';
import type { CloseDetails, EnginePacket, Transport, TransportConstructor } from './transports/transport.js';

/** What the server says first. Source: Engine.IO protocol 4, "Handshake". */
export interface HandshakeData {
  sid: string;
  upgrades: string[];
  /** Milliseconds between two pings of the server. */
  pingInterval: number;
  /** Milliseconds to wait for one beyond that. */
  pingTimeout: number;
  /** Bytes of one message, or of one polling body. */
  maxPayload: number;
}

export interface ConnectionEvents {
  open: () => void;
  handshake: (data: HandshakeData) => void;
  packet: (packet: EnginePacket) => void;
  packetCreate: (packet: EnginePacket) => void;
  data: (data: any) => void;
  message: (data: any) => void;
  drain: () => void;
  flush: () => void;
  heartbeat: () => void;
  ping: () => void;
  pong: () => void;
  error: (error: Error) => void;
  upgrading: (transport: Transport) => void;
  upgrade: (transport: Transport) => void;
  upgradeError: (error: Error) => void;
  close: (reason: string, description?: CloseDetails | Error) => void;
}

/** What differs between browsers and Node.js, and between the entries of the client. */
export interface Platform {
  /** By name, in the default order. */
  transports: Record<string, TransportConstructor>;
  /** What binary messages arrive as, unless the application wants something else. */
  binaryType: BinaryType;
  /** Makes it what is wanted. Without it, binary stays what the transports deliver. */
  toBinary?: (data: any, binaryType: BinaryType) => any;
  Connection: new (options: ResolvedConnectionOptions, platform: Platform, memory: TransportMemory) => Connection;
}

export type BinaryType = 'nodebuffer' | 'arraybuffer' | 'blob';

/** What outlives one connection, for the next attempt. */
export interface TransportMemory {
  /** The transport that worked where those before it in the list had failed. */
  first?: string | undefined;
}

export interface WriteOptions {
  compress?: boolean;
}

/** Options as a connection needs them, completed by the manager. */
export interface ResolvedConnectionOptions extends ConnectionOptions {
  hostname: string;
  port: string;
  secure: boolean;
  path: string;
  clock: ClientClock;
}

/**
 * One Engine.IO session over one transport: shakes hands, keeps it alive, and carries messages in order. Ends once; a new
 * session is a new object. {@link NegotiatedConnection} adds the choice between transports.
 */
export class Connection extends Emitter<Record<never, never>, Record<never, never>, ConnectionEvents> {
  static protocol = 4;

  /** Session id, empty before the handshake and after the end. */
  id = '';
  transport!: Transport;
  binaryType: BinaryType;
  readyState: 'opening' | 'open' | 'closing' | 'closed' = 'opening';
  /** Packets that the transport has not confirmed; the first ones may be on their way. */
  writeBuffer: EnginePacket[] = [];
  /** The server's words, once they came. */
  handshake: HandshakeData | undefined;

  /** Named as in engine.io-client, where programs read it. */
  protected readonly opts: ResolvedConnectionOptions;
  readonly #transports: Record<string, TransportConstructor>;
  #pingTimer: Timer | undefined;
  #pingDeadline = 0;
  /** How many of `writeBuffer` the transport has. */
  #inFlight = 0;

  constructor(options: ResolvedConnectionOptions, platform: Platform) {
    super();
    this.opts = options;
    this.binaryType = platform.binaryType;
    this.#transports = platform.transports;
  }

  /** Starts. Listeners are added before. */
  open(): void {
    this.openTransport();
  }

  protected openTransport(): void {
    const [name] = Object.keys(this.#transports);
    this.setTransport(this.createTransport(name!, this.#transports[name!]!)).open();
  }

  protected createTransport(name: TransportName, Implementation: TransportConstructor): Transport {
    const { query, transportOptions } = this.opts;
    return new Implementation({
      ...this.opts,
      ...transportOptions?.[name],
      query: { ...query, EIO: Connection.protocol, transport: name, ...(this.id && { sid: this.id }) },
      socket: this,
    });
  }

  /** Goes on with another transport, and closes the one before. */
  protected setTransport(transport: Transport): Transport {
    this.dropTransport();
    this.transport = transport;
    return transport
      .on('drain', () => this.#onDrain())
      .on('packet', (packet) => this.#onPacket(packet))
      .on('error', (error) => this.fail(error))
      .on('close', (details) => this.lose(details?.description, details));
  }

  /**
   * The transport does not work.
   *
   * @param _isFinal whether there is no time for another one.
   */
  fail(error: TransportError, _isFinal?: boolean): void {
    if (this.readyState === 'closed') return;
    this.emitReserved('error', error);
    this.end('transport error', error);
  }

  /** The transport is gone without an error. Before the handshake that is one: nobody was there. */
  lose(description?: string, details?: CloseDetails): void {
    if (this.readyState === 'opening') {
      this.fail(new TransportError(`${this.transport.name} error`, description, details?.context));
    } else {
      this.end('transport close', details ?? { description: description! });
    }
  }

  #onPacket(packet: EnginePacket): void {
    if (this.readyState === 'closed') return;
    this.convert(packet);
    const { type, data } = packet;
    let handshake: HandshakeData | false | undefined;
    if (this.readyState === 'opening') {
      handshake = type === 'open' && parseHandshake(data);
      if (!handshake) {
        this.fail(new TransportError('parse error', `no handshake: ${type} packet, ${quote(data)}`, data));
        return;
      }
      this.handshake = handshake;
    }
    this.emitReserved('packet', packet);
    this.emitReserved('heartbeat');
    this.#pingDeadline = this.opts.clock.now() + this.handshake!.pingInterval + this.handshake!.pingTimeout;
    if (handshake) {
      this.onHandshake(handshake);
    } else if (type === 'ping') {
      this.#sendPacket({ type: 'pong' });
      this.emitReserved('ping');
      this.emitReserved('pong');
    } else if (type === 'message') {
      this.emitReserved('data', data ?? '');
      this.emitReserved('message', data ?? '');
    } else if (type === 'close') {
      this.lose('transport closed by the server');
    }
  }

  /** Makes of binary data what the application wants: nothing else, here. */
  protected convert(_packet: EnginePacket): void {}

  protected onHandshake(data: HandshakeData): void {
    this.id = this.transport.query.sid = data.sid;
    this.emitReserved('handshake', data);
    this.readyState = 'open';
    this.#watchPings();
    this.emitReserved('open');
    this.flush();
  }

  /** One timer that looks at the deadline, rather than a new timer for each packet. */
  #watchPings(): void {
    const { clock } = this.opts;
    this.#pingTimer = clock.setTimeout(() => {
      this.checkPing();
      if (this.readyState !== 'closed') this.#watchPings();
    }, this.#pingDeadline - clock.now());
  }

  /**
   * Closes the connection when the server has been silent for too long, and says whether it still lives. Timers of
   * sleeping laptops and of pages in the background fire late, so whoever is about to send asks first.
   */
  checkPing(): boolean {
    if (this.#pingDeadline && this.opts.clock.now() >= this.#pingDeadline) this.end('ping timeout');
    return this.readyState === 'open';
  }

  /** Sends a message, text or binary. `callback` is called once a transport has taken it. */
  write(data: unknown, options?: WriteOptions, callback?: () => void): this {
    this.#sendPacket({ type: 'message', data, ...(options && { options }) }, callback);
    return this;
  }

  /** Alias of {@link write}. */
  send(data: unknown, options?: WriteOptions, callback?: () => void): this {
    return this.write(data, options, callback);
  }

  #sendPacket(packet: EnginePacket, callback?: () => void): void {
    if (this.readyState !== 'opening' && this.readyState !== 'open') return;
    this.emitReserved('packetCreate', packet);
    this.writeBuffer.push(packet);
    if (callback) this.once('flush', callback);
    this.flush();
  }

  /** @param packets how much of `writeBuffer` to send; by default all of it. */
  protected flush(packets: EnginePacket[] = [...this.writeBuffer]): void {
    const isOpen = this.readyState === 'open' || this.readyState === 'closing';
    if (!isOpen || !this.transport.writable || !packets.length) return;
    this.#inFlight = packets.length;
    this.transport.send(packets);
    this.emitReserved('flush');
  }

  /** Bytes of a message, as the server counts them against its `maxPayload`. */
  wireSize(data: any): number {
    return typeof data === 'string' ? 1 + byteLength(data) : byteLength(data);
  }

  #onDrain(): void {
    this.writeBuffer.splice(0, this.#inFlight);
    this.#inFlight = 0;
    if (this.writeBuffer.length) this.flush();
    else this.emitReserved('drain');
  }

  /** Closes, after what was written has been sent. */
  close(): this {
    if (this.readyState === 'opening') this.end('forced close');
    if (this.readyState === 'open') {
      this.readyState = 'closing';
      this.finish();
    }
    return this;
  }

  /** Ends once everything is written. */
  protected finish(): void {
    if (this.writeBuffer.length) this.once('drain', () => this.finish());
    else this.end('forced close');
  }

  /** Closes the transport, which is no news to anybody. */
  dropTransport(): void {
    this.transport?.removeAllListeners();
    this.transport?.close();
  }

  /** The end of the session. */
  protected end(reason: string, description?: CloseDetails | Error): void {
    if (this.readyState === 'closed') return;
    this.readyState = 'closed';
    this.#pingTimer?.cancel();
    this.dropTransport();
    this.id = '';
    this.emitReserved('close', reason, description);
    this.writeBuffer = [];
  }
}

/** `false` when it is none. */
function parseHandshake(text: unknown): HandshakeData | false {
  try {
    const data = JSON.parse(text as string) as HandshakeData;
    const times = [data.pingInterval, data.pingTimeout];
    return (
      typeof data.sid === 'string' && times.every((ms) => typeof ms === 'number' && ms > 0 && ms < MAX_DELAY) && data
    );
  } catch {
    return false;
  }
}

/** Bytes of what can be sent; text as UTF-8. */
export function byteLength(data: any): number {
  if (typeof data !== 'string') return data.byteLength ?? data.size;
  // Not `TextEncoder`: React Native and jsdom have none.
  let bytes = 0;
  for (const character of data) {
    const code = character.codePointAt(0)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
