/** Echo over HTTP long-polling: a round trip is one POST and one GET. The control is a bare `node:http` server. */
import { serveLongPolling } from './serve-http.mjs';

const CLIENTS = 100;
const PACKET = '42["echo","The quick brown fox jumps over the lazy dog"]';

// As for echo: where the scheduler chooses, the cost of waking the other process comes and goes.
export const pinned = true;

export const rows = [{ id: 'polling', title: 'long-polling echo, 100 clients', unit: 'µs/round trip' }];

export function serveSocketIo(io) {
  io.on('connection', (socket) => {
    socket.on('echo', (value) => socket.emit('echo', value));
  });
}

export const serveHttp = serveLongPolling;

export async function drive(bench) {
  await bench.connectPolling(CLIENTS);
  const requests = bench.clients.map((client) => client.request(PACKET));
  const sentAt = [];
  await bench.measure(
    'polling',
    (seconds) =>
      new Promise((resolve) => {
        const deadline = performance.now() + seconds * 1000;
        let underWay = bench.clients.length;
        let done = 0;
        const ask = (client) => {
          sentAt[client.index] = performance.now();
          client.post(requests[client.index]);
        };
        for (const client of bench.clients) {
          client.onRoundTrip = () => {
            done++;
            const now = performance.now();
            bench.latencies.push(now - sentAt[client.index]);
            if (now < deadline) ask(client);
            else if (--underWay === 0) resolve(done);
          };
          ask(client);
        }
      }),
  );
}
