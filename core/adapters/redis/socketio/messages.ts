import type { Malformed } from '../../../cluster/wire/messages.js';
import { ProtocolError } from '../../../errors.js';
import { Reader } from '../../../protocol/msgpack/decode.js';
import { encode } from '../../../protocol/msgpack/encode.js';
import { readJson } from '../../../protocol/msgpack/json.js';
import { type Packet, PacketType, RESERVED_EVENTS, SERVER_EVENTS } from '../../../protocol/socketio/packet.js';
import type { BroadcastFlags, BroadcastOptions, Room } from '../../../rooms/selection.js';
import type { SocketId } from '../../adapter.js';

/*
 * What `@socket.io/redis-adapter` and `@socket.io/redis-emitter` put on Redis, both directions. Source: what versions
 * 8.3.0 and 5.1.0 publish, in design notes and in the tests, which compare byte for byte.
 */

/** Kinds of requests, and of some responses. */
export enum ClassicType {
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

// --- channels ---

/** The channels of one namespace. */
export class ClassicChannels {
  /** Broadcasts for everybody, and for several rooms. Those for one room go to {@link ClassicChannels.room}. */
  readonly broadcast: string;
  /** All channels of broadcasts. */
  readonly pattern: string;
  readonly request: string;
  /** Responses, for all nodes. */
  readonly response: string;

  /** @param key option `key`: `socket.io` unless somebody chose another. */
  constructor(key: string, namespace: string) {
    this.broadcast = `${key}#${namespace}#`;
    this.pattern = `${escapeGlob(this.broadcast)}*`;
    this.request = `${key}-request#${namespace}#`;
    this.response = `${key}-response#${namespace}#`;
  }

  /** Where a broadcast goes. */
  of(rooms: ReadonlySet<Room>): string {
    if (rooms.size !== 1) return this.broadcast;
    const [room] = rooms;
    return `${this.broadcast}${room}#`;
  }

  /** The one room that a channel of broadcasts is for; `undefined` when it is for any. */
  roomOf(channel: string): string | undefined {
    return channel.length > this.broadcast.length ? channel.slice(this.broadcast.length, -1) : undefined;
  }

  /** Responses for one node. */
  responseTo(uid: string): string {
    return `${this.response}${uid}#`;
  }
}

/** Names may hold characters that mean something in a pattern. */
function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]^]/g, '\\$&');
}

// --- broadcasts ---

/** An event for clients. Key order and all: the bytes are those of the official adapter. */
export function encodeBroadcast(uid: string, namespace: string, data: unknown, options: BroadcastOptions): Buffer {
  return encode([uid, { type: PacketType.EVENT, data, nsp: namespace }, plainOptions(options)]);
}

function plainOptions({ rooms, except, flags }: BroadcastOptions): object {
  return { rooms: [...rooms], except: [...except], flags };
}

/** Who sent a broadcast, or nothing when that cannot be told at a glance. Cheaper than to read it. */
export function senderOf(bytes: Buffer): string {
  const [list = 0, text = 0] = bytes;
  return list === 0x93 && text >> 5 === 5 ? bytes.toString('latin1', 2, 2 + (text & 31)) : '';
}

/** A broadcast whose event stays encoded until somebody wants to see it. */
export class ClassicBroadcast implements Packet {
  readonly type = PacketType.EVENT;
  readonly nsp: string;
  readonly options: BroadcastOptions;
  readonly #bytes: Buffer;
  readonly #dataPosition: number;
  #data: unknown[] | undefined;

  constructor(bytes: Buffer, dataPosition: number, nsp: string, options: BroadcastOptions) {
    this.#bytes = bytes;
    this.#dataPosition = dataPosition;
    this.nsp = nsp;
    this.options = options;
  }

  /**
   * The packet as its clients get it, in the default encoding; `undefined` when there is binary in it.
   *
   * @throws ProtocolError when it is malformed inside.
   */
  encoded(): string | undefined {
    const json = readJson(this.#reader());
    if (json === undefined) return undefined;
    return this.nsp === '/' ? `${PacketType.EVENT}${json}` : `${PacketType.EVENT}${this.nsp},${json}`;
  }

  /** @throws ProtocolError when it is malformed inside. */
  get data(): unknown[] {
    this.#data ??= this.#reader().value() as unknown[];
    return this.#data;
  }

  #reader(): Reader {
    const reader = new Reader(this.#bytes);
    reader.position = this.#dataPosition;
    return reader;
  }
}

/** Reads a broadcast, or says why it is none. The event itself is checked, but passed over. */
export function readBroadcast(bytes: Buffer): ClassicBroadcast | Malformed {
  return checked(() => {
    const reader = new Reader(bytes);
    const count = reader.arrayHeader();
    if (count < 3) throw new ProtocolError('not a list of sender, packet and options');
    if (typeof reader.value() !== 'string') throw new ProtocolError('the sender is not a string');
    const { namespace, dataPosition } = readPacket(reader);
    const options = toOptions(reader.value());
    for (let i = 3; i < count; i++) reader.skip();
    reader.end();
    return new ClassicBroadcast(bytes, dataPosition, namespace, options);
  });
}

function readPacket(reader: Reader): { namespace: string; dataPosition: number } {
  let type: unknown;
  let namespace: unknown = '/';
  let dataPosition = -1;
  const count = reader.mapHeader();
  if (count === -1) throw new ProtocolError('the packet is not a map');
  for (let i = 0; i < count; i++) {
    const key = reader.key();
    if (key === 'type') type = reader.value();
    else if (key === 'nsp') namespace = reader.value();
    else {
      if (key === 'data') dataPosition = reader.position;
      reader.skip();
    }
  }
  assertEventType(type);
  if (typeof namespace !== 'string') throw new ProtocolError('the namespace is not a string');
  if (dataPosition === -1) throw new ProtocolError('a packet without data');
  const end = reader.position;
  reader.position = dataPosition;
  if (reader.arrayHeader() < 1) throw new ProtocolError('the data is not a list that begins with the name of an event');
  assertEventName(reader.value());
  reader.position = end;
  return { namespace, dataPosition };
}

/** Emitters of other languages tell events with binary apart. */
function assertEventType(type: unknown): void {
  if (type !== PacketType.EVENT && type !== PacketType.BINARY_EVENT) throw new ProtocolError('not an event');
}

function assertEventName(name: unknown): void {
  if ((typeof name !== 'string' && typeof name !== 'number') || RESERVED_EVENTS.has(name))
    throw new ProtocolError('the name of the event is reserved, or not a name');
}

// --- requests ---

export type ClassicRequest = { readonly uid: string | undefined } & (
  | { readonly type: ClassicType.SOCKETS; readonly requestId: string; readonly rooms: Room[] }
  | { readonly type: ClassicType.ALL_ROOMS; readonly requestId: string }
  | { readonly type: ClassicType.REMOTE_JOIN; readonly options: BroadcastOptions; readonly rooms: Room[] }
  | { readonly type: ClassicType.REMOTE_LEAVE; readonly options: BroadcastOptions; readonly rooms: Room[] }
  | { readonly type: ClassicType.REMOTE_DISCONNECT; readonly options: BroadcastOptions; readonly close: boolean }
  | { readonly type: ClassicType.REMOTE_FETCH; readonly requestId: string; readonly options: BroadcastOptions }
  | {
      readonly type: ClassicType.SERVER_SIDE_EMIT;
      readonly requestId: string | undefined;
      readonly data: [string, ...unknown[]];
    }
  | {
      readonly type: ClassicType.BROADCAST;
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
    JSON.stringify({ uid, requestId, type: ClassicType.SOCKETS, rooms: [...rooms] }),
  allRooms: (uid: string, requestId: string) => JSON.stringify({ uid, requestId, type: ClassicType.ALL_ROOMS }),
  /** Without a `uid`, from an emitter. */
  join: (uid: string | undefined, options: Selected, rooms: readonly Room[]) =>
    JSON.stringify({ uid, type: ClassicType.REMOTE_JOIN, opts: selection(options), rooms }),
  leave: (uid: string | undefined, options: Selected, rooms: readonly Room[]) =>
    JSON.stringify({ uid, type: ClassicType.REMOTE_LEAVE, opts: selection(options), rooms }),
  disconnect: (uid: string | undefined, options: Selected, close: boolean) =>
    JSON.stringify({ uid, type: ClassicType.REMOTE_DISCONNECT, opts: selection(options), close }),
  fetch: (uid: string, requestId: string, options: Selected) =>
    JSON.stringify({ uid, requestId, type: ClassicType.REMOTE_FETCH, opts: selection(options) }),
  serverSideEmit: (uid: string, requestId: string | undefined, data: readonly unknown[]) =>
    JSON.stringify({ uid, requestId, type: ClassicType.SERVER_SIDE_EMIT, data }),
  broadcast: (uid: string, requestId: string, namespace: string, data: unknown, options: BroadcastOptions) =>
    encode({
      uid,
      requestId,
      type: ClassicType.BROADCAST,
      packet: { type: PacketType.EVENT, data, nsp: namespace },
      opts: plainOptions(options),
    }),
};

/** Reads a request, or says why it is none. */
export function decodeRequest(bytes: Buffer): ClassicRequest | Malformed {
  return checked(() => {
    const request = decodeEither(bytes);
    return { uid: optionalText(request, 'uid'), ...readRequest(request) } as ClassicRequest;
  });
}

function readRequest(request: Fields): object {
  const { type } = request;
  switch (type) {
    case ClassicType.SOCKETS:
      return { type, requestId: text(request, 'requestId'), rooms: toRooms(request.rooms, 'rooms') };
    case ClassicType.ALL_ROOMS:
      return { type, requestId: text(request, 'requestId') };
    case ClassicType.REMOTE_JOIN:
    case ClassicType.REMOTE_LEAVE:
      // One socket and one room: the form of versions before 7.
      if (request.opts === undefined)
        return { type, options: onlySocket(request), rooms: toRooms([request.room], 'room') };
      return { type, options: toOptions(request.opts), rooms: toRooms(request.rooms, 'rooms') };
    case ClassicType.REMOTE_DISCONNECT: {
      const options = request.opts === undefined ? onlySocket(request) : toOptions(request.opts);
      return { type, options, close: request.close === true };
    }
    case ClassicType.REMOTE_FETCH:
      return { type, requestId: text(request, 'requestId'), options: toOptions(request.opts) };
    case ClassicType.SERVER_SIDE_EMIT: {
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
    case ClassicType.BROADCAST: {
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

// --- responses ---

/** A socket, as its node describes it. */
export interface ClassicSocket {
  id: SocketId;
  handshake: any;
  rooms: Room[];
  data: any;
}

/** Responses, as text or bytes. */
export const encodeResponse = {
  socketIds: (requestId: string, sockets: Iterable<SocketId>) => JSON.stringify({ requestId, sockets: [...sockets] }),
  rooms: (requestId: string, rooms: Iterable<Room>) => JSON.stringify({ requestId, rooms: [...rooms] }),
  sockets: (requestId: string, sockets: readonly ClassicSocket[]) => JSON.stringify({ requestId, sockets }),
  serverSideEmit: (requestId: string, data: unknown) =>
    JSON.stringify({ type: ClassicType.SERVER_SIDE_EMIT, requestId, data }),
  clientCount: (requestId: string, clientCount: number) =>
    JSON.stringify({ type: ClassicType.BROADCAST_CLIENT_COUNT, requestId, clientCount }),
  ack: (requestId: string, packet: unknown) => encode({ type: ClassicType.BROADCAST_ACK, requestId, packet }),
};

/** What came back to a request; what its fields mean depends on what was asked. */
export interface ClassicResponse {
  readonly requestId: string;
  readonly fields: Fields;
}

/** Reads a response as far as it can be read without the request, or says why it is none. */
export function decodeResponse(bytes: Buffer): ClassicResponse | Malformed {
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
  sockets({ sockets }: Fields): ClassicSocket[] {
    if (!Array.isArray(sockets)) throw new ProtocolError('the sockets are not a list');
    return sockets.map((each) => {
      const socket = toFields(each, 'a socket');
      const handshake = toFields(socket.handshake, 'a handshake');
      return { id: text(socket, 'id'), handshake, rooms: toRooms(socket.rooms, 'rooms'), data: socket.data };
    });
  },
  serverSideEmit({ type, data }: Fields): unknown {
    if (type !== ClassicType.SERVER_SIDE_EMIT) throw new ProtocolError('not an answer to an event');
    return data;
  },
  clientCount({ clientCount }: Fields): number {
    if (!Number.isSafeInteger(clientCount) || (clientCount as number) < 0)
      throw new ProtocolError('the number of clients is not a number');
    return clientCount as number;
  },
};

// --- reading ---

export type Fields = Record<string, unknown>;

/** Runs a reader; what it could not believe is a value: what others send is no reason to throw. */
function checked<Result>(read: () => Result): Result | Malformed {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtocolError) return { malformed: error.message };
    throw error;
  }
}

/** JSON, or MessagePack: no map in MessagePack begins with a brace. */
function decodeEither(bytes: Buffer): Fields {
  if (bytes[0] !== 0x7b) {
    const reader = new Reader(bytes);
    const value = reader.value();
    reader.end();
    return toFields(value, 'the message');
  }
  try {
    return toFields(JSON.parse(bytes.toString()), 'the message');
  } catch (error) {
    throw error instanceof ProtocolError ? error : new ProtocolError('malformed JSON');
  }
}

function toFields(value: unknown, what: string): Fields {
  if (
    typeof value !== 'object' ||
    value === null ||
    Array.isArray(value) ||
    Buffer.isBuffer(value) ||
    value instanceof Date
  )
    throw new ProtocolError(`${what} is not an object`);
  return value as Fields;
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw new ProtocolError(`"${name}" is not a string`);
  return value;
}

function optionalText(fields: Fields, name: string): string | undefined {
  return fields[name] === undefined || fields[name] === null ? undefined : text(fields, name);
}

/** Rooms that somebody else names. Applications do name them by numbers. @throws ProtocolError when they are none. */
export function toRooms(value: unknown, what: string): Room[] {
  // Emitters of other languages say "" for no rooms.
  if (value === undefined || value === null || value === '') return [];
  if (!Array.isArray(value) || !value.every((room) => typeof room === 'string' || typeof room === 'number'))
    throw new ProtocolError(`"${what}" is not a list of rooms`);
  return value as Room[];
}

function toOptions(value: unknown): BroadcastOptions {
  const { rooms, except, flags } = isNothing(value) ? NO_FIELDS : toFields(value, 'the options');
  return { rooms: new Set(toRooms(rooms, 'rooms')), except: new Set(toRooms(except, 'except')), flags: toFlags(flags) };
}

/** What PHP and Python make of an object without fields: `[]`, or `""`. */
function isNothing(value: unknown): boolean {
  return value === '' || (Array.isArray(value) && value.length === 0);
}

const NO_FIELDS: Fields = {};

/** Only what means something to a receiver. */
function toFlags(value: unknown): BroadcastFlags {
  if (value === undefined || value === null || isNothing(value)) return {};
  const { volatile, compress, timeout } = toFields(value, 'the flags');
  const flags: BroadcastFlags = {};
  if (volatile === true) flags.volatile = true;
  if (compress === false) flags.compress = false;
  if (typeof timeout === 'number' && timeout >= 0) flags.timeout = timeout;
  return flags;
}
