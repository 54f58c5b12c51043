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

interface PageLocation {
  readonly protocol: string;
  readonly host: string;
  readonly hostname: string;
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
  const page = location?.host ? location : new URL('http://localhost');
  const name = hostname ?? host;
  const here = name || port ? `${name ?? page.hostname}:${port ?? ''}` : page.host;
  const schema = secure === undefined ? page.protocol : secure ? 'https:' : 'http:';
  const [head, given = schema, authority, nsp] = /^(?:(\w+:)?\/\/)?([^/?#]*)([^?#]*)/.exec(uri)!;
  const url = new URL(`${given}//${authority || here}/${uri.slice(head.length)}`);
  const isSecure = /[ps]s:/.test(url.protocol);
  const target = { hostname: url.hostname, port: url.port || (isSecure ? '443' : '80'), secure: isSecure };
  return {
    ...target,
    // As written: URL would percent-encode it, and a namespace is a name, not a path.
    nsp: nsp || '/',
    query: url.search ? Object.fromEntries(url.searchParams) : undefined,
    id: Object.values(target).join(),
  };
}

/** What `io()` and `new Manager()` are called with: a URL, options, or both. `null` is nothing, as it is for Socket.IO's. */
export function splitArguments<Options extends object>(
  uri: string | Options | null | undefined,
  options: Options | null | undefined,
): [uri: string | undefined, options: Partial<Options>] {
  return typeof uri === 'object' ? [undefined, uri ?? options ?? {}] : [uri, options ?? {}];
}
