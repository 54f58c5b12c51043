import type { Malformed } from '../../../cluster/wire/messages.js';
import { ProtocolError } from '../../../errors.js';
import { encode } from '../../../protocol/msgpack/encode.js';
import { type Packet, PacketType, RESERVED_EVENTS, SERVER_EVENTS } from '../../../protocol/socketio/packet.js';
import type { BroadcastOptions, Room } from '../../../rooms/selection.js';
import { plainOptions } from './broadcasts.js';
import {
  assertEventName,
  assertEventType,
  checked,
  decodeEither,
  type Fields,
  optionalText,
  text,
  toFields,
  toOptions,
  toRooms,
} from './fields.js';

/** Kinds of requests, and of some responses. */
export enum MessageType {
  SOCKETS = 0,
  ALL_ROOMS = 1,
  REMOTE_JOIN = 2,
  REMOTE_LEAVE = 3,
  REMOTE_DISCONNECT = 4,
  REMOTE_FETCH = 5,
  SERVER_SIDE_EMIT = 6,
  BROADCAST = 7,
  BROADCAST_CLIENT_COUNT = 8,
  BROADCAST_ACK = 9,
}

export type SocketioRequest = { readonly uid: string | undefined } & (
  | { readonly type: MessageType.SOCKETS; readonly requestId: string; readonly rooms: Room[] }
  | { readonly type: MessageType.ALL_ROOMS; readonly requestId: string }
  | { readonly type: MessageType.REMOTE_JOIN; readonly options: BroadcastOptions; readonly rooms: Room[] }
  | { readonly type: MessageType.REMOTE_LEAVE; readonly options: BroadcastOptions; readonly rooms: Room[] }
  | { readonly type: MessageType.REMOTE_DISCONNECT; readonly options: BroadcastOptions; readonly close: boolean }
  | { readonly type: MessageType.REMOTE_FETCH; readonly requestId: string; readonly options: BroadcastOptions }
  | {
      readonly type: MessageType.SERVER_SIDE_EMIT;
      readonly requestId: string | undefined;
      readonly data: [string, ...unknown[]];
    }
  | {
      readonly type: MessageType.BROADCAST;
      readonly requestId: string;
      readonly packet: Packet;
      readonly options: BroadcastOptions;
    }
);

/** `{rooms, except}` as requests hold it. */
type Selected = Pick<BroadcastOptions, 'rooms' | 'except'>;

function selection({ rooms, except }: Selected): object {
  return { rooms: [...rooms], except: [...except] };
}

/** Requests, as text or bytes. Key order and all: the bytes are those of the official adapter. */
export const encodeRequest = {
  sockets: (uid: string, requestId: string, rooms: Iterable<Room>) =>
    JSON.stringify({ uid, requestId, type: MessageType.SOCKETS, rooms: [...rooms] }),
  allRooms: (uid: string, requestId: string) => JSON.stringify({ uid, requestId, type: MessageType.ALL_ROOMS }),
  /** Without a `uid`, from an emitter. */
  join: (uid: string | undefined, options: Selected, rooms: readonly Room[]) =>
    JSON.stringify({ uid, type: MessageType.REMOTE_JOIN, opts: selection(options), rooms }),
  leave: (uid: string | undefined, options: Selected, rooms: readonly Room[]) =>
    JSON.stringify({ uid, type: MessageType.REMOTE_LEAVE, opts: selection(options), rooms }),
  disconnect: (uid: string | undefined, options: Selected, close: boolean) =>
    JSON.stringify({ uid, type: MessageType.REMOTE_DISCONNECT, opts: selection(options), close }),
  fetch: (uid: string, requestId: string, options: Selected) =>
    JSON.stringify({ uid, requestId, type: MessageType.REMOTE_FETCH, opts: selection(options) }),
  serverSideEmit: (uid: string, requestId: string | undefined, data: readonly unknown[]) =>
    JSON.stringify({ uid, requestId, type: MessageType.SERVER_SIDE_EMIT, data }),
  broadcast: (uid: string, requestId: string, namespace: string, data: unknown, options: BroadcastOptions) =>
    encode({
      uid,
      requestId,
      type: MessageType.BROADCAST,
      packet: { type: PacketType.EVENT, data, nsp: namespace },
      opts: plainOptions(options),
    }),
};

/** Reads a request, or says why it is none. */
export function decodeRequest(bytes: Buffer): SocketioRequest | Malformed {
  return checked(() => {
    const request = decodeEither(bytes);
    return { uid: optionalText(request, 'uid'), ...readRequest(request) } as SocketioRequest;
  });
}

function readRequest(request: Fields): object {
  const { type } = request;
  switch (type) {
    case MessageType.SOCKETS:
      return { type, requestId: text(request, 'requestId'), rooms: toRooms(request.rooms, 'rooms') };
    case MessageType.ALL_ROOMS:
      return { type, requestId: text(request, 'requestId') };
    case MessageType.REMOTE_JOIN:
    case MessageType.REMOTE_LEAVE:
      // One socket and one room: the form of versions before 7.
      if (request.opts === undefined)
        return { type, options: onlySocket(request), rooms: toRooms([request.room], 'room') };
      return { type, options: toOptions(request.opts), rooms: toRooms(request.rooms, 'rooms') };
    case MessageType.REMOTE_DISCONNECT: {
      const options = request.opts === undefined ? onlySocket(request) : toOptions(request.opts);
      return { type, options, close: request.close === true };
    }
    case MessageType.REMOTE_FETCH:
      return { type, requestId: text(request, 'requestId'), options: toOptions(request.opts) };
    case MessageType.SERVER_SIDE_EMIT: {
      const { data } = request;
      if (
        !Array.isArray(data) ||
        typeof data[0] !== 'string' ||
        SERVER_EVENTS.has(data[0]) ||
        RESERVED_EVENTS.has(data[0])
      )
        throw new ProtocolError('the data is not a list that begins with the name of an event');
      return { type, requestId: optionalText(request, 'requestId'), data };
    }
    case MessageType.BROADCAST: {
      const packet = toFields(request.packet, 'the packet');
      assertEventType(packet.type);
      if (!Array.isArray(packet.data)) throw new ProtocolError('the data is not a list');
      assertEventName(packet.data[0]);
      const { nsp = '/' } = packet;
      if (typeof nsp !== 'string') throw new ProtocolError('the namespace is not a string');
      return {
        type,
        requestId: text(request, 'requestId'),
        packet: { type: PacketType.EVENT, nsp, data: packet.data },
        options: toOptions(request.opts),
      };
    }
    default:
      throw new ProtocolError('a request of unknown type');
  }
}

function onlySocket(request: Fields): BroadcastOptions {
  return { rooms: new Set([text(request, 'sid')]), except: new Set(), flags: {} };
}
