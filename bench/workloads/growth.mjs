/** How the cost of a delivery grows with the number of connections: the broadcast of 10 events per turn, to more and more. */
import { broadcastRounds } from './broadcast.mjs';

const SIZES = [100, 300, 1000, 3000, 10000];

export const rows = SIZES.map((size) => ({
  id: `growth-${size}`,
  title: `broadcast to ${size.toLocaleString('en')}, 10 per turn`,
  unit: 'µs/delivery',
  connections: size,
}));

export { serveSocketIo, serveWs } from './broadcast.mjs';

export async function drive(bench) {
  const position = { next: 0 };
  for (const size of SIZES) {
    if (!bench.wants(`growth-${size}`)) continue;
    await bench.connect(size - bench.clients.length);
    await bench.measure(`growth-${size}`, broadcastRounds(bench, 10, position).run);
  }
}
