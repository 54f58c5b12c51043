import { EventEmitter } from 'node:events';
import type { ClusterPeer } from '../cluster/peer.js';
import type { Prepared } from '../protocol/prepared.js';
import type { Packet } from '../protocol/socketio/packet.js';
import type { PacketEncoder, Parser } from '../protocol/socketio/parser.js';
import type { BroadcastOptions, Room } from '../rooms/selection.js';
import type { StoreProvider } from '../store/memory-store.js';

export type SocketId = string;
/** Secret of a session, known to its client and the server: the key to connection state recovery. */
export type PrivateSessionId = string;

/** What is kept of a socket that lost its connection. */
export interface SessionToPersist {
  sid: SocketId;
  pid: PrivateSessionId;
  rooms: Room[];
  data: unknown;
}

/** A kept session and the events its client has missed, as `[name, ...args]`: what adapters for Socket.IO find. */
export interface Session extends SessionToPersist {
  missedPackets: unknown[][];
}

/**
 * A session that was taken out of what is kept, for one socket. Between then and the moment that socket takes its place,
 * middlewares may run and events go by: what was missed is therefore asked for at that moment, and not before.
 */
export interface FoundSession extends SessionToPersist {
  /**
   * What its client has missed until now, in order. Called at most once, in the same turn in which the socket joins: what
   * is sent from then on is delivered to it. `null` when some of it is gone by now.
   */
  takeMissed(): Prepared[] | null;
  /** Its client was lost before the socket took its place: keep it as it was. */
  release(): void;
}

/** What an adapter needs of a socket. */
export interface AdapterSocket {
  readonly id: SocketId;
  /** Whether it continues a session that was restored. */
  readonly recovered: boolean;
  /** Queues an encoded packet; a volatile one is dropped unless the socket is idle. */
  deliver(message: Prepared, isVolatile: boolean): void;
  /** Tells the application's `onAnyOutgoing` listeners, if there are any. */
  notifyOutgoingListeners(packet: Packet): void;
  /** Waits for the acknowledgement with this id. */
  expectAck(id: number, callback: (...args: any[]) => void): void;
  /** Does not wait any longer. */
  forgetAck(id: number): void;
  join(rooms: Room | Room[]): Promise<void> | void;
  leave(room: Room): Promise<void> | void;
  disconnect(close?: boolean): unknown;
  /** These three are what other nodes see of it. */
  readonly handshake: object;
  readonly rooms: Iterable<Room>;
  readonly data: unknown;
}

/** What connection state recovery may cost. */
export interface RecoveryLimits {
  /** Milliseconds a session, and what it missed, is kept. */
  readonly maxDisconnectionDuration: number;
  /** Bytes of events kept; the oldest go first, and sessions that would need them are not recovered. */
  readonly maxBytes: number;
  /** Sessions kept; the oldest go first. */
  readonly maxSessions: number;
}

/** What an adapter needs of its namespace. */
export interface AdapterNamespace {
  readonly name: string;
  readonly sockets: ReadonlyMap<SocketId, AdapterSocket>;
  readonly server: {
    readonly encoder: PacketEncoder;
    readonly _parser?: Parser;
    readonly opts?: {
      readonly connectionStateRecovery?: RecoveryLimits | undefined;
      readonly pingInterval: number;
      readonly pingTimeout: number;
    };
  };
  /** Next acknowledgement id of the namespace. */
  _ids: number;
  /** An event of another server: `[event, ...args]`, with a callback at the end when it wants an answer. */
  _onServerSideEmit(args: [event: string, ...args: any[]]): void;
}

/** Events about rooms, for the application: `adapter.on('join-room', (room, id) => ...)`. */
export interface AdapterEvents {
  'create-room': [room: Room];
  'join-room': [room: Room, id: SocketId];
  'leave-room': [room: Room, id: SocketId];
  'delete-room': [room: Room];
  /** Something failed that no call reports: see {@link ClusterError} for what the cluster has to say. */
  error: [error: Error];
  /** After an outage, all subscriptions are there again. `dropped`: messages that were lost because too much waited. */
  resubscribed: [report: { dropped: number }];
  /** These nodes should have answered a query, but died or were too slow; it was answered without them. */
  'missing-nodes': [nodes: string[], query: string];
  /** With `carillon/redis` in automatic mode: the first node that speaks only Socket.IO's protocol came, or the last left. */
  mode: [mode: 'native' | 'compatible'];
}

/**
 * Who receives a broadcast, here and on other nodes: the contract between a namespace and its adapter.
 *
 * It is the contract of `socket.io-adapter`, so adapters written for Socket.IO fit. An implementer must
 * - deliver what one node emits in the order of the calls, also to itself;
 * - never call back into the application while a broadcast is being delivered, except through `notifyOutgoingListeners`;
 * - treat packet and options as immutable.
 */
export abstract class Adapter extends EventEmitter<AdapterEvents> {
  /** The namespace it serves. */
  readonly nsp: AdapterNamespace;

  constructor(nsp: AdapterNamespace) {
    super();
    this.nsp = nsp;
  }

  /** Members by room. A live view. */
  abstract readonly rooms: Map<Room, Set<SocketId>>;
  /** Rooms by member. A live view. */
  abstract readonly sids: Map<SocketId, Set<Room>>;

  /** Called once, right after construction. */
  init(): Promise<void> | void {}
  /** Called once, when the namespace or the server closes. */
  close(): Promise<void> | void {}
  /** Number of servers in the cluster, this one included. */
  abstract serverCount(): Promise<number>;

  /** Adds a socket to rooms. */
  abstract addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void;
  /** Removes a socket from a room. */
  abstract del(id: SocketId, room: Room): Promise<void> | void;
  /** Removes a socket from all its rooms. */
  abstract delAll(id: SocketId): void;
  /** The live set of rooms of a socket, or `undefined`. */
  abstract socketRooms(id: SocketId): Set<Room> | undefined;

  /** Sends a packet to everybody selected; sets `packet.nsp`. */
  abstract broadcast(packet: Packet, options: BroadcastOptions): Promise<void> | void;
  /**
   * @param clientCountCallback called once per server, with the number of its receivers. When a server is gone although
   * some of them have not answered, once more, with minus their number for `0` servers.
   * @param ack called once per answer.
   * @param onMissing called with the servers that did not say everything, at most once.
   */
  abstract broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    clientCountCallback: (clientCount: number, servers?: number) => void,
    ack: (...args: any[]) => void,
    onMissing?: (nodes: string[]) => void,
  ): void;

  /** Ids of the sockets in any of the rooms; of all, when there are none. */
  abstract sockets(rooms: Set<Room>): Promise<Set<SocketId>>;
  /** Local sockets, and descriptions of remote ones. */
  abstract fetchSockets(options: BroadcastOptions): Promise<any[]>;
  /** Makes everybody selected join rooms. */
  abstract addSockets(options: BroadcastOptions, rooms: Room[]): void;
  /** Makes everybody selected leave rooms. */
  abstract delSockets(options: BroadcastOptions, rooms: Room[]): void;
  /** Disconnects everybody selected; with `close`, their connections too. */
  abstract disconnectSockets(options: BroadcastOptions, close: boolean): void;

  /** @param packet `[event, ...args]`, the last of which may be an acknowledgement callback. */
  abstract serverSideEmit(packet: any[]): void;

  /** Keeps a session for its client to come back to. */
  persistSession(_session: SessionToPersist): void {}
  /** Finds a kept session whose client can be told all it missed since `offset`; at most once. */
  restoreSession(
    _pid: PrivateSessionId,
    _offset: string | undefined,
  ): Promise<Session | FoundSession | null> | Session | FoundSession | null {
    return null;
  }
}

/** Makes the adapter of each namespace of one server. */
export interface AdapterFactory {
  (nsp: AdapterNamespace): Adapter;
  /** The server as a node of a cluster, for whatever else talks to other nodes. */
  readonly node?: ClusterPeer;
  /** Where extensions keep what all nodes share; without, each process keeps it for itself. */
  readonly stores?: StoreProvider;
}
