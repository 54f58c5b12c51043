// A load balancer as simple as can be: each request and each upgrade goes to the next node, whoever sent it.
import { createServer, request as forward, type IncomingMessage, type Server } from 'node:http';
import { connect } from 'node:net';

/** @param ports where the nodes listen, on this machine. */
export function createProxy(ports: readonly number[]): Server {
  let turn = 0;
  const next = () => ports[turn++ % ports.length]!;

  const proxy = createServer((request, response) => {
    const { method, url, headers } = request;
    const upstream = forward({ host: '127.0.0.1', port: next(), method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    upstream.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
    // A poll waits long; a page that is gone must not leave it waiting.
    response.on('close', () => upstream.destroy());
    request.pipe(upstream);
  });

  proxy.on('upgrade', (request, socket, head) => {
    const upstream = connect(next(), '127.0.0.1', () => {
      upstream.write(headOf(request));
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
    socket.on('close', () => upstream.destroy());
  });
  return proxy;
}

function headOf({ method, url, rawHeaders }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/1.1`];
  for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}
