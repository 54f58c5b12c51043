import { isIP } from 'node:net';
import { parseSetCookie } from 'cookie';
import type { TransportOptions } from './transport.js';

interface Cookie {
  name: string;
  value: string;
  path: string;
  /** Milliseconds since 1970. */
  expires: number;
}

/** What browsers keep of one site, at least. Source: RFC 6265 §6.1. */
const MAX_COOKIES = 50;
const MAX_BYTES = 4096;

/** Where the cookies of a connection come from, and go to. */
type Site = Pick<TransportOptions, 'hostname' | 'path' | 'secure'>;

/**
 * The cookies of one connection on Node.js, where no browser keeps them: load balancers stick a session to a server by
 * them.
 *
 * All requests of a connection go to one host, one path and one protocol, so a cookie that is not for all three of them is
 * never sent, and not kept. That leaves nothing for a cookie library to do but to parse, and no list of public suffixes is
 * needed: nobody but the host that set a cookie gets it back. Source: RFC 6265 §5.
 */
export class CookieJar {
  static readonly #jars = new WeakMap<object, CookieJar>();
  readonly #site: Site;
  /** By name, domain and path: those three tell one cookie from another. */
  readonly #cookies = new Map<string, Cookie>();

  constructor(site: Site) {
    this.#site = site;
  }

  /** The jar that the transports of one connection share; `undefined` without `withCredentials`. */
  static of(options: TransportOptions): CookieJar | undefined {
    const { withCredentials, socket } = options;
    if (!withCredentials) return undefined;
    let jar = CookieJar.#jars.get(socket);
    if (!jar) {
      jar = new CookieJar(options);
      CookieJar.#jars.set(socket, jar);
    }
    return jar;
  }

  /** Takes the `Set-Cookie` headers of an answer. Source: RFC 6265 §5.2 and §5.3. */
  store(headers: readonly string[] = []): void {
    const { hostname, path, secure } = this.#site;
    for (const header of headers) {
      if (header.length > MAX_BYTES) continue;
      const cookie = parseSetCookie(header, { decode: (value) => value });
      const { name, value = '' } = cookie;
      const domain = cookie.domain?.replace(/^\./, '').toLowerCase() ?? '';
      const isForHost = domain === '' || domainMatches(hostname.toLowerCase(), domain);
      const cookiePath = cookie.path?.startsWith('/') ? cookie.path : defaultPath(path);
      if (!name || !isForHost || !pathMatches(path, cookiePath)) continue;
      if (cookie.secure && !secure && !isLoopback(hostname)) continue;
      let expires = Number.POSITIVE_INFINITY;
      if (cookie.maxAge !== undefined) expires = cookie.maxAge > 0 ? Date.now() + cookie.maxAge * 1000 : 0;
      else if (cookie.expires && !Number.isNaN(cookie.expires.getTime())) expires = cookie.expires.getTime();
      this.#cookies.set(JSON.stringify([name, domain, cookiePath]), { name, value, path: cookiePath, expires });
      if (this.#cookies.size > MAX_COOKIES) this.#removeOldest();
    }
  }

  /** An expired one, else the one that was made first. */
  #removeOldest(): void {
    this.#removeExpired();
    const [oldest] = this.#cookies.keys();
    if (this.#cookies.size > MAX_COOKIES) this.#cookies.delete(oldest!);
  }

  #removeExpired(): void {
    for (const [key, { expires }] of this.#cookies) if (expires <= Date.now()) this.#cookies.delete(key);
  }

  /** The `Cookie` header, together with one the application sets itself. Empty when there is none. */
  header(own: Record<string, string> = {}): { Cookie?: string } {
    this.#removeExpired();
    const pairs = Object.keys(own)
      .filter((name) => /^cookie$/i.test(name))
      .map((name) => own[name]!);
    // The sort is stable: of equally long paths, the cookie that was made first. Source: RFC 6265 §5.4.
    const cookies = [...this.#cookies.values()].sort((a, b) => b.path.length - a.path.length);
    for (const { name, value } of cookies) pairs.push(`${name}=${value}`);
    return pairs.length ? { Cookie: pairs.join('; ') } : {};
  }
}

/** Source: RFC 6265 §5.1.3. */
function domainMatches(host: string, domain: string): boolean {
  return host === domain || (host.endsWith(`.${domain}`) && isIP(host) === 0);
}

/** The folder of a request's path. Source: RFC 6265 §5.1.4. */
function defaultPath(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** Source: RFC 6265 §5.1.4. */
function pathMatches(path: string, cookiePath: string): boolean {
  return path === cookiePath || path.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`);
}

/** What never leaves the machine is as good as encrypted, as it is to browsers. Source: W3C Secure Contexts §3.1. */
function isLoopback(hostname: string): boolean {
  return /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/i.test(hostname);
}
