// Many clients in one process: the lean ones of the benchmark, which answer heartbeats and count what they receive.
import { textFrame, upgradeRequest } from '../../bench/load/frames.mjs';
import { WebSocketClient } from '../../bench/load/websocket-client.mjs';

/** Connections without a source address of our own choice: the system finds ports for them at once. */
const PER_ADDRESS = 20_000;
const ECHO = textFrame('420["echo",1]');

export class Crowd {
  #port;
  #request;
  /** @type {WebSocketClient[]} */
  clients = [];
  /** Ticks, by client. */
  ticks;
  lost = 0;
  #onTick = () => {};

  constructor(port, size) {
    this.#port = port;
    this.#request = upgradeRequest(port, '', false);
    this.ticks = new Uint32Array(size);
    this.size = size;
  }

  /** Connects everybody, so many at a time. @returns milliseconds each took. */
  async connect(concurrency = 500) {
    const times = [];
    let next = 0;
    const worker = async () => {
      while (next < this.size) {
        const index = next++;
        const start = performance.now();
        await this.#open(index);
        times.push(performance.now() - start);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    return times;
  }

  /** Resolves once the client has joined; tries again when it is refused or cut. */
  #open(index) {
    return new Promise((resolve) => {
      const localAddress = index < PER_ADDRESS ? undefined : `127.0.0.${1 + Math.floor(index / PER_ADDRESS)}`;
      const target = { port: this.#port, localAddress, request: this.#request };
      const attempt = () => {
        let isReady = false;
        const client = new WebSocketClient(
          index,
          target,
          () => {
            isReady = true;
            this.clients[index] = client;
            client.handler = this;
            resolve();
          },
          () => {
            if (!isReady) setTimeout(attempt, 50 + Math.random() * 200);
            else this.#onLost(index);
          },
        );
      };
      attempt();
    });
  }

  #onLost = () => this.lost++;

  /** From now on, whoever is cut comes back; resolves when everybody is back, with the milliseconds each took. */
  reconnecting() {
    const times = [];
    return new Promise((resolve) => {
      this.#onLost = (index) => {
        const start = performance.now();
        this.#open(index).then(() => {
          times.push(performance.now() - start);
          if (times.length === this.size) resolve(times);
        });
      };
    });
  }

  /** Calls back with the milliseconds since the last broadcast began to arrive. */
  onTick(callback) {
    this.#onTick = callback;
  }

  /** Ticks of everybody together. */
  received() {
    return this.ticks.reduce((sum, each) => sum + each, 0);
  }

  /** One client asks and waits, again and again. @returns the milliseconds of each. */
  async echo(index, milliseconds) {
    const client = this.clients[index];
    const times = [];
    const end = performance.now() + milliseconds;
    while (performance.now() < end) {
      const start = performance.now();
      await new Promise((resolve) => {
        this.#answered = resolve;
        client.write(ECHO);
      });
      times.push(performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return times;
  }

  #answered = null;

  onText(client, buffer, start) {
    if (buffer[start + 1] === 0x33 /* an answer */) {
      this.#answered?.();
      return;
    }
    this.ticks[client.index]++;
    this.#onTick(client.index);
  }
  onBinary() {}
  onCompressed() {}
  onReadEnd() {}

  leave() {
    for (const client of this.clients) client?.close();
  }
}

/** The value below which so many of them are. */
export function quantile(values, part) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
