// The server of the soak run: a chat with everything on, which reports on itself every second.
import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Server } from '../../dist/core/index.js';

const httpServer = createServer();
const io = new Server(httpServer, {
  serveClient: false,
  pingInterval: 5000,
  pingTimeout: 5000,
  connectTimeout: 5000,
  maxBufferedBytes: 2_000_000,
  cleanupEmptyChildNamespaces: true,
  connectionStateRecovery: { maxDisconnectionDuration: 10_000, maxBytes: 2_000_000 },
  eventRateLimit: { socket: { perSecond: 200, burst: 400 } },
});
let delivered = 0;
let failures = 0;
io.on('listener_error', () => failures++);
io.of(/^\/dynamic-/).on('connection', () => {});
io.on('connection', (socket) => {
  socket.join(`room-${Math.floor(Math.random() * 10)}`);
  socket.on('say', (text, ack) => {
    delivered++;
    for (const room of socket.rooms) if (room !== socket.id) io.to(room).emit('said', String(text));
    ack?.('ok');
  });
  socket.on('fail', () => {
    throw new Error('a listener that fails');
  });
});

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
setInterval(() => {
  const delayed = delay.percentile(99) / 1e6;
  // Collecting everything is our doing: it is no delay of the server.
  delay.disable();
  globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  process.send({
    heap: heapUsed + external,
    rss,
    connections: io.engine.clientsCount,
    namespaces: io._nsps.size,
    handles: process.getActiveResourcesInfo().length,
    delay: delayed,
    delivered,
    failures,
  });
  delay.reset();
  delay.enable();
}, 1000);
process.on('disconnect', () => process.exit());
httpServer.listen(0, '127.0.0.1', () => process.send({ port: httpServer.address().port }));
