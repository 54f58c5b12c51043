import createDebug from 'debug';
import { ClusterError } from '../errors.js';
import type { Packet } from '../protocol/socketio/packet.js';
import type { BroadcastOptions, Room } from '../rooms/selection.js';
import { Adapter, type AdapterNamespace, type SocketId } from './adapter.js';
import { LocalSockets } from './local-sockets.js';
import { type RemoteNodes, type ThisNode, withMissing } from './remote-nodes.js';
import { RoomEvents } from './room-events.js';
import { SharedUse } from './shared-use.js';

const debug = createDebug('carillon:adapter');

/**
 * Many nodes: what is done here is done, or asked, on the others too, unless it is `local`.
 *
 * What concerns this node happens in the call, whatever the state of the connection to the others.
 */
export class DistributedAdapter<Remote extends RemoteNodes = RemoteNodes> extends Adapter {
  /** The sockets of this node. */
  readonly local: LocalSockets;
  readonly rooms: Map<Room, Set<SocketId>>;
  readonly sids: Map<SocketId, Set<Room>>;
  /** The others. */
  readonly remote: Remote;
  readonly #here: ThisNode;
  readonly #use = new SharedUse();

  /**
   * @param connect makes what speaks with the others.
   * @param events the adapter that the application knows, when it is not this one: it gets the events.
   */
  constructor(nsp: AdapterNamespace, connect: (here: ThisNode) => Remote, events?: Adapter) {
    super(nsp);
    const changes = new RoomChanges(events ?? this, () => this.remote);
    this.local = new LocalSockets(nsp, changes);
    this.rooms = this.local.rooms;
    this.sids = this.local.sids;
    this.#here = new Here(this.local, events ?? this);
    this.remote = connect(this.#here);
  }

  /**
   * Takes part. Resolves when nothing that others send is missed any more.
   *
   * Once for each time that a namespace is given this adapter: with the same factory set again, it is the same one, which
   * goes on.
   */
  override init(): Promise<void> {
    return this.#use.open(async () => {
      debug('%s joins the others', this.nsp.name);
      await this.remote.open();
      debug('%s hears the others', this.nsp.name);
    });
  }

  override close(): Promise<void> {
    return this.#use.close(() => {
      debug('%s leaves the others', this.nsp.name);
      return this.remote.close();
    });
  }

  /** Whether some namespace has it. */
  get isInUse(): boolean {
    return this.#use.isInUse;
  }

  async serverCount(): Promise<number> {
    return (await this.remote.count()) + 1;
  }

  // --- rooms ---

  /** The promise resolves when what other nodes send to the rooms is heard here. It never rejects. */
  addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    this.local.join(id, rooms);
    return this.remote.whenHeard(rooms);
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

  addSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.local.addSockets(options, rooms);
    if (options.flags.local !== true) this.remote.addSockets(options, rooms);
  }

  delSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.local.delSockets(options, rooms);
    if (options.flags.local !== true) this.remote.delSockets(options, rooms);
  }

  disconnectSockets(options: BroadcastOptions, close: boolean): void {
    this.local.disconnectSockets(options, close);
    if (options.flags.local !== true) this.remote.disconnectSockets(options, close);
  }

  // --- events ---

  broadcast(packet: Packet, options: BroadcastOptions): void {
    const message = this.local.prepare(packet, options);
    // Others first: a catch-all listener that emits in turn comes second on all nodes.
    if (options.flags.local !== true) this.remote.broadcast(message, packet, options);
    this.local.deliver(message, packet, options);
  }

  broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    clientCountCallback: (clientCount: number, servers?: number) => void,
    ack: (...args: any[]) => void,
    onMissing?: (nodes: string[]) => void,
  ): void {
    this.local.broadcastWithAck(packet, options, clientCountCallback, ack);
    if (options.flags.local === true) {
      // The others have nothing to say, but they are counted.
      this.remote.tellCount((count) => clientCountCallback(0, count));
      return;
    }
    const callbacks = { clientCountCallback, ack, onMissing: (nodes: string[]) => onMissing?.(nodes) };
    this.remote.broadcastWithAck(packet, options, callbacks);
  }

  serverSideEmit(packet: any[]): void {
    const ack = packet.at(-1);
    if (typeof ack !== 'function') {
      this.remote.serverSideEmit(packet);
      return;
    }
    this.remote
      .serverSideEmitWithAck(packet.slice(0, -1))
      .then(({ values, missing }) => ack(null, withMissing(values, missing)))
      .catch((error: Error) => {
        const message = `a callback of serverSideEmit(): ${error?.message ?? error}`;
        this.#here.report(new ClusterError('CARILLON_CLUSTER_FAILURE', message, error));
      });
  }

  // --- questions ---

  async sockets(rooms: Set<Room>): Promise<Set<SocketId>> {
    const ids = this.local.ids(rooms);
    const { values, missing } = await this.remote.ids(rooms);
    for (const id of values) ids.add(id);
    return withMissing(ids, missing);
  }

  async fetchSockets(options: BroadcastOptions): Promise<any[]> {
    const here = this.local.select(options);
    if (options.flags.local === true) return here;
    const { values, missing } = await this.remote.sockets(options);
    return withMissing([...here, ...values], missing);
  }

  /** All rooms of all nodes. */
  async allRooms(): Promise<Set<Room>> {
    const { values, missing } = await this.remote.rooms();
    return withMissing(new Set([...this.rooms.keys(), ...values]), missing);
  }
}

/** Changes to rooms: the channels first, then the application. */
class RoomChanges extends RoomEvents {
  readonly #remote: () => RemoteNodes;

  constructor(events: Adapter, remote: () => RemoteNodes) {
    super(events);
    this.#remote = remote;
  }

  override onCreate(room: Room): void {
    this.#remote().onCreate(room);
    super.onCreate(room);
  }

  override onDelete(room: Room): void {
    this.#remote().onDelete(room);
    super.onDelete(room);
  }
}

/** This node, for whoever speaks with the others. */
class Here implements ThisNode {
  readonly local: LocalSockets;
  readonly #events: Adapter;

  constructor(local: LocalSockets, events: Adapter) {
    this.local = local;
    this.#events = events;
  }

  tell(error: Error): boolean {
    debug('%s: %s', this.local.nsp.name, error.message);
    if (this.#events.listenerCount('error') === 0) return false;
    this.#events.emit('error', error);
    return true;
  }

  report(error: Error): void {
    if (!this.tell(error)) console.error(`carillon: ${error.message}`);
  }

  onMissing(nodes: string[], query: string): void {
    debug('%s: no answer to "%s" from %o', this.local.nsp.name, query, nodes);
    this.#events.emit('missing-nodes', nodes, query);
  }

  onResubscribed(dropped: number): void {
    this.#events.emit('resubscribed', { dropped });
  }
}
