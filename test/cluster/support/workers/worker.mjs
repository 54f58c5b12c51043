// One server in a worker process: behind the sticky port of the primary, and on a port of its own, so that a test can choose.
import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/cluster-adapter';
import { setupWorker } from '@socket.io/sticky';

// Of ours, what the build made: a process of its own has no compiler.
const { Server } = await import(process.env.LIBRARY === 'carillon' ? '../../../../dist/core/index.js' : 'socket.io');

const http = createServer();
const io = new Server(http, { adapter: createAdapter() });
setupWorker(io);

process.on('message', async (message) => {
  if (message?.to !== 'worker') return;
  const { call, action, args } = message;
  try {
    if (action === 'close') await io.close();
    // biome-ignore lint/security/noGlobalEval: it comes from the test, which cannot pass a function to another process.
    const result = action === 'close' ? undefined : await globalThis.eval(`(${action})`)(io, ...args);
    process.send({ to: 'test', call, result });
  } catch (error) {
    process.send({ to: 'test', call, error: error.stack });
  }
});
process.on('disconnect', () => process.exit());
http.listen({ port: 0, host: '127.0.0.1', exclusive: true }, () => {
  process.send({ to: 'test', port: http.address().port, id: cluster.worker.id });
});
