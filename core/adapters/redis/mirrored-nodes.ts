import { createHash } from 'node:crypto';
import type { ClusterNode } from '../../cluster/node.js';
import { VERSION } from '../../cluster/wire/messages.js';
import { randomId } from '../../ids.js';
import type { Part, Prepared } from '../../protocol/prepared.js';
import type { Packet } from '../../protocol/socketio/packet.js';
import type { BroadcastOptions, Room } from '../../rooms/selection.js';
import type { SocketId } from '../adapter.js';
import { NativeNodes } from '../native/nodes.js';
import type { ClusterOptions } from '../native/options.js';
import { ReceivedEvent } from '../native/received-event.js';
import type { AckCallbacks, Found, RemoteNodes, SocketDescription, ThisNode } from '../remote-nodes.js';
import type { SocketioBus } from './socketio/bus.js';
import { Mirror } from './socketio/mirror.js';
import { type QueryNames, SocketioNodes, type SocketioOptions } from './socketio/nodes.js';

export interface MirroredOptions extends SocketioOptions, Pick<ClusterOptions, 'subscribeToSocketIds'> {
  /** Prefix of the native channels: nodes with different ones do not hear each other natively. */
  readonly prefix: string;
  /** Milliseconds between two looks at who is there, while nothing is said. */
  readonly heartbeatInterval: number;
  /** Whether nodes that know only Socket.IO's protocol are there is known, or different now. */
  readonly onChange: () => void;
}

/** The native names of the questions. */
const QUERIES: QueryNames = { ids: 'ids', sockets: 'sockets', rooms: 'rooms', emit: 'emit', acks: 'acks' };

/**
 * The other nodes in automatic mode. Nodes like this one speak natively with each other, always: nothing between them
 * changes when others come and go. As long as there are nodes that know only Socket.IO's protocol, official ones for
 * instance, whatever is said natively is said in it, too, for them alone; nodes like this one know it by its sender, and do
 * not listen.
 *
 * Who is there is told by Redis, in one command: how many listen to the requests of the namespace, and how many of these to
 * a channel that only nodes like this one listen to. See docs/decisions/0011-two-wires.md.
 */
export class MirroredNodes implements RemoteNodes {
  readonly #here: ThisNode;
  readonly #node: ClusterNode;
  readonly #bus: SocketioBus;
  readonly #native: NativeNodes;
  readonly #socketio: SocketioNodes;
  readonly #mirror: Mirror;
  /** Only nodes that understand each other natively listen to it. */
  readonly #marker: string;

  constructor(here: ThisNode, node: ClusterNode, bus: SocketioBus, options: MirroredOptions) {
    const { clock, key = 'socket.io', prefix, heartbeatInterval, onChange } = options;
    const sign = signOf(prefix);
    this.#here = here;
    this.#node = node;
    this.#bus = bus;
    this.#marker = `${key}-native#${here.local.nsp.name}#${sign}#`;
    this.#native = new NativeNodes(here, node, options);
    this.#mirror = new Mirror({
      clock,
      interval: heartbeatInterval,
      count: () => this.#countOthers(),
      repeat: (event, to) => this.#repeat(event, to),
      publish: (channel, message) => bus.publish(channel, message),
      onChange,
    });
    this.#socketio = new SocketioNodes(here, bus, {
      ...options,
      uid: `${sign}${randomId().slice(0, 6)}`,
      isIgnored: (uid) => uid.startsWith(sign),
      countOthers: () => this.#countOthers(),
      publish: (channel, message) => this.#mirror.publish(channel, message),
      // Outages are what the native bus says they are.
      tellsOutages: false,
      queries: QUERIES,
    });
  }

  /** Nodes that know only Socket.IO's protocol; `undefined` while nobody knows. */
  get others(): number | undefined {
    return this.#mirror.others;
  }

  async open(): Promise<void> {
    await Promise.all([
      this.#native.open(),
      // In this order: a node that is counted as one of us must not be counted as missing among all.
      this.#socketio.open().then(() => this.#bus.subscribe(this.#marker, () => {})),
    ]);
    await this.#mirror.open();
  }

  async close(): Promise<void> {
    this.#mirror.close();
    this.#bus.unsubscribe(this.#marker);
    await Promise.all([this.#socketio.close(), this.#native.close()]);
  }

  /** Nodes that take part in this namespace, and know only Socket.IO's protocol. Rejects during an outage. */
  async #countOthers(): Promise<number> {
    await this.#socketio.ready;
    const [all, native] = await this.#bus.countSubscribers([this.#socketio.channels.request, this.#marker]);
    return Math.max(0, all! - native!);
  }

  // --- rooms: those who know only Socket.IO's protocol hear of all of them ---

  onCreate(room: Room): void {
    this.#native.onCreate(room);
  }

  onDelete(room: Room): void {
    this.#native.onDelete(room);
  }

  whenHeard(rooms: Iterable<Room>): Promise<void> | undefined {
    return this.#native.whenHeard(rooms);
  }

  // --- in both languages ---

  broadcast(message: Prepared, packet: Packet, options: BroadcastOptions): void {
    this.#native.broadcast(message, packet, options);
    this.#mirror.broadcast(message.parts, options, packet);
  }

  /** It was said natively before: nothing that fails here may be in the way of that. */
  #repeat(event: Packet | readonly Part[], options: BroadcastOptions): void {
    try {
      const packet = isPacket(event) ? event : new ReceivedEvent(this.#here.local.nsp, event);
      this.#socketio.broadcast(undefined, packet, options);
    } catch (error) {
      this.#node.reportFailure("an event could not be said in Socket.IO's protocol", error);
    }
  }

  broadcastWithAck(packet: Packet, options: BroadcastOptions, callbacks: AckCallbacks): void {
    const { clientCountCallback, ack } = callbacks;
    const missing: string[] = [];
    const onMissing = (nodes: string[]): void => {
      missing.push(...nodes);
      if (missing.length > 0) callbacks.onMissing(missing);
    };
    this.#native.broadcastWithAck(packet, options, { clientCountCallback, ack, onMissing });
    this.#socketio.broadcastWithAck(packet, options, { clientCountCallback, ack, onMissing });
  }

  addSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.#native.addSockets(options, rooms);
    this.#socketio.addSockets(options, rooms);
  }

  delSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.#native.delSockets(options, rooms);
    this.#socketio.delSockets(options, rooms);
  }

  disconnectSockets(options: BroadcastOptions, close: boolean): void {
    this.#native.disconnectSockets(options, close);
    this.#socketio.disconnectSockets(options, close);
  }

  serverSideEmit(args: unknown[]): void {
    this.#native.serverSideEmit(args);
    this.#socketio.serverSideEmit(args);
  }

  // --- questions ---

  async count(): Promise<number> {
    // During an outage, as many as there were.
    const others = this.#countOthers().catch(() => this.#mirror.others ?? 0);
    return (await this.#native.count()) + (await others);
  }

  tellCount(callback: (count: number) => void): void {
    this.#native.tellCount(callback);
    this.#countOthers().then(callback, () => {});
  }

  serverSideEmitWithAck(args: unknown[]): Promise<Found<unknown>> {
    const others = this.#socketio.serverSideEmitWithAck(args);
    return join(this.#native.serverSideEmitWithAck(args), others);
  }

  ids(rooms: Set<Room>): Promise<Found<SocketId>> {
    return join(this.#native.ids(rooms), this.#socketio.ids(rooms));
  }

  sockets(options: BroadcastOptions): Promise<Found<SocketDescription>> {
    return join<SocketDescription>(this.#native.sockets(options), this.#socketio.sockets(options));
  }

  rooms(): Promise<Found<Room>> {
    return join(this.#native.rooms(), this.#socketio.rooms());
  }
}

/** What was found among the nodes of both kinds. */
async function join<Value>(native: Promise<Found<Value>>, others: Promise<Found<Value>>): Promise<Found<Value>> {
  const [first, second] = await Promise.all([native, others]);
  return { values: [...first.values, ...second.values], missing: [...first.missing, ...second.missing] };
}

function isPacket(event: Packet | readonly Part[]): event is Packet {
  return !Array.isArray(event);
}

/** Begins the ids of those who understand each other natively. No official id begins like this. */
function signOf(prefix: string): string {
  return `~${createHash('sha256').update(`${VERSION} ${prefix}`).digest('base64url').slice(0, 4)}`;
}
