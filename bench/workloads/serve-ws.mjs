/** What a bare `ws` server needs to stand in for Socket.IO: it answers the namespace's CONNECT and hands on the rest. */

/**
 * @param {import('ws').WebSocketServer} wss
 * Keeps nothing per connection but the listener: the control for memory must not hold the request.
 * @param {(data: Buffer, isBinary: boolean, socket: import('ws').WebSocket) => void} onMessage
 */
export function serveMessages(wss, onMessage) {
  wss.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => {
      if (data.length === 2) socket.send('40');
      else onMessage(data, isBinary, socket);
    });
  });
}

/** The second element of an event's array. @param {Buffer} data */
export const argument = (data) => JSON.parse(data.toString().slice(2))[1];

/** @param {import('ws').WebSocketServer} wss @param {string | Buffer} data */
export function sendToAll(wss, data, options = {}) {
  for (const client of wss.clients) client.send(data, options);
}
