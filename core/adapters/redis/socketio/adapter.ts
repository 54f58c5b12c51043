import type { Packet } from '../../../protocol/socketio/packet.js';
import type { BroadcastOptions, Room } from '../../../rooms/selection.js';
import type { AdapterNamespace, AdapterSocket, SocketId } from '../../adapter.js';
import { MemoryAdapter } from '../../memory.js';
import { withMissing } from '../../native/queries.js';
import type { ClassicSocket } from './messages.js';
import { type ClassicAnswers, type ClassicBus, type ClassicOptions, ClassicWire } from './protocol.js';

/**
 * Compatible mode: one of the nodes of a cluster that runs `@socket.io/redis-adapter`, in both directions. The others may
 * be official ones or of our own.
 *
 * What a call does on this node happens in the call; only then do the others hear of it.
 */
export class ClassicAdapter extends MemoryAdapter {
  readonly #bus: ClassicBus;
  readonly #wire: ClassicWire;
  #stopObserving: (() => void) | undefined = undefined;

  constructor(nsp: AdapterNamespace, bus: ClassicBus, options: ClassicOptions) {
    super(nsp);
    this.#bus = bus;
    this.#wire = new ClassicWire(
      bus,
      {
        nsp,
        rooms: this.rooms,
        sids: this.sids,
        deliver: (message, packet, to) => this.deliver(message, packet, to),
        broadcastWithAck: (packet, to, count, ack) => super.broadcastWithAck(packet, to, count, ack),
        sockets: (rooms) => super.sockets(rooms),
        fetchSockets: (to) => super.fetchSockets(to),
        addSockets: (to, rooms) => super.addSockets(to, rooms),
        delSockets: (to, rooms) => super.delSockets(to, rooms),
        disconnectSockets: (to, close) => super.disconnectSockets(to, close),
        report: (error) => {
          if (!this.#report(error)) console.error(`carillon: ${error.message}`);
        },
      },
      options,
    );
  }

  /** How other nodes know this one. */
  get uid(): string {
    return this.#wire.uid;
  }

  override init(): Promise<void> {
    this.#stopObserving = this.#bus.observe({
      onDown: (error) => this.#report(error),
      onUp: (dropped) => this.emit('resubscribed', { dropped }),
      onError: (error) => this.#report(error),
    });
    return this.#wire.open();
  }

  override async close(): Promise<void> {
    this.#stopObserving?.();
    await this.#wire.close();
  }

  override serverCount(): Promise<number> {
    return this.#wire.countNodes();
  }

  override broadcast(packet: Packet, options: BroadcastOptions): void {
    const message = this.prepare(packet, options);
    // Others first: a catch-all listener that emits in turn comes second on all nodes.
    if (options.flags.local !== true) this.#wire.broadcast(packet.data, options);
    this.deliver(message, packet, options);
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
      // Nobody else has anything to say, but all of them are counted.
      this.#wire
        .countNodes()
        .then((nodes) => clientCountCallback(0, nodes - 1))
        .catch((error) => this.#report(error));
      return;
    }
    this.#wire.broadcastWithAck(packet.data, options, clientCountCallback, ack, (missing) => {
      const nodes = this.#name(missing, 'broadcastWithAck');
      if (nodes.length > 0) onMissing?.(nodes);
    });
  }

  override async sockets(rooms: Set<Room>): Promise<Set<SocketId>> {
    const [ids, remote] = await Promise.all([super.sockets(rooms), this.#wire.sockets(rooms)]);
    for (const id of remote.answers.flat()) ids.add(id);
    return this.#complete(ids, remote, 'sockets');
  }

  /** All rooms of all nodes. */
  async allRooms(): Promise<Set<Room>> {
    const remote = await this.#wire.allRooms();
    const rooms = new Set(this.rooms.keys());
    for (const room of remote.answers.flat()) rooms.add(room);
    return this.#complete(rooms, remote, 'allRooms');
  }

  override async fetchSockets(options: BroadcastOptions): Promise<any[]> {
    const local = await super.fetchSockets(options);
    if (options.flags.local === true) return local;
    const remote = await this.#wire.fetchSockets(options);
    const sockets: (AdapterSocket | ClassicSocket)[] = [...local, ...remote.answers.flat()];
    return this.#complete(sockets, remote, 'fetchSockets');
  }

  override addSockets(options: BroadcastOptions, rooms: Room[]): void {
    super.addSockets(options, rooms);
    if (options.flags.local !== true) this.#wire.addSockets(options, rooms);
  }

  override delSockets(options: BroadcastOptions, rooms: Room[]): void {
    super.delSockets(options, rooms);
    if (options.flags.local !== true) this.#wire.delSockets(options, rooms);
  }

  override disconnectSockets(options: BroadcastOptions, close: boolean): void {
    super.disconnectSockets(options, close);
    if (options.flags.local !== true) this.#wire.disconnectSockets(options, close);
  }

  override serverSideEmit(packet: any[]): void {
    const ack = packet.at(-1);
    if (typeof ack !== 'function') {
      this.#wire.serverSideEmit(packet);
      return;
    }
    this.#wire
      .serverSideEmitWithAck(packet.slice(0, -1))
      .then((remote) => ack(null, this.#complete(remote.answers, remote, 'serverSideEmit')))
      .catch((error) => this.#report(error));
  }

  /** The result of a query, with the nodes that are not in it. */
  #complete<Result extends object>(result: Result, { missing }: ClassicAnswers<unknown>, query: string): Result {
    return missing === 0 ? result : withMissing(result, this.#name(missing, query));
  }

  /** The wire tells how many did not answer, not who. */
  #name(missing: number, query: string): string[] {
    const nodes = nameUnknown(missing);
    if (missing > 0) this.emit('missing-nodes', nodes, query);
    return nodes;
  }

  /** @returns whether anybody listens. */
  #report(error: Error): boolean {
    if (this.listenerCount('error') === 0) return false;
    this.emit('error', error);
    return true;
  }
}

/** Names for nodes of which only the number is known. */
export function nameUnknown(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `unknown-${index + 1}`);
}
