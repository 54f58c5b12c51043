import { type ParsedUrlQuery, parse } from 'node:querystring';
import type { HandshakeErrorName } from '../../errors.js';

/** Revision of the Engine.IO protocol we speak: the `EIO` parameter. */
export const REVISION = 4;

/** What a request asks for, or why it is refused: a value, decided from the URL and headers alone. */
export type Handshake =
  | { kind: 'open'; transport: string; query: ParsedUrlQuery }
  | { kind: 'resume'; transport: string; sid: string; query: ParsedUrlQuery }
  | { kind: 'reject'; error: HandshakeErrorName; context: Record<string, unknown>; query: ParsedUrlQuery };

export interface HandshakeRequest {
  method: string | undefined;
  /** Path and query as in the request line. */
  url: string | undefined;
  origin: string | undefined;
  /** An HTTP upgrade request, not a plain one. */
  isUpgrade: boolean;
}

/** Characters that may not stand in a header value we would echo. */
const INVALID_HEADER = /[^\t\x20-\x7e\x80-\xff]/;

/**
 * Reads a handshake. Source: Engine.IO protocol 4, "Handshake"; the order of the checks is the one clients of Socket.IO
 * observe.
 *
 * @param transports names of the enabled transports.
 */
export function parseHandshake(request: HandshakeRequest, transports: readonly string[]): Handshake {
  const query = parseQuery(request.url);
  const { transport, sid, EIO: revision } = query;
  const reject = (error: HandshakeErrorName, context: Record<string, unknown>): Handshake => ({
    kind: 'reject',
    error,
    context,
    query,
  });

  if (typeof transport !== 'string' || !transports.includes(transport))
    return reject('unknownTransport', { transport });
  if (request.origin !== undefined && INVALID_HEADER.test(request.origin)) {
    return reject('badRequest', { name: 'INVALID_ORIGIN', origin: request.origin });
  }
  if (sid !== undefined && sid !== '') {
    if (typeof sid !== 'string') return reject('unknownSession', { sid });
    // The revision is pinned to the session: a later request may leave it out, but not change it.
    if (revision !== undefined && revision !== String(REVISION))
      return reject('unsupportedVersion', { protocol: revisionOf(revision) });
    return { kind: 'resume', transport, sid, query };
  }
  if (request.method !== 'GET') return reject('badMethod', { method: request.method });
  if (transport === 'websocket' && !request.isUpgrade)
    return reject('badRequest', { name: 'TRANSPORT_HANDSHAKE_ERROR' });
  if (transport !== 'websocket' && request.isUpgrade)
    return reject('badRequest', { name: 'TRANSPORT_MISMATCH', transport });
  if (revision !== String(REVISION)) return reject('unsupportedVersion', { protocol: revisionOf(revision) });
  return { kind: 'open', transport, query };
}

/** The parameters of a URL, as an object without a prototype. */
export function parseQuery(url: string | undefined): ParsedUrlQuery {
  const question = url === undefined ? -1 : url.indexOf('?');
  return parse(question === -1 ? '' : url!.slice(question + 1));
}

/** As Socket.IO reports it: whatever is not revision 4 counts as 3. */
function revisionOf(_revision: unknown): number {
  return 3;
}
