import type { Adapter, AdapterNamespace, AdapterSocket } from '../../core/adapters/adapter.js';
import type { Prepared } from '../../core/protocol/prepared.js';
import type { Packet } from '../../core/protocol/socketio/packet.js';
import { PacketType } from '../../core/protocol/socketio/packet.js';
import { Encoder } from '../../core/protocol/socketio/parser.js';
import { Selection } from '../../core/rooms/selection.js';

/** A namespace as far as an adapter looks at it. */
export class TestNamespace implements AdapterNamespace {
  readonly name: string;
  readonly sockets = new Map<string, TestSocket>();
  readonly server = { encoder: new Encoder() };
  _ids = 0;
  /** Events of other servers. */
  readonly serverSideEvents: unknown[][] = [];

  constructor(name = '/') {
    this.name = name;
  }

  /** Answers with what the event carries, if there is anybody to answer. */
  _onServerSideEmit(args: [event: string, ...args: any[]]): void {
    const ack = args.at(-1);
    this.serverSideEvents.push(typeof ack === 'function' ? args.slice(0, -1) : args);
    if (typeof ack === 'function') ack(`${this.name} heard ${args[1]}`);
  }
}

/** A socket as far as an adapter looks at it: it keeps what is delivered. */
export class TestSocket implements AdapterSocket {
  readonly id: string;
  readonly recovered: boolean;
  readonly handshake = { headers: {} };
  data: unknown = {};
  readonly delivered: { message: Prepared; isVolatile: boolean }[] = [];
  readonly outgoing: unknown[] = [];
  readonly waiting = new Map<number, (...args: any[]) => void>();
  readonly calls: unknown[][] = [];
  onOutgoing: (() => void) | undefined;
  readonly #adapter: Adapter;

  constructor(id: string, adapter: Adapter, recovered = false) {
    this.id = id;
    this.#adapter = adapter;
    this.recovered = recovered;
  }

  get rooms(): Set<string> {
    return this.#adapter.socketRooms(this.id) ?? new Set();
  }
  deliver(message: Prepared, isVolatile: boolean): void {
    this.delivered.push({ message, isVolatile });
  }
  notifyOutgoingListeners(packet: Packet): void {
    this.outgoing.push(packet.data);
    this.onOutgoing?.();
  }
  expectAck(id: number, callback: (...args: any[]) => void): void {
    this.waiting.set(id, callback);
  }
  forgetAck(id: number): void {
    this.waiting.delete(id);
  }
  join(rooms: string | string[]): Promise<void> | void {
    return this.#adapter.addAll(this.id, new Set(Array.isArray(rooms) ? rooms : [rooms]));
  }
  leave(room: string): void {
    this.#adapter.del(this.id, room);
  }
  disconnect(close?: boolean): void {
    this.calls.push(['disconnect', close]);
    this.#adapter.delAll(this.id);
  }

  /** What was delivered, as text. */
  get texts(): unknown[] {
    return this.delivered.map(({ message }) => message.parts[0]);
  }
}

/** Puts a socket into the namespace, and into its own room and others. */
export function connect(
  namespace: TestNamespace,
  adapter: Adapter,
  id: string,
  rooms: string[] = [],
  recovered = false,
) {
  const socket = new TestSocket(id, adapter, recovered);
  namespace.sockets.set(id, socket);
  adapter.addAll(id, new Set([id, ...rooms]));
  return socket;
}

/** An event as `emit` makes it. */
export function event(...data: unknown[]): Packet {
  return { type: PacketType.EVENT, nsp: '/', data };
}

export const everybody = Selection.everybody;
