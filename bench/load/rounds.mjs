/**
 * Broadcasts in a closed loop: the first client asks for a round, the server emits, and the next round is asked for when
 * every message of this one has arrived at every receiver.
 */
// Latency is taken at a few receivers, spread over the order in which the server visits them.
const SAMPLES = 10;

/**
 * @typedef {object} RoundsOptions
 * @property {import('./bench.mjs').Bench} bench
 * @property {'text' | 'binary' | 'compressed'} counts which frames are deliveries
 * @property {(round: number) => Buffer} ask the frame that asks for a round
 * @property {(round: number, client: number) => number} expected deliveries to a client in that round
 * @property {(text: string) => void} [check] gets every text that the first client receives
 * @property {(frame: Buffer) => void} [checkCompressed] gets every compressed payload that the first client receives
 */

/** @implements {import('./websocket-client.mjs').Handler} */
export class Rounds {
  #options;
  #clients;
  /** Whether latency is taken, by client. */
  #sampled;
  #round = 0;
  #delivered = 0;
  #expected = 0;
  #askedAt = 0;
  #deadline = 0;
  #finish = (_delivered) => {};
  #deliveredAtStart = 0;
  /** Deliveries to each client that the rounds so far ask for. */
  #expectedAt;

  /** @param {RoundsOptions} options */
  constructor(options) {
    this.#options = options;
    this.#clients = options.bench.clients;
    this.#expectedAt = new Float64Array(this.#clients.length);
    this.#sampled = new Uint8Array(this.#clients.length);
    for (let sample = 0; sample < SAMPLES; sample++) {
      this.#sampled[Math.floor((sample * (this.#clients.length - 1)) / (SAMPLES - 1))] = 1;
    }
    for (const client of this.#clients) {
      client.handler = this;
      client.received = 0;
    }
  }

  /** @type {import('./bench.mjs').Work} */
  run = (seconds) => {
    this.#deadline = performance.now() + seconds * 1000;
    this.#deliveredAtStart = this.#delivered;
    return new Promise((resolve) => {
      this.#finish = resolve;
      this.#ask();
    });
  };

  #ask() {
    const round = this.#round++;
    for (let index = 0; index < this.#clients.length; index++) {
      const expected = this.#options.expected(round, index);
      this.#expectedAt[index] += expected;
      this.#expected += expected;
    }
    this.#askedAt = performance.now();
    this.#clients[0].write(this.#options.ask(round));
  }

  #count(client) {
    this.#delivered++;
    client.received++;
    if (this.#sampled[client.index]) this.#options.bench.latencies.push(performance.now() - this.#askedAt);
  }

  onText(client, buffer, start, size) {
    if (this.#options.counts === 'text') this.#count(client);
    if (client.index === 0) this.#options.check?.(buffer.toString('latin1', start, start + size));
  }

  onBinary(client) {
    if (this.#options.counts === 'binary') this.#count(client);
  }

  onCompressed(client, buffer, start, size) {
    if (this.#options.counts === 'compressed') this.#count(client);
    if (client.index === 0) this.#options.checkCompressed?.(Buffer.from(buffer.subarray(start, start + size)));
  }

  onReadEnd() {
    if (this.#delivered < this.#expected) return;
    this.#verify();
    if (performance.now() < this.#deadline) this.#ask();
    else this.#finish(this.#delivered - this.#deliveredAtStart);
  }

  #verify() {
    for (const { index, received } of this.#clients) {
      if (received !== this.#expectedAt[index]) {
        this.#options.bench.fail(`client ${index} received ${received} messages instead of ${this.#expectedAt[index]}`);
      }
    }
  }
}
