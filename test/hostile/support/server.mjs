// The server under attack: a process of its own, so that "it is alive", its memory and its stalls are really its own.
// Commands come over the IPC channel; see stage.ts.
import { createServer } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { Server } from '../../../dist/core/index.js';
import { applications } from './applications.mjs';
import { StallMonitor } from './stall-monitor.mjs';

const { options, application } = JSON.parse(process.argv[2]);
const httpServer = createServer({ maxHeaderSize: 16_384 }, (_request, response) => response.writeHead(404).end());
const { options: own = {} } = applications[application];
const eventRateLimit = options.eventRateLimit && { ...own.eventRateLimit, ...options.eventRateLimit };
const io = new Server(httpServer, { serveClient: false, ...own, ...options, eventRateLimit });
const monitor = new StallMonitor();

/** TCP connections, whatever became of them. */
const tcp = new Set();
httpServer.on('connection', (socket) => {
  tcp.add(socket);
  socket.on('close', () => tcp.delete(socket));
});

/** What the server said about what happened, until the parent asks. */
const records = [];
const record = (kind, detail) => {
  if (records.length < 10_000) records.push({ kind, ...detail });
};
io.on('listener_error', (error, { event }) =>
  record('listener_error', { event, message: String(error?.message ?? error) }),
);
io.engine.on('connection_error', ({ code, message, context }) => {
  record('connection_error', { code, message, context: { name: context.name, message: context.message } });
});
io.engine.on('message_too_large', ({ id }, size) => record('too large', { sid: id, ...size }));
io.engine.on('connection', (connection) => {
  connection.on('close', (reason, description) => {
    record('close', {
      sid: connection.id,
      reason,
      description: String(description?.message ?? description?.description ?? ''),
      ending: connection.ending,
    });
  });
});
io.on('connection', (socket) => {
  socket.on('echo', (value, ack) => ack?.(value));
  socket.on('disconnect', (reason) => record('disconnect', { id: socket.id, reason }));
});
applications[application].run(io, record);

async function memory() {
  for (let i = 0; i < 4; i++) {
    await turn();
    globalThis.gc();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapUsed, external, rss };
}

const commands = {
  memory,
  watch: () => monitor.start(),
  stall: () => monitor.stop(),
  records: () => records.splice(0),
  state: () => ({
    connections: io.engine.clientsCount,
    sockets: io.sockets.sockets.size,
    namespaces: io._nsps.size,
    rooms: io.sockets.adapter.rooms.size,
    tcp: tcp.size,
    bytesRead: [...tcp].reduce((sum, { bytesRead }) => sum + bytesRead, 0),
  }),
  run: ([name, ...args]) => applications[application].commands[name](io, ...args),
};

process.on('message', async ({ id, command, args }) => {
  try {
    process.send({ id, result: await commands[command](args) });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
});
process.on('disconnect', () => process.exit());

httpServer.listen(0, '127.0.0.1', () => process.send({ port: httpServer.address().port }));
