/** A long-polling session as a browser holds it: one HTTP connection waits with a GET, another one posts. */
import { connect } from 'node:net';
import { browserHeaders } from './frames.mjs';

/** One kept-alive HTTP connection with one request at a time. */
class HttpConnection {
  #socket;
  #received = '';
  #onBody;
  #failed;

  /**
   * @param {number} port
   * @param {(body: string) => void} onBody the body of each answer
   * @param {(error: Error) => void} failed
   */
  constructor(port, onBody, failed) {
    this.#onBody = onBody;
    this.#failed = failed;
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (chunk) => this.#onData(chunk));
    this.#socket.on('error', failed);
    this.#socket.on('end', () => failed(new Error('the server ended a kept-alive connection')));
  }

  /** @param {Buffer} request */
  write(request) {
    this.#socket.write(request);
  }

  close() {
    this.#socket.removeAllListeners();
    this.#socket.destroy();
  }

  #onData(chunk) {
    this.#received += chunk;
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const head = this.#received.slice(0, headEnd);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1]);
    if (!head.startsWith('HTTP/1.1 200') || Number.isNaN(length)) {
      this.#failed(new Error(`unexpected answer: ${this.#received}`));
      return;
    }
    const bodyEnd = headEnd + 4 + length;
    if (this.#received.length < bodyEnd) return;
    const body = this.#received.slice(headEnd + 4, bodyEnd);
    this.#received = this.#received.slice(bodyEnd);
    this.#onBody(body);
  }
}

export class PollingClient {
  /** Called when a POST was answered and a GET brought a message. @type {(client: PollingClient) => void} */
  onRoundTrip = () => {};
  #getting;
  #posting;
  #headers;
  #path;
  #get;
  #ready;
  #posted = false;
  #delivered = false;
  #connected = false;

  /**
   * @param {number} index
   * @param {number} port
   * @param {() => void} ready
   * @param {(error: Error) => void} failed
   */
  constructor(index, port, ready, failed) {
    this.index = index;
    this.#ready = ready;
    this.#headers = `${browserHeaders(port)}\r\nConnection: keep-alive`;
    this.#path = '/socket.io/?EIO=4&transport=polling';
    this.#getting = new HttpConnection(port, (body) => this.#onPackets(body), failed);
    this.#posting = new HttpConnection(port, () => this.#onPosted(), failed);
    this.#getting.write(Buffer.from(`GET ${this.#path} HTTP/1.1\r\n${this.#headers}\r\n\r\n`));
  }

  /** @param {string} packets a polling payload @returns {Buffer} a request to be written with `post` */
  request(packets) {
    return Buffer.from(
      `POST ${this.#path} HTTP/1.1\r\n${this.#headers}\r\nContent-Type: text/plain;charset=UTF-8\r\n` +
        `Content-Length: ${packets.length}\r\n\r\n${packets}`,
    );
  }

  /** @param {Buffer} request */
  post(request) {
    this.#posted = false;
    this.#delivered = false;
    this.#posting.write(request);
  }

  close() {
    this.#getting.close();
    this.#posting.close();
  }

  #onPosted() {
    this.#posted = true;
    this.#checkRoundTrip();
  }

  #onPackets(body) {
    if (!this.#get) {
      this.#path += `&sid=${JSON.parse(body.slice(1)).sid}`;
      this.#get = Buffer.from(`GET ${this.#path} HTTP/1.1\r\n${this.#headers}\r\n\r\n`);
      this.post(this.request('40'));
    } else if (body[0] === '4') {
      this.#delivered = true;
      this.#checkRoundTrip();
    }
    this.#getting.write(this.#get);
  }

  #checkRoundTrip() {
    if (!this.#posted || !this.#delivered) return;
    if (this.#connected) this.onRoundTrip(this);
    else {
      this.#connected = true;
      this.#ready();
    }
  }
}
