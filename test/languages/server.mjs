// The server that the clients of other languages are driven against: ours or the official one, with the same handlers.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe } from './describe.mjs';

// The last: over polling, a client that ends may not get its goodbye out, and is missed by its pong.
const leaving = new Set(['client namespace disconnect', 'transport close', 'server shutting down', 'ping timeout']);

/**
 * @param {typeof import('socket.io').Server} Server
 * @param {object} [options] of the server, beside those that all rows have
 * @returns {Promise<{ url: string, records(): string[], quiet(atOnce?: boolean): Promise<void>, close(): Promise<void> }>} `records()`: what
 * the server saw, by scenario and namespace, each in the order in which it happened. `quiet()`: when every client has gone; `atOnce`:
 * those that left without a word are made to go.
 */
export async function startServer(Server, options = {}) {
  const http = createServer().listen(0, '127.0.0.1');
  await once(http, 'listening');
  // Heartbeats that a test can wait for; a pong may be late on a busy machine.
  const io = new Server(http, { pingInterval: 300, pingTimeout: 60_000, ...options });
  const connections = new Set();
  http.on('connection', (connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
  });
  /** The lines of each socket, by scenario and namespace. */
  const records = new Map();
  let present = 0;
  let onQuiet = null;

  const serve = (namespace) =>
    namespace.on('connection', (socket) => {
      present += 1;
      const key = `${socket.handshake.query.scenario} ${namespace.name}`;
      const lines = [];
      let broken = false;
      records.set(key, [...(records.get(key) ?? []), lines]);
      const record = (...values) => lines.push(describe(values));
      record('connected', socket.handshake.auth, socket.conn.protocol, socket.recovered);
      socket.onAny((event, ...args) => record(event, ...args.filter((arg) => typeof arg !== 'function')));
      socket.on('disconnect', (reason) => {
        // Some clients close the connection right behind the packet that says so, and sometimes before it.
        record('disconnected', broken ? 'broken' : leaving.has(reason) ? 'the client left' : reason);
        present -= 1;
        if (present === 0) onQuiet?.();
      });
      socket.on('echo', (...args) => args.pop()(...args));
      socket.on('repeat', (...args) => socket.emit('repeated', ...args));
      socket.on('ask', (...question) =>
        socket.emit('question', ...question, (...answer) => socket.emit('answered', ...answer)),
      );
      socket.on('join', async (room, done) => {
        await socket.join(room);
        done([...socket.rooms].length);
      });
      socket.on('leave', async (room, done) => {
        await socket.leave(room);
        done([...socket.rooms].length);
      });
      socket.on('shout', (room, what) => namespace.to(room).emit('shouted', room, what));
      socket.on('burst', (count) => {
        for (let number = 0; number < count; number++) {
          socket.emit('numbered', number % 10 === 9 ? Buffer.alloc(number, number) : number);
        }
      });
      const numbers = [];
      socket.on('number', (number) => numbers.push(number));
      socket.on('numbers', (done) => done(numbers));
      socket.on('idle', () => {
        let beats = 0;
        socket.conn.on('heartbeat', () => {
          beats += 1;
          if (beats === 4) socket.emit('idled');
        });
      });
      // What a failing network does; a close packet would be the end for some clients.
      socket.on('break', () => {
        broken = true;
        for (const connection of connections) connection.destroy();
        // Between two polls nothing shows the loss.
        socket.conn.close(true);
      });
      socket.on('kick', () => socket.disconnect());
    });

  const guarded = io.of('/guarded');
  guarded.use((socket, next) => {
    const token = socket.handshake.auth.token ?? socket.handshake.query.token;
    if (token === 'secret') next();
    else next(Object.assign(new Error('not admitted'), { data: { code: 401, why: ['token', null] } }));
  });
  for (const namespace of [io.of('/'), io.of('/chat'), guarded]) serve(namespace);

  return {
    url: `http://127.0.0.1:${http.address().port}`,
    records: () =>
      [...records]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([key, sockets]) => sockets.flat().map((line) => `server ${key}: ${line}`)),
    quiet: (atOnce) =>
      new Promise((resolve) => {
        onQuiet = resolve;
        if (present === 0) resolve();
        else if (atOnce) io.close();
      }),
    async close() {
      await io.close();
      http.closeAllConnections();
    },
  };
}
