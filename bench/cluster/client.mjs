import { once } from 'node:events';
import WebSocket from 'ws';

/** A client of one node, as cheap as can be: it counts the events it gets, and checks their order. */
export class CountingClient {
  received = 0;
  #socket;
  #awaited = null;
  #last = 0;

  static async connect(port) {
    const client = new CountingClient();
    client.#socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
    const connected = new Promise((resolve) => {
      client.#socket.on('message', (data) => client.#onMessage(data.toString(), resolve));
    });
    await once(client.#socket, 'open');
    await connected;
    return client;
  }

  #onMessage(text, onConnected) {
    if (text.startsWith('42')) {
      const number = Number(text.slice(11, 16));
      if (number !== 10_000 && number !== this.#last + 1) throw new Error(`${number} came after ${this.#last}`);
      this.#last = number;
      this.received++;
      if (this.#awaited !== null && this.received >= this.#awaited.count) this.#awaited.resolve();
    } else if (text.startsWith('0')) this.#socket.send('40');
    else if (text.startsWith('40')) onConnected();
    else if (text === '2') this.#socket.send('3');
  }

  /** Resolves when so many events have come, counted from the beginning. */
  async until(count) {
    if (this.received >= count) return;
    let timer;
    await new Promise((resolve, reject) => {
      this.#awaited = { count, resolve };
      timer = setTimeout(() => reject(new Error(`${this.received} of ${count} events came`)), 30_000);
    });
    clearTimeout(timer);
    this.#awaited = null;
  }

  close() {
    this.#socket.terminate();
  }
}
