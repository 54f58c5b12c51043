/** What all entries of the client have in common. */
export { AcknowledgementError } from '../errors.js';
export type { BinaryType, Connection, ConnectionEvents, HandshakeData } from './connection.js';
export { MessageError, TransportError } from './errors.js';
export type {
  AcknowledgedValue,
  AllButLast,
  DecorateAcknowledgements,
  DefaultEventsMap,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  FirstArg,
  Last,
  MessageParams,
} from './events.js';
export type { BaseManager, ManagerReservedEvents } from './manager.js';
export type {
  Auth,
  ConnectionOptions,
  ManagerOptions,
  OfflineBufferOptions,
  SocketOptions,
  TransportName,
} from './options.js';
export { type DisconnectDescription, type ExtendedError, Socket, type SocketReservedEvents } from './socket.js';
export { type CloseDetails, type EnginePacket, Transport, type TransportConstructor } from './transports/transport.js';

/** Revision of the Socket.IO protocol. */
export const protocol = 5;
