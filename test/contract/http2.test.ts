// HTTP/2 without any integration: `io.attach()` is enough.
import { connect, createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Server } from '../../core/index.js';
import { certificate } from '../support/compat/certificate.js';
import { engineUrl } from '../support/compat/peers.js';
import { once } from '../support/compat/wait.js';
import { cleanUp, connected, defer } from '../support/fastify.js';
import { requestHttp2 } from '../support/http2.js';

afterEach(cleanUp);

it('serves polling over HTTP/2, and both transports over HTTP/1 on the same port', async () => {
  const server = createSecureServer({ allowHTTP1: true, ...certificate }, (_request, response) =>
    response.end('hello'),
  );
  const io = new Server(server);
  io.on('connection', (socket) => socket.on('echo', (value, ack) => ack(value)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  defer(() => io.close());
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const transport of ['polling', 'websocket'] as const) {
    const socket = await connected(url, { transports: [transport], rejectUnauthorized: false });
    expect(await socket.timeout(60_000).emitWithAck('echo', transport)).toBe(transport);
  }
  const session = connect(url, { rejectUnauthorized: false });
  defer(() => session.close());
  const opened = await requestHttp2(session, engineUrl('', 'polling'));
  const path = `${engineUrl('', 'polling')}&sid=${JSON.parse(opened.text.slice(1)).sid}`;
  expect(await requestHttp2(session, path, '40')).toEqual({ status: 200, text: 'ok' });
  expect((await requestHttp2(session, path)).text).toMatch(/^40\{"sid"/);
  expect(await requestHttp2(session, '/else')).toEqual({ status: 200, text: 'hello' });
});
