// A server as an application would run it, of the compiled package: node recovering-server.mjs <redis port> <options>
import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import { createAdapter } from '../../../dist/core/adapters/redis/index.js';
import { Server } from '../../../dist/core/index.js';

const [redisPort, recovery] = process.argv.slice(2);
const publisher = new Redis(Number(redisPort), '127.0.0.1');
const http = createServer();
const io = new Server(http, {
  adapter: createAdapter(publisher, publisher.duplicate()),
  connectionStateRecovery: JSON.parse(recovery),
});

io.on('connection', (socket) => {
  socket.on('settle in', async (name, rooms, ack) => {
    socket.data.name = name;
    await socket.join(rooms);
    ack();
  });
});

process.on('message', async ({ name, first, count, room }) => {
  for (let number = first; number < first + count; number++) {
    (room === undefined ? io : io.to(room)).emit(name, number);
    await new Promise(setImmediate);
  }
});
process.on('disconnect', () => process.exit());

http.listen(0, '127.0.0.1', () => process.send({ port: http.address().port }));
