// The publish endpoint where a framework has the HTTP server.
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketGateway } from '@nestjs/websockets';
import Fastify from 'fastify';
import { carillon } from '../../integrations/fastify/index.js';
import { attach } from '../../integrations/next/index.js';
import { bounded, once } from '../support/compat/wait.js';
import { cleanUp, connected, defer, listen } from '../support/fastify.js';
import { type Platform, platforms, usingApps } from '../support/nestjs/app.js';

const TOKEN = 'a-token-of-the-tests';
const publishEndpoint = { token: TOKEN };
const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
const payload = JSON.stringify({ event: 'price', args: ['ACME', 101.5] });

const post = (url: string) => fetch(`${url}/socket.io/publish`, { method: 'POST', headers, body: payload });

/** Until the test is over. */
async function listening(server: HttpServer): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  defer(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(cleanUp);

it('passes the hooks of a Fastify app, but not those that guard the handshake', async () => {
  const app = Fastify();
  const seen: string[] = [];
  app.addHook('onRequest', async (request) => void seen.push(request.url));
  await app.register(carillon, {
    publishEndpoint,
    route: {
      onRequest: async ({ headers }) => {
        if (headers['x-user'] === undefined) throw Object.assign(new Error('who are you?'), { statusCode: 401 });
      },
    },
  });
  const url = await listen(app);
  const socket = await connected(url, { transports: ['websocket'], extraHeaders: { 'x-user': 'ada' } });
  const heard = once(socket, 'price');
  seen.length = 0;
  const answer = await post(url);
  expect([answer.status, await answer.json()]).toEqual([200, { published: 1 }]);
  expect(await bounded(heard, 'the event')).toEqual(['ACME', 101.5]);
  expect(seen).toEqual(['/socket.io/publish']);

  expect((await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).status).toBe(401);
  const without = await fetch(`${url}/socket.io/publish`, { method: 'POST', body: payload });
  expect((await without.json()).error).toMatch(/Authorization: Bearer/);
  // No other way to write the path leads to the engine past the guard.
  const query = 'EIO=4&transport=polling&sid=somebody';
  const disguised = await fetch(`${url}/socket.io/%70ublish?${query}`, { method: 'POST', body: '2' });
  expect(disguised.status).toBe(404);
});

describe('NestJS', () => {
  const start = usingApps();

  @WebSocketGateway()
  class Gateway {}

  it.each(Object.keys(platforms) as Platform[])('emits on %s', async (platform) => {
    const { url, connect } = await start({ platform, providers: [Gateway], options: { publishEndpoint } });
    const socket = await connect();
    const heard = once(socket, 'price');
    const answer = await post(url);
    expect([answer.status, await answer.json()]).toEqual([200, { published: 1 }]);
    expect(await bounded(heard, 'the event')).toEqual(['ACME', 101.5]);
  });

  it('has it, and the bundle, on all addresses of Fastify', async () => {
    const { app } = await start({ platform: 'Fastify', providers: [Gateway], options: { publishEndpoint } });
    // The server of a second address, as Fastify makes it: requests go to its router, and not to the first server.
    const { routing } = app.getHttpAdapter().getInstance();
    const url = await listening(createServer((request, response) => routing(request, response)));
    const answer = await post(url);
    expect([answer.status, await answer.json()]).toEqual([200, { published: 1 }]);
    expect((await fetch(`${url}/socket.io/socket.io.min.js`)).status).toBe(200);
    expect((await fetch(`${url}/socket.i%6f/`)).status).toBe(404);
  });
});

it('emits on the server that Next made', async () => {
  delete process.env.PORT;
  const io = await attach({ publishEndpoint });
  defer(() => io.close());
  const url = await listening(createServer((_request, response) => response.writeHead(404).end()));
  const socket = await connected(url);
  const heard = once(socket, 'price');
  const answer = await post(url);
  expect([answer.status, await answer.json()]).toEqual([200, { published: 1 }]);
  expect(await bounded(heard, 'the event')).toEqual(['ACME', 101.5]);
});
