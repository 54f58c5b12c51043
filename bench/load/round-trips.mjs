/**
 * Requests and answers in a closed loop: each client keeps the same number of requests under way. A client that reads
 * several answers at once writes the next requests at once; that is what a client costs least with, and it is the same for
 * every server.
 */
import { binaryFrame, textFrame } from './frames.mjs';

/** @implements {import('./websocket-client.mjs').Handler} */
export class RoundTrips {
  #bench;
  #clients;
  #inFlight;
  /** The next requests in one piece, by their number. @type {Buffer[]} */
  #requests;
  #binary;
  /** When the requests under way were sent, by client, oldest first. @type {number[][]} */
  #sentAt;
  #underWay = 0;
  #done = 0;
  #deadline = 0;
  #finish = (_done) => {};

  /**
   * @param {import('./bench.mjs').Bench} bench with its clients connected
   * @param {string} packet what each client sends
   * @param {number} inFlight requests under way, per client
   * @param {Buffer} [attachment] follows the packet; the answer then ends with a binary frame as well
   */
  constructor(bench, packet, inFlight, attachment) {
    this.#bench = bench;
    this.#clients = bench.clients;
    this.#inFlight = inFlight;
    this.#binary = attachment !== undefined;
    const request = Buffer.concat([textFrame(packet), ...(attachment ? [binaryFrame(attachment)] : [])]);
    this.#requests = Array.from({ length: inFlight + 1 }, (_, count) => Buffer.concat(Array(count).fill(request)));
    this.#sentAt = this.#clients.map(() => []);
    for (const client of this.#clients) client.handler = this;
  }

  /** @type {import('./bench.mjs').Work} */
  run = (seconds) => {
    const now = performance.now();
    this.#deadline = now + seconds * 1000;
    this.#done = 0;
    return new Promise((resolve) => {
      this.#finish = resolve;
      for (const client of this.#clients) this.#send(client, this.#inFlight, now);
    });
  };

  #send(client, count, now) {
    this.#underWay += count;
    for (let index = 0; index < count; index++) this.#sentAt[client.index].push(now);
    client.write(this.#requests[count]);
  }

  onText(client) {
    if (!this.#binary) client.owed++;
  }

  onBinary(client) {
    if (this.#binary) client.owed++;
  }

  onCompressed() {
    this.#bench.fail('an answer arrived compressed');
  }

  onReadEnd(client) {
    const answers = client.owed;
    if (answers === 0) return;
    client.owed = 0;
    this.#underWay -= answers;
    this.#done += answers;
    const now = performance.now();
    const sentAt = this.#sentAt[client.index];
    for (let index = 0; index < answers; index++) this.#bench.latencies.push(now - sentAt.shift());
    if (now < this.#deadline) this.#send(client, answers, now);
    else if (this.#underWay === 0) this.#finish(this.#done);
  }
}
