import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Server } from 'socket.io';
import type { Socket as ClientSocket, Manager } from 'socket.io-client';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ClientOptions, Context } from '../../support/compat/context.js';

/** Comes back quickly, and always after the same time. */
export const fast: ClientOptions = {
  reconnection: true,
  reconnectionDelay: 10,
  reconnectionDelayMax: 20,
  randomizationFactor: 0,
};

/** Records the life of a client: connect, disconnect, connect_error. */
export function watch(context: Context, client: ClientSocket, channel = 'client'): void {
  client.on('connect', () => context.record(channel, 'connect', client.connected, typeof client.id));
  client.on('disconnect', (reason) => context.record(channel, 'disconnect', reason, client.active, client.id));
  client.on('connect_error', (error) => context.record(channel, 'connect_error', error, client.active));
}

/** Records the life of a manager; messages of transport errors differ between packages and are left out. */
export function watchManager(context: Context, manager: Manager, channel = 'manager'): void {
  manager.on('open', () => context.record(channel, 'open'));
  manager.on('close', (reason) => context.record(channel, 'close', reason));
  manager.on('error', (error) => context.record(channel, 'error', error instanceof Object));
  manager.on('reconnect_attempt', (attempt) => context.record(channel, 'reconnect_attempt', attempt));
  manager.on('reconnect_error', () => context.record(channel, 'reconnect_error'));
  manager.on('reconnect_failed', () => context.record(channel, 'reconnect_failed'));
  manager.on('reconnect', (attempt) => context.record(channel, 'reconnect', attempt));
}

/** A server that knows only WebSocket and says what the scenario tells it to. */
export async function puppet(
  context: Context,
  script: (socket: WebSocket, number: number) => void,
  handshake: object = {},
): Promise<HttpServer> {
  const http = await context.httpServer();
  const server = new WebSocketServer({ server: http });
  context.defer(() => {
    for (const each of server.clients) each.terminate();
    server.close();
  });
  let count = 0;
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    const open = { sid: `session${count}`, upgrades: [], pingInterval: 25000, pingTimeout: 20000, maxPayload: 1e6 };
    socket.send(`0${JSON.stringify({ ...open, ...handshake })}`);
    script(socket, count++);
  });
  return http;
}

/** A port on the loopback interface where nobody listens. */
export async function closedPort(context: Context): Promise<HttpServer> {
  const http = await context.httpServer();
  const address = http.address() as AddressInfo;
  await new Promise((resolve) => http.close(resolve));
  http.address = () => address;
  return http;
}

/** Answers `ping` events, so that a client can wait for the server to have handled what it sent before. */
export function answering(io: Server): Server {
  io.on('connection', (socket) => socket.on('ask', (...args) => args.pop()(...args)));
  return io;
}
