import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ZlibOptions } from 'node:zlib';
import { type PerMessageDeflateOptions, type WebSocket, WebSocketServer } from 'ws';
import { systemClock } from '../clock.js';
import { Deadlines } from '../deadlines.js';
import type { Compression } from '../protocol/websocket/frame.js';
import { acceptKey, isPlainHandshake } from '../protocol/websocket/handshake.js';
import { createDeflatePool } from './deflate-pool.js';
import { endSocket } from './end-socket.js';
import type { FrameTransport } from './frame-transport.js';
import type { ResponseHeaders } from './transport.js';
import { type WebSocketShared, WebSocketTransport } from './websocket.js';
import { LibraryTransport, Peer } from './websocket-library.js';

export interface WebSocketOptions {
  /** Bytes of one message, after inflating. A larger one closes the connection with code 1009. */
  maxPayload: number;
  /** Pieces one message may arrive in. More close the connection with code 1008. */
  maxFragments: number;
  /** `false`, or the parameters of the extension; see the `perMessageDeflate` option. */
  perMessageDeflate: false | PerMessageDeflateOptions;
}

/** Milliseconds a peer has to answer our close frame. The number is `ws`'s. */
const CLOSE_TIMEOUT = 30_000;

/** What `ws` takes; a client that speaks another version is told. Source: RFC 6455 §4.4. */
const VERSIONS: readonly string[] = ['13', '8'];

/**
 * Turns upgrade requests into transports: the ordinary ones itself, and with the help of `ws` those that negotiate
 * something and those that have to be refused.
 */
export class WebSocketAcceptor {
  readonly #server: WebSocketServer;
  readonly #compression: Compression | null;
  readonly #shared: WebSocketShared;
  /** What the `headers` event of `ws` adds to the answer that is being written: it is synchronous, one at a time. */
  #headers: ResponseHeaders | null = null;
  #windowLimited = false;

  constructor(options: WebSocketOptions) {
    const deflate = options.perMessageDeflate;
    this.#compression = deflate
      ? {
          threshold: deflate.threshold ?? 1024,
          zlib: { ...(deflate.zlibDeflateOptions as ZlibOptions) },
          pool: createDeflatePool(deflate.concurrencyLimit),
        }
      : null;
    this.#shared = {
      maxPayload: options.maxPayload,
      maxFragments: options.maxFragments,
      closing: new Deadlines(systemClock, CLOSE_TIMEOUT, (transport) => transport.terminate()),
    };
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      WebSocket: Peer as unknown as typeof WebSocket,
      maxPayload: options.maxPayload,
      maxFragments: options.maxFragments,
      maxBufferedChunks: options.maxFragments,
      // No context is kept between messages, on neither side: an idle connection costs no zlib window.
      perMessageDeflate: deflate ? { serverNoContextTakeover: true, clientNoContextTakeover: true, ...deflate } : false,
    });
    this.#server.on('headers', (lines) => {
      this.#windowLimited = lines.some((line) =>
        /^sec-websocket-extensions:.*server_max_window_bits=(?!15)/i.test(line),
      );
      if (this.#headers === null) return;
      for (const line of linesOf(this.#headers)) lines.push(line);
    });
  }

  /**
   * Answers the request with 101 and the given headers, then calls back with the transport; or answers with an HTTP
   * error, when the request is not a valid WebSocket handshake, and does not call back.
   */
  accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    headers: ResponseHeaders,
    callback: (transport: FrameTransport) => void,
  ): void {
    if (!isPlainHandshake(request, this.#compression !== null)) {
      this.#acceptWithLibrary(request, socket, head, headers, callback);
      return;
    }
    // While somebody thought about the request, the peer may have ended its side: nobody would tell us again.
    if (!socket.readable || !socket.writable) {
      socket.destroy();
      return;
    }
    let answer =
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${acceptKey(request.headers['sec-websocket-key']!)}\r\n`;
    for (const line of linesOf(headers)) answer += `${line}\r\n`;
    const transport = new WebSocketTransport(socket, Buffer.from(`${answer}\r\n`, 'latin1'), head, this.#shared);
    callback(transport);
    transport.begin();
  }

  #acceptWithLibrary(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    headers: ResponseHeaders,
    callback: (transport: FrameTransport) => void,
  ): void {
    this.#headers = headers;
    // The answer to the handshake and the first packets leave in one write.
    socket.cork();
    try {
      this.#server.handleUpgrade(request, socket, head, (peer) => {
        // We compress with the full window. A client that cannot take it gets its messages uncompressed, which is
        // always allowed (RFC 7692 §6), rather than a compressed form of its own.
        const compressed = this.#compression !== null && peer.extensions !== '' && !this.#windowLimited;
        callback(new LibraryTransport(peer, socket, compressed ? this.#compression : null));
      });
    } finally {
      socket.uncork();
      this.#headers = null;
    }
  }

  /** Calls back for a handshake that `ws` refuses, with its error, before the answer is written. */
  onRefused(listener: (error: Error, request: IncomingMessage) => void): void {
    this.#server.on('wsClientError', (error, socket, request) => {
      listener(error, request);
      const body = error.message;
      const isVersionTaken = VERSIONS.includes(request.headers['sec-websocket-version'] ?? '');
      const versions = isVersionTaken ? '' : `Sec-WebSocket-Version: ${VERSIONS.join(', ')}\r\n`;
      socket.on('error', () => socket.destroy());
      endSocket(
        socket,
        `HTTP/1.1 400 Bad Request\r\nConnection: close\r\n${versions}Content-Type: text/html\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    });
  }

  /** @param grace milliseconds that peers which were sent a close frame still have to answer. */
  close(grace: number): void {
    this.#server.close();
    const { closing } = this.#shared;
    if (closing.size > 0) systemClock.setTimeout(() => closing.expireAll(), grace, true);
  }
}

function linesOf(headers: ResponseHeaders): string[] {
  const lines: string[] = [];
  for (const name of Object.keys(headers)) {
    const value = headers[name]!;
    if (Array.isArray(value)) for (const each of value) lines.push(`${name}: ${each}`);
    else lines.push(`${name}: ${value}`);
  }
  return lines;
}
