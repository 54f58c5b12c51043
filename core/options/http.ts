import type { IncomingMessage } from 'node:http';
import { type SerializeOptions, serialize } from 'cookie';
import { OptionError } from '../errors.js';
import {
  type CorsOptions,
  type CorsOptionsDelegate,
  corsOf,
  defaultPolicy,
  type OriginPolicy,
  type Origins,
  policyOf,
} from '../http/origins.js';
import { callback, checkAll, flag, isAbsent, type Table, time } from './check.js';

/** Name and attributes of the session cookie; see the `cookie` package. */
export type SessionCookie = SerializeOptions & { name: string };

/** Decides about a handshake: `callback(null, true)` accepts, `callback(message, false)` refuses with 403. */
export type AllowRequest = (
  request: IncomingMessage,
  callback: (error: string | null | undefined, success: boolean) => void,
) => void;

/** What serving takes: which requests are ours, and who may open a connection. */
export interface HttpSettings {
  /** Path of our requests. @default "/socket.io" */
  path?: string;
  /** Whether `path` is served with a trailing slash. @default true */
  addTrailingSlash?: boolean;
  /** Whether the browser bundle is served under `path`. @default true */
  serveClient?: boolean;
  /** Whether upgrade requests that nobody handles are ended. @default true */
  destroyUpgrade?: boolean;
  /** ... after this many milliseconds. @default 1000 */
  destroyUpgradeTimeout?: number;
  /** Decides about each handshake. @default everybody is welcome */
  allowRequest?: AllowRequest;
  /** Milliseconds middlewares and `allowRequest` may take over a handshake. @default 45000 */
  handshakeTimeout?: number;
  /** A session cookie for sticky load balancing, or its name; `true` means `{ name: "io" }`. @default false */
  cookie?: boolean | string | SessionCookie;
  /** Cross-origin resource sharing; `true` means `{ origin: "*" }`. @default off */
  cors?: boolean | CorsOptions | CorsOptionsDelegate;
  /**
   * Pages that may open connections, over any transport: `'*'`, `'same-origin'`, origins, patterns or a function. The
   * headers of `cors` follow from it. @default all, except those of other sites in requests that carry cookies
   */
  origins?: Origins;
}

export interface ResolvedHttpSettings {
  readonly path: string;
  readonly addTrailingSlash: boolean;
  readonly serveClient: boolean;
  readonly destroyUpgrade: boolean;
  readonly destroyUpgradeTimeout: number;
  readonly allowRequest: AllowRequest | undefined;
  readonly handshakeTimeout: number;
  readonly cookie: false | SessionCookie;
  readonly cors: CorsOptions | CorsOptionsDelegate | undefined;
  readonly originPolicy: OriginPolicy;
}

const table = {
  path,
  addTrailingSlash: flag(true),
  serveClient: flag(true),
  destroyUpgrade: flag(true),
  destroyUpgradeTimeout: time(1000, 0),
  allowRequest: callback<AllowRequest>('(request, callback)'),
  handshakeTimeout: time(45_000),
  cookie,
  cors,
  origins,
} satisfies Table<HttpSettings>;

export function resolveHttpSettings(given: HttpSettings): ResolvedHttpSettings {
  const { origins, ...checked } = checkAll(table, given);
  return { ...checked, ...originsAndCors(origins, checked.cors, checked.cookie !== false) };
}

function path(value: unknown, name: string): string {
  // Socket.IO takes an empty path for none.
  if (isAbsent(value) || value === '') return '/socket.io';
  if (typeof value !== 'string') throw new OptionError(name, value, 'a path such as "/socket.io"');
  const trimmed = value.replace(/\/$/, '');
  return trimmed.startsWith('/') || trimmed === '' ? trimmed : `/${trimmed}`;
}

function cookie(value: unknown, name: string): false | SessionCookie {
  if (isAbsent(value) || value === false) return false;
  const defaults = { name: 'io', path: '/', httpOnly: true, sameSite: 'lax' as const };
  if (value === true) return defaults;
  const given = typeof value === 'string' && value !== '' ? { name: value } : value;
  if (typeof given !== 'object') throw new OptionError(name, value, 'true, false, a name or an object with a name');
  const resolved = { ...defaults, ...given } as SessionCookie;
  if (typeof resolved.name !== 'string' || resolved.name === '')
    throw new OptionError(`${name}.name`, resolved.name, 'a name');
  // Socket.IO cuts off what is behind the point.
  if (Number.isFinite(resolved.maxAge)) resolved.maxAge = Math.floor(resolved.maxAge!);
  checkCookie(resolved, value, name);
  return resolved;
}

/** Each handshake writes the cookie: what no cookie can have is found here, and not by the first client. */
function checkCookie({ encode: _, ...attributes }: SessionCookie, value: unknown, name: string): void {
  try {
    serialize(attributes.name, 'id', attributes);
  } catch (error) {
    throw new OptionError(name, value, `attributes that a cookie can have (${(error as Error).message})`);
  }
}

function cors(value: unknown, name: string): CorsOptions | CorsOptionsDelegate | undefined {
  if (isAbsent(value) || value === false) return undefined;
  if (value === true) return {};
  if (typeof value !== 'object' && typeof value !== 'function') {
    throw new OptionError(
      name,
      value,
      'true, an object such as { origin: "https://example.com" }, or a function (request, callback)',
    );
  }
  return value as CorsOptions | CorsOptionsDelegate;
}

function origins(value: unknown, name: string): Origins | undefined {
  if (isAbsent(value)) return undefined;
  const isOrigin = (each: unknown) => typeof each === 'string' || each instanceof RegExp || typeof each === 'function';
  if (!(isOrigin(value) || (Array.isArray(value) && value.every(isOrigin))))
    throw new OptionError(name, value, '"*", "same-origin", origins, patterns, or a function (origin, request)');
  return value as Origins;
}

/** `origins` decides for all transports; the headers of `cors` say the same. */
function originsAndCors(
  origins: Origins | undefined,
  cors: CorsOptions | CorsOptionsDelegate | undefined,
  hasCookie: boolean,
): Pick<ResolvedHttpSettings, 'cors' | 'originPolicy'> {
  if (origins === undefined) return { cors, originPolicy: defaultPolicy(cors) };
  if (typeof cors === 'function' || cors?.origin !== undefined)
    throw new OptionError('cors', cors, 'no origin of its own next to "origins": it follows from that');
  const sendsCookies = cors?.credentials === true || hasCookie;
  if (origins === '*' && sendsCookies)
    throw new OptionError('origins', origins, 'the origins you trust: any page could use the cookies of your users');
  const originPolicy = policyOf(origins);
  return { cors: corsOf(originPolicy, { ...cors, credentials: sendsCookies }), originPolicy };
}
