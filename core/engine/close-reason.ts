import { LimitError, ProtocolError, TransportViolation } from '../errors.js';

/**
 * Every reason a connection or a socket ends with.
 *
 * | reason | issued when | client reconnects by itself |
 * |---|---|---|
 * | `transport close` | the peer closed, or the network did | yes |
 * | `transport error` | the transport failed: reset, overlapping polls, message too large | yes |
 * | `ping timeout` | no pong within `pingTimeout` | yes |
 * | `parse error` | a malformed packet arrived | yes |
 * | `slow consumer` | more waits for the client than `maxBufferedBytes` or `maxBufferedMessages` allow | yes |
 * | `rate limit` | the client sent more events than `eventRateLimit` allows | yes |
 * | `forced close` | the application closed the connection (`socket.conn.close()`) | yes |
 * | `forced server close` | the server closed the connection: `disconnect(true)`, no namespace joined in time | yes |
 * | `server shutting down` | `io.close()` | yes |
 * | `server namespace disconnect` | `socket.disconnect()` | no |
 * | `client namespace disconnect` | the client called `disconnect()` | no |
 *
 * Source: Socket.IO documentation, "disconnect" event of the server.
 */
export type DisconnectReason =
  | ConnectionCloseReason
  | 'forced server close'
  | 'server shutting down'
  | 'server namespace disconnect'
  | 'client namespace disconnect';

/** The subset that ends a whole connection. */
export type ConnectionCloseReason =
  | 'transport close'
  | 'transport error'
  | 'ping timeout'
  | 'parse error'
  | 'slow consumer'
  | 'rate limit'
  | 'forced close';

/** After these, connection state recovery keeps the session: the client may come back. */
export const RECOVERABLE: ReadonlySet<DisconnectReason> = new Set<DisconnectReason>([
  'transport error',
  'transport close',
  'forced close',
  'ping timeout',
  'slow consumer',
  'server shutting down',
  'forced server close',
]);

/** What the client of a connection that the server ends is told. */
export interface CloseInfo {
  /** Close code of a WebSocket (RFC 6455 §7.4.1); without one there is no reason either. */
  readonly code: number | undefined;
  /** Close reason of a WebSocket, at most 123 bytes; over polling, the `Carillon-Reason` of the last answers. */
  readonly reason: string;
}

const POLICY_VIOLATION = 1008;

/**
 * The close info of a reason. Whoever hits a bound learns which; what is plainly wrong closes a WebSocket without a code, as
 * Socket.IO does; what the application ends says nothing.
 */
export function closeInfoOf(reason: ConnectionCloseReason, description: unknown): CloseInfo | undefined {
  switch (reason) {
    case 'slow consumer':
    case 'rate limit':
      return { code: POLICY_VIOLATION, reason };
    case 'parse error':
    case 'transport error': {
      // The words of others (a custom parser's) may be of any length, and are for the log only.
      const isOurs = description instanceof ProtocolError || description instanceof TransportViolation;
      return {
        code: description instanceof LimitError ? POLICY_VIOLATION : undefined,
        reason: isOurs ? `${reason}: ${description.message}` : reason,
      };
    }
    case 'ping timeout':
      return { code: undefined, reason };
    default:
      return undefined;
  }
}
