/**
 * The errors of the client. An acknowledgement that does not come is an `AcknowledgementError` (core/errors.ts).
 *
 * - {@link TransportError}: the connection could not be established, or broke. Comes with `connect_error`.
 * - {@link MessageError}: a message that was not sent, and will not be.
 */

/** What a transport met: arrives as `connect_error`, or as the second argument of `disconnect`. */
export class TransportError extends Error {
  readonly type = 'TransportError';
  /** What happened, for a person or a log: an HTTP status with what was received, a close code. Text or number. */
  readonly description: any;
  /** The raw thing: an event, a response, `{status, body}`. Depends on the transport. */
  readonly context: any;

  /** @param reason short and stable: `websocket error`, `fetch read error`, `timeout`. */
  constructor(reason: string, description?: unknown, context?: unknown) {
    super(reason);
    this.description = description;
    this.context = context;
  }
}

/** A message that was not sent. */
export class MessageError extends Error {
  /**
   * - `PAYLOAD_TOO_LARGE`: larger than the server's `maxPayload`. Thrown by `emit`.
   * - `BUFFER_FULL`: dropped from the offline buffer, or refused by it, see the `offlineBuffer` option.
   * - `NOT_WRITABLE`: a volatile event while the connection could not take it.
   */
  readonly code: 'PAYLOAD_TOO_LARGE' | 'BUFFER_FULL' | 'NOT_WRITABLE';

  constructor(code: MessageError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
