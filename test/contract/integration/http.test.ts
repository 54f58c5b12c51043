import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from '../../../core/index.js';
import { once } from '../../support/compat/wait.js';
import { integrationContract } from './contract.js';
import { HELLO, HELLO_PATH } from './fixture.js';

integrationContract('plain http', async (fixture) => {
  const server = createServer((request, response) => {
    if (request.url === HELLO_PATH) response.end(HELLO);
    else response.writeHead(404).end();
  });
  fixture.beforeAttach(server);
  const io = new Server(server, fixture.options);
  fixture.afterAttach(server);
  fixture.install(io);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    stop: () => io.close(),
    detach: () => io.detach(),
  };
});
