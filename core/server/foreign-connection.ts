import type { IncomingMessage } from 'node:http';
import type { ConnectionCloseReason } from '../engine/close-reason.js';
import type { ConnectionHandler } from '../engine/connection.js';
import type { Prepared } from '../protocol/prepared.js';
import type { ClientConnection } from './contracts.js';

/** A raw socket of the package `engine.io`, or of an engine made in its image. */
export interface RawSocket {
  readonly id: string;
  readonly request: IncomingMessage;
  readonly remoteAddress: string;
  /** Of the Engine.IO protocol. */
  readonly protocol?: 3 | 4;
  readonly readyState: ClientConnection['readyState'];
  readonly transport: ClientConnection['transport'];
  on(event: string, listener: (...args: never[]) => void): unknown;
  write(data: unknown, options?: { compress?: boolean }): unknown;
  close(discard?: boolean): void;
}

/** A connection of another engine (`io.bind(engine)`) behind the interface of ours. */
export class ForeignConnection implements ClientConnection {
  readonly id: string;
  readonly #raw: RawSocket;
  #failure: { reason: ConnectionCloseReason; description: unknown } | null = null;

  constructor(raw: RawSocket) {
    this.#raw = raw;
    this.id = raw.id;
  }

  get protocol(): 3 | 4 {
    return this.#raw.protocol ?? 4;
  }

  get request(): IncomingMessage {
    return this.#raw.request;
  }

  get remoteAddress(): string {
    return this.#raw.remoteAddress;
  }

  get readyState(): ClientConnection['readyState'] {
    return this.#raw.readyState;
  }

  get transport(): ClientConnection['transport'] {
    return this.#raw.transport;
  }

  get isIdle(): boolean {
    return this.#raw.transport.writable;
  }

  handle(handler: ConnectionHandler): void {
    this.#raw.on('data', (data: string | Buffer) => {
      if (typeof data === 'string') handler.onText(data, 0);
      else handler.onBinary(data);
    });
    this.#raw.on('error', () => {});
    this.#raw.on('close', (reason: ConnectionCloseReason, description: unknown) => {
      handler.onClose(this.#failure?.reason ?? reason, this.#failure?.description ?? description);
    });
  }

  deliver(message: Prepared): void {
    const options = { compress: message.compress };
    // Text parts carry the type digit of our own engine; the other engine adds its own.
    for (const part of message.parts) this.#raw.write(typeof part === 'string' ? part.slice(1) : part, options);
  }

  close(discard?: boolean): void {
    this.#raw.close(discard);
  }

  fail(reason: ConnectionCloseReason, description?: unknown): void {
    this.#failure = { reason, description };
    this.#raw.close();
  }
}
