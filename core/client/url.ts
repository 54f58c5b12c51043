/** Where to connect to, read from a URL. */
export interface Target {
  /** In brackets for IPv6. */
  hostname: string;
  /** Always set: 80 or 443 when the URL names none. */
  port: string;
  secure: boolean;
  /** Namespace: the path of the URL. */
  nsp: string;
  /** Parameters of the URL, `undefined` when it has none. */
  query: Record<string, string> | undefined;
  /** Same for two URLs that one connection can serve. */
  id: string;
}

// Not `URL` and `URLSearchParams`: those of React Native are not complete.
/** Scheme; host; port; path; query. */
const URI = /^(?:(\w+:)?\/\/)?(?:[^/?#]*@)?(\[[^/?#]+\]|[^\s:/?#]+)?(?::(\d+))?(\/[^?#]*)?(?:\?([^#]*))?(?:#.*)?$/s;

interface PageLocation {
  readonly protocol: string;
  readonly hostname: string;
  readonly port: string;
}

/** What takes the place of the page's location, where a URL leaves it open. */
export interface TargetOptions {
  secure?: boolean;
  hostname?: string;
  host?: string;
  port?: string | number;
}

/**
 * Reads what `io()` is given: `https://host/namespace?query`, `wss://…`, `//host/…`, `host:port/…`, `/namespace`, or
 * nothing. What is missing comes from the options, then from the page's location; without one (Node.js) it is
 * `http://localhost`.
 *
 * @throws TypeError when it is not a URL.
 */
export function parseTarget(
  uri = '',
  { secure, hostname, host, port }: TargetOptions = {},
  location: PageLocation | undefined = (globalThis as { location?: PageLocation }).location,
): Target {
  // A page that was opened from a file has a location, but neither host nor a usable protocol.
  const page = location?.hostname ? location : { protocol: 'http:', hostname: 'localhost', port: '' };
  const [found, scheme, givenName, givenPort, nsp = '/', query] = URI.exec(uri) ?? [];
  if (found === undefined || Number(givenPort) > 65_535) throw new TypeError(`Invalid URL: ${uri}`);
  const name = hostname ?? host;
  const isSecure = scheme ? /[ps]s:/i.test(scheme) : (secure ?? page.protocol === 'https:');
  const target = {
    hostname: (givenName ?? name ?? page.hostname).toLowerCase(),
    port: String((givenName ? givenPort : name || port ? port : page.port) || (isSecure ? '443' : '80')),
    secure: isSecure,
  };
  return {
    ...target,
    // As written: a namespace is a name, not a path, and is not percent-encoded.
    nsp,
    query: query ? parseQuery(query) : undefined,
    id: Object.values(target).join(),
  };
}

/** Takes `a=1&b=x%20y` apart; of a name that is there twice, the last one counts. */
export function parseQuery(text: string): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [, name, value] of text.matchAll(/([^&=]+)=?([^&]*)/g)) {
    query[decodeURIComponent(name!)] = decodeURIComponent(value!);
  }
  return query;
}

/** What `io()` and `new Manager()` are called with: a URL, options, or both. `null` is nothing, as it is for Socket.IO's. */
export function splitArguments<Options extends object>(
  uri: string | Options | null | undefined,
  options: Options | null | undefined,
): [uri: string | undefined, options: Partial<Options>] {
  return typeof uri === 'object' ? [undefined, uri ?? options ?? {}] : [uri, options ?? {}];
}
