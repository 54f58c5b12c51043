/**
 * WebSocket connections that join the main namespace: CPU for accepting one, from the TCP connection to the CONNECT's answer.
 *
 * A server accepts connections for as long as it runs: what is measured is compiled code, not its compiling, which for the
 * first two thousand connections costs as much as the connections do.
 */
import { serveNothing, serveNothingWs } from './serve-nothing.mjs';

const WARM_UP = 4000;
const MEASURED = 4000;

export const rows = [
  { id: 'connect', title: 'accept a WebSocket connection', unit: 'µs/connection', connections: MEASURED },
];

export const serveSocketIo = serveNothing;
export const serveWs = serveNothingWs;

export async function drive(bench) {
  await bench.measure('connect', async (_seconds, warming) => {
    const count = warming ? WARM_UP : MEASURED;
    await bench.connect(count, { concurrency: 32, onReady: (milliseconds) => bench.latencies.push(milliseconds) });
    if (warming) {
      bench.disconnect();
      // The answer comes when the server has seen them go, and has collected what they left.
      await bench.serverMemory();
    }
    return count;
  });
}
