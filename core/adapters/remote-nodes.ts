import type { Prepared } from '../protocol/prepared.js';
import type { Packet } from '../protocol/socketio/packet.js';
import type { BroadcastOptions, Room } from '../rooms/selection.js';
import type { SocketId } from './adapter.js';
import type { LocalSockets } from './local-sockets.js';

/** A socket of another node, as that node describes it. */
export interface SocketDescription {
  id: SocketId;
  handshake: object;
  rooms: unknown[];
  data: unknown;
}

/** What other nodes answered, and which of them did not although they should have. */
export interface Found<Value> {
  readonly values: Value[];
  readonly missing: string[];
}

/** Who is told what comes of a broadcast with acknowledgements; see {@link Adapter.broadcastWithAck}. */
export interface AckCallbacks {
  clientCountCallback(clientCount: number, servers?: number): void;
  ack(...args: any[]): void;
  onMissing(nodes: string[]): void;
}

/** What the other nodes, or whoever speaks with them, need of this one. */
export interface ThisNode {
  readonly local: LocalSockets;
  /** Something failed that no call can tell. @returns whether the application listens. */
  tell(error: Error): boolean;
  /** The same; what the application does not listen to is logged. */
  report(error: Error): void;
  /** These nodes should have answered a query. */
  onMissing(nodes: string[], query: string): void;
  /** After an outage, everything is subscribed to again. */
  onResubscribed(dropped: number): void;
}

/**
 * The other nodes of a namespace: everything that is done there, too, and everything they are asked.
 *
 * An implementer must
 * - do nothing on this node: that is the adapter's, which does it in the call;
 * - carry what it is told in the order of the calls;
 * - answer every question with what there is, and say who is missing; it never rejects;
 * - throw only what cannot be encoded.
 */
export interface RemoteNodes {
  /** Takes part. Resolves when nothing that others say is missed any more. */
  open(): Promise<void>;
  close(): Promise<void>;

  /** A room has its first member here. */
  onCreate(room: Room): void;
  /** Its last member here is gone. */
  onDelete(room: Room): void;
  /** Resolves when what others send to these rooms is heard here; `undefined` if it is already. */
  whenHeard(rooms: Iterable<Room>): Promise<void> | undefined;

  /** How many there are. */
  count(): Promise<number>;
  /** The same, at once if it is known; never, when nobody knows. */
  tellCount(callback: (count: number) => void): void;

  /** Hot path: once per emit. */
  broadcast(message: Prepared, packet: Packet, options: BroadcastOptions): void;
  broadcastWithAck(packet: Packet, options: BroadcastOptions, callbacks: AckCallbacks): void;
  addSockets(options: BroadcastOptions, rooms: Room[]): void;
  delSockets(options: BroadcastOptions, rooms: Room[]): void;
  disconnectSockets(options: BroadcastOptions, close: boolean): void;
  /** @param args `[event, ...args]` */
  serverSideEmit(args: unknown[]): void;

  /** The answer of each. */
  serverSideEmitWithAck(args: unknown[]): Promise<Found<unknown>>;
  ids(rooms: Set<Room>): Promise<Found<SocketId>>;
  sockets(options: BroadcastOptions): Promise<Found<SocketDescription>>;
  rooms(): Promise<Found<Room>>;
}

/**
 * Names the nodes that did not answer, as the property `missing` of an answer. Only if there are any, and not enumerable:
 * an answer looks as it always did.
 */
export function withMissing<Answer extends object>(answer: Answer, missing: string[] | undefined): Answer {
  if (missing !== undefined && missing.length > 0) {
    Object.defineProperty(answer, 'missing', { value: missing, configurable: true });
  }
  return answer;
}
