/** An application that only has its clients connected, with one listener each. */
import { serveMessages } from './serve-ws.mjs';

export function serveNothing(io) {
  io.on('connection', (socket) => {
    socket.on('message', ignore);
  });
}

export const serveNothingWs = (wss) => serveMessages(wss, ignore);

function ignore() {}
