import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Query, Revision } from '../protocol/engineio/handshake.js';

/** Middlewares of the ecosystem tell a handshake from later requests by `request._query.sid`. */
export type EngineRequest = IncomingMessage & {
  _query?: Query;
  /** The answer to a polling request, until it is written; where Express has it, too. */
  res?: ServerResponse | null;
};

/** The revision that a handshake asks for; that it is served has been decided. */
export function revisionOf({ _query: query }: EngineRequest): Revision {
  return query?.EIO === '4' ? 4 : 3;
}

/** True unless the client asks for base64, as old browsers do. */
export function takesBinary({ _query: query }: EngineRequest): boolean {
  return !query?.b64;
}
