// The custom server: `node server.mjs <options as JSON>`. With "given", it serves on an HTTP server that was there before.
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'carillon/next';
import { fixture } from './fixture.mjs';

const { given, both, io, ...options } = JSON.parse(process.argv[2] ?? '{}');
if (!both) process.env.MODE = 'custom';
const httpServer = given ? createHttpServer() : undefined;
if (given) fixture.beforeAttach(httpServer);
const server = await createServer({
  hostname: '127.0.0.1',
  port: 0,
  ...options,
  ...(given && { httpServer }),
  io: { ...fixture.options, ...io },
});
if (!given) fixture.beforeAttach(server.httpServer);
fixture.afterAttach(server.httpServer);
fixture.install(server.io);
console.log(`listening at ${await server.listen()}`);

process.on('SIGUSR2', async () => {
  await server.close();
  console.log(`closed: ${server.httpServer.listening ? 'still' : 'not'} listening`);
});
