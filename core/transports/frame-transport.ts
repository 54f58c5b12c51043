import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { decodeBase64 } from '../protocol/engineio/payload.js';
import type { Sequence } from '../protocol/sequence.js';
import type { Compression } from '../protocol/websocket/frame.js';
import type { Transport, TransportHandler } from './transport.js';

/**
 * What all WebSockets have in common, whoever reads them: frames with messages are written straight to the socket, which
 * is ours since the upgrade. Everybody writes whole frames only, so nothing interleaves.
 */
export abstract class FrameTransport implements Transport {
  readonly name = 'websocket';
  protected readonly socket: Duplex;
  /** `null` unless permessage-deflate was negotiated. */
  readonly #compression: Compression | null;
  protected handler: TransportHandler | null = null;
  #drainExpected = false;

  constructor(socket: Duplex, compression: Compression | null) {
    this.socket = socket;
    this.#compression = compression;
  }

  abstract readonly readyState: 'open' | 'closing' | 'closed';
  abstract close(code?: number, reason?: string): void;
  abstract terminate(): void;

  get ready(): boolean {
    return !this.socket.writableNeedDrain && this.readyState === 'open';
  }

  get writable(): boolean {
    return this.socket.writableLength === 0 && this.readyState === 'open';
  }

  get bufferedBytes(): number {
    return this.socket.writableLength;
  }

  get bytesReceived(): number {
    return (this.socket as Partial<Socket>).bytesRead ?? 0;
  }

  get bytesSent(): number {
    return (this.socket as Partial<Socket>).bytesWritten ?? 0;
  }

  attach(handler: TransportHandler): void {
    this.handler = handler;
  }

  write(sequence: Sequence): void {
    const bytes = this.#compression === null ? sequence.frames() : sequence.deflatedFrames(this.#compression);
    if (!this.socket.write(bytes)) this.expectDrain();
  }

  /** Only a congested connection pays for a listener. */
  protected expectDrain(): void {
    if (this.#drainExpected) return;
    this.#drainExpected = true;
    this.socket.once('drain', () => {
      this.#drainExpected = false;
      this.onDrain();
    });
  }

  protected onDrain(): void {
    this.handler?.onReady();
  }

  onText(text: string): void {
    if (this.handler === null) return;
    if (text.charCodeAt(0) === 98 /* b */) this.#onBase64(this.handler, text);
    else this.handler.onText(text);
  }

  onBinary(data: Buffer): void {
    this.handler?.onBinary(data);
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

  /** The end: with what the client did wrong, or with the code and reason of its close frame (1006: there was none). */
  protected end(fault: unknown, code: number, reason: string): void {
    const { handler } = this;
    this.handler = null;
    if (fault !== undefined) handler?.onClose('transport error', fault);
    else
      handler?.onClose('transport close', {
        description: 'websocket connection closed',
        context: { code, reason },
      });
  }
}
