/**
 * A room in which everybody speaks and everybody hears.
 *
 * Closed loop: a client speaks again when it has heard itself, so there is always one message of each client under way and
 * the server is as busy as it can be. Paced: every client speaks once a second whatever the server does, which shows what
 * the same offered load costs, with little to batch.
 */
import { textFrame } from '../load/frames.mjs';
import { pace } from '../load/pace.mjs';
import { sendToAll, serveMessages } from './serve-ws.mjs';

const SIZES = [50, 200, 1000];
const PACED = 200;
// With everybody under way at once a slow server has to work off size² deliveries, so few speak while warming up.
const WARMING_SPEAKERS = 20;

export const rows = [
  ...SIZES.map((size) => ({
    id: `chat-${size}`,
    title: `chat, ${size.toLocaleString('en')} in the room`,
    unit: 'µs/delivery',
    connections: size,
  })),
  {
    id: `chat-${PACED}-paced`,
    title: `chat, ${PACED} in the room, once a second each`,
    unit: 'µs/delivery',
    connections: PACED,
  },
];

export function serveSocketIo(io) {
  io.on('connection', (socket) => {
    socket.on('message', (message) => io.emit('message', message));
  });
}

/** As the documentation of `ws` broadcasts: what came in goes out. */
export function serveWs(wss) {
  serveMessages(wss, (data, isBinary) => sendToAll(wss, data, { binary: isBinary }));
}

const TEXT = 'The quick brown fox jumps over the lazy dog, twice if it must.';
const packet = (from) => `42["message",{"from":"${from}","text":"${TEXT}"}]`;
const FROM = packet('').indexOf('","text"');

/** @implements {import('../load/websocket-client.mjs').Handler} */
export class Room {
  #bench;
  #clients;
  /** By client: what it says, the digits of its name, and when it said what it has not heard yet. */
  #frames;
  #digits;
  #sentAt;
  #sent = 0;
  #delivered = 0;
  #deadline = 0;
  #paced;
  #finish = (_delivered) => {};
  #sending = false;

  /** @param {import('../load/bench.mjs').Bench} bench @param {boolean} paced */
  constructor(bench, paced) {
    this.#bench = bench;
    this.#clients = bench.clients;
    this.#paced = paced;
    const names = this.#clients.map(({ index }) => String(index).padStart(4, '0'));
    this.#frames = names.map((name) => textFrame(packet(name)));
    this.#digits = names.map((name) => Buffer.from(name));
    this.#sentAt = names.map(() => []);
    for (const client of this.#clients) {
      client.handler = this;
      client.received = 0;
    }
  }

  /** @type {import('../load/bench.mjs').Work} */
  run = (seconds, warming) => {
    this.#sending = true;
    const start = performance.now();
    this.#deadline = start + seconds * 1000;
    const before = this.#delivered;
    return new Promise((resolve) => {
      this.#finish = () => resolve(this.#delivered - before);
      if (this.#paced) this.#pace(start);
      else for (const client of this.#clients.slice(0, warming ? WARMING_SPEAKERS : undefined)) this.#speak(client);
    });
  };

  #speak(client) {
    this.#sent++;
    this.#sentAt[client.index].push(performance.now());
    client.write(this.#frames[client.index]);
  }

  /** Once a second each, spread evenly over the second. */
  async #pace(start) {
    let spoken = 0;
    await pace(start, this.#deadline, this.#clients.length, () => {
      this.#speak(this.#clients[spoken++ % this.#clients.length]);
    });
    this.#sending = false;
    this.#checkEnd();
  }

  onText(client, buffer, start) {
    this.#delivered++;
    client.received++;
    const from = start + FROM;
    const digits = this.#digits[client.index];
    // The last digit differs most often.
    if (
      buffer[from + 3] === digits[3] &&
      buffer[from + 2] === digits[2] &&
      buffer[from + 1] === digits[1] &&
      buffer[from] === digits[0]
    ) {
      this.#onOwn(client);
    }
  }

  #onOwn(client) {
    const now = performance.now();
    this.#bench.latencies.push(now - this.#sentAt[client.index].shift());
    if (this.#paced) return;
    if (now < this.#deadline) this.#speak(client);
    else this.#sending = false;
  }

  onBinary() {
    this.#bench.fail('a chat message arrived as binary');
  }

  onCompressed() {
    this.#bench.fail('a chat message arrived compressed');
  }

  onReadEnd() {
    this.#checkEnd();
  }

  #checkEnd() {
    if (this.#sending || this.#delivered < this.#sent * this.#clients.length) return;
    for (const { index, received } of this.#clients) {
      if (received !== this.#sent) this.#bench.fail(`client ${index} received ${received} of ${this.#sent} messages`);
    }
    this.#finish();
  }
}

export async function drive(bench) {
  for (const size of SIZES) {
    if (!bench.wants(`chat-${size}`)) continue;
    await bench.connect(size - bench.clients.length);
    await bench.measure(`chat-${size}`, new Room(bench, false).run);
  }
  if (!bench.wants(`chat-${PACED}-paced`)) return;
  bench.disconnect();
  await bench.connect(PACED);
  await bench.measure(`chat-${PACED}-paced`, new Room(bench, true).run);
}
