import type { EngineExtension } from '../../extension.js';
import { Admission, type AdmissionLimits } from './admission.js';

/** Limits how many connections, and how many handshakes, come from one address. */
export function admissionLimits({ connections, clock }: EngineExtension, limits: AdmissionLimits): void {
  const admission = new Admission(limits, clock);
  if (limits.handshakeRate !== undefined) {
    connections.admit('first', (request) => tooMany('HANDSHAKE_RATE', admission.onHandshake(request)));
  }
  if (limits.maxConnectionsPerAddress !== Number.POSITIVE_INFINITY) {
    connections.admit('last', (request) => tooMany('CONNECTIONS_PER_ADDRESS', admission.onConnection(request)));
    connections.opened(({ id }, request) => admission.onOpen(id, request));
    connections.closed(({ id }) => admission.onClosed(id));
  }
}

/** @param retryAfter milliseconds after which the client may try again; 0: it is not too many. */
function tooMany(name: string, retryAfter: number): { name: string; retryAfter: number } | undefined {
  return retryAfter > 0 ? { name, retryAfter } : undefined;
}
