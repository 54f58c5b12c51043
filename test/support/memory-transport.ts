import type { IncomingMessage } from 'node:http';
import type { Prepared } from '../../core/protocol/prepared.js';
import type { Sequence } from '../../core/protocol/sequence.js';
import type { ResponseHeaders, Transport, TransportHandler, TransportName } from '../../core/transports/transport.js';

/**
 * A transport without a wire: what is written is kept, and the test plays the peer.
 *
 * Over `websocket` it is ready until {@link MemoryTransport.congest}; over `polling` it is ready while a poll waits
 * (see {@link MemoryTransport.poll}), and a write, a close or a poll too many uses it up.
 */
export class MemoryTransport implements Transport {
  readonly maxPackets = Number.POSITIVE_INFINITY;
  readonly name: TransportName;
  /** Every write, as it came. */
  readonly writes: Sequence[] = [];
  /** Every message, in order. */
  readonly messages: Prepared[] = [];
  readonly bytesReceived = 0;
  readonly bytesSent = 0;
  bufferedBytes = 0;
  closeCalls = 0;
  terminateCalls = 0;
  /** What the last `close` said. */
  goodbye: (number | string)[] = [];
  discarded = false;
  /** Set: closing waits for the peer, see {@link MemoryTransport.disconnect}. */
  closesLate = false;
  #readyState: 'open' | 'closing' | 'closed' = 'open';
  #handler: TransportHandler | null = null;
  #takes: boolean;

  constructor(name: TransportName = 'websocket') {
    this.name = name;
    this.#takes = name === 'websocket';
  }

  get ready(): boolean {
    return this.#takes && this.#readyState === 'open';
  }

  get writable(): boolean {
    return this.ready && this.bufferedBytes === 0;
  }

  get readyState(): 'open' | 'closing' | 'closed' {
    return this.#readyState;
  }

  /** Whether somebody would hear what arrives. */
  get isAttached(): boolean {
    return this.#handler !== null;
  }

  attach(handler: TransportHandler): void {
    this.#handler = handler;
  }

  write(sequence: Sequence): void {
    if (!this.ready) throw new Error('written to while not ready');
    if (sequence.length === 0) throw new Error('an empty sequence was written');
    this.writes.push(sequence);
    this.messages.push(...sequence.messages());
    if (this.name === 'polling') this.#takes = false;
  }

  close(...goodbye: [code?: number | undefined, reason?: string | undefined]): void {
    this.closeCalls++;
    this.goodbye = goodbye.filter((each) => each !== undefined);
    if (this.#readyState !== 'open') return;
    if (this.closesLate) this.#readyState = 'closing';
    else this.#end('transport close');
  }

  terminate(): void {
    this.terminateCalls++;
    this.#end('transport close');
  }

  /** As the polling transport does when its session moved on. */
  discard(): void {
    this.discarded = true;
    this.#handler = null;
    this.#readyState = 'closed';
  }

  #end(reason: 'transport close' | 'transport error' | 'parse error', description?: unknown): void {
    if (this.#readyState === 'closed') return;
    this.#readyState = 'closed';
    const handler = this.#handler;
    this.#handler = null;
    handler?.onClose(reason, description);
  }

  // --- the peer ---

  /** What was written, as text packets; binary messages as buffers. */
  get received(): (string | Buffer)[] {
    return this.messages.flatMap((message) =>
      message.parts.map((part) => (typeof part === 'string' ? part : Buffer.from(part))),
    );
  }

  /** What was written since the last call. */
  take(): (string | Buffer)[] {
    const received = this.received;
    this.messages.length = 0;
    return received;
  }

  sendText(packet: string): boolean {
    return this.#handler?.onText(packet) ?? false;
  }

  sendBinary(data: Buffer): boolean {
    return this.#handler?.onBinary(data) ?? false;
  }

  /** Asks for headers, as the first answer of a session does. */
  requestHeaders(headers: ResponseHeaders, request: IncomingMessage): void {
    this.#handler?.onHeaders(headers, request);
  }

  /** A poll arrives; over a WebSocket: the peer reads again. */
  poll(): void {
    this.#takes = true;
    this.#handler?.onReady();
  }

  /** The peer does not read: nothing more is taken. */
  congest(): void {
    this.#takes = false;
  }

  /** A message arrives that is too large. */
  refuseTooLarge(bytes?: number): void {
    this.#handler?.onTooLarge(bytes);
  }

  /** An answer cannot be written. */
  failAnswer(error: unknown): void {
    this.#handler?.onUnanswered(error);
  }

  /** The peer, or the network, ends it. */
  disconnect(
    reason: 'transport close' | 'transport error' | 'parse error' = 'transport close',
    description?: unknown,
  ): void {
    this.#end(reason, description);
  }
}
