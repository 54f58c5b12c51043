import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { parseQuery } from '../protocol/engineio/handshake.js';

/** What every request has before an application touches it. */
const PLAIN_KEYS: ReadonlySet<string> = new Set([
  ...Object.keys(new IncomingMessage(null as unknown as Socket)),
  'parser',
  '_query',
  'res',
]);

/** Not allowed in a header, so it can stand between two. */
const SEPARATOR = '\n';

/**
 * The request that opened a connection, kept for its whole life: `socket.request` and `socket.handshake` are made from it.
 *
 * A request as Node makes it is most of what an idle connection would cost. Once the handshake is over it is reduced to
 * its text, and made again when somebody asks: only if nobody has seen it or left something on it (`request.user`,
 * `request.session`), because then it is that very object that counts.
 */
export class CompactRequest {
  #request: IncomingMessage | null;
  #isSeen = false;
  #socket: Socket;
  #method: string | undefined = undefined;
  #url: string | undefined = undefined;
  #httpVersion = '';
  #rawHeaders = '';

  constructor(request: IncomingMessage) {
    this.#request = request;
    this.#socket = request.socket;
  }

  /** The request; from the first call on, always the same object. */
  get(): IncomingMessage {
    this.#isSeen = true;
    this.#request ??= this.#restore();
    return this.#request;
  }

  /** Whether this is the request, without counting as seen. */
  is(request: IncomingMessage): boolean {
    return this.#request === request;
  }

  /** The handshake is over. */
  reduce(): void {
    const request = this.#request;
    if (request === null || this.#isSeen) return;
    for (const key of Object.keys(request)) if (!PLAIN_KEYS.has(key)) return;
    this.#method = request.method;
    this.#url = request.url;
    this.#httpVersion = request.httpVersion;
    this.#rawHeaders = request.rawHeaders.join(SEPARATOR);
    this.#request = null;
  }

  #restore(): IncomingMessage {
    const request = new IncomingMessage(this.#socket);
    request.method = this.#method;
    request.url = this.#url;
    request.httpVersion = this.#httpVersion;
    const [major, minor] = this.#httpVersion.split('.');
    request.httpVersionMajor = Number(major);
    request.httpVersionMinor = Number(minor);
    request.rawHeaders = this.#rawHeaders === '' ? [] : this.#rawHeaders.split(SEPARATOR);
    Object.assign(request, headersOf(request.rawHeaders));
    request.complete = true;
    return Object.assign(request, { _query: parseQuery(request.url), res: null });
  }
}

/** What Node's parser makes of raw headers. Left to itself, a request counts only those that the parser added. */
export function headersOf(rawHeaders: readonly string[]): Pick<IncomingMessage, 'headers' | 'headersDistinct'> {
  return { headers: joinHeaders(rawHeaders), headersDistinct: listHeaders(rawHeaders) };
}

/** Headers of which only the first counts. Source: Node.js documentation, `message.headers`. */
const SINGLE: ReadonlySet<string> = new Set(
  'age authorization content-length content-type etag expires from host if-modified-since if-unmodified-since last-modified location max-forwards proxy-authorization referer retry-after server user-agent'.split(
    ' ',
  ),
);

function joinHeaders(raw: readonly string[]): IncomingMessage['headers'] {
  const headers: Record<string, string | string[]> = {};
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    const value = raw[i + 1]!;
    const known = headers[name];
    if (name === 'set-cookie') headers[name] = [...((known as string[] | undefined) ?? []), value];
    else if (typeof known !== 'string') headers[name] = value;
    else if (!SINGLE.has(name)) headers[name] = `${known}${name === 'cookie' ? '; ' : ', '}${value}`;
  }
  return headers;
}

function listHeaders(raw: readonly string[]): IncomingMessage['headersDistinct'] {
  // Without a prototype, as Node makes it: a header may be called `__proto__`.
  const headers: Record<string, string[]> = Object.create(null);
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    if (Array.isArray(headers[name])) headers[name].push(raw[i + 1]!);
    else headers[name] = [raw[i + 1]!];
  }
  return headers;
}
