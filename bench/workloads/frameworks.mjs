/**
 * The chat and the acknowledgement once more, through a framework: what its integration adds to each message. Fastify has
 * no part in a message once the connection stands; a gateway of Nest runs its pipeline (guards, pipes, interceptors,
 * filters) for each, whatever is below it.
 */
import { RoundTrips } from '../load/round-trips.mjs';
import { Room } from './chat.mjs';
import { KINDS } from './echo.mjs';

const SIZE = 200;
const CLIENTS = 100;
const IN_FLIGHT = 10;

export const rows = [
  { id: 'frameworks-ack', title: `ack, ${CLIENTS} clients, ${IN_FLIGHT} in flight`, unit: 'µs/round trip' },
  { id: 'frameworks-chat', title: `chat, ${SIZE} in the room`, unit: 'µs/delivery' },
];

export const implementations = ['carillon', 'socket.io'];
export const also = ['fastify', 'nest', 'nest-socket.io'];

export function serveSocketIo(io) {
  io.on('connection', (socket) => {
    socket.on('message', (message) => io.emit('message', message));
    socket.on('ask', (value, answer) => answer(value));
  });
}

/** The same as a gateway; see `server/frameworks.mjs` for its decorators. */
export class gateway {
  static events = ['message', 'ask'];

  message(body) {
    this.io.emit('message', body);
  }

  ask(value) {
    return value;
  }
}

export async function drive(bench) {
  if (bench.wants('frameworks-ack')) {
    await bench.connect(CLIENTS);
    await bench.measure('frameworks-ack', new RoundTrips(bench, KINDS.ack, IN_FLIGHT).run);
    bench.disconnect();
  }
  if (!bench.wants('frameworks-chat')) return;
  await bench.connect(SIZE);
  await bench.measure('frameworks-chat', new Room(bench, false).run);
}
