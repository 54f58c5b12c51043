import { WebSocket } from 'ws';
import { type HttpAnswer, type HttpInit, http } from './http.js';
import type { Mode } from './types.js';
import { bounded, once } from './wait.js';

/**
 * The far end of an Engine.IO session, speaking the wire by hand. A message is a text packet with its type digit, or a
 * Buffer for binary. When the session is over, `receive` gives a text that starts with `end:` and says how.
 */
export interface Peer {
  readonly open: { sid: string; upgrades: string[]; pingInterval: number; pingTimeout: number; maxPayload: number };
  /** Sends packets; over polling they travel in one payload, and the answer's status and body come back. */
  send(...packets: (string | Buffer)[]): Promise<string>;
  receive(): Promise<string | Buffer>;
  /** Drops the connection without a goodbye. */
  drop(): void;
}

export interface PeerOptions {
  /** More query parameters, beginning with `&`. */
  query?: string;
  headers?: Record<string, string>;
  path?: string;
}

const separator = '\x1e';

/** Opens a session in the given mode: over one transport, or over polling followed by a finished upgrade. */
export async function openPeer(mode: Mode, base: string, options: PeerOptions = {}): Promise<Peer> {
  if (mode === 'websocket') return WebSocketPeer.open(base, options);
  const polling = await PollingPeer.open(base, options);
  return mode === 'polling' ? polling : upgrade(polling, base, options);
}

export class PollingPeer implements Peer {
  readonly open: Peer['open'];
  readonly url: string;
  readonly #headers: Record<string, string>;
  readonly #received: string[];

  constructor(url: string, headers: Record<string, string>, payload: string) {
    const [first = '', ...rest] = payload.split(separator);
    this.open = JSON.parse(first.slice(1));
    this.url = `${url}&sid=${this.open.sid}`;
    this.#headers = headers;
    this.#received = rest;
  }

  static async open(base: string, options: PeerOptions): Promise<PollingPeer> {
    const url = engineUrl(base, 'polling', options);
    const answer = await http(url, { headers: options.headers ?? {} });
    if (answer.status !== 200) throw new Error(`the handshake was refused: ${answer.status} ${answer.text}`);
    return new PollingPeer(url, options.headers ?? {}, answer.text);
  }

  async send(...packets: (string | Buffer)[]): Promise<string> {
    const payload = packets.map((each) => (typeof each === 'string' ? each : `b${each.toString('base64')}`));
    return describe(await this.request({ method: 'POST', body: payload.join(separator) }));
  }

  async receive(): Promise<string | Buffer> {
    if (this.#received.length === 0) {
      const answer = await this.request({}).catch((error: Error) => `end: ${error.message}`);
      if (typeof answer === 'string') return answer;
      if (answer.status !== 200) return `end: ${describe(answer)}`;
      this.#received.push(...answer.text.split(separator));
    }
    const packet = this.#received.shift() ?? '';
    return packet.startsWith('b') ? Buffer.from(packet.slice(1), 'base64') : packet;
  }

  request(init: HttpInit): Promise<HttpAnswer> {
    return http(this.url, { ...init, headers: { ...this.#headers, ...init.headers } });
  }

  drop(): void {}
}

export class WebSocketPeer implements Peer {
  open!: Peer['open'];
  readonly socket: WebSocket;
  readonly #received: (string | Buffer)[] = [];
  #arrived: (() => void) | undefined;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(url, { headers, perMessageDeflate: false });
    this.socket.on('message', (data, binary) => this.#push(binary ? (data as Buffer) : data.toString()));
    this.socket.on('close', (code, reason) =>
      this.#push(`end: closed ${code}${reason.length > 0 ? ` ${reason}` : ''}`),
    );
    this.socket.on('error', (error) => this.#push(`end: ${error.message}`));
    this.socket.on('unexpected-response', (_, response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const type = response.headers['content-type'];
        this.#push(`end: refused ${response.statusCode} ${type} ${Buffer.concat(chunks)}`);
      });
    });
  }

  static async open(base: string, options: PeerOptions): Promise<WebSocketPeer> {
    const peer = new WebSocketPeer(engineUrl(base.replace('http', 'ws'), 'websocket', options), options.headers);
    const first = String(await peer.receive());
    if (!first.startsWith('0')) throw new Error(`expected an open packet, got ${first}`);
    peer.open = JSON.parse(first.slice(1));
    return peer;
  }

  async send(...packets: (string | Buffer)[]): Promise<string> {
    for (const packet of packets) this.socket.send(packet);
    return 'sent';
  }

  async receive(): Promise<string | Buffer> {
    if (this.#received.length === 0) {
      await bounded(
        new Promise<void>((resolve) => {
          this.#arrived = resolve;
        }),
        'a packet over WebSocket',
      );
    }
    return this.#received.shift() ?? '';
  }

  drop(): void {
    this.socket.terminate();
  }

  #push(packet: string | Buffer): void {
    this.#received.push(packet);
    this.#arrived?.();
  }
}

/** Walks a polling session through the probe; what is sent afterwards goes over WebSocket. */
async function upgrade(polling: PollingPeer, base: string, options: PeerOptions): Promise<WebSocketPeer> {
  const url = `${engineUrl(base.replace('http', 'ws'), 'websocket', options)}&sid=${polling.open.sid}`;
  const peer = new WebSocketPeer(url, options.headers);
  peer.open = polling.open;
  await once(peer.socket, 'open', 'the WebSocket of the upgrade');
  await peer.send('2probe');
  const answer = await peer.receive();
  if (answer !== '3probe') throw new Error(`expected the probe to be answered, got ${answer}`);
  await peer.send('5');
  return peer;
}

export function engineUrl(base: string, transport: string, options: PeerOptions = {}): string {
  return `${base}${options.path ?? '/socket.io/'}?EIO=4&transport=${transport}${options.query ?? ''}`;
}

/** Status and body on one line. */
export const describe = (answer: HttpAnswer) => `${answer.status} ${answer.text}`;
