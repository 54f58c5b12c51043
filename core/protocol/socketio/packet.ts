/**
 * Socket.IO 5 packet types. Source: Socket.IO protocol 5, "Packet types".
 */
export enum PacketType {
  CONNECT = 0,
  DISCONNECT = 1,
  EVENT = 2,
  ACK = 3,
  CONNECT_ERROR = 4,
  BINARY_EVENT = 5,
  BINARY_ACK = 6,
}

/** One Socket.IO packet, decoded. */
export interface Packet {
  type: PacketType;
  /** Namespace, `/` for the main one. */
  nsp: string;
  /** EVENT: `[name, ...arguments]`; ACK: the arguments; CONNECT: the auth object; CONNECT_ERROR: `{message, data?}`. */
  data?: any;
  /** Acknowledgement id, a non-negative integer. */
  id?: number | undefined;
  /** How many binary messages follow. Only on the wire. */
  attachments?: number;
}

/**
 * Names an application cannot use for its own events, because the library emits them.
 * Source: Socket.IO documentation, "Emit cheatsheet: reserved events".
 */
export const RESERVED_EVENTS: ReadonlySet<unknown> = new Set<unknown>([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
]);

/** Names of events that a namespace emits itself: no other server can send them. */
export const SERVER_EVENTS: ReadonlySet<unknown> = new Set<unknown>(['connection', 'new_namespace', 'listener_error']);
