import { Prepared } from '../protocol/prepared.js';
import type { Packet } from '../protocol/socketio/packet.js';
import { RoomIndex, type RoomObserver } from '../rooms/room-index.js';
import type { BroadcastOptions, Room } from '../rooms/selection.js';
import { Adapter, type AdapterNamespace, type AdapterSocket, type SocketId } from './adapter.js';

/** One node, everything in memory. The default. */
export class MemoryAdapter extends Adapter implements RoomObserver {
  readonly rooms: Map<Room, Set<SocketId>>;
  readonly sids: Map<SocketId, Set<Room>>;
  readonly #index: RoomIndex<AdapterSocket>;

  constructor(nsp: AdapterNamespace) {
    super(nsp);
    this.#index = new RoomIndex<AdapterSocket>((id) => nsp.sockets.get(id), this);
    this.rooms = this.#index.rooms;
    this.sids = this.#index.sids;
  }

  onCreate(room: Room): void {
    this.emit('create-room', room);
  }

  onJoin(room: Room, id: SocketId): void {
    this.emit('join-room', room, id);
  }

  onLeave(room: Room, id: SocketId): void {
    this.emit('leave-room', room, id);
  }

  onDelete(room: Room): void {
    this.emit('delete-room', room);
  }

  async serverCount(): Promise<number> {
    return 1;
  }

  addAll(id: SocketId, rooms: Set<Room>): void {
    this.#index.join(id, rooms);
  }

  del(id: SocketId, room: Room): void {
    this.#index.leave(id, room);
  }

  delAll(id: SocketId): void {
    this.#index.leaveAll(id);
  }

  socketRooms(id: SocketId): Set<Room> | undefined {
    return this.#index.roomsOf(id);
  }

  broadcast(packet: Packet, options: BroadcastOptions): void {
    this.deliver(this.prepare(packet, options), packet, options);
  }

  /** Hands a message to its receivers on this node. */
  protected deliver(message: Prepared, packet: Packet, options: BroadcastOptions): void {
    const isVolatile = options.flags.volatile === true;
    // One closure per broadcast, none per receiver.
    this.each(options, (socket) => {
      socket.notifyOutgoingListeners(packet);
      socket.deliver(message, isVolatile);
    });
  }

  /** Visits the receivers of a broadcast, each once. */
  protected each(options: BroadcastOptions, visitor: (socket: AdapterSocket) => void): void {
    this.#index.each(options.rooms, options.except, visitor);
  }

  broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    clientCountCallback: (clientCount: number) => void,
    ack: (...args: any[]) => void,
  ): void {
    packet.id = this.nsp._ids++;
    const isVolatile = options.flags.volatile === true;
    const message = this.prepare(packet, options);
    let clientCount = 0;
    this.#index.each(options.rooms, options.except, (socket) => {
      clientCount++;
      socket.expectAck(packet.id!, ack);
      socket.notifyOutgoingListeners(packet);
      socket.deliver(message, isVolatile);
    });
    clientCountCallback(clientCount);
  }

  protected prepare(packet: Packet, options: BroadcastOptions): Prepared {
    packet.nsp = this.nsp.name;
    return Prepared.message(this.nsp.server.encoder.encode(packet), options.flags.compress !== false);
  }

  async sockets(rooms: Set<Room>): Promise<Set<SocketId>> {
    const ids = new Set<SocketId>();
    this.#index.each(rooms, undefined, (socket) => ids.add(socket.id));
    return ids;
  }

  async fetchSockets(options: BroadcastOptions): Promise<AdapterSocket[]> {
    return this.select(options);
  }

  addSockets(options: BroadcastOptions, rooms: Room[]): void {
    for (const socket of this.select(options)) socket.join(rooms);
  }

  delSockets(options: BroadcastOptions, rooms: Room[]): void {
    for (const socket of this.select(options)) for (const room of rooms) socket.leave(room);
  }

  disconnectSockets(options: BroadcastOptions, close: boolean): void {
    for (const socket of this.select(options)) socket.disconnect(close);
  }

  /** A list of its own: what is done to the sockets may change the rooms being walked. */
  protected select(options: BroadcastOptions): AdapterSocket[] {
    const sockets: AdapterSocket[] = [];
    this.#index.each(options.rooms, options.except, (socket) => sockets.push(socket));
    return sockets;
  }

  serverSideEmit(packet: any[]): void {
    // There is no other server: nobody to tell, and nobody to answer.
    const ack = packet.at(-1);
    if (typeof ack === 'function') ack(null, []);
  }
}
