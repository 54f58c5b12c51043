import type { AddressInfo } from 'node:net';
import express from 'express';
import { Server } from '../../../core/index.js';
import { once } from '../../support/compat/wait.js';
import { integrationContract } from './contract.js';
import { HELLO, HELLO_PATH } from './fixture.js';

integrationContract('Express 5', async (fixture) => {
  const app = express();
  app.get(HELLO_PATH, (_request, response) => {
    response.send(HELLO);
  });
  const server = app.listen(0, '127.0.0.1');
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
