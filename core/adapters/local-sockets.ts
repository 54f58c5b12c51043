import { Prepared } from '../protocol/prepared.js';
import type { Packet } from '../protocol/socketio/packet.js';
import { RoomIndex, type RoomObserver } from '../rooms/room-index.js';
import type { BroadcastOptions, Room } from '../rooms/selection.js';
import type { AdapterNamespace, AdapterSocket, SocketId } from './adapter.js';

/** The sockets of a namespace on this node: who is in which room, and what is done with those selected. */
export class LocalSockets {
  readonly nsp: AdapterNamespace;
  /** Members by room. A live view. */
  readonly rooms: Map<Room, Set<SocketId>>;
  /** Rooms by member. A live view. */
  readonly sids: Map<SocketId, Set<Room>>;
  readonly #index: RoomIndex<AdapterSocket>;

  /** @param observer is told of every change, while it happens. */
  constructor(nsp: AdapterNamespace, observer: RoomObserver) {
    this.nsp = nsp;
    this.#index = new RoomIndex<AdapterSocket>((id) => nsp.sockets.get(id), observer);
    this.rooms = this.#index.rooms;
    this.sids = this.#index.sids;
  }

  // --- rooms ---

  join(id: SocketId, rooms: ReadonlySet<Room>): void {
    this.#index.join(id, rooms);
  }

  leave(id: SocketId, room: Room): void {
    this.#index.leave(id, room);
  }

  leaveAll(id: SocketId): void {
    this.#index.leaveAll(id);
  }

  roomsOf(id: SocketId): Set<Room> | undefined {
    return this.#index.roomsOf(id);
  }

  // --- messages ---

  /** Encodes a packet of this namespace, once for everybody who gets it. Sets `packet.nsp`. */
  prepare(packet: Packet, options: BroadcastOptions): Prepared {
    packet.nsp = this.nsp.name;
    return Prepared.message(this.nsp.server.encoder.encode(packet), options.flags.compress !== false);
  }

  /** Hands a message to its receivers. */
  deliver(message: Prepared, packet: Packet, options: BroadcastOptions): void {
    const isVolatile = options.flags.volatile === true;
    // One closure per broadcast, none per receiver.
    this.each(options, (socket) => {
      socket.notifyOutgoingListeners(packet);
      socket.deliver(message, isVolatile);
    });
  }

  /** Hands a packet to its receivers, and has each of them wait for the acknowledgement. Sets `packet.id`. */
  broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    clientCountCallback: (clientCount: number) => void,
    ack: (...args: any[]) => void,
  ): void {
    const id = this.nsp._ids++;
    packet.id = id;
    const isVolatile = options.flags.volatile === true;
    const message = this.prepare(packet, options);
    let clientCount = 0;
    this.each(options, (socket) => {
      clientCount++;
      socket.expectAck(id, ack);
      socket.notifyOutgoingListeners(packet);
      socket.deliver(message, isVolatile);
    });
    clientCountCallback(clientCount);
  }

  /** Nobody waits for this acknowledgement any longer. */
  forgetAcks(id: number): void {
    for (const socket of this.nsp.sockets.values()) socket.forgetAck(id);
  }

  // --- those selected ---

  /** Visits the receivers of a broadcast, each once. */
  each(options: Pick<BroadcastOptions, 'rooms' | 'except'>, visitor: (socket: AdapterSocket) => void): void {
    this.#index.each(options.rooms, options.except, visitor);
  }

  /** The receivers, as a list of its own: what is done to the sockets may change the rooms being walked. */
  select(options: Pick<BroadcastOptions, 'rooms' | 'except'>): AdapterSocket[] {
    const sockets: AdapterSocket[] = [];
    this.each(options, (socket) => sockets.push(socket));
    return sockets;
  }

  /** Ids of the sockets in any of the rooms; of all, when there are none. */
  ids(rooms: ReadonlySet<Room>): Set<SocketId> {
    const ids = new Set<SocketId>();
    this.#index.each(rooms, undefined, (socket) => ids.add(socket.id));
    return ids;
  }

  /** Makes those selected join rooms. */
  addSockets(options: BroadcastOptions, rooms: Room[]): void {
    for (const socket of this.select(options)) socket.join(rooms);
  }

  /** Makes those selected leave rooms. */
  delSockets(options: BroadcastOptions, rooms: Room[]): void {
    for (const socket of this.select(options)) for (const room of rooms) socket.leave(room);
  }

  /** Disconnects those selected; with `close`, their connections too. */
  disconnectSockets(options: BroadcastOptions, close: boolean): void {
    for (const socket of this.select(options)) socket.disconnect(close);
  }
}
