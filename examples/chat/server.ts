// `npm start`: one Fastify server with the page, and the chat attached to it.
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import { Server } from 'carillon';
import Fastify from 'fastify';
import { type ChatServer, serveChat } from './chat.js';
import { limits } from './contract.js';

const packageRoot = (name: string): string => dirname(fileURLToPath(import.meta.resolve(`${name}/package.json`)));
const compiled = import.meta.dirname;
const bundles = join(packageRoot('carillon'), 'dist', 'browser');

const app = Fastify();
app.addHook('onRequest', async (_request, reply) => {
  reply.headers({
    'content-security-policy':
      "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });
});
await app.register(fastifyStatic, {
  root: [join(packageRoot('carillon'), 'examples/chat/public'), join(compiled, 'page')],
});
app.get('/contract.js', (_request, reply) => reply.sendFile('contract.js', compiled));
app.get('/client.js', (_request, reply) => reply.sendFile('socket.io.esm.min.js', bundles));

const io: ChatServer = new Server(app.server, {
  serveClient: false,
  // A phone in a tunnel is noticed in seconds, and has two minutes to come back as if nothing had happened.
  pingInterval: 10_000,
  pingTimeout: 5_000,
  connectionStateRecovery: { maxDisconnectionDuration: 120_000, skipMiddlewares: false },
  maxHttpBufferSize: limits.picture * 1.5,
});
serveChat(io);

// Open connections would keep the HTTP server from closing. Pages take this for an interruption and come back by themselves.
app.addHook('preClose', async () => io.close());
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => app.close());

await app.listen({ port: Number(process.env.PORT ?? 3000), host: process.env.HOST ?? '0.0.0.0' });
const { port } = app.server.address() as { port: number };
console.log(`The chat is at http://localhost:${port}`);
const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
const lan = addresses.find((entry) => entry.family === 'IPv4' && !entry.internal);
if (lan && !process.env.HOST) console.log(`From a phone in the same network: http://${lan.address}:${port}`);
