import { createHash } from 'node:crypto';
import type { ClusterNode } from '../../cluster/node.js';
import { VERSION } from '../../cluster/wire/messages.js';
import { randomId } from '../../ids.js';
import { decode } from '../../protocol/msgpack/decode.js';
import { encode } from '../../protocol/msgpack/encode.js';
import type { Part, Prepared } from '../../protocol/prepared.js';
import type { Packet } from '../../protocol/socketio/packet.js';
import type { BroadcastOptions, Room } from '../../rooms/selection.js';
import type { AdapterNamespace, SocketId } from '../adapter.js';
import { MemoryAdapter } from '../memory.js';
import { ClusterAdapter } from '../native/cluster-adapter.js';
import type { ClusterOptions } from '../native/options.js';
import { withMissing } from '../native/queries.js';
import { ReceivedEvent } from '../native/received-event.js';
import { nameUnknown } from './socketio/adapter.js';
import { toRooms } from './socketio/messages.js';
import { ClassicMirror } from './socketio/mirror.js';
import { type ClassicBus, type ClassicOptions, ClassicWire } from './socketio/protocol.js';

/** What the nodes of a namespace speak: native among themselves, and the classic wire for those who know only that. */
export type ClusterMode = 'native' | 'compatible';

export interface NegotiatedOptions extends ClassicOptions {
  /** Prefix of the native channels: nodes with different ones do not hear each other natively. */
  readonly prefix: string;
  /** Milliseconds between two looks at who is there, while nothing is said. */
  readonly heartbeatInterval: number;
}

/** What this node does with its own sockets, and nobody else's. */
const here = MemoryAdapter.prototype;

/**
 * Automatic mode. Nodes like this one speak natively with each other, always: nothing between them changes when others come
 * and go. As long as there are nodes that know only the classic wire, official ones for instance, whatever is said natively
 * is said on the classic wire, too, for them alone; nodes like this one know it by its sender, and do not listen.
 *
 * Who is there is told by Redis, in one command: how many listen to the requests of the namespace, and how many of these to
 * a channel that only nodes like this one listen to. See docs/decisions/0011-two-wires.md.
 */
export class NegotiatedAdapter extends ClusterAdapter {
  readonly #bus: ClassicBus;
  readonly #wire: ClassicWire;
  readonly #mirror: ClassicMirror;
  /** Only nodes that understand each other natively listen to it. */
  readonly #marker: string;
  #stopAnswering: (() => void) | undefined = undefined;
  #stopObserving: (() => void) | undefined = undefined;

  constructor(
    nsp: AdapterNamespace,
    node: ClusterNode,
    bus: ClassicBus,
    options: NegotiatedOptions & Pick<ClusterOptions, 'subscribeToSocketIds'>,
  ) {
    super(nsp, node, options);
    const { clock, key = 'socket.io', prefix, heartbeatInterval } = options;
    const sign = signOf(prefix);
    this.#bus = bus;
    this.#marker = `${key}-native#${nsp.name}#${sign}#`;
    this.#mirror = new ClassicMirror({
      clock,
      interval: heartbeatInterval,
      count: () => this.#countClassic(),
      repeat: (event, to) => this.#repeat(event, to),
      publish: (channel, message) => bus.publish(channel, message),
      onChange: () => this.#announceMode(),
    });
    this.#wire = new ClassicWire(
      bus,
      {
        nsp,
        rooms: this.rooms,
        sids: this.sids,
        deliver: (message, packet, to) => this.deliver(message, packet, to),
        broadcastWithAck: (packet, to, count, ack) => here.broadcastWithAck.call(this, packet, to, count, ack),
        sockets: (rooms) => here.sockets.call(this, rooms),
        fetchSockets: (to) => here.fetchSockets.call(this, to),
        addSockets: (to, rooms) => here.addSockets.call(this, to, rooms),
        delSockets: (to, rooms) => here.delSockets.call(this, to, rooms),
        disconnectSockets: (to, close) => here.disconnectSockets.call(this, to, close),
        report: (error) => {
          if (!this.report(error)) console.error(`carillon: ${error.message}`);
        },
      },
      {
        ...options,
        uid: `${sign}${randomId().slice(0, 6)}`,
        isIgnored: (uid) => uid.startsWith(sign),
        countOthers: () => this.#countClassic(),
        publish: (channel, message) => this.#mirror.publish(channel, message),
      },
    );
  }

  /** Says an event on the classic wire. It was said natively before: nothing that fails here may be in the way of that. */
  #repeat(event: Packet | readonly Part[], options: BroadcastOptions): void {
    try {
      const packet = isPacket(event) ? event : new ReceivedEvent(this.nsp, event);
      this.#wire.broadcast(packet.data, options);
    } catch (error) {
      this.node.reportFailure('an event could not be said on the classic wire', error);
    }
  }

  #announceMode(): void {
    try {
      this.emit('mode', this.mode);
    } catch (error) {
      this.node.reportFailure('a listener of "mode"', error);
    }
  }

  /** `compatible` as long as there are nodes that know only the classic wire, or nobody knows. */
  get mode(): ClusterMode {
    return this.#mirror.others === 0 ? 'native' : 'compatible';
  }

  override async init(): Promise<void> {
    // Outages are what the native bus says they are.
    this.#stopObserving = this.#bus.observe({ onDown: () => true, onError: (error) => this.report(error) });
    this.#stopAnswering = this.node.handle(`rooms ${this.nsp.name}`, () => encode([...this.rooms.keys()]));
    await Promise.all([
      super.init(),
      // In this order: a node that is counted as one of us must not be counted as missing among all.
      this.#wire.open().then(() => this.#bus.subscribe(this.#marker, () => {})),
    ]);
    await this.#mirror.open();
  }

  override async close(): Promise<void> {
    this.#mirror.close();
    this.#stopAnswering?.();
    this.#stopObserving?.();
    this.#bus.unsubscribe(this.#marker);
    await Promise.all([this.#wire.close(), super.close()]);
  }

  /** Nodes that take part in this namespace, and know only the classic wire. Rejects during an outage. */
  async #countClassic(): Promise<number> {
    await this.#wire.ready;
    const [all, native] = await this.#bus.countSubscribers([this.#wire.channels.request, this.#marker]);
    return Math.max(0, all! - native!);
  }

  // --- on both wires ---

  protected override publish(message: Prepared, packet: Packet, options: BroadcastOptions): void {
    super.publish(message, packet, options);
    this.#mirror.broadcast(message.parts, options, packet);
  }

  override broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    clientCountCallback: (clientCount: number, servers?: number) => void,
    ack: (...args: any[]) => void,
    onMissing?: (nodes: string[]) => void,
  ): void {
    const missing: string[] = [];
    const addMissing = (nodes: string[]): void => {
      missing.push(...nodes);
      onMissing?.(missing);
    };
    super.broadcastWithAck(packet, options, clientCountCallback, ack, addMissing);
    if (options.flags.local === true) {
      // They have nothing to say, but they are counted.
      this.#countClassic().then(
        (count) => clientCountCallback(0, count),
        () => {},
      );
      return;
    }
    this.#wire.broadcastWithAck(packet.data, options, clientCountCallback, ack, (count) => {
      if (count > 0) addMissing(this.#nameUnknown(count, 'acks'));
    });
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
      super.serverSideEmit(packet);
      this.#wire.serverSideEmit(packet);
      return;
    }
    const data = packet.slice(0, -1);
    const classic = this.#wire.serverSideEmitWithAck(data);
    super.serverSideEmit([
      ...data,
      (_error: null, native: unknown[] & { missing?: string[] }) => {
        classic
          .then(({ answers, missing }) =>
            ack(null, this.#join([...native, ...answers], native.missing, missing, 'emit')),
          )
          .catch((error) => this.node.reportFailure('a callback of serverSideEmit()', error));
      },
    ]);
  }

  override async serverCount(): Promise<number> {
    // During an outage, as many as there were.
    const classic = this.#countClassic().catch(() => this.#mirror.others ?? 0);
    return (await super.serverCount()) + (await classic);
  }

  override async sockets(rooms: Set<Room>): Promise<Set<SocketId>> {
    const [native, classic] = await Promise.all([super.sockets(rooms), this.#wire.sockets(rooms)]);
    const ids = new Set([...native, ...classic.answers.flat()]);
    return this.#join(ids, (native as { missing?: string[] }).missing, classic.missing, 'ids');
  }

  override async fetchSockets(options: BroadcastOptions): Promise<any[]> {
    if (options.flags.local === true) return super.fetchSockets(options);
    const [native, classic] = await Promise.all([super.fetchSockets(options), this.#wire.fetchSockets(options)]);
    const sockets = [...native, ...classic.answers.flat()];
    return this.#join(sockets, (native as { missing?: string[] }).missing, classic.missing, 'sockets');
  }

  /** All rooms of all nodes. */
  async allRooms(): Promise<Set<Room>> {
    const [native, classic] = await Promise.all([
      this.node.request(`rooms ${this.nsp.name}`, new Uint8Array(0)),
      this.#wire.allRooms(),
    ]);
    const rooms = new Set([...this.rooms.keys(), ...classic.answers.flat()]);
    const missing = [...native.missing];
    for (const [id, answer] of native.answers) {
      try {
        for (const room of toRooms(decode(answer), 'rooms')) rooms.add(room);
      } catch (error) {
        this.node.reject(`the answer to "rooms": ${(error as Error).message}`);
        missing.push(id);
      }
    }
    return this.#join(rooms, missing, classic.missing, 'rooms');
  }

  /** The result of a query, with the nodes of both kinds that are not in it. */
  #join<Result extends object>(result: Result, native: string[] = [], classic: number, query: string): Result {
    return withMissing(result, [...native, ...this.#nameUnknown(classic, query)]);
  }

  #nameUnknown(count: number, query: string): string[] {
    const nodes = nameUnknown(count);
    if (count > 0) this.emit('missing-nodes', nodes, query);
    return nodes;
  }
}

function isPacket(event: Packet | readonly Part[]): event is Packet {
  return !Array.isArray(event);
}

/** Begins the ids of those who understand each other natively. No official id begins like this. */
function signOf(prefix: string): string {
  return `~${createHash('sha256').update(`${VERSION} ${prefix}`).digest('base64url').slice(0, 4)}`;
}
