import type { ClusterNode } from '../../cluster/node.js';
import type { BroadcastMessage } from '../../cluster/wire/broadcast.js';
import { Kind } from '../../cluster/wire/kinds.js';
import type { Message } from '../../cluster/wire/messages.js';
import { encode } from '../../protocol/msgpack/encode.js';
import { type Part, Prepared } from '../../protocol/prepared.js';
import type { Packet } from '../../protocol/socketio/packet.js';
import type { BroadcastOptions, Room } from '../../rooms/selection.js';
import type { SocketId } from '../adapter.js';
import type { AckCallbacks, Found, RemoteNodes, SocketDescription, ThisNode } from '../remote-nodes.js';
import { ClusterAcks } from './acks.js';
import { RoomChannels } from './channels.js';
import type { ClusterOptions } from './options.js';
import { ClusterQueries, eventOf } from './queries.js';
import { eventCheck, ReceivedEvent } from './received-event.js';

/** Takes what other nodes emit, instead of its being delivered at once. */
export interface EventReceiver {
  /** An event of another node, which was checked. @param room the room whose channel it came over, if any. */
  onEvent(message: BroadcastMessage, sender: string, room: Room | undefined): void;
  /** The channel of a room is not listened to any more. */
  onUnsubscribed(room: Room): void;
}

export interface NativeNodesOptions extends Pick<ClusterOptions, 'subscribeToSocketIds'> {
  readonly receiver?: EventReceiver;
}

/**
 * The other nodes, on the native wire.
 *
 * An event is encoded once, and what the encoder made is what travels: a receiving node frames it for its clients without
 * decoding it. Events for one room go to that room's channel, which nodes without a member do not listen to.
 *
 * What other nodes say is checked before it is done; see {@link ClusterNode} and `messages.ts`.
 */
export class NativeNodes implements RemoteNodes {
  readonly #here: ThisNode;
  readonly #node: ClusterNode;
  readonly #channels: RoomChannels;
  readonly #queries: ClusterQueries;
  readonly #acks: ClusterAcks;
  readonly #isEvent: (parts: readonly Part[]) => boolean;
  readonly #receiver: EventReceiver | undefined;
  #stopObserving: (() => void) | undefined = undefined;

  constructor(here: ThisNode, node: ClusterNode, options: NativeNodesOptions = {}) {
    const { nsp } = here.local;
    this.#here = here;
    this.#node = node;
    this.#isEvent = eventCheck(nsp);
    this.#receiver = options.receiver;
    this.#channels = new RoomChannels(
      node,
      nsp.name,
      (message, sender, room) => this.#onMessage(message, sender, room),
      options.subscribeToSocketIds !== false,
    );
    this.#queries = new ClusterQueries(node, here);
    this.#acks = new ClusterAcks(node, here.local, this.#isEvent);
  }

  async open(): Promise<void> {
    this.#stopObserving = this.#node.observe({
      onDown: (error) => this.#here.tell(error),
      onUp: (dropped) => this.#here.onResubscribed(dropped),
      onError: (error) => this.#here.tell(error),
    });
    this.#queries.open();
    this.#acks.open();
    await Promise.all([this.#channels.open(), this.#node.open()]);
  }

  async close(): Promise<void> {
    this.#stopObserving?.();
    this.#queries.close();
    this.#acks.close();
    this.#channels.close(this.#here.local.rooms.keys());
    await this.#node.close();
  }

  // --- rooms ---

  onCreate(room: Room): void {
    this.#channels.onCreate(room);
  }

  onDelete(room: Room): void {
    this.#channels.onDelete(room);
    this.#receiver?.onUnsubscribed(room);
  }

  whenHeard(rooms: Iterable<Room>): Promise<void> | undefined {
    return this.#channels.whenHeard(rooms);
  }

  addSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.#channels.expectMembers(rooms);
    this.#node.to(this.#channels.main).join(options, rooms);
  }

  delSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.#node.to(this.#channels.main).leave(options, rooms);
  }

  disconnectSockets(options: BroadcastOptions, close: boolean): void {
    this.#node.to(this.#channels.main).disconnect(options, close);
  }

  // --- events ---

  /** The channel for an event. */
  channelOf(options: BroadcastOptions): string {
    return this.#channels.channelOf(options);
  }

  broadcast(message: Prepared, _packet: Packet, options: BroadcastOptions): void {
    this.#node.to(this.#channels.channelOf(options)).broadcast(message.parts, options);
  }

  broadcastWithAck(packet: Packet, options: BroadcastOptions, callbacks: AckCallbacks): void {
    this.#acks
      .ask(packet, options, {
        clientCountCallback: callbacks.clientCountCallback,
        ack: callbacks.ack,
        onMissing: (nodes) => {
          callbacks.onMissing(nodes);
          this.#here.onMissing(nodes, 'acks');
        },
      })
      .catch((error) => this.#node.reportFailure('a callback for acknowledgements', error));
  }

  serverSideEmit(args: unknown[]): void {
    this.#node.to(this.#channels.main).serverSideEmit(encode(args));
  }

  // --- questions ---

  async count(): Promise<number> {
    await this.#node.settled;
    return this.#node.members.size;
  }

  tellCount(callback: (count: number) => void): void {
    callback(this.#node.members.size);
  }

  serverSideEmitWithAck(args: unknown[]): Promise<Found<unknown>> {
    return this.#queries.emit(args);
  }

  ids(rooms: Set<Room>): Promise<Found<SocketId>> {
    return this.#queries.ids({ rooms, except: NONE });
  }

  sockets(options: BroadcastOptions): Promise<Found<SocketDescription>> {
    return this.#queries.sockets(options, options.flags.timeout);
  }

  rooms(): Promise<Found<Room>> {
    return this.#queries.rooms();
  }

  // --- what other nodes say ---

  #onMessage(message: Message, sender: string, room: Room | undefined): void {
    const { local } = this.#here;
    switch (message.kind) {
      case Kind.BROADCAST:
        if (!this.#isEvent(message.parts)) this.#node.reject(`not an event of ${local.nsp.name}`);
        else if (this.#receiver === undefined) this.deliver(message);
        else this.#receiver.onEvent(message, sender, room);
        break;
      case Kind.JOIN:
        local.addSockets(message, message.targets);
        break;
      case Kind.LEAVE:
        local.delSockets(message, message.targets);
        break;
      case Kind.DISCONNECT:
        local.disconnectSockets(message, message.close);
        break;
      case Kind.SERVER_SIDE_EMIT:
        local.nsp._onServerSideEmit(eventOf(message.payload));
        break;
      default:
        this.#node.reject(`kind ${message.kind} does not belong on the channel of a namespace`);
    }
  }

  /** Delivers an event of another node. Hot path: once per event, whatever the number of its receivers. */
  deliver(message: BroadcastMessage): void {
    const { local } = this.#here;
    const prepared = new Prepared(message.parts, message.flags.compress !== false);
    local.deliver(prepared, new ReceivedEvent(local.nsp, message.parts), message);
  }
}

const NONE: Set<Room> = new Set();
