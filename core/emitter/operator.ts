import { encodeBroadcast } from '../adapters/redis/socketio/broadcasts.js';
import { SocketioChannels } from '../adapters/redis/socketio/channels.js';
import { encodeRequest } from '../adapters/redis/socketio/requests.js';
import { describe } from '../errors.js';
import { RESERVED_EVENTS, SERVER_EVENTS } from '../protocol/socketio/packet.js';
import { type Room, Selection } from '../rooms/selection.js';
import type { Transport } from './transport.js';

/** Event names and the signatures of their listeners: `{ news: (text: string) => void }`. */
export interface EventsMap {
  [event: string]: any;
}

/** Any event, any arguments: what applies when no map is given. */
export interface DefaultEventsMap {
  [event: string]: (...args: any[]) => void;
}

export type EventName<Events extends EventsMap> = keyof Events & string;
export type EventArguments<Events extends EventsMap, Name extends EventName<Events>> = Parameters<Events[Name]>;

/** Who we are for the servers: nobody whose messages they would take for their own. */
const UID = 'emitter';

/** A namespace, and the way there. */
export class Target {
  readonly nsp: string;
  readonly transport: Transport;
  readonly channels: SocketioChannels;

  /** @throws TypeError when the namespace is none. */
  constructor(transport: Transport, nsp: unknown) {
    if (typeof nsp !== 'string') throw new TypeError(`the namespace is ${describe(nsp)}, not a name such as "/orders"`);
    this.nsp = nsp.startsWith('/') ? nsp : `/${nsp}`;
    this.transport = transport;
    this.channels = new SocketioChannels(transport.key, this.nsp);
  }

  request(request: string): void {
    this.transport.publish(this.channels.request, request);
  }
}

/**
 * Something to be sent in the making: to whom, and how. Immutable: each refinement is a new operator, so that a prefix such
 * as `const staff = emitter.to('staff')` can be kept and used again.
 */
export class BroadcastOperator<Events extends EventsMap = DefaultEventsMap> {
  readonly #target: Target;
  readonly #selection: Selection;

  /** @internal */
  constructor(target: Target, selection: Selection = Selection.everybody) {
    this.#target = target;
    this.#selection = selection;
  }

  #with(selection: Selection): BroadcastOperator<Events> {
    return new BroadcastOperator(this.#target, selection);
  }

  /** Also those in this room, or in any of several. */
  to(room: Room | readonly Room[]): BroadcastOperator<Events> {
    return this.#with(this.#selection.to(checkedRooms(room)));
  }

  /** The same as {@link BroadcastOperator.to}; reads better before `disconnectSockets()` and the like. */
  in(room: Room | readonly Room[]): BroadcastOperator<Events> {
    return this.to(room);
  }

  /** But nobody in this room, or in any of several. */
  except(room: Room | readonly Room[]): BroadcastOperator<Events> {
    return this.#with(this.#selection.without(checkedRooms(room)));
  }

  /** The event may be dropped for clients that are not ready for it. */
  get volatile(): BroadcastOperator<Events> {
    return this.#with(this.#selection.with({ volatile: true }));
  }

  /** Whether the event may be compressed; default `true`. */
  compress(compress: boolean): BroadcastOperator<Events> {
    return this.#with(this.#selection.with({ compress }));
  }

  /**
   * Sends an event to the clients.
   *
   * @returns always `true`.
   * @throws TypeError when the name is none, is reserved, or an argument is a callback or cannot be encoded; RangeError when
   * they are nested too deeply.
   */
  emit<Name extends EventName<Events>>(event: Name, ...args: EventArguments<Events, Name>): true {
    assertEvent(event, RESERVED_EVENTS);
    assertNoCallback(args);
    const { transport, channels, nsp } = this.#target;
    const message = encodeBroadcast(UID, nsp, [event, ...args], this.#selection);
    transport.publish(channels.of(this.#selection.rooms), message);
    return true;
  }

  /** Makes the matching sockets join a room, or several. */
  socketsJoin(room: Room | readonly Room[]): void {
    this.#target.request(encodeRequest.join(undefined, this.#selection, [checkedRooms(room)].flat()));
  }

  /** Makes the matching sockets leave a room, or several. */
  socketsLeave(room: Room | readonly Room[]): void {
    this.#target.request(encodeRequest.leave(undefined, this.#selection, [checkedRooms(room)].flat()));
  }

  /** Disconnects the matching sockets; with `close`, their connections too. */
  disconnectSockets(close = false): void {
    this.#target.request(encodeRequest.disconnect(undefined, this.#selection, close === true));
  }
}

/** Sends an event to the servers. */
export function emitToServers(target: Target, event: unknown, args: readonly unknown[]): void {
  assertEvent(event, RESERVED_EVENTS);
  assertEvent(event, SERVER_EVENTS);
  assertNoCallback(args);
  target.request(encodeRequest.serverSideEmit(UID, undefined, [event, ...args]));
}

function assertEvent(event: unknown, reserved: ReadonlySet<unknown>): void {
  if (typeof event !== 'string') throw new TypeError(`the name of the event is ${describe(event)}, not a text`);
  if (reserved.has(event)) throw new TypeError(`"${event}" is a reserved event name`);
}

function assertNoCallback(args: readonly unknown[]): void {
  if (typeof args.at(-1) === 'function')
    throw new TypeError('an emitter cannot collect acknowledgements: use emitWithAck() of a server');
}

function checkedRooms<Rooms extends Room | readonly Room[]>(rooms: Rooms): Rooms {
  for (const room of [rooms].flat()) {
    if (typeof room !== 'string' && typeof room !== 'number')
      throw new TypeError(`a room is ${describe(room)}, not a name`);
  }
  return rooms;
}
