import type { ServerResponse } from 'node:http';
import type { ResponseHeaders } from '../transports/transport.js';

/** What describes a body or the connection itself: not the middlewares' business on a 101. */
const NOT_ON_SWITCHING: ReadonlySet<string> = new Set(
  'connection content-encoding content-length content-type keep-alive sec-websocket-accept sec-websocket-extensions sec-websocket-protocol trailer transfer-encoding upgrade'.split(
    ' ',
  ),
);

/**
 * The headers that middlewares want on the 101. Some add theirs only when the head is written, by wrapping `writeHead`
 * (the package `on-headers`: express-session, cookie-session), so it is called; nothing is sent by it.
 *
 * @throws whatever such a middleware throws.
 */
export function switchingHeaders(response: ServerResponse): ResponseHeaders {
  if (!response.headersSent) response.writeHead(101);
  const headers: ResponseHeaders = {};
  for (const [name, value] of Object.entries(response.getHeaders())) {
    if (value !== undefined && !NOT_ON_SWITCHING.has(name)) headers[name] = value as ResponseHeaders[string];
  }
  return headers;
}
