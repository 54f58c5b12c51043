import type { HandshakeErrorName } from '../../errors.js';

/** Revision of the Engine.IO protocol we speak, as the `EIO` parameter says it. */
export const REVISION = '4';

/** Query parameters; of a repeated one the last counts. An object without a prototype. */
export type Query = Record<string, string | undefined>;

/** What a request asks for, or why it is refused: a value, decided from the URL and headers alone. */
export type Handshake =
  | { kind: 'open'; transport: string }
  | { kind: 'resume'; transport: string; sid: string }
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
 */
export function parseHandshake(request: HandshakeRequest, transports: readonly string[]): Handshake {
  const { method, origin, isUpgrade } = request;
  const { transport, sid, EIO: revision } = request.query;

  if (transport === undefined || !transports.includes(transport)) return reject('unknownTransport', { transport });
  if (origin !== undefined && INVALID_HEADER.test(origin))
    return reject('badRequest', { name: 'INVALID_ORIGIN', origin });
  if (sid !== undefined && sid !== '') {
    // The revision is pinned to the session: a later request may leave it out, but not change it.
    if (revision === undefined || revision === REVISION) return { kind: 'resume', transport, sid };
    return reject('badRequest', { name: 'REVISION_MISMATCH', protocol: revision });
  }
  if (method !== 'GET') return reject('badMethod', { method });
  if (transport === 'websocket' && !isUpgrade) return reject('badRequest', { name: 'TRANSPORT_HANDSHAKE_ERROR' });
  if (transport !== 'websocket' && isUpgrade) return reject('badRequest', { name: 'TRANSPORT_MISMATCH', transport });
  // Whatever is not revision 4 is reported as 3, as Socket.IO does.
  if (revision !== REVISION) return reject('unsupportedVersion', { protocol: 3 });
  return { kind: 'open', transport };
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
