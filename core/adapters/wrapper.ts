import type { Packet } from '../protocol/socketio/packet.js';
import type { BroadcastOptions, Room } from '../rooms/selection.js';
import { Adapter, type SocketId } from './adapter.js';

/** An adapter around another one, which does whatever this one does not do itself. Events are this one's. */
export abstract class AdapterWrapper extends Adapter {
  protected abstract readonly inner: Adapter;

  get rooms(): Map<Room, Set<SocketId>> {
    return this.inner.rooms;
  }

  get sids(): Map<SocketId, Set<Room>> {
    return this.inner.sids;
  }

  override init(): Promise<void> | void {
    return this.inner.init();
  }

  override close(): Promise<void> | void {
    return this.inner.close();
  }

  serverCount(): Promise<number> {
    return this.inner.serverCount();
  }

  addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    return this.inner.addAll(id, rooms);
  }

  del(id: SocketId, room: Room): Promise<void> | void {
    return this.inner.del(id, room);
  }

  delAll(id: SocketId): void {
    this.inner.delAll(id);
  }

  socketRooms(id: SocketId): Set<Room> | undefined {
    return this.inner.socketRooms(id);
  }

  broadcast(packet: Packet, options: BroadcastOptions): Promise<void> | void {
    return this.inner.broadcast(packet, options);
  }

  broadcastWithAck(...args: Parameters<Adapter['broadcastWithAck']>): void {
    this.inner.broadcastWithAck(...args);
  }

  sockets(rooms: Set<Room>): Promise<Set<SocketId>> {
    return this.inner.sockets(rooms);
  }

  fetchSockets(options: BroadcastOptions): Promise<any[]> {
    return this.inner.fetchSockets(options);
  }

  addSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.inner.addSockets(options, rooms);
  }

  delSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.inner.delSockets(options, rooms);
  }

  disconnectSockets(options: BroadcastOptions, close: boolean): void {
    this.inner.disconnectSockets(options, close);
  }

  serverSideEmit(packet: any[]): void {
    this.inner.serverSideEmit(packet);
  }
}
