import type { Transport, TransportName } from '../transports/transport.js';
import type { ConnectionCloseReason } from './close-reason.js';

/** Why a connection ended, and what had happened on it until then: `socket.conn.ending`. */
export interface Ending {
  /** Who closed it; `network`: nobody said goodbye. */
  readonly by: 'client' | 'server' | 'network';
  readonly reason: ConnectionCloseReason;
  /** Close code of a WebSocket whose client closed it. Source: RFC 6455 §7.4. */
  readonly code: number | undefined;
  /** What is known beyond the reason, in words. */
  readonly description: string;
  /** The transport at the end. */
  readonly transport: TransportName;
  readonly packetsReceived: number;
  readonly packetsSent: number;
  /** On the wire, headers included for WebSocket, bodies only for polling; of the transport at the end. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Milliseconds between the last ping and its pong; `undefined` when there was none. */
  readonly roundTrip: number | undefined;
}

/** No closing handshake took place. Source: RFC 6455 §7.4.1. */
const ABNORMAL = 1006;

/** What a connection counted until its end. */
export interface EndingFacts {
  readonly transport: Transport;
  readonly packetsReceived: number;
  readonly packetsSent: number;
  readonly roundTrip: number | undefined;
}

export function describeEnding(reason: ConnectionCloseReason, description: unknown, facts: EndingFacts): Ending {
  const code = codeOf(description);
  const { name, bytesReceived, bytesSent } = facts.transport;
  return {
    by: whoClosed(reason, code),
    reason,
    code,
    description: wordsOf(description),
    transport: name,
    packetsReceived: facts.packetsReceived,
    packetsSent: facts.packetsSent,
    bytesReceived,
    bytesSent,
    roundTrip: facts.roundTrip,
  };
}

function whoClosed(reason: ConnectionCloseReason, code: number | undefined): Ending['by'] {
  switch (reason) {
    case 'transport close':
      return code === ABNORMAL ? 'network' : 'client';
    case 'transport error':
    case 'ping timeout':
      return 'network';
    default:
      return 'server';
  }
}

/** The close code of a WebSocket, from the description of `transport close`. */
function codeOf(description: unknown): number | undefined {
  const code = (description as { context?: { code?: unknown } } | undefined)?.context?.code;
  return typeof code === 'number' ? code : undefined;
}

function wordsOf(description: unknown): string {
  if (description === undefined) return '';
  if (description instanceof Error) return description.message;
  const words = (description as { description?: unknown }).description;
  return typeof words === 'string' ? words : String(description);
}
