/** A broadcast of 2 KB of JSON to 1,000 clients that negotiated permessage-deflate. */
import { constants, inflateRawSync } from 'node:zlib';
import { textFrame } from '../load/frames.mjs';
import { Rounds } from '../load/rounds.mjs';
import { SYNC_MARK } from '../load/websocket-client.mjs';
import { sendToAll, serveMessages } from './serve-ws.mjs';

const CLIENTS = 1000;
const THRESHOLD = 1024;

export const rows = [
  { id: 'compressed', title: 'compressed broadcast to 1,000, 2 KB', unit: 'µs/delivery', connections: CLIENTS },
];

export const serverOptions = { perMessageDeflate: { threshold: THRESHOLD } };

const table = (round) =>
  Array.from({ length: 24 }, (_, place) => ({
    place: place + 1,
    player: `player-${(place * 7919 + round * 31) % 9973}`,
    score: 100_000 - place * 731 - (round % 977),
    country: ['de', 'fr', 'gb', 'us', 'jp'][(place + round) % 5],
  }));
let round = 0;

export function serveSocketIo(io) {
  io.on('connection', (socket) => {
    socket.on('go', () => io.emit('table', table(round++)));
  });
}

export function serveWs(wss) {
  serveMessages(wss, () => sendToAll(wss, `42${JSON.stringify(['table', table(round++)])}`));
}

export async function drive(bench) {
  await bench.connect(CLIENTS, { deflate: true });
  const ask = textFrame('42["go"]');
  let first = true;
  const rounds = new Rounds({
    bench,
    counts: 'compressed',
    ask: () => ask,
    expected: () => 1,
    // Later messages need everything that came before them; the first one needs the handshake's at most.
    checkCompressed(payload) {
      if (!first) return;
      first = false;
      const deflated = Buffer.concat([bench.clients[0].deflated, payload, SYNC_MARK]);
      const texts = inflateRawSync(deflated, { finishFlush: constants.Z_SYNC_FLUSH }).toString();
      const expected = `42${JSON.stringify(['table', table(0)])}`;
      if (!texts.endsWith(expected))
        bench.fail(`inflated to ${texts.slice(0, 200)}… instead of ${expected.slice(0, 80)}…`);
    },
  });
  await bench.measure('compressed', rounds.run);
}
