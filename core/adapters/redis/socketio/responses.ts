import type { Malformed } from '../../../cluster/wire/messages.js';
import { ProtocolError } from '../../../errors.js';
import { encode } from '../../../protocol/msgpack/encode.js';
import type { Room } from '../../../rooms/selection.js';
import type { SocketId } from '../../adapter.js';
import { checked, decodeEither, type Fields, text, toFields, toRooms } from './fields.js';
import { MessageType } from './requests.js';

/** A socket, as its node describes it. */
export interface SocketioSocket {
  id: SocketId;
  handshake: any;
  rooms: Room[];
  data: any;
}

/** Responses, as text or bytes. */
export const encodeResponse = {
  socketIds: (requestId: string, sockets: Iterable<SocketId>) => JSON.stringify({ requestId, sockets: [...sockets] }),
  rooms: (requestId: string, rooms: Iterable<Room>) => JSON.stringify({ requestId, rooms: [...rooms] }),
  sockets: (requestId: string, sockets: readonly SocketioSocket[]) => JSON.stringify({ requestId, sockets }),
  serverSideEmit: (requestId: string, data: unknown) =>
    JSON.stringify({ type: MessageType.SERVER_SIDE_EMIT, requestId, data }),
  clientCount: (requestId: string, clientCount: number) =>
    JSON.stringify({ type: MessageType.BROADCAST_CLIENT_COUNT, requestId, clientCount }),
  ack: (requestId: string, packet: unknown) => encode({ type: MessageType.BROADCAST_ACK, requestId, packet }),
};

/** What came back to a request; what its fields mean depends on what was asked. */
export interface SocketioResponse {
  readonly requestId: string;
  readonly fields: Fields;
}

/** Reads a response as far as it can be read without the request, or says why it is none. */
export function decodeResponse(bytes: Buffer): SocketioResponse | Malformed {
  return checked(() => {
    const fields = decodeEither(bytes);
    return { requestId: text(fields, 'requestId'), fields };
  });
}

/** Readers of the answers to each kind of request; each throws ProtocolError when it is not one. */
export const readAnswer = {
  socketIds({ sockets }: Fields): SocketId[] {
    if (!Array.isArray(sockets) || !sockets.every((id) => typeof id === 'string'))
      throw new ProtocolError('the sockets are not a list of ids');
    return sockets;
  },
  rooms: ({ rooms }: Fields): Room[] => toRooms(rooms, 'rooms'),
  sockets({ sockets }: Fields): SocketioSocket[] {
    if (!Array.isArray(sockets)) throw new ProtocolError('the sockets are not a list');
    return sockets.map((each) => {
      const socket = toFields(each, 'a socket');
      const handshake = toFields(socket.handshake, 'a handshake');
      return { id: text(socket, 'id'), handshake, rooms: toRooms(socket.rooms, 'rooms'), data: socket.data };
    });
  },
  serverSideEmit({ type, data }: Fields): unknown {
    if (type !== MessageType.SERVER_SIDE_EMIT) throw new ProtocolError('not an answer to an event');
    return data;
  },
  clientCount({ clientCount }: Fields): number {
    if (!Number.isSafeInteger(clientCount) || (clientCount as number) < 0)
      throw new ProtocolError('the number of clients is not a number');
    return clientCount as number;
  },
};
