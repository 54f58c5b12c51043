/** Resident memory of idle WebSocket connections: the growth of the process after a full collection, per connection. */
import { serveNothing, serveNothingWs } from './serve-nothing.mjs';

const SIZES = [1000, 5000, 15000];
// Brings the heap and the compiled code to a usual size before the first look.
const WARM_UP = 500;

export const rows = SIZES.map((size) => ({
  id: `memory-${size}`,
  title: `memory per idle connection, at ${size.toLocaleString('en')}`,
  unit: 'KiB/connection',
  connections: size,
}));

export const serveSocketIo = serveNothing;
export const serveWs = serveNothingWs;

export async function drive(bench) {
  await bench.connect(WARM_UP);
  bench.disconnect();
  const before = await bench.serverMemory();
  for (const size of SIZES) {
    if (!SIZES.some((other) => other >= size && bench.wants(`memory-${other}`))) break;
    await bench.connect(size - bench.clients.length);
    if (!bench.wants(`memory-${size}`)) continue;
    const after = await bench.serverMemory();
    const perConnection = (field) => (after[field] - before[field]) / size / 1024;
    bench.publish(`memory-${size}`, { cost: perConnection('rss'), heap: perConnection('heapUsed') });
  }
}
