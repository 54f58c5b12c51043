import { createServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { Server as OfficialServer } from 'socket.io';
import { Server as CarillonServer } from '../../../core/index.js';
import { releaseOfficialTimers } from '../../support/compat/official-timers.js';
import { FaultyProxy } from './proxy.js';

releaseOfficialTimers();

const cleanups: (() => unknown)[] = [];

/** Closes what a test opened, newest first. */
export async function cleanUp(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

export function defer(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

export const servers = [
  ['official', OfficialServer],
  ['carillon', CarillonServer as unknown as typeof OfficialServer],
] as const;

export async function listen(server: HttpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  defer(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** A Socket.IO server behind a proxy. */
export async function behindProxy(Server: typeof OfficialServer, options: object = {}) {
  const http = createServer();
  const io = new Server(http, options);
  const port = await listen(http);
  const proxy = new FaultyProxy(port);
  await proxy.listen();
  defer(() => io.close());
  defer(() => proxy.close());
  return { io, proxy, port };
}

/** A proxy in front of any port. */
export async function proxyFor(port: number): Promise<FaultyProxy> {
  const proxy = new FaultyProxy(port);
  await proxy.listen();
  defer(() => proxy.close());
  return proxy;
}

/** Something that accepts TCP connections, and does with them what it is told to. */
export async function tcp(onConnection: (socket: import('node:net').Socket) => void): Promise<number> {
  const sockets = new Set<import('node:net').Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  defer(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}
