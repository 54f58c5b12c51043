import Fastify from 'fastify';
import { carillon } from '../../../integrations/fastify/index.js';
import { integrationContract } from './contract.js';
import { HELLO, HELLO_PATH } from './fixture.js';

integrationContract('Fastify', async (fixture) => {
  const app = Fastify();
  app.get(HELLO_PATH, async () => HELLO);
  fixture.beforeAttach(app.server);
  await app.register(carillon, fixture.options);
  fixture.afterAttach(app.server);
  fixture.install(app.io as never);
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  return {
    url,
    server: app.server,
    stop: () => app.close(),
    detach: () => app.io.close(),
  };
});
