import type { Server } from 'node:http';
import { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One connection to an HTTP server without a network: the test writes requests as text, and reads what comes back. */
export class HttpWire {
  readonly #socket: Duplex;
  #written = '';
  #bytesWritten = 0;
  #hasEnded = false;

  constructor(server: Server) {
    this.#socket = new Duplex({
      read() {},
      write: (chunk, _encoding, callback) => {
        this.#bytesWritten += chunk.length;
        this.#written += chunk.toString('latin1');
        callback();
      },
      final: (callback) => {
        this.#hasEnded = true;
        callback();
      },
    });
    // As of a socket: whoever wants to know whether anybody answered looks at it.
    Object.defineProperty(this.#socket, 'bytesWritten', { get: () => this.#bytesWritten });
    server.emit('connection', this.#socket);
  }

  /** Sends a request. @returns what was answered until the server had nothing more to do; `undefined`: it waits. */
  async request(line: string, headers: Record<string, string> = {}, body?: string): Promise<Answer | undefined> {
    const all = { Host: 'localhost', ...headers, ...(body !== undefined && { 'Content-Length': `${body.length}` }) };
    const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#socket.push(Buffer.from(`${line} HTTP/1.1\r\n${head.join('')}\r\n${body ?? ''}`, 'latin1'));
    return this.answer();
  }

  /** Sends raw bytes. */
  async push(bytes: Uint8Array): Promise<void> {
    this.#socket.push(bytes);
    await settled();
  }

  /** The peer will send nothing more, and the socket notices at once, as one of the system does. */
  async finish(): Promise<void> {
    this.#socket.push(null);
    this.#socket.read(0);
    await settled();
  }

  /** The next answer, taken off what was written. */
  async answer(): Promise<Answer | undefined> {
    await settled();
    const end = this.#written.indexOf('\r\n\r\n');
    if (end === -1) return undefined;
    const [first = '', ...lines] = this.#written.slice(0, end).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
    );
    this.#written = this.#written.slice(end + 4);
    const body =
      headers['transfer-encoding'] === 'chunked' ? this.#takeChunks() : this.#take(headers['content-length']);
    return { status: Number(first.split(' ')[1]), headers, body };
  }

  #take(length = '0'): string {
    const taken = this.#written.slice(0, Number(length));
    this.#written = this.#written.slice(Number(length));
    return taken;
  }

  #takeChunks(): string {
    let body = '';
    for (;;) {
      const size = Number.parseInt(this.#written, 16);
      this.#written = this.#written.slice(this.#written.indexOf('\r\n') + 2);
      body += this.#take(`${size}`);
      this.#take('2');
      if (size === 0) return body;
    }
  }

  /** What was written and not taken as an answer. */
  get written(): string {
    return this.#written;
  }

  /** The server said that it will write nothing more. */
  get hasEnded(): boolean {
    return this.#hasEnded || this.#socket.destroyed;
  }

  /** The peer is gone. */
  async drop(): Promise<void> {
    this.#socket.destroy();
    await settled();
  }
}

/** Streams pass things on in ticks and turns: after a few of them, what one event caused has happened. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await setImmediate();
}
