import type { HandshakeErrorName } from '../../errors.js';

/** Revision of the Engine.IO protocol, as the `EIO` parameter says it: of Socket.IO 3 and 4, or of 1 and 2. */
export type Revision = 3 | 4;

/** Query parameters; of a repeated one the last counts. An object without a prototype. */
export type Query = Record<string, string | undefined>;

/** What a request asks for, or why it is refused: a value, decided from the URL and headers alone. */
export type Handshake =
  | { kind: 'open'; transport: string; revision: Revision }
  /** Without `revision`, the request does not say. */
  | { kind: 'resume'; transport: string; sid: string; revision: Revision | undefined }
  | { kind: 'reject'; error: HandshakeErrorName; context: Record<string, unknown> };

export interface HandshakeRequest {
  method: string | undefined;
  /** See {@link parseQuery}. */
  query: Query;
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
 * @param allowsRevision3 clients of Socket.IO 2 are served, too.
 */
export function parseHandshake(
  request: HandshakeRequest,
  transports: readonly string[],
  allowsRevision3 = false,
): Handshake {
  const { method, origin, isUpgrade } = request;
  const { transport, sid, EIO: revision } = request.query;

  if (transport === undefined || !transports.includes(transport)) return reject('unknownTransport', { transport });
  if (origin !== undefined && INVALID_HEADER.test(origin))
    return reject('badRequest', { name: 'INVALID_ORIGIN', origin });
  if (sid !== undefined && sid !== '') {
    // The revision is pinned to the session: a later request may leave it out, but not change it.
    if (revision === undefined) return { kind: 'resume', transport, sid, revision };
    if (revision === '4' || (revision === '3' && allowsRevision3))
      return { kind: 'resume', transport, sid, revision: revision === '4' ? 4 : 3 };
    return reject('badRequest', { name: 'REVISION_MISMATCH', protocol: revision });
  }
  if (method !== 'GET') return reject('badMethod', { method });
  if (transport === 'websocket' && !isUpgrade) return reject('badRequest', { name: 'TRANSPORT_HANDSHAKE_ERROR' });
  if (transport !== 'websocket' && isUpgrade) return reject('badRequest', { name: 'TRANSPORT_MISMATCH', transport });
  // Whatever is not revision 4 is taken for 3, as Socket.IO does.
  if (revision !== '4' && !allowsRevision3) return reject('unsupportedVersion', { protocol: 3 });
  return { kind: 'open', transport, revision: revision === '4' ? 4 : 3 };
}

function reject(error: HandshakeErrorName, context: Record<string, unknown>): Handshake {
  return { kind: 'reject', error, context };
}

/** The parameters of a URL. */
export function parseQuery(url: string | undefined): Query {
  const query: Query = Object.create(null);
  const question = url === undefined ? -1 : url.indexOf('?');
  if (question === -1) return query;
  const text = url!.slice(question + 1);
  if (ENCODED.test(text)) for (const [name, value] of new URLSearchParams(text)) query[name] = value;
  else for (const parameter of text.split('&')) addParameter(query, parameter);
  return query;
}

/** What only `URLSearchParams` takes apart rightly; our clients need none of it, and it is asked for every request. */
const ENCODED = /[%+?\ud800-\udfff]/;

function addParameter(query: Query, parameter: string): void {
  if (parameter === '') return;
  const equals = parameter.indexOf('=');
  if (equals === -1) query[parameter] = '';
  else query[parameter.slice(0, equals)] = parameter.slice(equals + 1);
}
