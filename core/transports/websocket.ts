import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ZlibOptions } from 'node:zlib';
import { type PerMessageDeflateOptions, WebSocket, WebSocketServer } from 'ws';
import { systemClock } from '../clock.js';
import { decodeBase64 } from '../protocol/engineio/payload.js';
import type { Sequence } from '../protocol/sequence.js';
import type { Compression } from '../protocol/websocket/frame.js';
import { endSocket } from './end-socket.js';
import type { ResponseHeaders, Transport, TransportHandler } from './transport.js';

/** Frames after which a connection lets others have their turn: Node reads up to 2 MB of one socket in a row. */
const FRAMES_PER_TURN = 1000;

/**
 * The connection as `ws` sees it. A subclass, because `ws` reports by emitting: what it has to say is taken directly, and
 * no listener is kept for each connection.
 */
class Peer extends WebSocket {
  transport: WebSocketTransport | null = null;
  #framesThisTurn = 0;

  override emit(event: string | symbol, ...args: any[]): boolean {
    switch (event) {
      case 'message':
        this.transport?.onMessage(args[0], args[1]);
        break;
      case 'error':
        this.transport?.onError(args[0]);
        return true;
      case 'close':
        this.transport?.onClose(args[0], args[1]);
        return true;
    }
    // Messages, pings and pongs.
    if (++this.#framesThisTurn >= FRAMES_PER_TURN) this.#yield();
    return true;
  }

  #yield(): void {
    this.#framesThisTurn = 0;
    if (this.isPaused) return;
    this.pause();
    systemClock.endOfTurn(() => this.resume());
  }

  /** How `ws` answers a ping. It is told that it is done: it would drop a peer that sends many at once. */
  override pong(data?: any, _mask?: boolean, callback?: (error: Error) => void): void {
    this.transport?.onPing(data);
    (callback as (() => void) | undefined)?.();
  }

  sendPong(data: Buffer): void {
    super.pong(data, false);
  }
}

/**
 * A WebSocket. `ws` does the handshake, the reading, pongs and the closing handshake; frames with messages are written
 * straight to the socket, which is ours: it was given to us with the upgrade. Everybody writes whole frames only, so
 * nothing interleaves.
 */
export class WebSocketTransport implements Transport {
  readonly name = 'websocket';
  readonly #peer: Peer;
  readonly #socket: Duplex;
  /** `null` unless permessage-deflate was negotiated. */
  readonly #compression: Compression | null;
  #handler: TransportHandler | null = null;
  #drainExpected = false;
  /** The last ping that has not been answered yet. */
  #pingData: Buffer | null = null;
  #error: unknown = undefined;

  constructor(peer: WebSocket, socket: Duplex, compression: Compression | null) {
    this.#peer = peer as Peer;
    this.#socket = socket;
    this.#compression = compression;
    this.#peer.transport = this;
  }

  get ready(): boolean {
    return !this.#socket.writableNeedDrain && this.#peer.readyState === WebSocket.OPEN;
  }

  get writable(): boolean {
    return this.#socket.writableLength === 0 && this.#peer.readyState === WebSocket.OPEN;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  get bytesReceived(): number {
    return (this.#socket as Partial<Socket>).bytesRead ?? 0;
  }

  get bytesSent(): number {
    return (this.#socket as Partial<Socket>).bytesWritten ?? 0;
  }

  get readyState(): 'open' | 'closing' | 'closed' {
    const { readyState } = this.#peer;
    return readyState === WebSocket.OPEN ? 'open' : readyState === WebSocket.CLOSED ? 'closed' : 'closing';
  }

  attach(handler: TransportHandler): void {
    this.#handler = handler;
  }

  write(sequence: Sequence): void {
    const bytes = this.#compression === null ? sequence.frames() : sequence.deflatedFrames(this.#compression);
    if (!this.#socket.write(bytes)) this.#expectDrain();
  }

  /** Only a congested connection pays for a listener. */
  #expectDrain(): void {
    if (this.#drainExpected) return;
    this.#drainExpected = true;
    this.#socket.once('drain', () => {
      this.#drainExpected = false;
      this.#answerPing();
      this.#handler?.onReady();
    });
  }

  /**
   * Of the pings of one turn, and of all that come while the peer does not read, only the last is answered, which is all
   * a peer may ask for (RFC 6455 §5.5.3): pongs neither pile up nor cost a write each.
   *
   * @internal
   */
  onPing(data: Buffer): void {
    if (this.#pingData === null) systemClock.endOfTurn(() => this.#answerPing());
    this.#pingData = data;
  }

  #answerPing(): void {
    const data = this.#pingData;
    if (data === null) return;
    if (this.#socket.writableNeedDrain) {
      this.#expectDrain();
      return;
    }
    this.#pingData = null;
    if (this.#peer.readyState === WebSocket.OPEN) this.#peer.sendPong(data);
  }

  close(code?: number, reason?: string): void {
    this.#peer.close(code, reason);
  }

  terminate(): void {
    this.#peer.terminate();
  }

  /** @internal */
  onMessage(data: Buffer, isBinary: boolean): void {
    if (this.#handler === null) return;
    if (isBinary) this.#handler.onBinary(data);
    else if (data[0] === 98 /* b */) this.#onBase64(this.#handler, data.toString());
    else this.#handler.onText(data.toString());
  }

  /** Clients with `forceBase64` send binary messages as they would over polling. */
  #onBase64(handler: TransportHandler, packet: string): void {
    let message: Buffer | undefined;
    try {
      message = decodeBase64(packet, 1, packet.length);
    } catch {
      // As text it is no packet at all, and refused as that.
      handler.onText(packet);
      return;
    }
    handler.onBinary(message);
  }

  /** `ws` reports an error before the close that follows it. @internal */
  onError(error: Error & { code?: unknown }): void {
    this.#error = error;
    // How long it would have been, `ws` does not say.
    if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') this.#handler?.onTooLarge();
  }

  /** @internal */
  onClose(code: number, reason: Buffer): void {
    const handler = this.#handler;
    this.#handler = null;
    if (this.#error !== undefined) handler?.onClose('transport error', this.#error);
    else
      handler?.onClose('transport close', {
        description: 'websocket connection closed',
        context: { code, reason: reason.toString() },
      });
  }
}

export interface WebSocketOptions {
  /** Bytes of one message, after inflating. A larger one closes the connection with code 1009. */
  maxPayload: number;
  /** Pieces one message may arrive in: fragments, or parts of a frame. More close the connection with code 1008. */
  maxFragments: number;
  /** `false`, or the parameters of the extension; see the `perMessageDeflate` option. */
  perMessageDeflate: false | PerMessageDeflateOptions;
}

/** Turns upgrade requests into transports. */
export class WebSocketAcceptor {
  readonly #server: WebSocketServer;
  readonly #compression: Compression | null;
  /** What the `headers` event of `ws` adds to the answer that is being written: it is synchronous, one at a time. */
  #headers: ResponseHeaders | null = null;
  #windowLimited = false;

  constructor(options: WebSocketOptions) {
    const deflate = options.perMessageDeflate;
    this.#compression = deflate
      ? { threshold: deflate.threshold ?? 1024, zlib: { ...(deflate.zlibDeflateOptions as ZlibOptions) } }
      : null;
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
      const headers = this.#headers;
      if (headers === null) return;
      for (const name of Object.keys(headers)) {
        const value = headers[name]!;
        for (const each of Array.isArray(value) ? value : [value]) lines.push(`${name}: ${each}`);
      }
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
    callback: (transport: WebSocketTransport) => void,
  ): void {
    this.#headers = headers;
    try {
      this.#server.handleUpgrade(request, socket, head, (peer) => {
        // We compress with the full window. A client that cannot take it gets its messages uncompressed, which is
        // always allowed (RFC 7692 §6), rather than a compressed form of its own.
        const compressed = this.#compression !== null && peer.extensions !== '' && !this.#windowLimited;
        callback(new WebSocketTransport(peer, socket, compressed ? this.#compression : null));
      });
    } finally {
      this.#headers = null;
    }
  }

  /** Calls back for a handshake that `ws` refuses, with its error, before the answer is written. */
  onRefused(listener: (error: Error, request: IncomingMessage) => void): void {
    this.#server.on('wsClientError', (error, socket, request) => {
      listener(error, request);
      const body = error.message;
      socket.on('error', () => socket.destroy());
      endSocket(
        socket,
        `HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/html\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    });
  }

  close(): void {
    this.#server.close();
  }
}
