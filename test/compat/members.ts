import { publicMembers } from '../support/compat/declarations.js';

const inMemory = 'dist/in-memory-adapter.d.ts';

/** Where the declarations of each type stand, and how a scenario calls the type. */
const declared: readonly [name: string, packageName: string, file: string, declaration: string][] = [
  ['Server', 'socket.io', 'dist/index.d.ts', 'Server'],
  ['Namespace', 'socket.io', 'dist/namespace.d.ts', 'Namespace'],
  ['ParentNamespace', 'socket.io', 'dist/parent-namespace.d.ts', 'ParentNamespace'],
  ['Socket', 'socket.io', 'dist/socket.d.ts', 'Socket'],
  ['Client', 'socket.io', 'dist/client.d.ts', 'Client'],
  ['BroadcastOperator', 'socket.io', 'dist/broadcast-operator.d.ts', 'BroadcastOperator'],
  ['RemoteSocket', 'socket.io', 'dist/broadcast-operator.d.ts', 'RemoteSocket'],
  ['Handshake', 'socket.io', 'dist/socket-types.d.ts', 'Handshake'],
  ['ExtendedError', 'socket.io', 'dist/namespace.d.ts', 'ExtendedError'],
  ['Engine', 'engine.io', 'build/server.d.ts', 'BaseServer'],
  ['Engine', 'engine.io', 'build/server.d.ts', 'Server extends BaseServer'],
  ['Conn', 'engine.io', 'build/socket.d.ts', 'Socket'],
  ['Adapter', 'socket.io-adapter', inMemory, 'Adapter'],
];

const options: readonly [packageName: string, file: string, declaration: string][] = [
  ['socket.io', 'dist/index.d.ts', 'ServerOptions'],
  ['engine.io', 'build/server.d.ts', 'ServerOptions'],
  ['engine.io', 'build/server.d.ts', 'AttachOptions'],
];

const events: readonly [name: string, packageName: string, file: string, declaration: string][] = [
  ['Server', 'socket.io', 'dist/namespace.d.ts', 'ServerReservedEventsMap'],
  ['Server', 'socket.io', 'dist/namespace.d.ts', 'NamespaceReservedEventsMap'],
  ['Namespace', 'socket.io', 'dist/namespace.d.ts', 'NamespaceReservedEventsMap'],
  ['Socket', 'socket.io', 'dist/socket-types.d.ts', 'SocketReservedEventsMap'],
];

/** What the declarations do not list, and programs use all the same. */
const documented = [
  'default export',
  'exports',
  'Server.on',
  'Server.once',
  'Server.off',
  'Server.emit',
  'Server.listeners',
  'Server.listenerCount',
  'Server.removeAllListeners',
  'Namespace.server',
  'Namespace.on',
  'Namespace.once',
  'Namespace.off',
  'Namespace.listeners',
  'Socket.on',
  'Socket.once',
  'Socket.off',
  'Socket.listeners',
  'Socket.removeAllListeners',
  'Socket event:message',
  'Engine event:flush',
  'Engine event:drain',
  'Adapter event:create-room',
  'Adapter event:join-room',
  'Adapter event:leave-room',
  'Adapter event:delete-room',
  'Engine event:connection',
  'Engine event:connection_error',
  'Engine event:initial_headers',
  'Engine event:headers',
  'Conn.id',
  'Conn event:upgrade',
  'Conn event:upgrading',
  'Conn event:packet',
  'Conn event:packetCreate',
  'Conn event:drain',
  'Conn event:flush',
  'Conn event:heartbeat',
  'Conn event:close',
  'Transport.name',
];

/** What comes in other issues, or not at all. */
const excluded = new Set([
  // uWebSockets.js
  'Server.attachApp',
  // WebTransport
  'Engine.onWebTransportSession',
  // clients of the protocol before this one
  'option:allowEIO3',
  // made by the package itself, never by a program
  'Namespace.constructor',
  'ParentNamespace.constructor',
  'Socket.constructor',
  'Client.constructor',
  'BroadcastOperator.constructor',
  'RemoteSocket.constructor',
  'Engine.constructor',
  'Conn.constructor',
  'Adapter.constructor',
]);

/** Every public member that the scenarios together have to touch. */
export function members(): string[] {
  const all = [
    ...declared.flatMap(([name, ...where]) => publicMembers(...where).map((member) => `${name}.${member}`)),
    ...options.flatMap((where) => publicMembers(...where).map((option) => `option:${option}`)),
    ...events.flatMap(([name, ...where]) => publicMembers(...where).map((event) => `${name} event:${event}`)),
    ...documented,
  ];
  return [...new Set(all)].filter((member) => !excluded.has(member)).sort();
}
