import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

export interface Response {
  status: number;
  head: string;
  body: string;
}

/** Opens a TCP connection that never fails loudly: attackers get reset all the time. */
export function open(port: number, options: { allowHalfOpen?: boolean } = {}): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', ...options }, () => resolve(socket));
    socket.once('error', reject);
    socket.on('error', () => {});
  });
}

/** Resolves when the connection is gone, with all that came in. */
export function gone(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    if (socket.destroyed) resolve(text);
    socket.on('close', () => resolve(text));
    socket.resume();
  });
}

function parse(text: string): Response {
  const end = text.indexOf('\r\n\r\n');
  const head = end === -1 ? text : text.slice(0, end);
  const body = end === -1 ? '' : text.slice(end + 4);
  const isChunked = /transfer-encoding: chunked/i.test(head) && body.endsWith(LAST_CHUNK);
  return { status: Number(head.split(' ')[1] ?? 0), head, body: isChunked ? joinChunks(body) : body };
}

const LAST_CHUNK = '0\r\n\r\n';

function joinChunks(body: string): string {
  let text = '';
  for (let at = 0; ; ) {
    const end = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.slice(at, end), 16);
    if (!(size > 0)) return text;
    text += body.slice(end + 2, end + 2 + size);
    at = end + 2 + size + 2;
  }
}

/** Sends bytes as they are and takes what comes until the server, or the answer's length, ends it. */
export async function exchange(port: number, request: string | Buffer, { end = false } = {}): Promise<Response> {
  const socket = await open(port);
  return new Promise((resolve) => {
    let text = '';
    const finish = () => {
      socket.destroy();
      resolve(parse(text));
    };
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const { head, body } = parse(text);
      const length = /content-length: (\d+)/i.exec(head);
      if (head.startsWith('HTTP/1.1 101') && text.includes('\r\n\r\n')) finish();
      else if (length !== null && text.includes('\r\n\r\n') && body.length >= Number(length[1])) finish();
      else if (/transfer-encoding: chunked/i.test(head) && text.endsWith(LAST_CHUNK)) finish();
    });
    socket.on('close', finish);
    if (end) socket.end(request);
    else socket.write(request);
  });
}

export function get(port: number, query: string, headers: Record<string, string> = {}): Promise<Response> {
  return exchange(port, requestText('GET', query, headers));
}

export function post(
  port: number,
  query: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Response> {
  const length = { 'content-length': String(Buffer.byteLength(body)) };
  const head = requestText('POST', query, { 'content-type': 'text/plain;charset=UTF-8', ...length, ...headers });
  return exchange(port, Buffer.concat([Buffer.from(head), Buffer.from(body)]));
}

export function requestText(method: string, query: string, headers: Record<string, string> = {}): string {
  const lines = Object.entries({ host: '127.0.0.1', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} /socket.io/?${query} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

export const POLLING = 'EIO=4&transport=polling';
export const WEBSOCKET = 'EIO=4&transport=websocket';

/** Opens a session over polling and joins the main namespace. */
export async function openPolling(port: number, packet = '40'): Promise<string> {
  const { body } = await get(port, POLLING);
  const { sid } = JSON.parse(body.slice(1));
  if (packet !== '') {
    await post(port, `${POLLING}&sid=${sid}`, packet);
    await get(port, `${POLLING}&sid=${sid}`);
  }
  return sid;
}

export function upgradeText(query = WEBSOCKET, headers: Record<string, string> = {}): string {
  return requestText('GET', query, {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  });
}

export interface FrameOptions {
  opcode?: number;
  fin?: boolean;
  rsv1?: boolean;
  /** What the length field says, when it is not the truth. */
  length?: bigint;
  masked?: boolean;
}

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

/** A client's frame, right or wrong. */
export function frame(payload: string | Buffer, options: FrameOptions = {}): Buffer {
  const { opcode = OPCODE.text, fin = true, rsv1 = false, masked = true } = options;
  const body = Buffer.from(payload);
  const length = options.length ?? BigInt(body.length);
  const head = Buffer.alloc(length < 126n ? 2 : length < 65_536n ? 4 : 10);
  head[0] = (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode;
  head[1] = (masked ? 0x80 : 0) | (length < 126n ? Number(length) : length < 65_536n ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(Number(length), 2);
  if (head.length === 10) head.writeBigUInt64BE(length, 2);
  if (!masked) return Buffer.concat([head, body]);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, body.map((byte, index) => byte ^ mask[index & 3]!)]);
}

/** A WebSocket by hand: it may send anything, and sees everything. */
export class RawWebSocket {
  readonly socket: Socket;
  /** Head of the answer to the upgrade. */
  readonly head: string;
  /** Resolves when the connection is gone: with the close code, or 1006 without one. */
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly texts: string[] = [];
  /** Payloads of the pongs that came in. */
  readonly pongs: string[] = [];
  #buffer: Buffer;
  #code = 1006;
  #reason = '';
  #waiting: (() => void) | null = null;
  #isGone = false;

  private constructor(socket: Socket, head: string, rest: Buffer) {
    this.socket = socket;
    this.head = head;
    this.#buffer = Buffer.alloc(0);
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#isGone = true;
        this.#waiting?.();
        resolve({ code: this.#code, reason: this.#reason });
      });
    });
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#read(rest);
  }

  /** @param behind bytes sent together with the request. */
  static async open(
    port: number,
    {
      query = WEBSOCKET,
      headers = {},
      behind = Buffer.alloc(0),
    }: { query?: string; headers?: Record<string, string>; behind?: Buffer } = {},
  ): Promise<RawWebSocket> {
    const socket = await open(port);
    socket.write(Buffer.concat([Buffer.from(upgradeText(query, headers)), behind]));
    return new Promise((resolve, reject) => {
      let received: Buffer = Buffer.alloc(0);
      const onClose = () => reject(new Error(`refused: ${received.toString('latin1')}`));
      const onData = (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        const end = received.indexOf('\r\n\r\n');
        if (end === -1) return;
        const head = received.subarray(0, end).toString('latin1');
        if (!head.startsWith('HTTP/1.1 101')) return;
        socket.removeListener('data', onData).removeListener('close', onClose);
        resolve(new RawWebSocket(socket, head, received.subarray(end + 4)));
      };
      socket.on('data', onData).on('close', onClose);
    });
  }

  /** Opens a session and joins the main namespace. */
  static async join(port: number, packet = '40'): Promise<RawWebSocket> {
    const peer = await RawWebSocket.open(port);
    await peer.text(/^0/);
    peer.send(`${packet}`);
    await peer.text(/^4[04]/);
    return peer;
  }

  /** Id of the session. */
  get sid(): string {
    return JSON.parse(this.texts[0]!.slice(1)).sid;
  }

  send(text: string | Buffer, options?: FrameOptions): void {
    this.socket.write(frame(text, { opcode: typeof text === 'string' ? OPCODE.text : OPCODE.binary, ...options }));
  }

  /** Waits for a text that matches; the first one, if it came already. */
  text(pattern: RegExp): Promise<string> {
    return this.#find(this.texts, pattern);
  }

  /** Waits for a pong. */
  pong(pattern: RegExp): Promise<string> {
    return this.#find(this.pongs, pattern);
  }

  async #find(list: readonly string[], pattern: RegExp): Promise<string> {
    for (;;) {
      const found = list.find((each) => pattern.test(each));
      if (found !== undefined) return found;
      if (this.#isGone) throw new Error(`closed (${this.#code}) before ${pattern}; got ${list.slice(0, 5)}`);
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }

  end(): Promise<{ code: number; reason: string }> {
    this.socket.destroy();
    return this.closed;
  }

  #read(chunk: Buffer): void {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    for (;;) {
      const buffer = this.#buffer;
      if (buffer.length < 2) break;
      const short = buffer[1]! & 0x7f;
      const start = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (buffer.length < start) break;
      const length = short < 126 ? short : short === 126 ? buffer.readUInt16BE(2) : Number(buffer.readBigUInt64BE(2));
      if (buffer.length < start + length) break;
      const payload = buffer.subarray(start, start + length);
      this.#buffer = buffer.subarray(start + length);
      const opcode = buffer[0]! & 15;
      if (opcode === OPCODE.text) this.texts.push(payload.toString());
      if (opcode === OPCODE.pong) this.pongs.push(payload.toString());
      if (opcode === OPCODE.close) {
        this.#code = length >= 2 ? payload.readUInt16BE(0) : 1005;
        this.#reason = payload.subarray(2).toString();
        this.socket.end();
      }
    }
    this.#waiting?.();
  }
}
