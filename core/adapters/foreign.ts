import { Prepared } from '../protocol/prepared.js';
import type { Packet } from '../protocol/socketio/packet.js';
import type { PacketEncoder } from '../protocol/socketio/parser.js';
import type { Room } from '../rooms/selection.js';
import type { SocketId } from './adapter.js';

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
