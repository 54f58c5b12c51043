import type { IncomingMessage } from 'node:http';
import type { Sequence } from '../protocol/sequence.js';

export type TransportName = 'polling' | 'websocket';

/** Extra response headers, by name. */
export type ResponseHeaders = Record<string, string | string[] | number>;

/**
 * A pipe to one peer. Knows nothing of what packets mean.
 *
 * An implementer must
 * - deliver messages in order, and nothing after {@link TransportHandler.onClose};
 * - call `onClose` exactly once, also after its own `close` and `terminate`, and never from within `write`;
 * - take a sequence only while `ready`, write it whole, and call `onReady` when it became ready again.
 */
export interface Transport {
  readonly name: TransportName;
  /** A sequence may be written now. */
  readonly ready: boolean;
  /** Ready, and nothing written before still waits: what is written now leaves now. Decides about volatile events. */
  readonly writable: boolean;
  /** Packets that one sequence may have, unless it is a single message. */
  readonly maxPackets: number;
  /** Bytes written that have not been handed to the operating system yet. */
  readonly bufferedBytes: number;
  /** Bytes of messages that have not arrived whole, where that is known. @internal */
  readonly unfinishedBytes?: number;
  /** Bytes that came in. */
  readonly bytesReceived: number;
  /** Bytes handed over. */
  readonly bytesSent: number;
  readonly readyState: 'open' | 'closing' | 'closed';
  /** Begins delivering to the handler; given anew when a connection takes over the transport of an upgrade. */
  attach(handler: TransportHandler): void;
  /** Hands over the messages. Only while `ready`. */
  write(sequence: Sequence): void;
  /** Closes in the manner of the transport, after what was written, and why: at most 123 bytes. Idempotent. */
  close(code?: number, reason?: string): void;
  /** Lets go at once, whatever is on the way. Idempotent. */
  terminate(): void;
}

/** Where a transport delivers to. */
export interface TransportHandler {
  /** One Engine.IO text packet, type digit first. Returns `false` when nothing more is wanted. */
  onText(packet: string): boolean;
  /** One binary message. Returns `false` when nothing more is wanted. */
  onBinary(data: Buffer): boolean;
  /** A text that begins with `b`, over WebSocket. Left out: base64 of a binary message, as revision 4 has it. */
  onBase64?(packet: string): boolean;
  /** The transport became ready. */
  onReady(): void;
  /** Headers of an HTTP answer are about to be written and may be completed. */
  onHeaders(headers: ResponseHeaders, request: IncomingMessage): void;
  /** A message was refused because it is larger than `maxHttpBufferSize`. @param bytes how many it has, where that is known. */
  onTooLarge(bytes?: number): void;
  /**
   * An HTTP answer could not be written, because the application's own `writeHead` threw: the request was cut. May be called
   * from within `write`.
   */
  onUnanswered(error: unknown): void;
  /** The end, with who caused it. */
  onClose(reason: 'transport close' | 'transport error' | 'parse error', description?: unknown): void;
}
