// Is the page that opened a connection of another site than the server? Asked of requests that carry cookies.
import type { IncomingHttpHeaders } from 'node:http';

/**
 * What the headers say about the page behind a request:
 *
 * - `same`: of the same site, by what the browser or a trusted proxy says;
 * - `cross`: certainly of another site;
 * - `unknown`: `Host` is the name of something internal, so a proxy has replaced it and nobody says by what.
 * - `sibling`: a host beside ours; the same site only if both belong to one registrable domain.
 */
export type SiteVerdict =
  | { readonly kind: 'same' | 'cross' | 'unknown' }
  | { readonly kind: 'sibling'; readonly page: string; readonly hosts: readonly string[] };

const SAME = { kind: 'same' } as const;
const CROSS = { kind: 'cross' } as const;
const UNKNOWN = { kind: 'unknown' } as const;

/**
 * Compares the page's `Origin` with the host the request was made to.
 *
 * Browsers say it themselves in `Sec-Fetch-Site` (Fetch Metadata, W3C), but not on every WebSocket handshake, and not to plain
 * http. Then the host decides: `Host`, or what a proxy says it was (`X-Forwarded-Host`; `Forwarded`, RFC 7239 §5.3). A page
 * can set none of these headers.
 */
export function siteOf(origin: string, headers: IncomingHttpHeaders): SiteVerdict {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'cross-site' ? CROSS : SAME;
  const direct = headers.host ?? authorityOf(headers);
  // Nearly always, and without parsing a URL for every request of a polling client.
  if (origin === `http://${direct}` || origin === `https://${direct}`) return SAME;
  const page = pageHost(origin);
  // `null`, `file://`, `capacitor://…`: never of the site of a web server.
  if (page === undefined) return CROSS;
  const host = hostname(direct);
  const forwarded = forwardedHosts(headers);
  if (page === host || forwarded.includes(page)) return SAME;
  const known = [...(host === undefined ? [] : [host]), ...forwarded].filter((each) => !isInternal(each));
  // A page and a server under development, at two names of one machine.
  if (known.length === 0 && isLoopback(page) && host !== undefined && isLoopback(host)) return SAME;
  if (known.length > 0) return isInternal(page) ? CROSS : { kind: 'sibling', page, hosts: known };
  return UNKNOWN;
}

/** HTTP/2 has a field of its own for it (RFC 9113 §8.3.1). */
function authorityOf(headers: IncomingHttpHeaders): string | undefined {
  const authority = headers[':authority'];
  return typeof authority === 'string' ? authority : undefined;
}

/** The host of a page served over HTTP; `undefined` for origins of any other kind. Scheme and port do not count: cookies do not know them. */
function pageHost(origin: string): string | undefined {
  return /^https?:\/\//i.test(origin) && URL.canParse(origin) ? new URL(origin).hostname : undefined;
}

function hostname(host: string | undefined): string | undefined {
  const url = `http://${host?.trim()}`;
  return host !== undefined && URL.canParse(url) ? new URL(url).hostname : undefined;
}

/** The hosts that proxies say the request was made to, the one next to the client first. */
function forwardedHosts(headers: IncomingHttpHeaders): string[] {
  const { 'x-forwarded-host': list, forwarded } = headers;
  const named = typeof list === 'string' ? list.split(',') : [];
  const standard = forwarded === undefined ? [] : [...forwarded.matchAll(/(?:^|[;,])\s*host=("?)([^";,]+)\1/gi)];
  return [...named, ...standard.map((match) => match[2])].map(hostname).filter((host) => host !== undefined);
}

/** Names that nobody can register: RFC 6761, RFC 8375, and what container networks and offices use. */
const INTERNAL_SUFFIX =
  /\.(localhost|local|internal|intranet|lan|home|home\.arpa|corp|private|svc|consul|docker|test)\.?$/;

/** Loopback, link-local, private (RFC 1918, RFC 4193) and shared (RFC 6598) addresses. */
const INTERNAL_ADDRESS =
  /^(0|10|127)(\.\d+){3}$|^192\.168\.|^169\.254\.|^172\.(1[6-9]|2\d|3[01])\.|^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|^\[::1?\]$|^\[f[cd]|^\[fe[89ab]/;

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}

/** The name or address of something that the outside cannot reach: `localhost`, `10.0.0.7`, `backend`, `chat.svc`. */
export function isInternal(host: string): boolean {
  const isAddress = host.startsWith('[') || /^[\d.]+$/.test(host);
  if (isAddress) return INTERNAL_ADDRESS.test(host);
  return !host.replace(/\.$/, '').includes('.') || INTERNAL_SUFFIX.test(host);
}

/** Whether two hosts belong to one registrable domain, as `app.example.com` and `api.example.com` do (Public Suffix List). */
export async function areSameSite(page: string, hosts: readonly string[]): Promise<boolean> {
  // Loaded when it is needed for the first time, which is hardly ever: the list takes 60 ms and 2 MB.
  const { getDomain } = await import('tldts');
  const options = { allowPrivateDomains: true };
  const domain = getDomain(page, options);
  return domain !== null && hosts.some((host) => getDomain(host, options) === domain);
}
