/**
 * Every error class of carillon and what it blames.
 *
 * - {@link ProtocolError}: the peer sent something the protocol forbids; its connection is closed, nothing else happens.
 * - {@link LimitError}: a kind of it: beyond a bound.
 * - {@link TransportViolation}: the same, below Socket.IO: two polls at once, a packet in the wrong direction.
 * - {@link OptionError}: the application configured something impossible; thrown at construction.
 * - {@link AcknowledgementError}: an acknowledgement that will not come.
 * - {@link PublishError}: a request to the publish endpoint asked for something impossible; it is answered with this.
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
  /** In a cluster: nodes that did not say how many of their clients were asked, or died before all had answered. */
  declare missing?: string[];

  constructor(reason: 'timeout' | 'disconnected') {
    super(reason === 'timeout' ? 'operation has timed out' : 'socket has been disconnected');
    this.#reason = reason;
  }

  /** What happened, for programs. */
  get reason(): 'timeout' | 'disconnected' {
    return this.#reason;
  }
}

/** What a request to the publish endpoint asked for could not be done; `status` is that of the HTTP answer. */
export class PublishError extends Error {
  override readonly name = 'PublishError';
  readonly status: number;

  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

/** What can go wrong between the nodes of a cluster. */
export type ClusterErrorCode =
  /** Messages do not get through any more. Once per outage; it ends with the event `resubscribed`. */
  | 'CARILLON_CLUSTER_DOWN'
  /** Messages were dropped: too much waited during an outage. */
  | 'CARILLON_MESSAGES_DROPPED'
  /** Something came that no node sends; it was ignored. Reported at most every ten seconds. */
  | 'CARILLON_REJECTED_MESSAGE'
  /** Numbers of another node jumped or went back; it is heard all the same. Reported at most every ten seconds. */
  | 'CARILLON_FRAMES_OUT_OF_ORDER'
  /** This node did not run for so long that others may have taken it for dead. */
  | 'CARILLON_NODE_BLOCKED'
  /** A command was refused, a listener failed, and so on: the cause is in `cause`. */
  | 'CARILLON_CLUSTER_FAILURE';

/** Something went wrong between this node and the others. Told by the `error` event of the adapter; else it is logged. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
  readonly code: ClusterErrorCode;

  constructor(code: ClusterErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
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
