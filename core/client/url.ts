/** Where to connect to, read from a URL. */
export interface Target {
  /** Without brackets for IPv6. */
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
}

/**
 * Reads what `io()` is given: `https://host/namespace?query`, `wss://…`, `//host/…`, `host:port/…`, `/namespace`, or
 * nothing. What is missing comes from the page's location; without one (Node.js), it is `http://localhost`.
 *
 * @throws TypeError when it is not a URL.
 */
export function parseTarget(
  uri = '/',
  location: PageLocation | undefined = (globalThis as { location?: PageLocation }).location,
): Target {
  // A page that was opened from a file has a location, but neither host nor a usable protocol.
  const here = location?.host ? location : undefined;
  const protocol = here?.protocol ?? 'http:';
  let absolute = uri;
  if (!/^(https?|wss?):\/\//i.test(uri)) {
    if (uri.startsWith('//')) absolute = protocol + uri;
    else if (/^[/?#]/.test(uri) || uri === '') absolute = `${protocol}//${here?.host ?? 'localhost'}${uri}`;
    else absolute = `${protocol}//${uri}`;
  }
  const url = new URL(absolute);
  const secure = url.protocol === 'https:' || url.protocol === 'wss:';
  const port = url.port || (secure ? '443' : '80');
  return {
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    secure,
    // As written: URL would percent-encode it, and a namespace is a name, not a path.
    nsp: /^\w+:\/\/[^/?#]*([^?#]*)/.exec(absolute)?.[1] || '/',
    query: url.search ? Object.fromEntries(url.searchParams) : undefined,
    id: `${secure}//${url.hostname}:${port}`,
  };
}
