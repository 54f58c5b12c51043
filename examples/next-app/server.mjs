// `npm run example:next`: Next and carillon on one port. `node server.mjs --dev` is the same with hot reloading.
import { createServer } from 'carillon/next';

const server = await createServer({
  dev: process.argv.includes('--dev'),
  dir: import.meta.dirname,
  // Below a catch-all route, if you like: nothing on this path ever reaches Next.
  io: { path: '/api/ws' },
});

let visitors = 0;
server.io.on('connection', (socket) => {
  server.io.emit('visitors', ++visitors);
  socket.on('disconnect', () => server.io.emit('visitors', --visitors));
  socket.on('say', (text, answer) => {
    if (typeof text !== 'string' || text.trim() === '' || text.length > 200) return answer('Say something short.');
    server.io.emit('message', { from: 'a visitor', text });
    answer(null);
  });
});

console.log(`listening at ${await server.listen()}`);
