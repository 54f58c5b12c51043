/**
 * carillon/extension: what an extension of the server may see and do. Everything that Socket.IO does not have is one, ours
 * and those of others alike; see docs/extensions.md.
 *
 * Each hook is a list that is put together when somebody registers. Without registrations it costs one comparison per emit
 * or per arriving event, and never anything per receiver. A hook that throws is reported as a listener's error is, and the
 * message goes on as if it had not been there; a guard that throws refuses.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from './clock.js';
import { faces } from './faces.js';

export type { Clock, Timer } from './clock.js';
export { ByteReader, ByteWriter, MalformedError } from './cluster/wire/bytes.js';
export { randomId } from './ids.js';
export { dropInvalidHeaders } from './protocol/header-fields.js';
export { exceedsDepth } from './protocol/socketio/depth.js';
export { isReservedName, RESERVED_PREFIX } from './reserved-names.js';
export { type Expiring, Sweep } from './sweep.js';

/** Takes back what a registration did. Idempotent. */
export type Undo = () => void;

// --- connections: once per connection ---

/** An Engine.IO session, as an extension sees it: an object that stays the same as long as the session lasts. */
export interface ExtensionConnection {
  /** Session id: a secret between the two sides. */
  readonly id: string;
  /** The request that opened it. */
  readonly request: IncomingMessage;
  /** Address of the peer, as the operating system reports it. */
  readonly remoteAddress: string;
  readonly readyState: 'opening' | 'open' | 'closing' | 'closed';
  /** Closes it; stock clients come back. With `discard`, nothing that waits is written any more: the peer is gone. */
  close(discard?: boolean): void;
  /**
   * Closes it for breaking a rule; stock clients come back.
   *
   * @param reason what `disconnect` listeners are told.
   * @param closeInfo what the client is told, as far as its transport can: see {@link CloseInfo}.
   */
  fail(reason: 'rate limit', description: Error, closeInfo?: CloseInfo): void;
}

/** What a client is told when the server closes its connection. */
export interface CloseInfo {
  /** Close code of a WebSocket (RFC 6455 §7.4.1). */
  readonly code: number | undefined;
  /** Close reason of a WebSocket, at most 123 bytes; over polling, the `Carillon-Reason` of the last answers. */
  readonly reason: string;
}

/** Why a connection is not opened: 429 with `Retry-After`, or 403. */
export interface AdmissionRefusal {
  /** For `connection_error` listeners: what refused it, such as `HANDSHAKE_RATE`. */
  readonly name: string;
  /** Milliseconds after which the client may try again; without, it is forbidden for good. */
  readonly retryAfter?: number;
  /** The words of a 403. */
  readonly message?: string;
}

/** Decides, at once, whether a connection may be opened; `undefined`: as far as it is concerned, yes. */
export type AdmissionGuard = (request: IncomingMessage) => AdmissionRefusal | undefined;

export interface Connections {
  /**
   * Adds a guard that is asked before a session exists.
   *
   * @param when `first`: ahead of `allowRequest` and whatever else the application decides by. `last`: when everything else
   * is settled, in the turn in which the session opens, unless a WebSocket has yet to be accepted.
   */
  admit(when: 'first' | 'last', guard: AdmissionGuard): Undo;
  /** Calls with each session that opens, before the application hears of it. */
  opened(listener: (connection: ExtensionConnection, request: IncomingMessage) => void): Undo;
  /** Calls with each session that is over. */
  closed(listener: (connection: ExtensionConnection) => void): Undo;
  /** The open sessions, as they are now. */
  list(): ExtensionConnection[];
  /** How many sessions are open. */
  readonly count: number;
  /** The session with this id. */
  find(id: string): ExtensionConnection | undefined;
  /** What they have counted since the engine was made. Reading visits the open sessions; messages cost nothing. */
  stats(): TrafficStats;
  /**
   * Serves polling requests whose session is not here; one for an engine.
   *
   * @param foreign `idStart`: what the ids of new sessions begin with, so that a request tells whose it is.
   */
  serveForeign(foreign: ForeignSessions): Undo;
  /** Whether ids of sessions are made by the engine, and not by the application. */
  readonly areIdsOurs: boolean;
  /** Answers a request for a polling session that is here, as if it had come in over HTTP; `undefined` when there is none. */
  inject(id: string, request: PlainRequest): InjectedRequest | undefined;
}

/** Sums over all sessions of an engine, open and over. */
export interface TrafficStats {
  /** Open sessions, by transport and by revision of Engine.IO. */
  readonly open: readonly {
    readonly transport: 'polling' | 'websocket';
    readonly protocol: 3 | 4;
    readonly count: number;
  }[];
  /** Handshakes that opened a session. */
  readonly opened: number;
  /** Requests that were refused, by error: `forbidden`, `unknownSession` and so on; only those that there were. */
  readonly refused: Readonly<Record<string, number>>;
  /** Sessions that are over, by the reason that `disconnect` listeners are told. */
  readonly closed: Readonly<Record<string, number>>;
  /** Packets of Engine.IO: each event is one, heartbeats count. */
  readonly packetsReceived: number;
  readonly packetsSent: number;
  /** On the wire, of the transport a session used last: headers included for WebSocket, bodies only for polling. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

/** An HTTP request, as a value. */
export interface PlainRequest {
  readonly method: string;
  readonly url: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** An answer, as a value. */
export interface PlainAnswer {
  readonly status: number;
  /** Name and value; a name may come twice. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** A request that is being answered. */
export interface InjectedRequest {
  /** Rejects when the session ends without one. */
  readonly answer: Promise<PlainAnswer>;
  /** Nobody waits for the answer any more. */
  abort(): void;
}

/** Sessions of polling clients that are held elsewhere. */
export interface ForeignSessions {
  readonly idStart: string;
  /**
   * Serves a request for a session that is not here. Must not throw or reject.
   *
   * @returns `false` when nobody has it: the request is refused as one for an unknown session.
   */
  serve(id: string, request: IncomingMessage, response: ServerResponse): Promise<boolean>;
}

// --- sockets: once per socket ---

/** A message that is encoded already, to be delivered any number of times. */
export interface EncodedMessage {
  /** Bytes of payload. */
  readonly byteLength: number;
  /** Bytes of memory it takes as long as it has not been delivered. */
  readonly heldBytes: number;
  /** The same message, for those who keep it: delivering a message lets it grow, so deliver a `compact()` of what is kept. */
  compact(): EncodedMessage;
}

/** A socket, as an extension sees it: the application's object. */
export interface ExtensionSocket {
  readonly id: string;
  readonly nsp: { readonly name: string };
  readonly connected: boolean;
  readonly recovered: boolean;
  /** Whatever the application put there. */
  data: unknown;
  readonly rooms: ReadonlySet<string>;
  readonly request: IncomingMessage;
  readonly handshake: { readonly auth: { readonly [name: string]: unknown }; readonly address: string };
  join(rooms: string | string[]): Promise<void> | void;
  leave(room: string): Promise<void> | void;
  disconnect(close?: boolean): unknown;
}

/** A client that asks for a namespace, before anything is known of it. */
export interface Arrival {
  readonly connection: ExtensionConnection;
  /** The name it asks for; there need not be such a namespace. */
  readonly namespace: string;
  /** What it gave as `auth`. */
  readonly auth: Readonly<Record<string, unknown>>;
}

/** Why a client is not let in: its `connect_error`. */
export interface ConnectRefusal {
  readonly message: string;
  readonly data?: unknown;
}

/** What is known in the moment a namespace has accepted a client, and before the client is told. */
export interface Accepted {
  readonly connection: ExtensionConnection;
  /** Members of the client's `auth` whose names begin with `carillon:`: the application does not see them. */
  readonly credentials: Readonly<Record<string, unknown>>;
  /** Members that are added to what the client is told: its CONNECT packet. */
  readonly greeting: Record<string, unknown>;
  /** Sends what is encoded already, such as an answer of {@link IncomingEvent.answerThrough}. */
  deliver(message: EncodedMessage): void;
}

export interface Sockets {
  /** Adds a guard that is asked before the namespace is even looked for: for what costs as soon as it is tried. */
  arriving(guard: (arrival: Arrival) => ConnectRefusal | undefined): Undo;
  /**
   * Adds a guard that is asked before the application's middlewares, and also for sockets whose session was recovered.
   * What it throws, or rejects with, refuses: `error.message` and `error.data` reach the client.
   */
  connecting(guard: (socket: ExtensionSocket) => void | Promise<void>): Undo;
  /** Adds a guard that is asked before a session kept for recovery is restored; `false`: it is as if it were not there. */
  restoring(guard: (session: { readonly sid: string; readonly data: unknown }) => boolean): Undo;
  /**
   * Calls with each socket its namespace has accepted, before the client is told and the application hears of it.
   *
   * @returns what is to happen to the events of this socket alone; nothing, when nothing is.
   */
  connected(listener: (socket: ExtensionSocket, accepted: Accepted) => IncomingHook | undefined | void): Undo;
  /** Calls with each socket that is about to leave; its rooms are still there. */
  disconnecting(listener: (socket: ExtensionSocket, reason: string) => void): Undo;
  /** Calls with each socket whose client read too slowly, and how many events were dropped in the meantime. */
  missed(listener: (socket: ExtensionSocket, count: number) => void): Undo;
  /** The sockets of this node, as they are now. */
  list(): ExtensionSocket[];
}

// --- events: once per event, once per emit ---

/** An event that a client has sent. */
export interface IncomingEvent {
  readonly socket: ExtensionSocket;
  /** Name and arguments. The array is what the application's listeners get: changing it changes their arguments. */
  readonly data: unknown[];
  /** The client's number for it, when it wants an answer. */
  readonly id: number | undefined;
  /** Answers it, if the client wants an answer and has none yet. */
  answer(...values: unknown[]): void;
  /** Has the answer of the application go through this, encoded, instead of to the client. */
  answerThrough(send: (answer: EncodedMessage) => void): void;
}

/** Sees the events of clients. */
export interface IncomingHook {
  /** An event has come, and nobody has seen it. `false`: nobody will. */
  arrived?(event: IncomingEvent): boolean | void;
  /** The application's middlewares have let it pass, and its listeners are about to be called. `false`: they are not. */
  dispatching?(event: IncomingEvent): boolean | void;
  /** They have been called. */
  dispatched?(event: IncomingEvent): void;
  /** The socket has left. */
  disconnected?(): void;
}

/** Who an emit is for, and how it is sent. */
export interface EmitTarget {
  readonly rooms: ReadonlySet<string>;
  readonly except: ReadonlySet<string>;
  readonly flags: { readonly volatile?: boolean; readonly compress?: boolean; readonly local?: boolean };
}

/** An event that the application sends. */
export interface OutgoingEmit {
  readonly namespace: string;
  /** Name and arguments, without an acknowledgement callback. What is added is sent, too. */
  readonly data: unknown[];
  readonly target: EmitTarget;
}

/** Sees each emit once, on the node where it was made. `false`: it is not sent. */
export type OutgoingHook = (emit: OutgoingEmit) => boolean | void;

/** Hears of rooms of this node. */
export interface RoomObserver {
  created?(room: string): void;
  deleted?(room: string): void;
  joined?(room: string, socketId: string): void;
  left?(room: string, socketId: string): void;
}

/** A namespace to send events to. */
export interface ExtensionNamespace {
  readonly name: string;
  /** Sends an event, as the application would. @throws Error when the name is reserved. */
  emit(target: Partial<EmitTarget>, event: string, ...args: unknown[]): void;
  /** Sends an event of carillon's own, whose name begins with `carillon:`: encoded once, to all of `target`. */
  deliver(target: Partial<EmitTarget>, event: string, ...args: unknown[]): void;
}

// --- other nodes ---

/** Why a node is not there any more. */
export type NodeLeaveReason = 'left' | 'silent';

export interface ClusterAnswers {
  readonly answers: ReadonlyMap<string, Buffer>;
  /** Nodes that answered that they cannot. */
  readonly unable: readonly string[];
  /** Nodes that did not answer in time, or died. */
  readonly missing: readonly string[];
}

/** The other nodes; with one node only, the same object, and nobody answers. */
export interface ExtensionCluster {
  /** Id of this node. */
  readonly id: string;
  /** Ids of the other nodes. */
  readonly members: readonly string[];
  /** Whether the adapter has nodes at all. */
  readonly isClustered: boolean;
  /** Asks the other nodes, or one. Never rejects. */
  request(
    name: string,
    payload: Uint8Array,
    options?: { to?: string; timeout?: number; onPart?: (node: string, payload: Buffer) => void },
  ): Promise<ClusterAnswers>;
  /** Sets who answers requests of this name; one per name. */
  handle(
    name: string,
    handler: (payload: Buffer, from: string, part: (payload: Uint8Array) => void) => Uint8Array | Promise<Uint8Array>,
  ): Undo;
  /** Sends to all who subscribe to the channel, this node included. Fire and forget, in order. */
  publish(channel: string, payload: Uint8Array): void;
  /** Hears what is published on a channel. @param from id of the node. */
  subscribe(channel: string, listener: (payload: Buffer, from: string) => void): Undo;
  /** Hears of nodes that come and go. */
  observe(observer: { joined?(id: string): void; left?(id: string, reason: NodeLeaveReason): void }): Undo;
  /** Counts and reports bytes that no node of ours sends. */
  reject(reason: string): void;
  /** Resolves once it is known who is there. */
  settled(): Promise<void>;
}

// --- what is kept ---

export interface LogLimits {
  /** Entries kept at most. */
  readonly maxEntries: number;
  /** Bytes kept at most, of all entries together. */
  readonly maxBytes: number;
  /** Milliseconds an entry is kept. */
  readonly maxAge: number;
}

export interface LogEntry {
  /** 1, 2, 3 … */
  readonly position: number;
  readonly payload: Buffer;
}

/** What a log holds. */
export interface LogPage {
  /** Changes when the log has begun anew: positions of another epoch mean nothing. */
  readonly epoch: string;
  /** Whether nothing between `since` and the first entry is gone. */
  readonly isComplete: boolean;
  /** Position of the last entry that was ever appended; 0 when there was none. */
  readonly last: number;
  readonly entries: readonly LogEntry[];
}

/** An ordered log, shared by all nodes: what is appended has the same position everywhere. */
export interface ExtensionLog {
  /** Appends an entry, and tells the followers on every node of it in the same step. @returns its position. */
  append(payload: Uint8Array): Promise<number>;
  /** The entries after a position. */
  read(since: number, maxEntries?: number): Promise<LogPage>;
  /** Calls with each entry that is appended on any node, in the order of their positions. */
  follow(listener: (entry: LogEntry) => void): Undo;
}

/** Values that expire, shared by all nodes. */
export interface ExtensionMap {
  get(key: string): Promise<Buffer | undefined>;
  /** @param ttl milliseconds the value is kept. */
  set(key: string, value: Uint8Array, ttl: number): Promise<void>;
  /** Sets it only while it is `expected` (`undefined`: not there). @returns whether it was. */
  compareAndSet(key: string, expected: Uint8Array | undefined, value: Uint8Array, ttl: number): Promise<boolean>;
  delete(key: string): Promise<boolean>;
  /** Has a value last for `ttl` milliseconds from now. @returns whether there is one. */
  expire(key: string, ttl: number): Promise<boolean>;
  /** Keys and values, as they are now. */
  entries(): Promise<[key: string, value: Buffer][]>;
}

export interface MapLimits {
  /** Bytes of all keys and values; the oldest go first. */
  readonly maxBytes: number;
}

/** Where an extension keeps what is to outlast a connection, or a node. */
export interface ExtensionStore {
  log(name: string, limits: LogLimits): ExtensionLog;
  map(name: string, limits: MapLimits): ExtensionMap;
}

// --- the face ---

/** Numbers that the server keeps anyway. */
export interface ServerStats {
  /** Open sessions. */
  readonly connections: number;
  /** What its sessions have counted; without an engine of ours, nothing. */
  readonly traffic: TrafficStats | undefined;
  readonly namespaces: readonly { readonly name: string; readonly sockets: number; readonly rooms: number }[];
}

/** Serves a request; what it throws, or rejects with, is answered with 500. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** What an extension of an engine may see and do, whether or not there is a server of rooms and namespaces on top of it. */
export interface EngineExtension {
  readonly connections: Connections;
  /**
   * Serves requests to `<path of the server>/<name>`, ahead of the engine's middlewares: those are about clients.
   *
   * @param name one part of a path.
   */
  http(name: string, handler: HttpHandler): Undo;
  /** Reads the body of a request. @returns `too large` beyond `maxBytes`, `undefined` when it was aborted. */
  readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | 'too large' | undefined>;
  readonly clock: Clock;
  /** Reports an error as those of listeners are: to `listener_error`, or the log. */
  report(error: unknown, context: string): void;
  /** Calls when the server closes. @param undo may return a promise, which is waited for. */
  onClose(undo: () => unknown): void;
}

/** What an extension of a server may see and do. */
export interface Extension extends EngineExtension {
  /** Sockets of the namespaces of this name; without one, of all. */
  sockets(namespace?: string): Sockets;
  /** Sees events of clients, ahead of the application's middlewares. */
  incoming(namespace: string | undefined, hook: IncomingHook | ((event: IncomingEvent) => boolean | void)): Undo;
  /** Sees what the application sends. */
  outgoing(namespace: string | undefined, hook: OutgoingHook): Undo;
  /** Hears of the rooms of a namespace that is there. */
  rooms(namespace: string, observer: RoomObserver): Undo;
  /** The namespace of this name, also one that a pattern of the application makes; none is made for any other name. */
  namespace(name: string): ExtensionNamespace | undefined;
  /** Whether {@link Extension.namespace} has one of this name; asking makes none. */
  servesNamespace(name: string): boolean;
  readonly cluster: ExtensionCluster;
  /** What is kept under a name of the extension's. */
  store(name: string): ExtensionStore;
  /**
   * Has a socket join a room in which the entries of a log are delivered, after what it has missed: whatever the log holds
   * behind `since`, then what is appended, with nothing in between and nothing twice.
   *
   * @param replay.deliver sends one entry; called in order.
   */
  join(
    socket: ExtensionSocket,
    replay: { log: ExtensionLog; room: string; since: number; deliver: (entry: LogEntry) => void },
  ): Promise<LogPage>;
  /** Sends a client an event named `carillon:<what>`; extensions name theirs `<extension>:<verb>`. */
  notice(socket: ExtensionSocket, what: string, ...args: unknown[]): void;
  stats(): ServerStats;
}

/**
 * The face of a server, for an extension.
 *
 * @param io a `Server` of carillon.
 * @param name of the extension: in messages about it, and ahead of what it keeps.
 * @throws TypeError when it is no server of carillon.
 */
export function extend(io: object, name: string): Extension {
  const make = faces.get(io);
  if (make === undefined) throw new TypeError('an extension is given a Server of carillon, such as new Server(3000)');
  if (!/^[\w-]+$/.test(name)) throw new TypeError(`an extension has a name of letters and digits, not "${name}"`);
  return make(name) as Extension;
}
