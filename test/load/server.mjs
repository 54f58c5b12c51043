// The server of the load runs: a room that everybody joins, and a broadcast to it every second.
import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Server } from '../../dist/core/index.js';

const { options = {} } = JSON.parse(process.argv[2] ?? '{}');
const httpServer = createServer();
const io = new Server(httpServer, { serveClient: false, ...options });
let ended = 0;
io.on('connection', (socket) => {
  socket.join('everybody');
  socket.on('echo', (value, ack) => ack?.(value));
  socket.on('deaf', () => socket.join('deaf'));
  socket.on('disconnect', () => ended++);
});

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
let round = 0;
let timer;

const commands = {
  broadcast(everyMilliseconds) {
    timer = setInterval(() => io.to('everybody').emit('tick', round++), everyMilliseconds);
  },
  stop() {
    clearInterval(timer);
    return round;
  },
  /** As the application sees itself; the delay is of the time since the last call. */
  async state() {
    const worst = delay.max / 1e6;
    const p99 = delay.percentile(99) / 1e6;
    globalThis.gc();
    const { heapUsed, external, rss } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    delay.reset();
    return {
      connections: io.engine.clientsCount,
      sockets: io.sockets.sockets.size,
      ended,
      memory: heapUsed + external,
      rss,
      cpu: (user + system) / 1000,
      delay: { worst, p99 },
    };
  },
  /** Cuts every connection, as a restart of a proxy would. */
  cut() {
    const connections = Object.values(io.engine.clients);
    for (const connection of connections) connection.transport.terminate();
    return connections.length;
  },
  /** Sends so many megabytes to the deaf; resolves with the most memory that was in use meanwhile. */
  async shout(megabytes) {
    let highest = 0;
    for (let i = 0; i < megabytes * 10; i++) {
      io.to('deaf').emit('noise', 'x'.repeat(100_000 - String(i).length) + i);
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (i % 50 !== 0) continue;
      const { heapUsed, external } = process.memoryUsage();
      highest = Math.max(highest, heapUsed + external);
    }
    return highest;
  },
};

process.on('message', async ({ id, command, argument }) => {
  process.send({ id, result: await commands[command](argument) });
});
process.on('disconnect', () => process.exit());
httpServer.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
  process.send({ port: httpServer.address().port }),
);
