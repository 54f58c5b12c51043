import type { ClusterNode } from '../../cluster/node.js';
import { type BroadcastMessage, Kind, type Message } from '../../cluster/wire/messages.js';
import { encode } from '../../protocol/msgpack/encode.js';
import { type Part, Prepared } from '../../protocol/prepared.js';
import type { Packet } from '../../protocol/socketio/packet.js';
import type { BroadcastOptions, Room } from '../../rooms/selection.js';
import type { AdapterNamespace, SocketId } from '../adapter.js';
import { MemoryAdapter } from '../memory.js';
import { ClusterAcks } from './acks.js';
import { RoomChannels } from './channels.js';
import type { ClusterOptions } from './options.js';
import { ClusterQueries, eventOf, withMissing } from './queries.js';
import { eventCheck, ReceivedEvent } from './received-event.js';

/**
 * Many nodes: what is emitted on one reaches the clients of all.
 *
 * Clients of this node get an event in the call itself, whatever the state of the bus. For the others it is encoded once,
 * and what the encoder made is what travels: a receiving node frames it for its clients without decoding it. Events for
 * one room go to that room's channel, which nodes without a member do not listen to.
 *
 * What other nodes say is checked before it is done; see {@link ClusterNode} and `messages.ts`.
 */
export class ClusterAdapter extends MemoryAdapter {
  protected readonly node: ClusterNode;
  protected readonly channels: RoomChannels;
  readonly #queries: ClusterQueries;
  readonly #acks: ClusterAcks;
  readonly #isEvent: (parts: readonly Part[]) => boolean;
  #stopObserving: (() => void) | undefined;

  constructor(nsp: AdapterNamespace, node: ClusterNode, options: Pick<ClusterOptions, 'subscribeToSocketIds'> = {}) {
    super(nsp);
    this.node = node;
    this.#isEvent = eventCheck(nsp);
    this.channels = new RoomChannels(
      node,
      nsp.name,
      (message, sender, room) => this.onMessage(message, sender, room),
      options.subscribeToSocketIds !== false,
    );
    this.#queries = new ClusterQueries(
      node,
      nsp,
      (selection) => this.select(selection),
      (nodes, query) => this.emit('missing-nodes', nodes, query),
    );
    this.#acks = new ClusterAcks(
      node,
      nsp,
      (packet, selection, count, ack) => super.broadcastWithAck(packet, selection, count, ack),
      this.#isEvent,
    );
  }

  /** Takes part in the cluster. Resolves when nothing that others send is missed any more. */
  override async init(): Promise<void> {
    this.#stopObserving = this.node.observe({
      onDown: (error) => this.report(error),
      onUp: (dropped) => this.emit('resubscribed', { dropped }),
      onError: (error) => this.report(error),
    });
    this.#queries.open();
    this.#acks.open();
    await Promise.all([this.channels.open(), this.node.open()]);
  }

  override async close(): Promise<void> {
    this.#stopObserving?.();
    this.#queries.close();
    this.#acks.close();
    this.channels.close(this.rooms.keys());
    await this.node.close();
  }

  /** @returns whether anybody listens. */
  protected report(error: Error): boolean {
    if (this.listenerCount('error') === 0) return false;
    this.emit('error', error);
    return true;
  }

  override async serverCount(): Promise<number> {
    await this.node.settled;
    return this.node.members.size + 1;
  }

  // --- rooms ---

  override onCreate(room: Room): void {
    this.channels.onCreate(room);
    super.onCreate(room);
  }

  override onDelete(room: Room): void {
    this.channels.onDelete(room);
    super.onDelete(room);
  }

  /** The promise resolves when what other nodes send to the rooms is heard here. It never rejects. */
  override addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    super.addAll(id, rooms);
    return this.channels.whenHeard(rooms);
  }

  override addSockets(options: BroadcastOptions, rooms: Room[]): void {
    super.addSockets(options, rooms);
    if (options.flags.local === true) return;
    this.channels.expectMembers(rooms);
    this.node.to(this.channels.main).join(options, rooms);
  }

  override delSockets(options: BroadcastOptions, rooms: Room[]): void {
    super.delSockets(options, rooms);
    if (options.flags.local !== true) this.node.to(this.channels.main).leave(options, rooms);
  }

  override disconnectSockets(options: BroadcastOptions, close: boolean): void {
    super.disconnectSockets(options, close);
    if (options.flags.local !== true) this.node.to(this.channels.main).disconnect(options, close);
  }

  // --- events ---

  override broadcast(packet: Packet, options: BroadcastOptions): void {
    const message = this.prepare(packet, options);
    // Others first: a catch-all listener that emits in turn comes second on all nodes.
    if (options.flags.local !== true) this.publish(message, packet, options);
    this.deliver(message, packet, options);
  }

  /** Tells the other nodes of an event. Hot path: once per emit. */
  protected publish(message: Prepared, _packet: Packet, options: BroadcastOptions): void {
    this.node.to(this.channels.channelOf(options)).broadcast(message.parts, options);
  }

  override broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    clientCountCallback: (clientCount: number, servers?: number) => void,
    ack: (...args: any[]) => void,
    onMissing?: (nodes: string[]) => void,
  ): void {
    super.broadcastWithAck(packet, options, clientCountCallback, ack);
    if (options.flags.local === true) {
      clientCountCallback(0, this.node.members.size);
      return;
    }
    const callbacks = {
      clientCountCallback,
      ack,
      onMissing: (nodes: string[]) => {
        onMissing?.(nodes);
        this.emit('missing-nodes', nodes, 'acks');
      },
    };
    this.#acks
      .ask(packet, options, callbacks)
      .catch((error) => this.node.reportFailure('a callback for acknowledgements', error));
  }

  override serverSideEmit(packet: any[]): void {
    const ack = packet.at(-1);
    if (typeof ack !== 'function') {
      this.node.to(this.channels.main).serverSideEmit(encode(packet));
      return;
    }
    this.#queries
      .emit(packet.slice(0, -1))
      .then(({ values, missing }) => ack(null, withMissing(values, missing)))
      .catch((error) => this.node.reportFailure('a callback of serverSideEmit()', error));
  }

  // --- questions ---

  override async sockets(rooms: Set<Room>): Promise<Set<SocketId>> {
    const ids = await super.sockets(rooms);
    const { values, missing } = await this.#queries.ids({ rooms, except: NONE });
    for (const id of values) ids.add(id);
    return withMissing(ids, missing);
  }

  override async fetchSockets(options: BroadcastOptions): Promise<any[]> {
    const here = this.select(options);
    if (options.flags.local === true) return here;
    const { values, missing } = await this.#queries.sockets(options, options.flags.timeout);
    return withMissing([...here, ...values], missing);
  }

  // --- what other nodes say ---

  protected onMessage(message: Message, sender: string, room: Room | undefined): void {
    switch (message.kind) {
      case Kind.BROADCAST:
        if (this.#isEvent(message.parts)) this.receive(message, sender, room);
        else this.node.reject(`not an event of ${this.nsp.name}`);
        break;
      case Kind.JOIN:
        super.addSockets(message, message.targets);
        break;
      case Kind.LEAVE:
        super.delSockets(message, message.targets);
        break;
      case Kind.DISCONNECT:
        super.disconnectSockets(message, message.close);
        break;
      case Kind.SERVER_SIDE_EMIT:
        this.nsp._onServerSideEmit(eventOf(message.payload));
        break;
      default:
        this.node.reject(`kind ${message.kind} does not belong on the channel of a namespace`);
    }
  }

  /** Delivers an event of another node. Hot path: once per event, whatever the number of its receivers. */
  protected receive(message: BroadcastMessage, _sender: string, _room: Room | undefined): void {
    const prepared = new Prepared(message.parts, message.flags.compress !== false);
    this.deliver(prepared, new ReceivedEvent(this.nsp, message.parts), message);
  }
}

const NONE: Set<Room> = new Set();
