import type { Packet } from '../protocol/socketio/packet.js';
import type { BroadcastOptions, Room } from '../rooms/selection.js';
import { Adapter, type AdapterNamespace, type AdapterSocket, type SocketId } from './adapter.js';
import { LocalSockets } from './local-sockets.js';
import { RoomEvents } from './room-events.js';

/** One node, everything in memory. The default. */
export class MemoryAdapter extends Adapter {
  readonly rooms: Map<Room, Set<SocketId>>;
  readonly sids: Map<SocketId, Set<Room>>;
  /** The sockets of the namespace. */
  readonly local: LocalSockets;

  /** @param events the adapter that the application knows, when it is not this one: it gets the events. */
  constructor(nsp: AdapterNamespace, events?: Adapter) {
    super(nsp);
    this.local = new LocalSockets(nsp, new RoomEvents(events ?? this));
    this.rooms = this.local.rooms;
    this.sids = this.local.sids;
  }

  async serverCount(): Promise<number> {
    return 1;
  }

  addAll(id: SocketId, rooms: Set<Room>): void {
    this.local.join(id, rooms);
  }

  del(id: SocketId, room: Room): void {
    this.local.leave(id, room);
  }

  delAll(id: SocketId): void {
    this.local.leaveAll(id);
  }

  socketRooms(id: SocketId): Set<Room> | undefined {
    return this.local.roomsOf(id);
  }

  broadcast(packet: Packet, options: BroadcastOptions): void {
    this.local.deliver(this.local.prepare(packet, options), packet, options);
  }

  broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    clientCountCallback: (clientCount: number) => void,
    ack: (...args: any[]) => void,
  ): void {
    this.local.broadcastWithAck(packet, options, clientCountCallback, ack);
  }

  async sockets(rooms: Set<Room>): Promise<Set<SocketId>> {
    return this.local.ids(rooms);
  }

  async fetchSockets(options: BroadcastOptions): Promise<AdapterSocket[]> {
    return this.local.select(options);
  }

  addSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.local.addSockets(options, rooms);
  }

  delSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.local.delSockets(options, rooms);
  }

  disconnectSockets(options: BroadcastOptions, close: boolean): void {
    this.local.disconnectSockets(options, close);
  }

  serverSideEmit(packet: any[]): void {
    // There is no other server: nobody to tell, and nobody to answer.
    const ack = packet.at(-1);
    if (typeof ack === 'function') ack(null, []);
  }
}
