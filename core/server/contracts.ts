// What the classes of this module need of each other, as interfaces without type parameters: the classes themselves are
// generic for the application, and nothing inside depends on its events. Each lists the caller's needs and no more; each
// stands below all classes, so that nobody imports upwards.
import type { IncomingMessage } from 'node:http';
import type { Adapter, PrivateSessionId, SocketId } from '../adapters/adapter.js';
import type { CloseInfo, ConnectionCloseReason, DisconnectReason } from '../engine/close-reason.js';
import type { Connection, ConnectionHandler } from '../engine/connection.js';
import type { ExtensionConnection, ExtensionSocket } from '../extension.js';
import type { ResolvedOptions } from '../options/index.js';
import type { Prepared } from '../protocol/prepared.js';
import type { Packet } from '../protocol/socketio/packet.js';
import type { PacketEncoder } from '../protocol/socketio/parser.js';
import type { ErrorReporter } from './error-reporter.js';
import type { HookHub, NamespaceHooks } from './hooks.js';

export type { ErrorReporter } from './error-reporter.js';

/** What a client gave as `auth`. */
export type Credentials = Record<string, unknown>;

/** How one packet is sent. */
export interface SendFlags {
  volatile?: boolean;
  compress?: boolean;
}

// --- the client's needs ---

/** What a client needs of its connection. Ours is one; those of other engines are wrapped (see foreign-connection.ts). */
export interface ClientConnection
  extends Pick<
    Connection,
    'id' | 'protocol' | 'request' | 'remoteAddress' | 'transport' | 'readyState' | 'isIdle' | 'close'
  > {
  handle(handler: ConnectionHandler): void;
  deliver(message: Prepared): void;
  fail(reason: ConnectionCloseReason, description?: unknown, closeInfo?: CloseInfo): void;
}

/** What a client needs of the server. */
export interface ClientHost extends ErrorReporter {
  readonly opts: Pick<ResolvedOptions, 'parser' | 'decodeLimits' | 'maxNamespacesPerConnection'>;
  readonly encoder: PacketEncoder;
  /** What extensions want to know. */
  readonly hooks: Pick<HookHub, 'peek'>;
  /** Closes the client, unless it joins a namespace in time. */
  awaitNamespace(client: { close(): void }): void;
  /** The client joined a namespace, or is gone. */
  joinedNamespace(client: { close(): void }): void;
  /** Finds the namespace a client asks for, or makes it when a pattern matches; calls back now or later, once. */
  findNamespace(name: string, auth: Credentials, callback: (namespace: ClientNamespace | undefined) => void): void;
}

/** What a client needs of a namespace. */
export interface ClientNamespace {
  /**
   * The client wants to join; it is answered by `accept` or `refuse`.
   *
   * @param credentials what it gave besides `auth`, for extensions.
   */
  add(client: NamespaceClient, auth: Credentials, credentials: Credentials): void;
  /** The client that asked for it is gone. */
  onRefused(): void;
}

/** What a client needs of each of its sockets. */
export interface ClientSocket extends ExtensionSocket {
  onPacket(packet: Packet): void;
  /** The client sent what cannot be read; the connection ends next. */
  onError(error: Error): void;
  /** The connection is over. */
  onClose(reason: DisconnectReason, description?: unknown): void;
}

// --- the namespace's needs ---

/** What a namespace needs of the server. */
export interface NamespaceHost extends ErrorReporter {
  readonly opts: ResolvedOptions;
  readonly encoder: PacketEncoder;
  /** Makes the adapter of each namespace. */
  adapter(): unknown;
  /** What extensions want to know. */
  readonly hooks: Pick<HookHub, 'of'>;
}

/** What a namespace needs of a client that wants to join it. */
export interface NamespaceClient extends SocketClient {
  /** Its connection, for extensions. */
  readonly connection: ExtensionConnection;
  /** It is in: packets of the namespace go to this socket. */
  accept(socket: ClientSocket): void;
  /** It is not let in. */
  refuse(name: string, error: { message: string; data?: unknown }): void;
  /** Closes the connection. */
  close(): void;
}

// --- the socket's needs ---

/** What a socket needs of its namespace. */
export interface SocketNamespace {
  readonly name: string;
  readonly adapter: Adapter;
  /** Next acknowledgement id. */
  _ids: number;
  readonly server: SocketServer;
  readonly hooks: NamespaceHooks;
  /** The socket left. */
  remove(socket: NamespaceMember): void;
}

/** What a socket needs of the server. */
export interface SocketServer extends ErrorReporter {
  readonly opts: Pick<ResolvedOptions, 'connectionStateRecovery' | 'maxPendingAcks'>;
  readonly encoder: PacketEncoder;
}

/** What a socket needs of its client. */
export interface SocketClient {
  readonly conn: Connection;
  readonly request: IncomingMessage;
  readonly remoteAddress: string;
  readonly isOpen: boolean;
  /** Encodes and sends one packet. @throws TypeError, RangeError when it cannot be encoded. */
  send(packet: Packet, flags?: SendFlags): void;
  /** Encodes one packet, to be delivered. @throws TypeError, RangeError when it cannot be sent. */
  prepare(packet: Packet, flags?: SendFlags): Prepared;
  /** Sends what is encoded already. Hot path: once per receiver of every broadcast. */
  deliver(message: Prepared, isVolatile: boolean): void;
  /** Disconnects the sockets of all namespaces, and closes the connection. */
  disconnect(): void;
  /** The socket left its namespace. */
  remove(socket: ClientSocket): void;
}

/** What tells a socket from others of its namespace. */
export interface NamespaceMember {
  readonly id: SocketId;
  /** Secret of its session, when recovery is on. */
  readonly pid: PrivateSessionId | undefined;
}

// --- the needs of namespaces made from a pattern ---

/** What they need of the registry of namespaces. */
export interface NamespaceOwner<Member> {
  /** Makes a new namespace known. */
  register(namespace: Member): void;
  /** Closes a namespace, and forgets it. */
  unregister(namespace: Member): void;
}
