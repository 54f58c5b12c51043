import type { FastifyInstance } from 'fastify';
import { type ManagerOptions, io as official, type Socket, type SocketOptions } from 'socket.io-client';
import type { Server } from '../../core/index.js';
import { engineUrl, WebSocketPeer } from './compat/peers.js';
import { bounded } from './compat/wait.js';
import { disconnect } from './official-client.js';

const cleanups: (() => unknown)[] = [];

/** To be done after the test, newest first. */
export function defer(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

export async function cleanUp(): Promise<void> {
  while (cleanups.length > 0) await cleanups.pop()!();
}

/** Listens on a free port of this host until the test is over. */
export async function listen(app: FastifyInstance<any, any, any, any>, host = '127.0.0.1'): Promise<string> {
  defer(() => app.close());
  return app.listen({ port: 0, host });
}

/** The realtime server, without the types an example may have given it. */
export const ioOf = (app: FastifyInstance<any, any, any, any>): Server => app.io as unknown as Server;

export type ClientOptions = Partial<ManagerOptions & SocketOptions>;

export function client(url: string, options: ClientOptions = {}): Socket {
  const socket = official(url, { forceNew: true, reconnection: false, ...options });
  defer(() => disconnect(socket));
  return socket;
}

export async function connected(url: string, options: ClientOptions = {}): Promise<Socket> {
  const socket = client(url, options);
  await bounded(
    new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    }),
    `a client to connect to ${url}`,
  );
  return socket;
}

/** The answer to a WebSocket handshake that is refused, as one line; or the first packet of one that is not. */
export async function knock(base: string, headers: Record<string, string> = {}, path = '/socket.io/'): Promise<string> {
  const peer = new WebSocketPeer(engineUrl(base.replace('http', 'ws'), 'websocket', { path }), headers);
  defer(() => peer.drop());
  return String(await peer.receive());
}
