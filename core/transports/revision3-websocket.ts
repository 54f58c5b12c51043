import type { IncomingMessage } from 'node:http';
import { decodeBase64Packet, decodeBinaryPacket, toRevision3 } from '../protocol/engineio/revision3.js';
import type { Sequence } from '../protocol/sequence.js';
import type { ResponseHeaders, Transport, TransportHandler } from './transport.js';

/**
 * A WebSocket that speaks Engine.IO 3, around one that speaks revision 4: binary messages carry their type, or go as
 * base64 texts for a client that cannot take them. Everything else looks alike.
 */
export class Revision3WebSocket implements Transport, TransportHandler {
  readonly name = 'websocket';
  readonly maxPackets = Number.POSITIVE_INFINITY;
  readonly #transport: Transport;
  readonly #supportsBinary: boolean;
  #handler: TransportHandler | null = null;

  /** @param supportsBinary the client did not ask for base64 (`b64=1`). */
  constructor(transport: Transport, supportsBinary: boolean) {
    this.#transport = transport;
    this.#supportsBinary = supportsBinary;
  }

  get ready(): boolean {
    return this.#transport.ready;
  }

  get writable(): boolean {
    return this.#transport.writable;
  }

  get bufferedBytes(): number {
    return this.#transport.bufferedBytes;
  }

  get bytesReceived(): number {
    return this.#transport.bytesReceived;
  }

  get bytesSent(): number {
    return this.#transport.bytesSent;
  }

  get readyState(): 'open' | 'closing' | 'closed' {
    return this.#transport.readyState;
  }

  attach(handler: TransportHandler): void {
    this.#handler = handler;
    this.#transport.attach(this);
  }

  write(sequence: Sequence): void {
    this.#transport.write(toRevision3(sequence, this.#supportsBinary));
  }

  close(code?: number, reason?: string): void {
    this.#transport.close(code, reason);
  }

  terminate(): void {
    this.#transport.terminate();
  }

  onText(packet: string): boolean {
    return this.#handler?.onText(packet) ?? false;
  }

  onBase64(packet: string): boolean {
    return this.#deliver(decodeBase64Packet, packet);
  }

  onBinary(data: Buffer): boolean {
    return this.#deliver(decodeBinaryPacket, data);
  }

  #deliver<Form>(decode: (packet: Form) => Buffer, packet: Form): boolean {
    let data: Buffer;
    try {
      data = decode(packet);
    } catch (error) {
      this.#end('parse error', error);
      this.#transport.close();
      return false;
    }
    return this.#handler?.onBinary(data) ?? false;
  }

  onReady(): void {
    this.#handler?.onReady();
  }

  onHeaders(headers: ResponseHeaders, request: IncomingMessage): void {
    this.#handler?.onHeaders(headers, request);
  }

  onTooLarge(bytes?: number): void {
    this.#handler?.onTooLarge(bytes);
  }

  /** WebSockets answer no requests. */
  onUnanswered(): void {}

  onClose(reason: 'transport close' | 'transport error' | 'parse error', description?: unknown): void {
    this.#end(reason, description);
  }

  #end(reason: 'transport close' | 'transport error' | 'parse error', description?: unknown): void {
    const handler = this.#handler;
    this.#handler = null;
    handler?.onClose(reason, description);
  }
}
