/** Events with one binary attachment of 1 KB and 64 KB: echoed by the server, and broadcast to 100 clients. */
import { textFrame } from '../load/frames.mjs';
import { RoundTrips } from '../load/round-trips.mjs';
import { Rounds } from '../load/rounds.mjs';
import { argument, sendToAll, serveMessages } from './serve-ws.mjs';

const CLIENTS = 100;
const SIZES = { '1k': 1024, '64k': 65536 };

export const rows = Object.entries(SIZES).flatMap(([label, size]) => [
  { id: `binary-echo-${label}`, title: `binary echo, 100 clients, ${size / 1024} KB`, unit: 'µs/round trip' },
  { id: `binary-broadcast-${label}`, title: `binary broadcast to 100, ${size / 1024} KB`, unit: 'µs/delivery' },
]);

const PLACEHOLDER = '{"_placeholder":true,"num":0}';
const attachments = Object.fromEntries(Object.values(SIZES).map((size) => [size, Buffer.alloc(size, 'binary')]));

export function serveSocketIo(io) {
  io.on('connection', (socket) => {
    socket.on('echo', (data) => socket.emit('echo', data));
    socket.on('go', (size) => io.emit('data', attachments[size]));
  });
}

export function serveWs(wss) {
  serveMessages(wss, (data, isBinary, socket) => {
    if (isBinary) socket.send(data);
    else if (data.includes('"go"')) {
      sendToAll(wss, `451-["data",${PLACEHOLDER}]`);
      sendToAll(wss, attachments[argument(data)]);
    } else socket.send(data.toString());
  });
}

export async function drive(bench) {
  await bench.connect(CLIENTS);
  for (const [label, size] of Object.entries(SIZES)) {
    const echo = new RoundTrips(bench, `451-["echo",${PLACEHOLDER}]`, 1, { attachment: attachments[size] });
    await bench.measure(`binary-echo-${label}`, echo.run);
    const ask = textFrame(`42["go",${size}]`);
    const rounds = new Rounds({ bench, counts: 'binary', ask: () => ask, expected: () => 1 });
    await bench.measure(`binary-broadcast-${label}`, rounds.run);
  }
}
