// The server of the rows for test environments that imitate a page: prints its URL, and runs until it is ended.
import { createServer } from 'node:http';
import { Server } from 'carillon';

const http = createServer();
// The page is at another origin, as it is in most development set-ups.
const io = new Server(http, { cors: { origin: true, credentials: true } });
io.on('connection', (socket) => {
  socket.emit('welcome', socket.handshake.auth, { inside: Buffer.from('bytes') });
  socket.on('echo', (...args) => args.pop()(...args));
  socket.on('header', (name, answer) => answer(socket.handshake.headers[name]));
  socket.on('leave', () => socket.disconnect(true));
});
io.of('/refused').use((_socket, next) => next(Object.assign(new Error('no'), { data: { code: 7 } })));
http.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${http.address().port}\n`));
