import { ProtocolError, TransportViolation } from '../errors.js';
import type { Transport, TransportName } from '../transports/transport.js';
import type { ConnectionCloseReason } from './close-reason.js';

/** Why a connection ended, and what had happened on it until then: `socket.conn.ending`. */
export interface CloseSummary {
  /** Who closed it; `network`: the peer did not close. */
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
export interface ConnectionCounts {
  readonly transport: Transport;
  readonly packetsReceived: number;
  readonly packetsSent: number;
  readonly roundTrip: number | undefined;
}

export function summarizeClose(
  reason: ConnectionCloseReason,
  description: unknown,
  counts: ConnectionCounts,
): CloseSummary {
  const code = codeOf(description);
  const { name, bytesReceived, bytesSent } = counts.transport;
  return {
    by: whoClosed(reason, code, description),
    reason,
    code,
    description: wordsOf(description),
    transport: name,
    packetsReceived: counts.packetsReceived,
    packetsSent: counts.packetsSent,
    bytesReceived,
    bytesSent,
    roundTrip: counts.roundTrip,
  };
}

function whoClosed(reason: ConnectionCloseReason, code: number | undefined, description: unknown): CloseSummary['by'] {
  switch (reason) {
    case 'transport close':
      return code === ABNORMAL ? 'network' : 'client';
    case 'transport error':
      return isViolation(description) ? 'server' : 'network';
    case 'ping timeout':
      return 'network';
    default:
      return 'server';
  }
}

/** The transport did not fail, it was used against its rules. */
function isViolation(description: unknown): boolean {
  if (description instanceof ProtocolError || description instanceof TransportViolation) return true;
  return /^WS_ERR_/.test(String((description as { code?: unknown } | undefined)?.code));
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

/** Returns a close summary as one line of the log. */
export function formatCloseSummary(summary: CloseSummary): string {
  const { by, reason, code, description, transport, packetsReceived, packetsSent, bytesReceived, bytesSent } = summary;
  const details = [description, code === undefined ? '' : `code ${code}`].filter((each) => each !== '').join(', ');
  const traffic = `${packetsReceived} packets in ${bytesReceived} bytes received, ${packetsSent} in ${bytesSent} sent`;
  const trip = summary.roundTrip === undefined ? '' : `, last round trip ${summary.roundTrip} ms`;
  return `by the ${by}, over ${transport}: ${reason}${details === '' ? '' : ` (${details})`}; ${traffic}${trip}`;
}
