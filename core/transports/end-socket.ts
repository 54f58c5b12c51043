import type { Duplex } from 'node:stream';

/**
 * Ends a socket that was taken out of an HTTP server, with a last word or without. Such sockets are half-open ones, on
 * which no time limit of the server holds any more: a peer that does not close its side would keep them for ever.
 */
export function endSocket(socket: Duplex, finalBytes?: string): void {
  // What still comes in is nobody's business; left unread, it would turn the last word into a reset.
  socket.resume();
  socket.once('finish', () => socket.destroy());
  socket.end(finalBytes);
}
