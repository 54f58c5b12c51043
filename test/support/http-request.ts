import { createServer, type IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';

/** A request as Node's own parser makes it, from its text, without a network. */
export function parseRequest(lines: string[]): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const server = createServer((request) => resolve(request));
    server.on('clientError', reject);
    const socket = new Duplex({ read() {}, write: (_chunk, _encoding, callback) => callback() });
    server.emit('connection', socket);
    socket.push(`${lines.join('\r\n')}\r\n\r\n`);
  });
}
