// The primary process of a cluster of Node.js: forks the workers, serves the sticky port, and carries messages between them
// and the test.
import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { setupPrimary } from '@socket.io/cluster-adapter';
import { setupMaster } from '@socket.io/sticky';

const libraries = process.argv.slice(2);
const http = createServer();
setupMaster(http, { loadBalancingMethod: 'round-robin' });
setupPrimary();
cluster.setupPrimary({ exec: fileURLToPath(new URL('worker.mjs', import.meta.url)), serialization: 'advanced' });

const workers = libraries.map((library) => cluster.fork({ LIBRARY: library }));
for (const [index, worker] of workers.entries()) {
  worker.on('message', (message) => {
    if (message?.to === 'test') process.send({ ...message, index });
  });
  worker.on('exit', (code, signal) => process.send({ to: 'test', index, exit: signal ?? code }));
}
process.on('message', ({ index, ...message }) => workers[index].send({ ...message, to: 'worker' }));
// The test is gone: so are we, and the workers with us.
process.on('disconnect', () => process.exit());
http.listen(0, '127.0.0.1', () => process.send({ to: 'test', sticky: http.address().port }));
