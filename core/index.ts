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
export type { ConnectionError, EngineMiddleware } from './engine/engine.js';
export { AcknowledgementError, ClusterError, type ClusterErrorCode, OptionError, ProtocolError } from './errors.js';
export type { ConnectionStateRecoveryOptions, CorsOptions, RetryMemoryOptions, ServerOptions } from './options.js';
export { type Packet, PacketType } from './protocol/socketio/packet.js';
export { Decoder, Encoder, type Parser, protocol } from './protocol/socketio/parser.js';
export type { BroadcastFlags, BroadcastOptions, Room } from './rooms/selection.js';
export { EngineServer as Engine } from './server/attach.js';
export { BroadcastOperator, RemoteSocket } from './server/broadcast.js';
export { type ListenerErrorContext, Namespace } from './server/namespace.js';
export { Server } from './server/server.js';
export { Socket } from './server/socket.js';
export type { DefaultEventsMap, Event, EventsMap, ExtendedError, Handshake } from './server/types.js';

import { Server } from './server/server.js';

/** The server; callable without `new`, as the default export of Socket.IO is: `import createServer from 'carillon'`. */
const createServer = new Proxy(Server, {
  apply: (target, _thisArg, args: ConstructorParameters<typeof Server>) => new target(...args),
}) as typeof Server & ((...args: ConstructorParameters<typeof Server>) => Server);

export default createServer;
