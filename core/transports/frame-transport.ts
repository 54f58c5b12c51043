import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { decodeBase64 } from '../protocol/engineio/payload.js';
import type { Prepared } from '../protocol/prepared.js';
import type { Sequence } from '../protocol/sequence.js';
import { type Compression, POOL_BYTES } from '../protocol/websocket/frame.js';
import type { Transport, TransportHandler } from './transport.js';

const isSlow = (message: Prepared): boolean => message.isSlowToDeflate;

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
  /** Taken, but not written yet: some of it is being compressed. */
  #compressing: Sequence | null = null;

  constructor(socket: Duplex, compression: Compression | null) {
    this.socket = socket;
    this.#compression = compression;
  }

  abstract readonly readyState: 'open' | 'closing' | 'closed';
  abstract close(code?: number, reason?: string): void;
  abstract terminate(): void;

  get ready(): boolean {
    return !this.socket.writableNeedDrain && this.#compressing === null && this.readyState === 'open';
  }

  get writable(): boolean {
    return this.socket.writableLength === 0 && this.#compressing === null && this.readyState === 'open';
  }

  get maxPackets(): number {
    return Number.POSITIVE_INFINITY;
  }

  get bufferedBytes(): number {
    return this.socket.writableLength + (this.#compressing?.byteLength ?? 0);
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
    const compression = this.#compression;
    if (compression === null) {
      this.#send(sequence.frames());
      return;
    }
    if (compression.pool !== undefined && sequence.byteLength >= POOL_BYTES) {
      const messages = sequence.messages();
      if (messages.some(isSlow)) {
        this.#writeLater(sequence, messages, compression);
        return;
      }
    }
    this.#send(sequence.deflatedFrames(compression));
  }

  #send(bytes: Buffer): void {
    if (!this.socket.write(bytes)) this.expectDrain();
  }

  /** Until it is compressed, nothing else is taken: order stays. */
  #writeLater(sequence: Sequence, messages: readonly Prepared[], compression: Compression): void {
    const slow = messages.filter(isSlow);
    // What can fail fails before anything of it is on its way.
    for (const message of messages) if (!slow.includes(message)) message.deflatedFrame(compression);
    let left = slow.length;
    const onDeflated = (): void => {
      if (--left > 0 || this.#compressing !== sequence) return;
      this.#compressing = null;
      if (this.readyState !== 'open') return;
      this.#send(sequence.deflatedFrames(compression));
      if (this.ready) this.handler?.onReady();
    };
    this.#compressing = sequence;
    try {
      for (const message of slow) message.deflate(compression, onDeflated);
    } catch (error) {
      this.#compressing = null;
      throw error;
    }
  }

  /** The close frame comes behind what was taken before, and cannot wait: it goes as it is, which is always allowed. */
  protected writeUncompressed(): void {
    const sequence = this.#compressing;
    this.#compressing = null;
    if (sequence === null || this.readyState !== 'open') return;
    try {
      this.socket.write(sequence.frames());
    } catch {
      // Its buffers were given away in the meantime; the connection ends anyway.
    }
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
    if (handler.onBase64 !== undefined) {
      handler.onBase64(packet);
      return;
    }
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
    this.#compressing = null;
    if (fault !== undefined) handler?.onClose('transport error', fault);
    else
      handler?.onClose('transport close', {
        description: 'websocket connection closed',
        context: { code, reason },
      });
  }
}
