import type { RoomObserver } from '../rooms/room-index.js';
import type { Room } from '../rooms/selection.js';
import type { Adapter, SocketId } from './adapter.js';

/** Tells the application of changes to rooms: by events of the adapter that it knows. */
export class RoomEvents implements RoomObserver {
  readonly #adapter: Adapter;

  constructor(adapter: Adapter) {
    this.#adapter = adapter;
  }

  onCreate(room: Room): void {
    this.#adapter.emit('create-room', room);
  }

  onJoin(room: Room, id: SocketId): void {
    this.#adapter.emit('join-room', room, id);
  }

  onLeave(room: Room, id: SocketId): void {
    this.#adapter.emit('leave-room', room, id);
  }

  onDelete(room: Room): void {
    this.#adapter.emit('delete-room', room);
  }
}
