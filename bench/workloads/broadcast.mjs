/** One server event to 1,000 clients, 1, 10 and 100 of them in one turn of the event loop. */
import { textFrame } from '../load/frames.mjs';
import { Rounds } from '../load/rounds.mjs';
import { argument, sendToAll, serveMessages } from './serve-ws.mjs';

const CLIENTS = 1000;
const PER_TURN = [1, 10, 100];

export const rows = PER_TURN.map((count) => ({
  id: `broadcast-${count}`,
  title: `broadcast to 1,000, ${count} per turn`,
  unit: 'µs/delivery',
  connections: CLIENTS,
}));

let sequence = 0;
/** A price tick, about a hundred bytes on the wire. */
const tick = () => ({ sequence: sequence++, instrument: 'XAUUSD', bid: 2345.67, ask: 2345.91, at: 1753000000000 });

export function serveSocketIo(io) {
  io.on('connection', (socket) => {
    socket.on('go', (count) => {
      for (let index = 0; index < count; index++) io.emit('tick', tick());
    });
  });
}

export function serveWs(wss) {
  serveMessages(wss, (data) => {
    const count = argument(data);
    for (let index = 0; index < count; index++) sendToAll(wss, `42${JSON.stringify(['tick', tick()])}`);
  });
}

/**
 * @param {import('../load/bench.mjs').Bench} bench with its clients connected
 * @param {number} count events per turn
 * @param {{next: number}} position the sequence number that comes next
 */
export function broadcastRounds(bench, count, position) {
  const ask = textFrame(`42["go",${count}]`);
  return new Rounds({
    bench,
    counts: 'text',
    ask: () => ask,
    expected: () => count,
    check(text) {
      const { sequence } = JSON.parse(text.slice(2))[1];
      if (sequence !== position.next) bench.fail(`received message ${sequence} instead of ${position.next}`);
      position.next++;
    },
  });
}

export async function drive(bench) {
  await bench.connect(CLIENTS);
  const position = { next: 0 };
  for (const count of PER_TURN) {
    await bench.measure(`broadcast-${count}`, broadcastRounds(bench, count, position).run);
  }
}
