import type { Socket } from 'socket.io-client';
import { once } from './compat/wait.js';

/** Resolves when the connection is closed, not only the socket. */
export async function disconnect(socket: Socket): Promise<void> {
  const { engine } = socket.io;
  const isOpen = engine !== undefined && engine.readyState !== 'closed';
  const closed = isOpen ? once(engine, 'close', 'the client to close its connection') : undefined;
  socket.disconnect();
  await closed;
}
