import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type HandshakeErrorName, HandshakeErrors } from '../errors.js';
import { endSocket } from '../transports/end-socket.js';
import { REASON_HEADER } from '../transports/polling.js';
import type { ResponseHeaders } from '../transports/transport.js';

/** A refusal: the protocol's error, and what made it so. */
export class Refusal {
  constructor(
    readonly error: HandshakeErrorName,
    readonly context: Record<string, unknown>,
  ) {}
}

/** The refusal of a session id that no session has. */
export function unknownSession(sid: string): Refusal {
  return new Refusal('unknownSession', { sid });
}

/** A middleware of the engine threw, or passed an error on. */
export function middlewareFailure(error: unknown): Refusal {
  const message = error instanceof Error ? error.message : String(error);
  return new Refusal('badRequest', { name: 'MIDDLEWARE_FAILURE', message });
}

/** Answers a request. @param closeReason why the session that it asks for is over, if that is known. */
export function refuseRequest(response: ServerResponse, refusal: Refusal, closeReason: string | undefined): void {
  if (response.headersSent) return;
  const { code, status } = HandshakeErrors[refusal.error];
  const { retryAfter } = refusal.context;
  const headers: ResponseHeaders = { 'Content-Type': 'application/json' };
  if (typeof retryAfter === 'number') headers['Retry-After'] = Math.ceil(retryAfter / 1000);
  if (closeReason !== undefined) headers[REASON_HEADER] = closeReason;
  response.writeHead(status, headers);
  response.end(JSON.stringify({ code, message: messageOf(refusal), retryAfter }));
}

/** Answers an upgrade, and ends its socket. */
export function refuseUpgrade(socket: Duplex, refusal: Refusal): void {
  const { status } = HandshakeErrors[refusal.error];
  const { retryAfter } = refusal.context;
  const body = messageOf(refusal);
  const wait = typeof retryAfter === 'number' ? `Retry-After: ${Math.ceil(retryAfter / 1000)}\r\n` : '';
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n${wait}Content-Type: text/html\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  endSocket(socket, head + body);
}

/** With `allowRequest`, the application's own words. */
function messageOf(refusal: Refusal): string {
  const { message } = refusal.context;
  return refusal.error === 'forbidden' && typeof message === 'string'
    ? message
    : HandshakeErrors[refusal.error].message;
}
