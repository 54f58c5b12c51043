import type { Adapter, SocketId } from '../adapters/adapter.js';
import { type Room, Selection } from '../rooms/selection.js';
import { BroadcastOperator } from './broadcast.js';
import type {
  DecorateAcknowledgements,
  EventNames,
  EventParams,
  EventsMap,
  Handshake,
  TypedEventBroadcaster,
} from './types.js';

/** A socket of another node, as that node describes it. */
export interface SocketDetails<SocketData> {
  id: SocketId;
  handshake: Handshake;
  rooms: Iterable<Room>;
  data: SocketData;
}

/** A socket as a value: what it was when it was fetched, and the ways to reach it wherever it is. */
export class RemoteSocket<EmitEvents extends EventsMap, SocketData> implements TypedEventBroadcaster<EmitEvents> {
  /** Public id; also the name of a room with only this socket. */
  readonly id: SocketId;
  /** What is known of the request that opened its connection. */
  readonly handshake: Handshake;
  /** The rooms it was in when it was fetched. */
  readonly rooms: Set<Room>;
  /** What the application put on it, as it was when it was fetched. */
  readonly data: SocketData;
  readonly #operator: BroadcastOperator<EmitEvents, SocketData>;

  constructor(adapter: Adapter, details: SocketDetails<SocketData>) {
    this.id = details.id;
    this.handshake = details.handshake;
    this.rooms = new Set(details.rooms);
    this.data = details.data;
    this.#operator = new BroadcastOperator(
      adapter,
      Selection.everybody.to(this.id).with({ expectSingleResponse: true }),
    );
  }

  /** Milliseconds to wait for the acknowledgement of the next emit. */
  timeout(timeout: number): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData> {
    return this.#operator.timeout(timeout);
  }

  /** Sends an event to it, wherever it is. With {@link RemoteSocket.timeout}, also with an acknowledgement. */
  emit<Ev extends EventNames<EmitEvents>>(event: Ev, ...args: EventParams<EmitEvents, Ev>): boolean {
    return this.#operator.emit(event, ...args);
  }

  /** Makes it join a room, or several. */
  join(room: Room | Room[]): void {
    this.#operator.socketsJoin(room);
  }

  /** Makes it leave a room. */
  leave(room: Room): void {
    this.#operator.socketsLeave(room);
  }

  /** Disconnects the socket; with `close`, its connection too. */
  disconnect(close = false): this {
    this.#operator.disconnectSockets(close);
    return this;
  }
}
