import type { TransportOptions } from './transport.js';

interface Cookie {
  value: string;
  /** Milliseconds since 1970. */
  expires: number;
}

/**
 * The cookies of one connection on Node.js, where no browser keeps them: load balancers stick a session to a server by
 * them. All go to the one server the connection is for, so their domain and path do not matter.
 */
export class CookieJar {
  static readonly #jars = new WeakMap<object, CookieJar>();
  readonly #cookies = new Map<string, Cookie>();

  /** The jar that the transports of one connection share; `undefined` without `withCredentials`. */
  static of({ withCredentials, socket }: TransportOptions): CookieJar | undefined {
    if (!withCredentials) return undefined;
    let jar = CookieJar.#jars.get(socket);
    if (!jar) {
      jar = new CookieJar();
      CookieJar.#jars.set(socket, jar);
    }
    return jar;
  }

  /** Takes the `Set-Cookie` headers of an answer. Source: RFC 6265 §5.2. */
  store(headers: readonly string[] = []): void {
    for (const header of headers) {
      const [pair = '', ...attributes] = header.split(';');
      const equals = pair.indexOf('=');
      if (equals < 1) continue;
      let expires = Number.POSITIVE_INFINITY;
      for (const attribute of attributes) {
        const [key = '', value = ''] = attribute.trim().split('=');
        if (/^max-age$/i.test(key)) expires = Date.now() + Number(value) * 1000;
        else if (/^expires$/i.test(key) && expires === Number.POSITIVE_INFINITY) expires = Date.parse(value);
      }
      this.#cookies.set(pair.slice(0, equals).trim(), { value: pair.slice(equals + 1).trim(), expires });
    }
  }

  /** The `Cookie` header, together with one the application sets itself. Empty when there is none. */
  header(own: Record<string, string> = {}): { Cookie?: string } {
    const pairs = Object.keys(own)
      .filter((name) => /^cookie$/i.test(name))
      .map((name) => own[name]!);
    for (const [name, { value, expires }] of this.#cookies) {
      if (expires > Date.now()) pairs.push(`${name}=${value}`);
      else this.#cookies.delete(name);
    }
    return pairs.length ? { Cookie: pairs.join('; ') } : {};
  }
}
