/** WebSocket connections that join the main namespace: CPU for accepting one, from the TCP connection to the CONNECT's answer. */
import { serveNothing, serveNothingWs } from './serve-nothing.mjs';

export const rows = [
  { id: 'connect', title: 'accept a WebSocket connection', unit: 'µs/connection', connections: 3000 },
];

export const serveSocketIo = serveNothing;
export const serveWs = serveNothingWs;

export async function drive(bench) {
  await bench.measure('connect', async (_seconds, warming) => {
    const count = warming || bench.quick ? 1000 : 2000;
    await bench.connect(count, { concurrency: 32, onReady: (milliseconds) => bench.latencies.push(milliseconds) });
    return count;
  });
}
