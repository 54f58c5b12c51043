/**
 * Every error class of carillon and what it blames.
 *
 * - {@link ProtocolError}: the peer sent something the protocol forbids; its connection is closed, nothing else happens.
 * - {@link LimitError}: a kind of it: beyond a bound.
 * - {@link TransportViolation}: the same, below Socket.IO: two polls at once, a packet in the wrong direction.
 * - {@link OptionError}: the application configured something impossible; thrown at construction.
 * - {@link AcknowledgementError}: an acknowledgement that will not come.
 */

/** The peer broke the protocol. Decoders throw nothing else. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** What the peer sent is no malformed packet, but beyond a bound (see docs/limits.md): it is told so. */
export class LimitError extends ProtocolError {}

/** The peer used the transport against its rules. Its name stays `Error`, as applications of Socket.IO know it. */
export class TransportViolation extends Error {}

/** An option that cannot work. The message names the option, the value it had and what is allowed. */
export class OptionError extends TypeError {
  override readonly name = 'OptionError';
  readonly code = 'CARILLON_INVALID_OPTION';
  /** Name of the option, dotted when nested: `connectionStateRecovery.maxDisconnectionDuration`. */
  readonly option: string;

  constructor(option: string, value: unknown, allowed: string) {
    super(`invalid option "${option}": got ${describe(value)}, expected ${allowed}`);
    this.option = option;
  }
}

/**
 * An acknowledgement that will not come: the delay ran out, or the socket is gone.
 * The messages are the ones Socket.IO users know.
 */
export class AcknowledgementError extends Error {
  readonly #reason: 'timeout' | 'disconnected';
  /** Broadcasts with `emitWithAck` only: the answers that did arrive in time. */
  declare responses?: unknown[];

  constructor(reason: 'timeout' | 'disconnected') {
    super(reason === 'timeout' ? 'operation has timed out' : 'socket has been disconnected');
    this.#reason = reason;
  }

  /** What happened, for programs. */
  get reason(): 'timeout' | 'disconnected' {
    return this.#reason;
  }
}

/**
 * Refusals of the HTTP handshake: `{code, message}` with status 400 (403 for `forbidden`).
 * Source: Engine.IO protocol 4, "Handshake".
 */
export const HandshakeErrors = {
  unknownTransport: { code: 0, message: 'Transport unknown', status: 400 },
  unknownSession: { code: 1, message: 'Session ID unknown', status: 400 },
  badMethod: { code: 2, message: 'Bad handshake method', status: 400 },
  badRequest: { code: 3, message: 'Bad request', status: 400 },
  forbidden: { code: 4, message: 'Forbidden', status: 403 },
  unsupportedVersion: { code: 5, message: 'Unsupported protocol version', status: 400 },
  tooManyRequests: { code: 6, message: 'Too many requests', status: 429 },
  handshakeTimeout: { code: 7, message: 'Handshake timeout', status: 408 },
} as const;

export type HandshakeErrorName = keyof typeof HandshakeErrors;

/** A value as it may stand in an error message: short, and never a secret of more than 60 characters. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (typeof value === 'function') return `a function${value.name ? ` (${value.name})` : ''}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null)
    return `an object with keys ${Object.keys(value).slice(0, 8).join(', ') || '(none)'}`;
  return String(value);
}
