import type { IncomingMessage } from 'node:http';
import { areSameSite, siteOf } from './cross-site.js';

/** Cross-origin resource sharing, as the `cors` package takes it. */
export interface CorsOptions {
  origin?:
    | CorsOrigin
    | ((origin: string | undefined, callback: (error: Error | null, origin?: CorsOrigin) => void) => void)
    | undefined;
  methods?: string | string[] | undefined;
  allowedHeaders?: string | string[] | undefined;
  exposedHeaders?: string | string[] | undefined;
  credentials?: boolean | undefined;
  maxAge?: number | undefined;
  preflightContinue?: boolean | undefined;
  optionsSuccessStatus?: number | undefined;
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
  | ((origin: string, request: IncomingMessage) => boolean | Promise<boolean>);

/**
 * Decides about a request by its `Origin`, at once or, where somebody has to be asked, later. Requests without one are not
 * from a page, and not its business.
 */
export type OriginPolicy = (origin: string, request: IncomingMessage) => boolean | Promise<boolean>;

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

/** How many origins the console hears about; whoever makes them up must not fill a log. */
const MAX_ORIGINS_TOLD = 20;

/**
 * The policy when none was asked for: a request that carries cookies is refused when it is certainly from a page of another
 * site, unless the `cors` option names that. A browser adds cookies to any WebSocket request, whoever made the page, and
 * asks nobody first. Where a proxy has replaced `Host` and nothing says by what, it is accepted, as with Socket.IO.
 *
 * @param warn told once per origin what was seen and what to set. Default: the console.
 */
export function defaultPolicy(
  cors: CorsOptions | CorsOptionsDelegate | undefined,
  warn: (message: string) => void = (message) => console.warn(message),
): OriginPolicy {
  const told = new Set<string>();
  const tell = (origin: string, message: () => string): void => {
    if (told.has(origin) || told.size >= MAX_ORIGINS_TOLD) return;
    told.add(origin);
    warn(`carillon: ${message()}`);
  };
  const decide = (origin: string, request: IncomingMessage, isCross: boolean): boolean => {
    if (isCross)
      tell(
        origin,
        () =>
          `refused a page of ${JSON.stringify(origin)}, another site than ${seen(request)}, because its request carries cookies. If you trust that page, set the option origins: [${JSON.stringify(origin)}, 'same-origin'].`,
      );
    return !isCross;
  };
  return (origin, request) => {
    if (request.headers.cookie === undefined) return true;
    const site = siteOf(origin, request.headers);
    if (site.kind === 'same') return true;
    const isNamed = namesOrigin(cors, origin, request);
    if (isNamed === true) return true;
    if (site.kind === 'unknown') {
      tell(
        origin,
        () =>
          `accepted a page of ${JSON.stringify(origin)} although ${seen(request)}: it looks as if a proxy replaced the host. To have other pages refused, set the option origins: [${JSON.stringify(origin)}], or let the proxy send X-Forwarded-Host.`,
      );
      return true;
    }
    if (isNamed === false && site.kind === 'cross') return decide(origin, request, true);
    const isCross = async (): Promise<boolean> =>
      !(await isNamed) && !(site.kind === 'sibling' && (await areSameSite(site.page, site.hosts)));
    return isCross().then((verdict) => decide(origin, request, verdict));
  };
}

/** The headers that were compared, for a person. */
function seen({ headers }: IncomingMessage): string {
  const { host, 'x-forwarded-host': forwarded } = headers;
  return `Host ${JSON.stringify(host ?? '')}${forwarded === undefined ? '' : ` (X-Forwarded-Host ${JSON.stringify(forwarded)})`}`;
}

/** What the `cors` package needs to say the same. */
export function corsOf(
  policy: OriginPolicy,
  given: CorsOptions | CorsOptionsDelegate | undefined,
): CorsOptionsDelegate {
  return (request, callback) => {
    const { origin } = request.headers;
    const answer = (isAllowed: boolean): void =>
      callback(null, { ...(typeof given === 'object' ? given : {}), origin: isAllowed && origin });
    const verdict = typeof origin === 'string' && policy(origin, request);
    if (typeof verdict === 'boolean') answer(verdict);
    else verdict.then(answer, callback);
  };
}

/** Scheme and port do not count: cookies do not know them either. */
function isSameHost(origin: string, { headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  // The site is wider than the host; only `same-origin` says as much.
  if (site === 'same-origin') return true;
  return siteOf(origin, site === undefined ? headers : { ...headers, 'sec-fetch-site': undefined }).kind === 'same';
}

/**
 * Whether `cors` trusts this origin with cookies. `'*'` and `true` without `credentials` do not: they let any page read, and
 * no page use the cookies of a visitor. Functions are asked.
 */
function namesOrigin(
  cors: CorsOptions | CorsOptionsDelegate | undefined,
  origin: string,
  request: IncomingMessage,
): boolean | Promise<boolean> {
  if (cors === undefined) return false;
  if (typeof cors !== 'function' && typeof cors.origin !== 'function') return isTrusted(cors.origin, cors, origin);
  return new Promise<boolean>((resolve, reject) => {
    const ask = (options: CorsOptions): void => {
      if (typeof options.origin !== 'function') return resolve(isTrusted(options.origin, options, origin));
      // `true` from a function is about this origin, and no other.
      options.origin(origin, (error, verdict) => {
        if (error) reject(error);
        else resolve(verdict === true || isTrusted(verdict ?? false, options, origin));
      });
    };
    if (typeof cors !== 'function') ask(cors);
    else cors(request, (error, options) => (error ? reject(error) : ask(options ?? {})));
  });
}

function isTrusted(allowed: CorsOrigin | undefined, { credentials }: CorsOptions, origin: string): boolean {
  const isEverybody = allowed === undefined || allowed === '*' || allowed === true;
  // `*` with credentials is what no browser accepts.
  if (isEverybody) return allowed === true && credentials === true;
  return names(allowed, origin);
}

function names(allowed: CorsOrigin, origin: string): boolean {
  if (Array.isArray(allowed)) return allowed.some((each) => names(each, origin));
  if (typeof allowed === 'boolean') return false;
  if (typeof allowed === 'string') return allowed === origin;
  return matches(allowed, origin);
}

/** A stateful pattern (`/g`, `/y`) is asked afresh each time. */
function matches(pattern: RegExp, origin: string): boolean {
  pattern.lastIndex = 0;
  return pattern.test(origin);
}
