import type { IncomingMessage } from 'node:http';
import { OptionError } from '../errors.js';
import type { AdmissionLimits } from '../extensions/admission-limits/admission.js';
import type { PublishEndpointOptions } from '../extensions/publish/endpoint.js';
import type { EventRateLimit } from '../extensions/rate-limits/event-rate.js';
import type { Rate } from '../extensions/token-bucket.js';
import {
  callback,
  checkAll,
  flag,
  group,
  ifGiven,
  isAbsent,
  number,
  oneOf,
  onUnlessFalse,
  positive,
  type Settled,
  type Table,
} from './check.js';

/** What the extensions take that options of the server switch on. */
export interface ExtensionSettings {
  /**
   * Whether events that a carillon client repeats (its `retries` option) run once, and for how long a client that is away is
   * remembered. @default on
   */
  retryMemory?: false | RetryMemoryOptions;
  /** Connections of one address. @default no limit */
  maxConnectionsPerAddress?: number;
  /** Handshakes of one address. @default no limit */
  handshakeRate?: RateOption;
  /** Address a request comes from, for limits by address: read it from the header that your proxy sets. */
  clientAddress?: (request: IncomingMessage) => string;
  /** Events clients may send. @default no limit */
  eventRateLimit?: EventRateLimitOptions;
  /**
   * With an adapter for several nodes: polling requests that arrive at another node than the session's are served, over
   * the bus. @default true
   */
  relaySessions?: boolean;
  /** Lets other programs emit by `POST <path>/publish`; see docs/publish.md. @default off */
  publishEndpoint?: PublishEndpointSettings;
}

export interface PublishEndpointSettings {
  /** What the requests have to show: `Authorization: Bearer <token>`. Any one of several opens. At least 16 characters each. */
  token: string | string[];
  /** Last part of the path. @default "publish" */
  name?: string;
  /** Bytes of one request body. @default maxHttpBufferSize */
  maxBytes?: number;
}

/** So many per second on average, and `burst` (default: as many) at once. */
export interface RateOption {
  perSecond: number;
  burst?: number;
}

/** Limits on the events clients send; each is off until set. */
export interface EventRateLimitOptions {
  /** Events of one socket. */
  socket?: RateOption;
  /** Events of one connection, in all its namespaces. */
  connection?: RateOption;
  /** What an event costs. @default 1 */
  cost?: (event: string, args: unknown[], namespace: string) => number;
  /** Whether events beyond the limit are refused one by one, or close the connection (`rate limit`). @default "refuse" */
  exceeded?: 'refuse' | 'close';
}

export interface RetryMemoryOptions {
  /** Milliseconds a client that is away is remembered. @default 120000 */
  maxDisconnectionDuration?: number;
  /**
   * Bytes of memory it may take per namespace, answers most of all. Beyond, clients are forgotten: of the address that holds
   * most, those that are away for longest. @default 50000000
   */
  maxBytes?: number;
  /** Clients of one address (see `clientAddress`) that are remembered while they are away. @default 10000 */
  maxKeysPerAddress?: number;
  /** The same of one connection: a client has one key. @default 16 */
  maxKeysPerConnection?: number;
}

export interface ResolvedExtensionSettings {
  readonly retryMemory: Readonly<Required<RetryMemoryOptions>> | undefined;
  readonly admission: AdmissionLimits;
  readonly eventRateLimit: EventRateLimit | undefined;
  readonly relaySessions: boolean;
  readonly publishEndpoint: PublishEndpointOptions | undefined;
}

const retryMemoryTable = {
  maxDisconnectionDuration: positive(120_000),
  maxBytes: number(50_000_000, 0),
  maxKeysPerAddress: positive(10_000),
  maxKeysPerConnection: positive(16),
} satisfies Table<RetryMemoryOptions>;

const eventRateLimitTable = {
  socket: rate,
  connection: rate,
  cost: callback<NonNullable<EventRateLimitOptions['cost']>>('(event, args, namespace) => cost'),
  exceeded: oneOf<'refuse' | 'close'>(['refuse', 'close'], 'refuse', '"refuse" or "close"'),
} satisfies Table<EventRateLimitOptions>;

const publishTable = {
  token: tokens,
  name: nameOfEndpoint,
  maxBytes: positive((settled) => settled('maxHttpBufferSize')),
} satisfies Table<PublishEndpointSettings>;

const table = {
  retryMemory: onUnlessFalse(group(retryMemoryTable, 'false, or an object')),
  maxConnectionsPerAddress: positive(Number.POSITIVE_INFINITY),
  handshakeRate: rate,
  clientAddress: callback<(request: IncomingMessage) => string>('(request) => address'),
  eventRateLimit: ifGiven(group(eventRateLimitTable, 'an object such as { socket: { perSecond: 50 } }')),
  relaySessions: flag(true),
  publishEndpoint: ifGiven(group(publishTable, 'an object such as { token: process.env.TOKEN }'), [false]),
} satisfies Table<ExtensionSettings>;

/** @param settled knows `maxHttpBufferSize` and `maxDepth`. */
export function resolveExtensionSettings(given: ExtensionSettings, settled: Settled): ResolvedExtensionSettings {
  const { maxConnectionsPerAddress, handshakeRate, clientAddress, publishEndpoint, ...rest } = checkAll(
    table,
    given,
    settled,
  );
  return {
    ...rest,
    admission: Object.freeze({ maxConnectionsPerAddress, handshakeRate, clientAddress }),
    publishEndpoint:
      publishEndpoint &&
      Object.freeze({
        tokens: publishEndpoint.token,
        name: publishEndpoint.name,
        maxBytes: publishEndpoint.maxBytes,
        maxDepth: settled('maxDepth'),
      }),
  };
}

function rate(value: unknown, name: string): Rate | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value !== 'object') throw new OptionError(name, value, 'an object such as { perSecond: 10, burst: 50 }');
  const { perSecond } = value as Partial<RateOption>;
  if (isAbsent(perSecond)) throw new OptionError(`${name}.perSecond`, perSecond, 'a number');
  return Object.freeze(
    checkAll(
      {
        perSecond: number(Number.NaN, Number.MIN_VALUE),
        burst: positive((settled) => Math.max(1, settled('perSecond'))),
      },
      value,
      undefined,
      `${name}.`,
    ),
  );
}

function tokens(token: unknown, name: string): readonly string[] {
  const given: unknown[] = Array.isArray(token) ? [...token] : [token];
  if (given.length > 0 && given.every((each) => typeof each === 'string' && /^[\x21-\x7e]{16,}$/.test(each)))
    return Object.freeze(given as string[]);
  if (token === undefined) {
    const hint = 'an environment variable that is not set, such as PUBLISH_TOKEN, is undefined';
    throw new OptionError(name, token, `a secret of at least 16 visible ASCII characters (${hint})`);
  }
  // Never the value: it may be a secret that is merely too short.
  const lengths = given.map((each) => (typeof each === 'string' ? each.length : each));
  throw new OptionError(name, lengths, 'a secret of at least 16 visible ASCII characters, or several');
}

function nameOfEndpoint(value: unknown, name: string): string {
  if (value === undefined) return 'publish';
  if (typeof value === 'string' && /^[\w.-]+$/.test(value)) return value;
  throw new OptionError(name, value, 'one part of a path, such as "publish"');
}
