import type { IncomingMessage } from 'node:http';
import createDebug from 'debug';
import { preparedOnce } from '../adapters/foreign.js';
import type { ConnectionCloseReason, DisconnectReason } from '../engine/close-reason.js';
import type { Connection } from '../engine/connection.js';
import type { ExtensionConnection } from '../extension.js';
import { parseQuery } from '../protocol/engineio/handshake.js';
import { Prepared } from '../protocol/prepared.js';
import { PacketAssembler } from '../protocol/socketio/assembler.js';
import { decode } from '../protocol/socketio/decode.js';
import { checkForeignPacket } from '../protocol/socketio/foreign-packet.js';
import { type Packet, PacketType } from '../protocol/socketio/packet.js';
import type { PacketDecoder } from '../protocol/socketio/parser.js';
import { RESERVED_PREFIX } from '../reserved-names.js';
import type { ClientConnection, ClientHost, ClientSocket, Credentials, SendFlags } from './contracts.js';
import { inOwnContext } from './event-context.js';
import { notify, refusalOf } from './hooks.js';

const debug = createDebug('carillon:client');

/**
 * A connection as Socket.IO sees it: it takes packets apart by namespace.
 *
 * ```
 *   connection ──text──> assembler ──packet──> socket of its namespace
 *                                   └ CONNECT ─> namespace.add()
 * ```
 */
export class Client {
  /** The underlying connection. */
  readonly conn: Connection;
  /** Id of the connection. */
  readonly id: string;
  readonly #host: ClientHost;
  readonly #connection: ClientConnection;
  /** `null` until the first binary packet: texts need no state to be decoded. */
  #assembler: PacketAssembler | null = null;
  /** Of a custom parser; `null` with ours. */
  readonly #decoder: ForeignDecoder | null;
  /** Sockets by the name of their namespace; `null` while the namespace still decides. */
  readonly #sockets = new SocketsByNamespace();

  /** @internal */
  constructor(host: ClientHost, connection: ClientConnection, conn: Connection) {
    this.#host = host;
    this.#connection = connection;
    this.conn = conn;
    this.id = connection.id;
    const { parser } = host.opts;
    this.#decoder =
      parser === undefined
        ? null
        : new ForeignDecoder(new parser.Decoder(), (decoded) => this.#onForeignPacket(decoded));
    connection.handle(this);
    host.awaitNamespace(this);
    // Clients of Socket.IO 2 are in the main namespace without asking.
    if (connection.protocol === 3) this.#onConnect('/');
  }

  /** The request that opened the connection. */
  get request(): IncomingMessage {
    return this.#connection.request;
  }

  get remoteAddress(): string {
    return this.#connection.remoteAddress;
  }

  /** The connection, as extensions see it. @internal */
  get connection(): ExtensionConnection {
    return this.#connection;
  }

  /** @internal */
  get isOpen(): boolean {
    return this.#connection.readyState === 'open';
  }

  // --- sending ---

  /** Encodes and sends one packet. @throws TypeError, RangeError when it cannot be encoded. @internal */
  send(packet: Packet, flags?: SendFlags): void {
    if (this.#connection.readyState !== 'open') return;
    if (flags?.volatile && !this.#connection.isIdle) return;
    this.#connection.deliver(this.prepare(packet, flags));
  }

  /** Encodes one packet, to be delivered. @throws TypeError, RangeError when it cannot be sent. @internal */
  prepare(packet: Packet, flags?: SendFlags): Prepared {
    return Prepared.message(this.#host.encoder.encode(packet), flags?.compress !== false);
  }

  /** Sends what is encoded already. Hot path: once per receiver of every broadcast. @internal */
  deliver(message: Prepared, isVolatile: boolean): void {
    if (isVolatile && !this.#connection.isIdle) return;
    this.#connection.deliver(message);
  }

  /**
   * For adapters written for Socket.IO: they encode a packet themselves and hand it to each client.
   *
   * @param options one object for all receivers of a broadcast: it is the key to the shared wire forms.
   * @internal
   */
  writeToEngine(encodedPackets: (string | Uint8Array)[], options: SendFlags): void {
    this.deliver(preparedOnce(encodedPackets, options), options.volatile === true);
  }

  /** Events were dropped because this client read too slowly. @internal */
  onDropped(count: number): void {
    for (const socket of this.#sockets.list()) {
      const { missed } = this.#host.hooks.peek(socket.nsp.name);
      if (missed !== null) notify(missed, this.#host, 'missed', socket, count);
    }
  }

  // --- receiving ---

  /** Bytes of attachments that wait for others. @internal */
  get pendingBytes(): number {
    return this.#assembler === null ? 0 : this.#assembler.pendingBytes;
  }

  /** @internal */
  onText(text: string, offset: number): void {
    let packet: Packet | undefined;
    try {
      packet = this.#decodeText(text, offset);
    } catch (error) {
      this.#onInvalid(error);
      return;
    }
    if (packet !== undefined) inOwnContext(Client.#handle, this, packet);
  }

  /** @internal */
  onBinary(data: Buffer): void {
    let packet: Packet | undefined;
    try {
      packet = this.#decoder === null ? this.#assemble().receiveBinary(data) : this.#decoder.receive(data);
    } catch (error) {
      this.#onInvalid(error);
      return;
    }
    if (packet !== undefined) inOwnContext(Client.#handle, this, packet);
  }

  #decodeText(text: string, offset: number): Packet | undefined {
    if (this.#decoder !== null) return this.#decoder.receive(text.slice(offset));
    const type = text.charCodeAt(offset);
    const isBinary = type === 53 /* BINARY_EVENT */ || type === 54; /* BINARY_ACK */
    if (isBinary || this.#assembler?.isPending) return this.#assemble().receiveText(text, offset);
    return decode(text, offset, this.#host.opts.decodeLimits);
  }

  #assemble(): PacketAssembler {
    this.#assembler ??= new PacketAssembler(this.#host.opts.decodeLimits);
    return this.#assembler;
  }

  #onInvalid(error: unknown): void {
    if (debug.enabled) debug('%s sent an invalid packet: %s', this.id, error instanceof Error ? error.message : error);
    const fault = error instanceof Error ? error : new Error(String(error));
    for (const socket of this.#sockets.list()) socket.onError(fault);
    this.#connection.fail('parse error', error);
  }

  /** A custom parser's decoder calls back, maybe later than from within `receive`: nobody else would catch an error. */
  #onForeignPacket(decoded: unknown): void {
    if (!this.isOpen) return;
    let packet: Packet;
    try {
      packet = checkForeignPacket(decoded, this.#host.opts.decodeLimits);
    } catch (error) {
      this.#onInvalid(error);
      return;
    }
    inOwnContext(Client.#handle, this, packet);
  }

  static #handle(client: Client, packet: Packet): void {
    client.#onPacket(packet);
  }

  #onPacket(packet: Packet): void {
    if (this.#connection.protocol === 3 && packet.type === PacketType.CONNECT) {
      this.#onOldConnect(packet.nsp);
      return;
    }
    const socket = this.#sockets.get(packet.nsp);
    if (socket === undefined) {
      if (packet.type === PacketType.CONNECT) this.#onConnect(packet.nsp, packet.data);
      else this.#refuse('a packet for a namespace it is not in');
    } else if (socket === null || packet.type === PacketType.CONNECT || packet.type === PacketType.CONNECT_ERROR) {
      this.#refuse('a second CONNECT, or a packet before the namespace accepted it');
    } else {
      socket.onPacket(packet);
    }
  }

  #refuse(what: string): void {
    if (debug.enabled) debug('%s sent %s', this.id, what);
    this.close();
  }

  // --- namespaces ---

  /** A client of Socket.IO 2 gives its credentials as the query of the name: `/chat?token=abc`. */
  #onOldConnect(given: string): void {
    const question = given.indexOf('?');
    const name = question === -1 ? given : given.slice(0, question);
    if (this.#sockets.get(name) !== undefined) this.#refuse('a second CONNECT');
    else this.#onConnect(name, question === -1 ? {} : { ...parseQuery(given) });
  }

  #onConnect(name: string, given: Credentials = {}): void {
    const [auth, credentials] = takeCredentials(given);
    const { arriving } = this.#host.hooks.peek(name);
    if (arriving !== null) {
      const arrival = { connection: this.#connection, namespace: name, auth };
      const refusal = refusalOf(arriving, arrival, this.#host);
      if (refusal !== undefined) {
        this.#refuseWith(name, refusal);
        return;
      }
    }
    this.#connect(name, auth, credentials);
  }

  #connect(name: string, auth: Credentials, credentials: Credentials): void {
    if (this.#sockets.size >= this.#host.opts.maxNamespacesPerConnection) {
      this.#refuseWith(name, { message: 'Too many namespaces' });
      return;
    }
    this.#sockets.set(name, null);
    this.#host.findNamespace(name, auth, (namespace) => {
      if (!this.isOpen) {
        namespace?.onRefused();
        return;
      }
      if (namespace === undefined) this.#refuseWith(name, { message: 'Invalid namespace' });
      else namespace.add(this, auth, credentials);
    });
  }

  /** The namespace accepted: packets of it go to this socket. @internal */
  accept(socket: ClientSocket): void {
    if (debug.enabled) debug('%s joins %j as %s', this.id, socket.nsp.name, socket.id);
    this.#sockets.set(socket.nsp.name, socket);
    this.#host.joinedNamespace(this);
  }

  /** The namespace refused. @internal */
  refuse(name: string, error: Refusal): void {
    // Clients of Socket.IO 2 get the data alone, or else the message.
    this.#refuseWith(name, error, this.#connection.protocol === 3 ? (error.data ?? error.message) : error);
  }

  #refuseWith(name: string, error: Refusal, told: unknown = error): void {
    if (debug.enabled) debug('%s may not join %j: %s', this.id, name, error.message);
    if (this.#sockets.get(name) === null) this.#sockets.delete(name);
    try {
      this.send({ type: PacketType.CONNECT_ERROR, nsp: name, data: told });
    } catch (cause) {
      // What the application put beside the message cannot be encoded: the client is refused nevertheless.
      this.#host.reportListenerError(cause, { event: 'connect_error' });
      this.send({ type: PacketType.CONNECT_ERROR, nsp: name, data: { message: String(error.message) } });
    }
  }

  /** The socket left its namespace. @internal */
  remove(socket: ClientSocket): void {
    if (this.#sockets.get(socket.nsp.name) === socket) this.#sockets.delete(socket.nsp.name);
  }

  // --- closing ---

  /** Disconnects all sockets, then closes the connection. */
  disconnect(): void {
    for (const socket of this.#sockets.list()) socket.disconnect();
    this.#sockets.clear();
    this.close();
  }

  /** Closes the connection; its sockets end with `forced server close`. */
  close(): void {
    if (!this.isOpen) return;
    // Taken first: some transports end within `close`, and report a reason of their own.
    const sockets = this.#takeSockets();
    this.#connection.close();
    this.#end(sockets, 'forced server close');
  }

  /** @internal */
  onClose(reason: ConnectionCloseReason, description?: unknown): void {
    this.#end(this.#takeSockets(), reason, description);
  }

  #takeSockets(): ClientSocket[] {
    const sockets = this.#sockets.list();
    this.#sockets.clear();
    return sockets;
  }

  #end(sockets: ClientSocket[], reason: DisconnectReason, description?: unknown): void {
    this.#host.joinedNamespace(this);
    for (const socket of sockets) socket.onClose(reason, description);
    this.#assembler?.clear();
    this.#decoder?.destroy();
  }
}

/** Why a client may not join. */
interface Refusal {
  message: string;
  data?: unknown;
}

const NO_CREDENTIALS: Credentials = Object.freeze({});

/** What the application's half of the client gave as `auth`, and what extensions added to it. */
function takeCredentials(given: Credentials): [auth: Credentials, credentials: Credentials] {
  const names = Object.keys(given).filter((name) => name.startsWith(RESERVED_PREFIX));
  if (names.length === 0) return [given, NO_CREDENTIALS];
  const auth = { ...given };
  const credentials: Credentials = {};
  for (const name of names) {
    credentials[name] = auth[name];
    delete auth[name];
  }
  return [auth, credentials];
}

/** A map by namespace; most clients are in the main one only, and need no `Map` for it. */
class SocketsByNamespace {
  #main: ClientSocket | null | undefined = undefined;
  #others: Map<string, ClientSocket | null> | null = null;

  get size(): number {
    return (this.#main === undefined ? 0 : 1) + (this.#others?.size ?? 0);
  }

  get(name: string): ClientSocket | null | undefined {
    return name === '/' ? this.#main : this.#others?.get(name);
  }

  set(name: string, socket: ClientSocket | null): void {
    if (name === '/') {
      this.#main = socket;
      return;
    }
    this.#others ??= new Map();
    this.#others.set(name, socket);
  }

  delete(name: string): void {
    if (name === '/') this.#main = undefined;
    else this.#others?.delete(name);
  }

  clear(): void {
    this.#main = undefined;
    this.#others = null;
  }

  /** Those that are connected, as they are now. */
  list(): ClientSocket[] {
    return [this.#main, ...(this.#others?.values() ?? [])].filter((socket) => socket != null);
  }
}

/** A custom parser's decoder: an emitter. */
class ForeignDecoder {
  readonly #decoder: PacketDecoder;

  constructor(decoder: PacketDecoder, onPacket: (decoded: unknown) => void) {
    this.#decoder = decoder;
    decoder.on('decoded', onPacket);
  }

  receive(message: string | Buffer): undefined {
    this.#decoder.add(message);
  }

  destroy(): void {
    this.#decoder.destroy();
  }
}
