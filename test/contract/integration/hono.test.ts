import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { Server } from '../../../core/index.js';
import { once } from '../../support/compat/wait.js';
import { integrationContract } from './contract.js';
import { HELLO, HELLO_PATH } from './fixture.js';

integrationContract('Hono on Node', async (fixture) => {
  const app = new Hono();
  app.get(HELLO_PATH, (context) => context.text(HELLO));
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as HttpServer;
  await once(server, 'listening');
  fixture.beforeAttach(server);
  const io = new Server(server, fixture.options);
  fixture.afterAttach(server);
  fixture.install(io);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    stop: () => io.close(),
    detach: () => io.detach(),
  };
});
