import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { systemClock } from '../clock.js';
import type { Compression } from '../protocol/websocket/frame.js';
import { FrameTransport } from './frame-transport.js';

/** Frames after which a connection lets others have their turn: Node reads up to 2 MB of one socket in a row. */
const FRAMES_PER_TURN = 1000;

/**
 * The connection as `ws` sees it. A subclass, because `ws` reports by emitting: what it has to say is taken directly, and
 * no listener is kept for each connection.
 */
export class Peer extends WebSocket {
  transport: LibraryTransport | null = null;
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
 * A WebSocket that `ws` shook hands with: it does the reading, with its extensions, the pongs and the closing handshake.
 * We never send through it, so its frames and ours do not interleave.
 */
export class LibraryTransport extends FrameTransport {
  readonly #peer: Peer;
  #error: unknown = undefined;
  /** The last ping that has not been answered yet. */
  #unansweredPing: Buffer | null = null;

  constructor(peer: WebSocket, socket: Duplex, compression: Compression | null) {
    super(socket, compression);
    this.#peer = peer as Peer;
    this.#peer.transport = this;
  }

  get readyState(): 'open' | 'closing' | 'closed' {
    const { readyState } = this.#peer;
    return readyState === WebSocket.OPEN ? 'open' : readyState === WebSocket.CLOSED ? 'closed' : 'closing';
  }

  close(code?: number, reason?: string): void {
    this.writeUncompressed();
    this.#peer.close(code, reason);
  }

  terminate(): void {
    this.#peer.terminate();
  }

  /** `ws` reports an error before the close that follows it. @internal */
  onError(error: Error & { code?: unknown }): void {
    this.#error = error;
    // How long it would have been, `ws` does not say.
    if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') this.handler?.onTooLarge();
  }

  /** @internal */
  onMessage(data: Buffer, isBinary: boolean): void {
    if (isBinary) this.onBinary(data);
    else this.onText(data.toString());
  }

  /** As WebSocketTransport does it. @internal */
  onPing(data: Buffer): void {
    if (this.#unansweredPing === null) systemClock.endOfTurn(() => this.#answerPing());
    this.#unansweredPing = data;
  }

  #answerPing(): void {
    const ping = this.#unansweredPing;
    if (ping === null) return;
    if (this.readyState === 'open' && this.socket.writableNeedDrain) {
      this.expectDrain();
      return;
    }
    this.#unansweredPing = null;
    if (this.readyState !== 'open') return;
    this.#peer.sendPong(ping);
    if (this.socket.writableNeedDrain) this.expectDrain();
  }

  protected override onDrain(): void {
    this.#answerPing();
    super.onDrain();
  }

  /** @internal */
  onClose(code: number, reason: Buffer): void {
    this.end(this.#error, code, reason.toString());
  }
}
