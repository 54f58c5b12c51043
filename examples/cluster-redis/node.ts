// One node of the cluster: a process of its own, that knows of the others only through Redis.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Server } from 'carillon';
import { createAdapter } from 'carillon/redis';
import { Redis } from 'ioredis';
import type { ClientToServer, ServerToClient, SocketData } from './contract.js';

const node = Number(process.env.NODE_NUMBER);
const folder = join(
  dirname(fileURLToPath(import.meta.resolve('carillon/package.json'))),
  'examples/cluster-redis/public',
);
const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

const http = createServer(async (request, response) => {
  const name = /^\/(?:(\w+\.(?:js|css))|)(?:\?|$)/.exec(request.url ?? '');
  if (name === null) return response.writeHead(404).end();
  const file = name[1] ?? 'index.html';
  try {
    const content = await readFile(join(folder, file));
    response.writeHead(200, { 'Content-Type': `${types[extname(file)]}; charset=utf-8` }).end(content);
  } catch {
    response.writeHead(404).end();
  }
});

const publisher = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');
const subscriber = publisher.duplicate();
const io = new Server<ClientToServer, ServerToClient, Record<string, never>, SocketData>(http, {
  // All it takes to be one of many. Requests of a polling client may arrive at any node: no sticky sessions needed.
  adapter: createAdapter(publisher, subscriber),
});

async function tellPeople(): Promise<void> {
  const people: Record<number, number> = {};
  for (const { data } of await io.fetchSockets()) people[data.node] = (people[data.node] ?? 0) + 1;
  io.emit('people', people);
}

io.on('connection', (socket) => {
  socket.data.node = node;
  socket.emit('welcome', node);
  socket.on('tap', (x, y, ack) => {
    if (typeof ack !== 'function') return;
    const isPlace = [x, y].every((value) => typeof value === 'number' && value >= 0 && value <= 1);
    if (isPlace) io.emit('ripple', { x, y, node });
    ack(isPlace);
  });
  socket.on('disconnect', tellPeople);
  tellPeople();
});

http.listen(0, '127.0.0.1', () => process.send?.((http.address() as AddressInfo).port));

process.once('SIGTERM', async () => {
  await io.close();
  publisher.disconnect();
  subscriber.disconnect();
  process.disconnect?.();
});
