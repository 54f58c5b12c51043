/**
 * Requests and answers in a closed loop: each client keeps the same number of requests under way. A client that reads
 * several answers at once writes the next requests at once; that is what a client costs least with, and it is the same for
 * every server.
 */

import { binaryFrame, textFrame } from './frames.mjs';
import { pace } from './pace.mjs';

/** @implements {import('./websocket-client.mjs').Handler} */
export class RoundTrips {
  #bench;
  #clients;
  #inFlight;
  #perSecond;
  /** The next requests in one piece, by their number. @type {Buffer[]} */
  #requests;
  #binary;
  /** When the requests under way were sent, by client, oldest first. @type {number[][]} */
  #sentAt;
  #underWay = 0;
  #done = 0;
  #deadline = 0;
  #sending = false;
  #finish = (_done) => {};

  /**
   * @param {import('./bench.mjs').Bench} bench with its clients connected
   * @param {string} packet what each client sends
   * @param {number} inFlight requests under way, per client
   * @param {{attachment?: Buffer, perSecond?: number}} [options] `attachment` follows the packet, and the answer then ends
   *   with a binary frame as well; with `perSecond` each client sends so many whatever the server does
   */
  constructor(bench, packet, inFlight, { attachment, perSecond } = {}) {
    this.#bench = bench;
    this.#clients = bench.clients;
    this.#inFlight = inFlight;
    this.#perSecond = perSecond;
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
      if (this.#perSecond) this.#pace(now);
      else for (const client of this.#clients) this.#send(client, this.#inFlight, now);
    });
  };

  /** Evenly over the clients and over the time. */
  #pace(start) {
    let sent = 0;
    this.#sending = true;
    pace(start, this.#deadline, this.#perSecond * this.#clients.length, (now) => {
      this.#send(this.#clients[sent++ % this.#clients.length], 1, now);
    }).then(() => {
      this.#sending = false;
      if (this.#underWay === 0) this.#finish(this.#done);
    });
  }

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
    if (now < this.#deadline && !this.#perSecond) this.#send(client, answers, now);
    else if (this.#underWay === 0 && !this.#sending) this.#finish(this.#done);
  }
}
