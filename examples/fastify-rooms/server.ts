// `npm run example:fastify`: sign in, get a token in a cookie, and be let in by it, over polling and WebSocket alike.
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import cookie from '@fastify/cookie';
import jwt from '@fastify/jwt';
import fastifyStatic from '@fastify/static';
import carillon from 'carillon/fastify';
import Fastify from 'fastify';
import { rooms } from './contract.js';
import { serveRooms } from './rooms.js';

const folder = join(dirname(fileURLToPath(import.meta.resolve('carillon/package.json'))), 'examples/fastify-rooms');

const app = Fastify({ logger: { level: process.env.LOG_LEVEL ?? 'warn' } });
await app.register(cookie);
await app.register(jwt, {
  // Whoever knows it can be anybody. One that ends with the process will do for an example.
  secret: process.env.JWT_SECRET ?? randomBytes(32).toString('hex'),
  cookie: { cookieName: 'token', signed: false },
});

app.post<{ Body: { name: string } }>(
  '/login',
  {
    schema: {
      body: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string', pattern: '^\\S[^<>]{0,22}\\S$' } },
      },
    },
  },
  async (request, reply) => {
    const token = await reply.jwtSign({ name: request.body.name }, { expiresIn: '1d' });
    // Out of reach for scripts, and not sent along by other sites.
    reply.setCookie('token', token, { path: '/', httpOnly: true, sameSite: 'strict' });
    return { name: request.body.name, rooms };
  },
);
app.post('/logout', async (_request, reply) => {
  reply.clearCookie('token', { path: '/' });
  return {};
});
app.get('/me', { onRequest: (request) => request.jwtVerify() }, async (request) => ({ ...request.user, rooms }));

// No token, no connection: the answer is a 401, whatever the transport.
await app.register(carillon, { route: { onRequest: (request) => request.jwtVerify() } });
serveRooms(app.io);

await app.register(fastifyStatic, { root: join(folder, 'public') });

const url = await app.listen({ port: Number(process.env.PORT ?? 3000), host: process.env.HOST ?? '127.0.0.1' });
console.log(`Rooms are open at ${url}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => app.close());
