import type { Context } from './context.js';

/** Shows numbers as ranges, so that ten thousand in order are one short text. */
export function ranges(numbers: number[]): string[] {
  const result: [number, number][] = [];
  for (const number of numbers) {
    const last = result.at(-1);
    if (last && last[1] + 1 === number) last[1] = number;
    else result.push([number, number]);
  }
  return result.map(([from, to]) => `${from}..${to}`);
}

/**
 * Calls `emit` with 0, 1, 2, … `last`, in slices over several turns, so that an upgrade happens in the middle of it. The
 * last tenth waits until it has happened.
 */
async function inSlices(
  emit: (index: number) => void,
  last: number,
  size: number,
  upgraded: Promise<unknown>,
): Promise<void> {
  const rest = Math.floor(last * 0.9);
  for (let next = 0; next <= last; next++) {
    emit(next);
    if (next === rest) await upgraded;
    else if (next % size === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

/**
 * Sends messages numbered from 0 to `last` each way from the moment a client connects, text and binary, direct and
 * broadcast, and records what arrived. With an upgrade going on, nothing may be lost, doubled or out of order.
 */
export async function numberedBothWays(context: Context, last: number, size: number): Promise<void> {
  const upgrades = context.mode === 'upgrade';
  const io = await context.server();
  const up: number[] = [];
  const down: number[] = [];
  const upDone = new Promise<void>((resolve, reject) => {
    io.on('connection', (socket) => {
      socket.on('up', (index: number) => {
        up.push(index);
        if (index === last) resolve();
      });
      const emit = (index: number) => {
        if (index % 7 === 0) socket.emit('down', index, Buffer.from([index % 256]));
        else if (index % 3 === 0) io.emit('down', index);
        else socket.emit('down', index);
      };
      const upgraded = upgrades ? context.once(socket.conn, 'upgrade') : Promise.resolve();
      inSlices(emit, last, size, upgraded).catch(reject);
    });
  });
  const client = context.client(io);
  const downDone = new Promise<void>((resolve) => {
    client.on('down', (index: number) => {
      down.push(index);
      if (index === last) resolve();
    });
  });
  await context.once(client.io, 'open');
  const upgraded = upgrades ? context.once(client.io.engine, 'upgrade') : Promise.resolve();
  await context.once(client, 'connect');
  const emit = (index: number) => {
    if (index % 7 === 0) client.emit('up', index, Buffer.from([index % 256]));
    else client.emit('up', index);
  };
  const all = Promise.all([upDone, downDone, inSlices(emit, last, size, upgraded)]);
  await context.bounded(all, () => `all messages, has ${up.length} up and ${down.length} down`);
  context.record('server', 'up', ranges(up));
  context.record('client', 'down', ranges(down));
  if (upgrades) context.record('client', 'transport', client.io.engine.transport.name);
}
