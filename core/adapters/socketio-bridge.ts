import { Prepared } from '../protocol/prepared.js';
import type { Packet } from '../protocol/socketio/packet.js';
import type { PacketEncoder } from '../protocol/socketio/parser.js';
import type { Room } from '../rooms/selection.js';
import { Adapter, type SocketId } from './adapter.js';

/**
 * What adapters written for Socket.IO read and call, and nothing else: the shape of the server they expect. Our namespaces
 * and sockets have it (the compiler checks it where an adapter is made), so such adapters are given them as they are.
 *
 * They bring their own base class, from the package `socket.io-adapter`; nothing of this is on the path of ours.
 */
export interface ExpectedNamespace {
  readonly name: string;
  readonly server: {
    /** Read in the constructor of the base class. */
    readonly encoder: PacketEncoder;
    /** Absent, it makes them leave events alone; present, they append an offset to each. */
    readonly opts: { readonly connectionStateRecovery?: { readonly maxDisconnectionDuration: number } | undefined };
  };
  readonly sockets: ReadonlyMap<SocketId, ExpectedSocket>;
  /** `packet.id = namespace._ids++` */
  _ids: number;
  /** An event of another server: `[event, ...args]`, with a callback at the end when it wants an answer. */
  _onServerSideEmit(args: [event: string, ...args: any[]]): void;
}

/** What adapters written for Socket.IO need of a socket. */
export interface ExpectedSocket {
  readonly id: SocketId;
  readonly client: {
    /** Hot: called for each receiver of a broadcast, with the same two objects. */
    writeToEngine(encodedPackets: (string | Uint8Array)[], options: WriteOptions): void;
  };
  notifyOutgoingListeners(packet: Packet): void;
  /** Callbacks by acknowledgement id. */
  readonly acks: Map<number, (...args: any[]) => void>;
  join(rooms: Room | Room[]): unknown;
  leave(room: Room): unknown;
  disconnect(close?: boolean): unknown;
  /** These three go to other nodes. */
  readonly handshake: object;
  readonly rooms: Iterable<Room>;
  readonly data: unknown;
}

export interface WriteOptions {
  volatile?: boolean;
  compress?: boolean;
}

/**
 * Makes the adapter of a namespace from what `io.adapter()` was given: a class, a function made for `new`, or any other.
 *
 * @throws TypeError when that does not give an adapter.
 */
export function makeAdapter(factory: any, namespace: ExpectedNamespace): Adapter {
  const adapter = factory.prototype === undefined ? factory(namespace) : new factory(namespace);
  if (adapter instanceof Adapter) return adapter;
  if (typeof adapter === 'function') {
    throw new TypeError(
      'the adapter option returned a function, not an adapter: call it yourself, as in { adapter: createAdapter(client) }',
    );
  }
  for (const method of ['broadcast', 'addAll', 'del', 'delAll']) {
    if (typeof adapter?.[method] !== 'function') {
      throw new TypeError(
        `the adapter option must be a class or a function that makes an adapter; what it made has no ${method}()`,
      );
    }
  }
  return adapter;
}

/**
 * Whether it can bring a client back that lost its connection. Those that cannot inherit `restoreSession` from the base
 * class, which then is the only one in the chain that has it.
 */
export function canRecover(adapter: Adapter): boolean {
  let owners = 0;
  let isItsOwn = Object.hasOwn(adapter, 'restoreSession');
  for (let link = Object.getPrototypeOf(adapter); link !== null; link = Object.getPrototypeOf(link)) {
    if (!Object.hasOwn(link, 'restoreSession')) continue;
    owners++;
    if (link === Object.getPrototypeOf(adapter)) isItsOwn = true;
  }
  return isItsOwn || owners > 1;
}

/**
 * Adapters answer with promises nobody asked for (a publish to Redis, a subscription): their rejection must neither end the
 * process nor be lost.
 *
 * @param what it was doing, as in "could not ...".
 */
export function contain(result: unknown, what: string): void {
  if (typeof (result as PromiseLike<unknown> | undefined)?.then !== 'function') return;
  (result as PromiseLike<unknown>).then(undefined, (error: unknown) => {
    console.error(`carillon: the adapter could not ${what}:`, error);
  });
}

/** Closes an adapter; whatever comes of that, the others are closed too. */
export async function closeAdapter(adapter: Adapter): Promise<void> {
  try {
    await adapter.close?.();
  } catch (error) {
    console.error('carillon: the adapter could not close:', error);
  }
}

/** Wire forms of what these adapters encode, by the options object that all receivers of one broadcast share. */
const preparedByOptions = new WeakMap<WriteOptions, { source: unknown; prepared: Prepared }>();

/** What an adapter encoded, prepared once for all receivers of the broadcast. */
export function preparedOnce(encodedPackets: (string | Uint8Array)[], options: WriteOptions): Prepared {
  const known = preparedByOptions.get(options);
  if (known !== undefined && known.source === encodedPackets) return known.prepared;
  const prepared = Prepared.message(encodedPackets, options.compress !== false);
  preparedByOptions.set(options, { source: encodedPackets, prepared });
  return prepared;
}
