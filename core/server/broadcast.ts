import type { Adapter, SocketId } from '../adapters/adapter.js';
import { logRejection } from '../adapters/host.js';
import { withMissing } from '../adapters/remote-nodes.js';
import { systemClock, type Timer } from '../clock.js';
import { AcknowledgementError } from '../errors.js';
import { type Packet, PacketType } from '../protocol/socketio/packet.js';
import { assertNotReserved } from '../reserved-names.js';
import { type BroadcastFlags, type Room, Selection } from '../rooms/selection.js';
import type { ErrorReporter } from './contracts.js';
import { type NamespaceHooks, passOutgoing } from './hooks.js';
import type {
  AllButLast,
  DecorateAcknowledgements,
  EventNames,
  EventNamesWithError,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Handshake,
  Last,
  TypedEventBroadcaster,
} from './types.js';

/** The namespace of an adapter; those of other makers' tests may have no hooks. */
interface HookedNamespace {
  readonly hooks?: Pick<NamespaceHooks, 'outgoing'>;
  readonly server?: ErrorReporter;
}

/**
 * An emit in the making: who it is for, and how. Immutable: each refinement is a new operator.
 *
 * @example
 * io.to('room-101').except('muted').emit('news', { hello: 'world' });
 */
export class BroadcastOperator<EmitEvents extends EventsMap, SocketData> implements TypedEventBroadcaster<EmitEvents> {
  readonly #adapter: Adapter;
  readonly #selection: Selection;

  constructor(adapter: Adapter, selection: Selection = Selection.everybody) {
    this.#adapter = adapter;
    this.#selection = selection;
  }

  /** The adapter it goes through. @internal Read by tools that trace what is emitted, like the next three. */
  get adapter(): Adapter {
    return this.#adapter;
  }

  /** @internal */
  get rooms(): ReadonlySet<Room> {
    return this.#selection.rooms;
  }

  /** @internal */
  get exceptRooms(): ReadonlySet<Room> {
    return this.#selection.except;
  }

  /** @internal */
  get flags(): BroadcastFlags {
    return this.#selection.flags;
  }

  /** Also those in this room, or in any of several. */
  to(room: Room | Room[]): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.#adapter, this.#selection.to(room));
  }

  /** The same as {@link BroadcastOperator.to}; reads better before `disconnectSockets()` and the like. */
  in(room: Room | Room[]): BroadcastOperator<EmitEvents, SocketData> {
    return this.to(room);
  }

  /** But nobody in this room, or in any of several. */
  except(room: Room | Room[]): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.#adapter, this.#selection.without(room));
  }

  /** Whether the event may be compressed; default `true`. */
  compress(compress: boolean): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.#adapter, this.#selection.with({ compress }));
  }

  /** The event may be dropped for clients that are not ready for it. */
  get volatile(): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.#adapter, this.#selection.with({ volatile: true }));
  }

  /** Only clients of this node. */
  get local(): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.#adapter, this.#selection.with({ local: true }));
  }

  /** Milliseconds to wait for acknowledgements; without, an emit with acknowledgement fails at once. */
  timeout(timeout: number): BroadcastOperator<DecorateAcknowledgements<EmitEvents>, SocketData> {
    return new BroadcastOperator(this.#adapter, this.#selection.with({ timeout }));
  }

  /**
   * Sends the event. With a callback as last argument, collects the acknowledgements: `(error, responses)`, where
   * `responses` holds those that came in time.
   *
   * @throws Error when the name is reserved.
   */
  emit<Ev extends EventNames<EmitEvents>>(event: Ev, ...args: EventParams<EmitEvents, Ev>): boolean {
    assertNotReserved(event);
    const data: unknown[] = [event, ...args];
    const packet: Packet = { type: PacketType.EVENT, nsp: this.#adapter.nsp.name, data };
    const ack = typeof data.at(-1) === 'function' ? data.pop() : undefined;
    const { hooks, server } = this.#adapter.nsp as unknown as HookedNamespace;
    if (hooks?.outgoing != null && !passOutgoing(hooks.outgoing, packet, this.#selection, server)) {
      if (ack !== undefined) this.#failInTime(ack as (error: Error, responses: unknown) => void);
      return true;
    }
    if (ack === undefined) {
      logRejection(this.#adapter.broadcast(packet, this.#selection), 'broadcast');
      return true;
    }
    this.#collect(packet, ack as (error: Error | null, responses?: unknown) => void);
    return true;
  }

  /** An extension dropped the emit: nobody will answer. */
  #failInTime(ack: (error: Error, responses: unknown) => void): void {
    const { timeout = 0, expectSingleResponse } = this.#selection.flags;
    const fail = (): void => ack(new AcknowledgementError('timeout'), expectSingleResponse ? null : []);
    systemClock.setTimeout(fail, timeout);
  }

  /** Broadcast with acknowledgements: complete when every server said how many clients it has, and all of them answered. */
  #collect(packet: Packet, ack: (error: Error | null, responses?: unknown) => void): void {
    const { timeout, expectSingleResponse } = this.#selection.flags;
    const responses: unknown[] = [];
    let missing: string[] | undefined;
    let expectedServers = -1;
    let servers = 0;
    let expectedClients = 0;
    let isOver = false;
    let timer: Timer | undefined;

    const check = (): void => {
      if (isOver || servers !== expectedServers || responses.length !== expectedClients) return;
      isOver = true;
      timer?.cancel();
      ack(null, expectSingleResponse ? responses[0] : withMissing(responses, missing));
    };

    const broadcast = this.#adapter.broadcastWithAck(
      packet,
      this.#selection,
      (clientCount, serverCount = 1) => {
        expectedClients += clientCount;
        servers += serverCount;
        check();
      },
      (response) => {
        if (isOver) return;
        responses.push(response);
        check();
      },
      (nodes) => {
        missing = nodes;
      },
    );
    // Set after the adapter's own: what it finds out at the last moment comes first.
    timer = systemClock.setTimeout(() => {
      isOver = true;
      if (packet.id !== undefined) {
        for (const socket of this.#adapter.nsp.sockets.values()) socket.forgetAck(packet.id);
      }
      const error = withMissing(new AcknowledgementError('timeout'), missing);
      ack(error, expectSingleResponse ? null : responses);
    }, timeout ?? 0);
    logRejection(broadcast, 'broadcast');
    this.#adapter.serverCount().then(
      (count) => {
        expectedServers = count;
        check();
      },
      // The timeout reports it: as long as the number of servers is unknown, the answers may be incomplete.
      () => {},
    );
  }

  /**
   * Sends the event and resolves with the acknowledgements, one per client. Needs {@link BroadcastOperator.timeout}.
   *
   * @throws AcknowledgementError (rejection) when some are missing; `error.responses` holds the others.
   */
  emitWithAck<Ev extends EventNamesWithError<EmitEvents>>(
    event: Ev,
    ...args: AllButLast<EventParams<EmitEvents, Ev>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, Ev>>>> {
    return new Promise((resolve, reject) => {
      const ack = (error: (Error & { responses?: unknown }) | null, responses: any): void => {
        if (error === null) return resolve(responses);
        error.responses = responses;
        reject(error);
      };
      this.emit(event, ...([...args, ack] as unknown as EventParams<EmitEvents, Ev>));
    });
  }

  /** Ids of the matching sockets. @deprecated use {@link BroadcastOperator.fetchSockets}. */
  allSockets(): Promise<Set<SocketId>> {
    return this.#adapter.sockets(this.#selection.rooms);
  }

  /** The matching sockets, of all nodes: local ones as they are, others as {@link RemoteSocket}. */
  async fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    const sockets = await this.#adapter.fetchSockets(this.#selection);
    const found = sockets.map((socket) =>
      'server' in socket
        ? (socket as RemoteSocket<EmitEvents, SocketData>)
        : new RemoteSocket<EmitEvents, SocketData>(this.#adapter, socket),
    );
    return withMissing(found, (sockets as { missing?: string[] }).missing);
  }

  /** Makes the matching sockets join a room, or several. */
  socketsJoin(room: Room | Room[]): void {
    logRejection(this.#adapter.addSockets(this.#selection, listOf(room)), 'make sockets join');
  }

  /** Makes the matching sockets leave a room, or several. */
  socketsLeave(room: Room | Room[]): void {
    logRejection(this.#adapter.delSockets(this.#selection, listOf(room)), 'make sockets leave');
  }

  /** Disconnects the matching sockets; with `close`, their connections too. */
  disconnectSockets(close = false): void {
    logRejection(this.#adapter.disconnectSockets(this.#selection, close), 'disconnect sockets');
  }
}

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

function listOf(room: Room | Room[]): Room[] {
  return Array.isArray(room) ? room : [room];
}
