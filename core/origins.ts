import type { IncomingMessage } from 'node:http';

/** Cross-origin resource sharing, as the `cors` package takes it. */
export interface CorsOptions {
  origin?:
    | CorsOrigin
    | ((origin: string | undefined, callback: (error: Error | null, origin?: CorsOrigin) => void) => void);
  methods?: string | string[];
  allowedHeaders?: string | string[];
  exposedHeaders?: string | string[];
  credentials?: boolean;
  maxAge?: number;
  preflightContinue?: boolean;
  optionsSuccessStatus?: number;
}

export type CorsOrigin = boolean | string | RegExp | (boolean | string | RegExp)[];

/** Options per request. */
export type CorsOptionsDelegate = (
  request: any,
  callback: (error: Error | null, options?: CorsOptions) => void,
) => void;

/**
 * Which pages may open connections. `'*'`: all; `'same-origin'`: those of the host that serves us; or origins, patterns,
 * or a function that decides.
 */
export type Origins =
  | '*'
  | 'same-origin'
  | string
  | RegExp
  | (string | RegExp)[]
  | ((origin: string, request: IncomingMessage) => boolean);

/** Decides about a request by its `Origin`. Requests without one are not from a page, and not its business. */
export type OriginPolicy = (origin: string, request: IncomingMessage) => boolean;

/** The policy that was asked for. */
export function policyOf(origins: Origins): OriginPolicy {
  if (typeof origins === 'function') return origins;
  if (origins === '*') return () => true;
  const allowed = Array.isArray(origins) ? origins : [origins];
  return (origin, request) =>
    allowed.some((each) =>
      typeof each !== 'string'
        ? matches(each, origin)
        : each === 'same-origin'
          ? isSameHost(origin, request)
          : each === origin,
    );
}

/**
 * The policy when none was asked for: a request of another site that carries cookies is refused, unless the `cors` option
 * names its origin. A browser adds cookies to any WebSocket request, whoever made the page, and asks nobody first.
 */
export function defaultPolicy(cors: CorsOptions | CorsOptionsDelegate | undefined): OriginPolicy {
  return (origin, request) =>
    request.headers.cookie === undefined || !isCrossSite(origin, request) || isNamed(origin, cors);
}

/** What the `cors` package needs to say the same. */
export function corsOf(
  policy: OriginPolicy,
  given: CorsOptions | CorsOptionsDelegate | undefined,
): CorsOptionsDelegate {
  return (request, callback) => {
    const { origin } = request.headers;
    const isAllowed = typeof origin === 'string' && policy(origin, request);
    callback(null, { ...(typeof given === 'object' ? given : {}), origin: isAllowed ? origin : false });
  };
}

function isCrossSite(origin: string, request: IncomingMessage): boolean {
  // The browser knows best, also behind proxies that change the host.
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'cross-site';
  return !isSameHost(origin, request);
}

/** Scheme and port do not count: cookies do not know them either. */
function isSameHost(origin: string, request: IncomingMessage): boolean {
  const { host: direct, 'x-forwarded-host': forwarded } = request.headers;
  // Nearly always, and without parsing a URL for every request of a polling client.
  if (origin === `http://${direct}` || origin === `https://${direct}`) return true;
  const host = hostOf(origin);
  const hosts = [direct, ...(typeof forwarded === 'string' ? forwarded.split(',') : [])];
  return host !== undefined && hosts.some((each) => each !== undefined && hostOf(`http://${each.trim()}`) === host);
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}

function isNamed(origin: string, cors: CorsOptions | CorsOptionsDelegate | undefined): boolean {
  if (cors === undefined) return false;
  // Functions decide for themselves, about the requests they are asked about.
  if (typeof cors === 'function' || typeof cors.origin === 'function') return true;
  return names(cors.origin ?? '*', origin);
}

function names(allowed: CorsOrigin, origin: string): boolean {
  if (Array.isArray(allowed)) return allowed.some((each) => names(each, origin));
  if (typeof allowed === 'boolean') return allowed;
  if (typeof allowed === 'string') return allowed === '*' || allowed === origin;
  return matches(allowed, origin);
}

/** A stateful pattern (`/g`, `/y`) is asked afresh each time. */
function matches(pattern: RegExp, origin: string): boolean {
  pattern.lastIndex = 0;
  return pattern.test(origin);
}
