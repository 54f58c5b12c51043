/**
 * Request and answer: 100 clients with 1 and 10 requests under way each, as fast as the server answers; the same clients
 * at a fixed rate; and a single client on an idle server.
 */
import { RoundTrips } from '../load/round-trips.mjs';
import { serveMessages } from './serve-ws.mjs';

const CLIENTS = 100;
const PER_SECOND = 20;
const VALUE = '"The quick brown fox jumps over the lazy dog"';
export const KINDS = { echo: `42["echo",${VALUE}]`, ack: `427["ask",${VALUE}]` };

export const rows = [
  { id: 'echo-idle', title: 'echo, a single client', unit: 'µs/round trip' },
  { id: 'echo-paced', title: `echo, 100 clients, ${PER_SECOND} a second each`, unit: 'µs/round trip' },
  ...Object.keys(KINDS).flatMap((kind) =>
    [1, 10].map((inFlight) => ({
      id: `${kind}-${inFlight}`,
      title: `${kind}, 100 clients, ${inFlight} in flight`,
      unit: 'µs/round trip',
    })),
  ),
];

export const pinned = true;

export function serveSocketIo(io) {
  io.on('connection', (socket) => {
    socket.on('echo', (value) => socket.emit('echo', value));
    socket.on('ask', (value, answer) => answer(value));
  });
}

export function serveWs(wss) {
  serveMessages(wss, (data, isBinary, socket) => socket.send(data, { binary: isBinary }));
}

export async function drive(bench) {
  await bench.connect(1);
  await bench.measure('echo-idle', new RoundTrips(bench, KINDS.echo, 1).run);
  await bench.connect(CLIENTS - 1);
  await bench.measure('echo-paced', new RoundTrips(bench, KINDS.echo, 1, { perSecond: PER_SECOND }).run);
  for (const [kind, packet] of Object.entries(KINDS)) {
    for (const inFlight of [1, 10]) {
      await bench.measure(`${kind}-${inFlight}`, new RoundTrips(bench, packet, inFlight).run);
    }
  }
}
