/**
 * carillon: Socket.IO's protocol and API, rebuilt. The public face of the server.
 */
export {
  Adapter,
  type PrivateSessionId,
  type Session,
  type SessionToPersist,
  type SocketId,
} from './adapters/adapter.js';
export { MemoryAdapter } from './adapters/memory.js';
export { createClusterAdapter } from './adapters/native/factory.js';
export type { ClusterOptions } from './adapters/native/options.js';
export { MemoryNetwork } from './cluster/memory-bus.js';
export type { ConnectionCloseReason, DisconnectReason } from './engine/close-reason.js';
export { Connection } from './engine/connection.js';
export type { Backpressure, ConnectionEvents } from './engine/connection-events.js';
export type { ConnectionError, Engine as EngineBase, EngineEvents, EngineMiddleware } from './engine/engine.js';
export { AcknowledgementError, ClusterError, type ClusterErrorCode, OptionError, ProtocolError } from './errors.js';
export type {
  AdapterConstructor,
  ConnectionStateRecoveryOptions,
  CorsOptions,
  CorsOptionsDelegate,
  RetryMemoryOptions,
  ServerOptions,
} from './options/index.js';
export { type Packet, PacketType } from './protocol/socketio/packet.js';
export { Decoder, Encoder, type Parser, protocol } from './protocol/socketio/parser.js';
export type { BroadcastFlags, BroadcastOptions, Room } from './rooms/selection.js';
export { EngineServer as Engine } from './server/attach.js';
export { BroadcastOperator, RemoteSocket } from './server/broadcast.js';
export type { Client } from './server/client.js';
export { createServer as default } from './server/create-server.js';
export { type ListenerErrorContext, Namespace } from './server/namespace.js';
export { type AnyHttpServer, Server } from './server/server.js';
export { Socket } from './server/socket.js';
export type {
  AllButLast,
  DecorateAcknowledgements,
  DecorateAcknowledgementsWithMultipleResponses,
  DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  DefaultEventsMap,
  Event,
  EventNames,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  ExtendedError,
  FirstNonErrorArg,
  Handshake,
  Last,
  RemoveAcknowledgements,
  TypedEmitter,
  TypedEventBroadcaster,
} from './server/types.js';
export type { Transport, TransportName } from './transports/transport.js';

import type { Server } from './server/server.js';

// biome-ignore lint/suspicious/noTsIgnore: an error only where the admin UI is not installed
/** @ts-ignore Only where the admin UI is installed: its `instrument()` asks for the class of the package socket.io. */
declare module '@socket.io/admin-ui' {
  /** Shows this server in Socket.IO's admin UI. */
  export function instrument(
    io: Server<any, any, any, any>,
    options: {
      namespaceName?: string;
      auth?: false | { type: 'basic'; username: string; password: string };
      readonly?: boolean;
      serverId?: string;
      store?: object;
      mode?: 'development' | 'production';
    },
  ): void;
}
