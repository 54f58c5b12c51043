import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { Compression } from '../protocol/websocket/frame.js';
import { FrameTransport } from './frame-transport.js';

/**
 * The connection as `ws` sees it. A subclass only to have a typed place for the transport: with it, three shared
 * functions serve as listeners for every connection instead of three closures each.
 */
export class Peer extends WebSocket {
  transport: LibraryTransport | null = null;
}

/**
 * A WebSocket that `ws` shook hands with: it does the reading, with its extensions, the pongs and the closing handshake.
 * We never send through it, so its frames and ours do not interleave.
 */
export class LibraryTransport extends FrameTransport {
  readonly #peer: Peer;
  #error: unknown = undefined;

  constructor(peer: WebSocket, socket: Duplex, compression: Compression | null) {
    super(socket, compression);
    this.#peer = peer as Peer;
    this.#peer.transport = this;
    peer.on('message', onMessage);
    peer.on('error', onError);
    peer.on('close', onClose);
  }

  get readyState(): 'open' | 'closing' | 'closed' {
    const { readyState } = this.#peer;
    return readyState === WebSocket.OPEN ? 'open' : readyState === WebSocket.CLOSED ? 'closed' : 'closing';
  }

  close(code?: number, reason?: string): void {
    this.#peer.close(code, reason);
  }

  terminate(): void {
    this.#peer.terminate();
  }

  /** `ws` reports an error before the close that follows it. @internal */
  onError(error: Error): void {
    this.#error = error;
  }

  /** @internal */
  onClose(code: number, reason: Buffer): void {
    this.end(this.#error, code, reason.toString());
  }
}

function onMessage(this: WebSocket, data: unknown, isBinary: boolean): void {
  const transport = (this as Peer).transport!;
  if (isBinary) transport.onBinary(data as Buffer);
  else transport.onText((data as Buffer).toString());
}

function onError(this: WebSocket, error: Error): void {
  (this as Peer).transport!.onError(error);
}

function onClose(this: WebSocket, code: number, reason: Buffer): void {
  (this as Peer).transport!.onClose(code, reason);
}
