/** A reconnect storm: every connection is cut at once, and every client comes back as fast as it is let in. */
import { serveNothing, serveNothingWs } from './serve-nothing.mjs';

const CLIENTS = 2000;

export const rows = [
  { id: 'reconnect', title: 'reconnect storm, 2,000 clients', unit: 'µs/reconnection', connections: CLIENTS * 2 },
];

export const serveSocketIo = serveNothing;
export const serveWs = serveNothingWs;

export async function drive(bench) {
  const clients = bench.quick ? CLIENTS / 2 : CLIENTS;
  await bench.connect(clients);
  await bench.measure('reconnect', async () => {
    const start = performance.now();
    bench.disconnect();
    await bench.connect(clients, { concurrency: 500, onReady: () => bench.latencies.push(performance.now() - start) });
    return clients;
  });
}
