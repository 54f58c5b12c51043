import type { IncomingMessage } from 'node:http';
import { deflateRawSync, type ZlibOptions } from 'node:zlib';
import type { SerializeOptions } from 'cookie';
import type { PerMessageDeflateOptions } from 'ws';
import type { BacklogLimits, SlowConsumerPolicy } from './engine/backlog.js';
import { OptionError } from './errors.js';
import type { AdmissionLimits } from './extensions/admission-limits/admission.js';
import type { PublishEndpointOptions } from './extensions/publish/endpoint.js';
import type { EventRateLimit } from './extensions/rate-limits/event-rate.js';
import type { Rate } from './extensions/token-bucket.js';
import {
  type CorsOptions,
  type CorsOptionsDelegate,
  corsOf,
  defaultPolicy,
  type OriginPolicy,
  type Origins,
  policyOf,
} from './http/origins.js';
import { type ConflateBy, droppableKeys } from './protocol/droppable.js';
import { DEFAULT_DECODE_LIMITS, type DecodeLimits } from './protocol/socketio/decode.js';
import type { EncodeLimits } from './protocol/socketio/outgoing.js';
import type { Parser } from './protocol/socketio/parser.js';
import type { TransportName } from './transports/transport.js';

export type { CorsOptions, CorsOptionsDelegate, CorsOrigin } from './http/origins.js';

/** Name and attributes of the session cookie; see the `cookie` package. */
export type SessionCookie = SerializeOptions & { name: string };

/** Decides about a handshake: `callback(null, true)` accepts, `callback(message, false)` refuses with 403. */
export type AllowRequest = (
  request: IncomingMessage,
  callback: (error: string | null | undefined, success: boolean) => void,
) => void;

/** Makes the adapter of a namespace: a class, or a function such as `createAdapter()` of an adapter's package returns. */
export type AdapterConstructor = (new (namespace: any) => object) | ((namespace: any) => object);

/** Everything that can be set. All members are optional; {@link resolveOptions} fills in the defaults. */
export interface ServerOptions {
  /** Path of our requests. @default "/socket.io" */
  path?: string;
  /** Whether `path` is served with a trailing slash. @default true */
  addTrailingSlash?: boolean;
  /** Whether the browser bundle is served under `path`. @default true */
  serveClient?: boolean;
  /** Makes the adapter of each namespace: a class, or a function. @default the in-memory adapter */
  adapter?: AdapterConstructor | undefined;
  /** Replaces the Socket.IO packet encoding, on both sides. @default JSON with binary attachments */
  parser?: Parser | any;
  /** Milliseconds a client has to join its first namespace. @default 45000 */
  connectTimeout?: number;
  /** Keeps the sessions of clients that lost their connection, for a while. @default off */
  connectionStateRecovery?: ConnectionStateRecoveryOptions;
  /**
   * Whether events that a carillon client repeats (its `retries` option) run once, and for how long a client that is away is
   * remembered. @default on
   */
  retryMemory?: false | RetryMemoryOptions;
  /** Whether namespaces made by a pattern go away with their last socket. @default false */
  cleanupEmptyChildNamespaces?: boolean;
  /** Milliseconds without an answer to a ping after which a connection is over. @default 20000 */
  pingTimeout?: number;
  /** Milliseconds between a pong and the next ping. @default 25000 */
  pingInterval?: number;
  /** Milliseconds an upgrade may take. @default 10000 */
  upgradeTimeout?: number;
  /** Bytes of one message (WebSocket) or one request body (polling). @default 1000000 */
  maxHttpBufferSize?: number;
  /** Decides about each handshake. @default everybody is welcome */
  allowRequest?: AllowRequest;
  /** Enabled transports; `webtransport` is passed over, with a word on the console. @default ["polling", "websocket"] */
  transports?: (TransportName | 'webtransport')[];
  /** Whether a client may move from polling to WebSocket. @default true */
  allowUpgrades?: boolean;
  /** Compression of WebSocket messages; see the `ws` package. @default false */
  perMessageDeflate?: boolean | PerMessageDeflateOptions;
  /** Compression of polling answers of at least `threshold` (1024) bytes. @default true */
  httpCompression?: boolean | (ZlibOptions & { threshold?: number });
  /** Only `ws` itself: carillon writes its frames to the socket directly. */
  wsEngine?: unknown;
  /** Sent to every client right behind the handshake. */
  initialPacket?: any;
  /** A session cookie for sticky load balancing, or its name; `true` means `{ name: "io" }`. @default false */
  cookie?: boolean | string | SessionCookie;
  /** Cross-origin resource sharing; `true` means `{ origin: "*" }`. @default off */
  cors?: boolean | CorsOptions | CorsOptionsDelegate;
  /** Serves clients of Socket.IO 1 and 2 as well (Engine.IO 3), over both transports. @default false */
  allowEIO3?: boolean;
  /** Whether upgrade requests that nobody handles are ended. @default true */
  destroyUpgrade?: boolean;
  /** ... after this many milliseconds. @default 1000 */
  destroyUpgradeTimeout?: number;

  /** Packets in the body of one polling request. @default 32768 */
  maxPacketsPerPayload?: number;
  /**
   * Pieces one message may arrive in: fragments of a WebSocket message, chunks of a polling body, segments of either. Each
   * costs time and memory of its own.
   * @default maxHttpBufferSize / 256, but at least 1024
   */
  maxFragments?: number;
  /**
   * Binary attachments of one packet, in both directions: official clients take 10. An emit with more throws.
   * @default 10
   */
  maxAttachments?: number;
  /** Bytes of all attachments of one packet. @default 10 × maxHttpBufferSize */
  maxAttachmentBytes?: number;
  /** Bytes of one packet that is sent, its attachments included. An emit of more throws. @default 100000000 */
  maxMessageBytes?: number;
  /** Arguments of one event or acknowledgement that a client sends. @default 10000 */
  maxArguments?: number;
  /** Levels of arrays and objects inside each other in what clients send. @default 512 */
  maxDepth?: number;
  /** Characters in the name of a namespace. @default 1024 */
  maxNamespaceLength?: number;
  /**
   * Namespaces made by a pattern for clients that nobody is in any more, and that are kept nevertheless, because
   * `cleanupEmptyChildNamespaces` is off: beyond this, those that are empty for longest go. @default 10000
   */
  maxEmptyNamespaces?: number;
  /** Namespaces one connection may be in. @default 256 */
  maxNamespacesPerConnection?: number;
  /** Acknowledgements one socket may have outstanding. @default 65536 */
  maxPendingAcks?: number;

  /** Bytes that may wait for one connection whose client reads slowly. @default 100000000 */
  maxBufferedBytes?: number;
  /** Messages that may wait for one connection. @default 1000000 */
  maxBufferedMessages?: number;
  /**
   * What happens when more waits: `close` the connection (`slow consumer`), drop the oldest or the newest events, or keep
   * of each kind of event the newest only (`conflate`). Answers and what belongs to the protocol are never dropped: a
   * connection with too much of it is closed. @default "close"
   */
  slowConsumerPolicy?: SlowConsumerPolicy;
  /** With `conflate`: what makes two events the same kind. @default the name of the event */
  conflateBy?: ConflateBy;
  /** Bytes waiting for one connection from which `backpressure` is emitted. @default 1000000 */
  backpressureThreshold?: number;
  /**
   * Bytes sent to one connection in one turn of the event loop from which on they are written, or judged by
   * `slowConsumerPolicy`, at once instead of at the end of the turn. @default 1000000
   */
  flushThreshold?: number;
  /** The same for all connections together; what many of them receive counts once. @default 16000000 */
  turnFlushThreshold?: number;

  /**
   * Pages that may open connections, over any transport: `'*'`, `'same-origin'`, origins, patterns or a function. The
   * headers of `cors` follow from it. @default all, except those of other sites in requests that carry cookies
   */
  origins?: Origins;
  /** Connections of one address. @default no limit */
  maxConnectionsPerAddress?: number;
  /** Handshakes of one address. @default no limit */
  handshakeRate?: RateOption;
  /** Address a request comes from, for limits by address: read it from the header that your proxy sets. */
  clientAddress?: (request: IncomingMessage) => string;
  /** Milliseconds middlewares and `allowRequest` may take over a handshake. @default 45000 */
  handshakeTimeout?: number;
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

export interface ConnectionStateRecoveryOptions {
  /** Milliseconds a session is kept after the connection was lost. @default 120000 */
  maxDisconnectionDuration?: number;
  /** Whether a recovered socket skips the middlewares of its namespace. @default true */
  skipMiddlewares?: boolean;
  /** Bytes of missed events kept per namespace; the oldest go first. @default 50000000 */
  maxBytes?: number;
  /** Sessions of absent clients kept per namespace; the oldest go first. @default 100000 */
  maxSessions?: number;
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

/** The engine's part of the options, complete. */
export interface EngineOptions {
  readonly pingTimeout: number;
  readonly pingInterval: number;
  readonly upgradeTimeout: number;
  readonly maxHttpBufferSize: number;
  readonly allowRequest: AllowRequest | undefined;
  readonly transports: readonly TransportName[];
  readonly allowUpgrades: boolean;
  readonly perMessageDeflate: false | PerMessageDeflateOptions;
  readonly httpCompression: false | (ZlibOptions & { threshold: number });
  readonly initialPacket: any;
  readonly cookie: false | SessionCookie;
  readonly cors: CorsOptions | CorsOptionsDelegate | undefined;
  readonly maxPacketsPerPayload: number;
  readonly maxFragments: number;
  readonly backlogLimits: BacklogLimits;
  readonly admission: AdmissionLimits;
  readonly originPolicy: OriginPolicy;
  readonly allowEIO3: boolean;
  readonly handshakeTimeout: number;
  readonly publishEndpoint: PublishEndpointOptions | undefined;
}

/** All options, checked, complete and frozen. */
export interface ResolvedOptions extends EngineOptions {
  readonly path: string;
  readonly addTrailingSlash: boolean;
  readonly serveClient: boolean;
  readonly adapter: AdapterConstructor | undefined;
  readonly parser: Parser | undefined;
  readonly connectTimeout: number;
  readonly connectionStateRecovery: Readonly<Required<ConnectionStateRecoveryOptions>> | undefined;
  readonly retryMemory: Readonly<Required<RetryMemoryOptions>> | undefined;
  readonly cleanupEmptyChildNamespaces: boolean;
  readonly destroyUpgrade: boolean;
  readonly destroyUpgradeTimeout: number;
  readonly decodeLimits: DecodeLimits;
  readonly encodeLimits: EncodeLimits;
  readonly maxEmptyNamespaces: number;
  readonly maxNamespacesPerConnection: number;
  readonly maxPendingAcks: number;
  readonly eventRateLimit: EventRateLimit | undefined;
  readonly relaySessions: boolean;
}

/** Milliseconds; Node takes a timer of more for one of 1 ms. Source: Node.js documentation, `setTimeout`. */
const MAX_TIME = 2_147_483_647;

const TRANSPORTS: readonly string[] = ['polling', 'websocket'];

/**
 * Checks the options and fills in the defaults. The object given is not changed.
 *
 * @throws OptionError with the option's name, its value and what is allowed.
 */
export function resolveOptions(given: ServerOptions | undefined): ResolvedOptions {
  const options = given ?? {};
  if (typeof options !== 'object') throw new OptionError('options', options, 'an object');
  const positive = (name: keyof ServerOptions, fallback: number) => number(options[name], name, fallback, 1);
  const time = (name: keyof ServerOptions, fallback: number, minimum: number) =>
    number(options[name], name, fallback, minimum, MAX_TIME);
  const flag = (name: keyof ServerOptions, fallback: boolean) => boolean(options[name], name, fallback);

  if (
    options.allowRequest !== undefined &&
    options.allowRequest !== null &&
    typeof options.allowRequest !== 'function'
  ) {
    throw new OptionError('allowRequest', options.allowRequest, 'a function (request, callback)');
  }
  const maxDepth = positive('maxDepth', DEFAULT_DECODE_LIMITS.maxDepth);
  const maxHttpBufferSize = positive('maxHttpBufferSize', 1_000_000);
  const maxAttachments = number(options.maxAttachments, 'maxAttachments', DEFAULT_DECODE_LIMITS.maxAttachments, 0);
  const resolved: ResolvedOptions = {
    path: pathOption(options.path),
    addTrailingSlash: flag('addTrailingSlash', true),
    serveClient: flag('serveClient', true),
    allowEIO3: flag('allowEIO3', false),
    adapter: adapterOption(options.adapter),
    parser: parserOption(options.parser),
    connectTimeout: time('connectTimeout', 45_000, 0),
    connectionStateRecovery: recoveryOption(options.connectionStateRecovery),
    retryMemory: retryMemoryOption(options.retryMemory),
    cleanupEmptyChildNamespaces: flag('cleanupEmptyChildNamespaces', false),
    pingTimeout: time('pingTimeout', 20_000, 1),
    pingInterval: time('pingInterval', 25_000, 1),
    upgradeTimeout: time('upgradeTimeout', 10_000, 1),
    maxHttpBufferSize,
    allowRequest: options.allowRequest ?? undefined,
    transports: transportsOption(options.transports),
    allowUpgrades: flag('allowUpgrades', true),
    perMessageDeflate: perMessageDeflateOption(options.perMessageDeflate),
    httpCompression: httpCompressionOption(options.httpCompression),
    initialPacket: options.initialPacket,
    cookie: cookieOption(options.cookie),
    ...originsOption(options),
    destroyUpgrade: flag('destroyUpgrade', true),
    destroyUpgradeTimeout: time('destroyUpgradeTimeout', 1000, 0),
    maxPacketsPerPayload: positive('maxPacketsPerPayload', 32_768),
    maxFragments: positive('maxFragments', Math.max(1024, Math.ceil(maxHttpBufferSize / 256))),
    decodeLimits: Object.freeze({
      maxAttachments,
      maxAttachmentBytes: positive('maxAttachmentBytes', 10 * maxHttpBufferSize),
      maxDepth,
      maxNamespaceLength: positive('maxNamespaceLength', DEFAULT_DECODE_LIMITS.maxNamespaceLength),
      maxArguments: positive('maxArguments', DEFAULT_DECODE_LIMITS.maxArguments),
    }),
    encodeLimits: Object.freeze({ maxAttachments, maxMessageBytes: positive('maxMessageBytes', 100_000_000) }),
    maxEmptyNamespaces: number(options.maxEmptyNamespaces, 'maxEmptyNamespaces', 10_000, 0),
    maxNamespacesPerConnection: positive('maxNamespacesPerConnection', 256),
    maxPendingAcks: positive('maxPendingAcks', 65_536),
    eventRateLimit: eventRateLimitOption(options.eventRateLimit),
    handshakeTimeout: time('handshakeTimeout', 45_000, 1),
    relaySessions: flag('relaySessions', true),
    publishEndpoint: publishEndpointOption(options.publishEndpoint, maxHttpBufferSize, maxDepth),
    admission: Object.freeze({
      maxConnectionsPerAddress: positive('maxConnectionsPerAddress', Number.POSITIVE_INFINITY),
      handshakeRate: rateOption(options.handshakeRate, 'handshakeRate'),
      clientAddress: functionOption(options.clientAddress, 'clientAddress', '(request) => address'),
    }),
    backlogLimits: Object.freeze({
      maxBytes: positive('maxBufferedBytes', 100_000_000),
      maxMessages: positive('maxBufferedMessages', 1_000_000),
      pressureBytes: positive('backpressureThreshold', 1_000_000),
      flushBytes: positive('flushThreshold', 1_000_000),
      turnFlushBytes: positive('turnFlushThreshold', 16_000_000),
      policy: policyOption(options.slowConsumerPolicy),
      keyOf: droppableKeys(functionOption(options.conflateBy, 'conflateBy', '(event, args, namespace) => key')),
    }),
  };
  checkWsEngine(options.wsEngine);
  return Object.freeze(resolved);
}

function number(
  value: unknown,
  name: string,
  fallback: number,
  minimum: number,
  maximum = Number.POSITIVE_INFINITY,
): number {
  if (value === undefined || value === null) return fallback;
  if (typeof value === 'number' && value >= minimum && value <= maximum) return value;
  const isBounded = Number.isFinite(maximum);
  throw new OptionError(
    name,
    value,
    isBounded ? `a number from ${minimum} to ${maximum}` : `a number of at least ${minimum}`,
  );
}

function boolean(value: unknown, name: string, fallback: boolean): boolean {
  if (value === undefined || value === null) return fallback;
  if (typeof value === 'boolean') return value;
  throw new OptionError(name, value, 'true or false');
}

function rateOption(value: RateOption | undefined, name: string): Rate | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object') throw new OptionError(name, value, 'an object such as { perSecond: 10, burst: 50 }');
  const perSecond = number(value.perSecond, `${name}.perSecond`, Number.NaN, Number.MIN_VALUE);
  if (Number.isNaN(perSecond)) throw new OptionError(`${name}.perSecond`, value.perSecond, 'a number');
  return Object.freeze({ perSecond, burst: number(value.burst, `${name}.burst`, Math.max(1, perSecond), 1) });
}

function eventRateLimitOption(value: EventRateLimitOptions | undefined): EventRateLimit | undefined {
  if (value === undefined || value === null) return undefined;
  const name = 'eventRateLimit';
  if (typeof value !== 'object') throw new OptionError(name, value, 'an object such as { socket: { perSecond: 50 } }');
  const { exceeded = 'refuse' } = value;
  if (exceeded !== 'refuse' && exceeded !== 'close')
    throw new OptionError(`${name}.exceeded`, exceeded, '"refuse" or "close"');
  return Object.freeze({
    socket: rateOption(value.socket, `${name}.socket`),
    connection: rateOption(value.connection, `${name}.connection`),
    cost: functionOption(value.cost, `${name}.cost`, '(event, args, namespace) => cost'),
    exceeded,
  });
}

/** `origins` decides for all transports; the headers of `cors` say the same. */
function originsOption({ origins, cors: given, cookie }: ServerOptions): Pick<EngineOptions, 'cors' | 'originPolicy'> {
  const cors = corsOption(given);
  if (origins === undefined || origins === null) return { cors, originPolicy: defaultPolicy(cors) };
  const isOrigin = (each: unknown) => typeof each === 'string' || each instanceof RegExp || typeof each === 'function';
  if (!(isOrigin(origins) || (Array.isArray(origins) && origins.every(isOrigin))))
    throw new OptionError('origins', origins, '"*", "same-origin", origins, patterns, or a function (origin, request)');
  if (typeof cors === 'function' || cors?.origin !== undefined)
    throw new OptionError('cors', cors, 'no origin of its own next to "origins": it follows from that');
  const sendsCookies = cors?.credentials === true || Boolean(cookie);
  if (origins === '*' && sendsCookies)
    throw new OptionError('origins', origins, 'the origins you trust: any page could use the cookies of your users');
  const originPolicy = policyOf(origins);
  return { cors: corsOf(originPolicy, { ...cors, credentials: sendsCookies }), originPolicy };
}

const POLICIES: readonly SlowConsumerPolicy[] = ['close', 'drop-oldest', 'drop-newest', 'conflate'];

function policyOption(value: unknown): SlowConsumerPolicy {
  if (value === undefined || value === null) return 'close';
  if (POLICIES.includes(value as SlowConsumerPolicy)) return value as SlowConsumerPolicy;
  throw new OptionError('slowConsumerPolicy', value, `one of ${POLICIES.map((name) => `"${name}"`).join(', ')}`);
}

function functionOption<Fn extends (...args: any[]) => any>(
  value: Fn | undefined,
  name: string,
  shape: string,
): Fn | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'function') return value;
  throw new OptionError(name, value, `a function ${shape}`);
}

function pathOption(path: unknown): string {
  if (path === undefined || path === null) return '/socket.io';
  if (typeof path !== 'string' || path === '') throw new OptionError('path', path, 'a path such as "/socket.io"');
  const trimmed = path.replace(/\/$/, '');
  return trimmed.startsWith('/') || trimmed === '' ? trimmed : `/${trimmed}`;
}

function adapterOption(adapter: AdapterConstructor | undefined): AdapterConstructor | undefined {
  if (adapter === undefined || adapter === null) return undefined;
  if (typeof adapter !== 'function')
    throw new OptionError('adapter', adapter, 'a class or a function (namespace) => adapter');
  return adapter;
}

function parserOption(parser: unknown): Parser | undefined {
  if (parser === undefined || parser === null) return undefined;
  const { Encoder, Decoder } = parser as Partial<Parser>;
  if (typeof Encoder !== 'function' || typeof Decoder !== 'function') {
    throw new OptionError('parser', parser, 'an object with the classes Encoder and Decoder');
  }
  return parser as Parser;
}

/** Options are resolved more than once for a server; the console hears of this once. */
let isWebTransportTold = false;

function transportsOption(transports: unknown): readonly TransportName[] {
  if (transports === undefined || transports === null) return Object.freeze(['polling', 'websocket'] as const);
  const allowed = `an array with any of ${TRANSPORTS.map((name) => `"${name}"`).join(', ')}`;
  if (!Array.isArray(transports) || transports.length === 0) throw new OptionError('transports', transports, allowed);
  // Clients that ask for it first fall back to another by themselves: no reason to refuse the server.
  const served = transports.filter((name) => name !== 'webtransport');
  if (served.length === 0)
    throw new OptionError('transports', transports, `${allowed}: WebTransport is not served yet`);
  for (const name of served) if (!TRANSPORTS.includes(name)) throw new OptionError('transports', name, allowed);
  if (served.length < transports.length && !isWebTransportTold) {
    isWebTransportTold = true;
    console.warn('carillon: the transport "webtransport" is not served yet: clients use the others');
  }
  return Object.freeze(served);
}

function perMessageDeflateOption(value: unknown): false | PerMessageDeflateOptions {
  if (value === undefined || value === null || value === false) return false;
  if (value === true) return { threshold: 1024 };
  if (typeof value !== 'object') throw new OptionError('perMessageDeflate', value, 'true, false or an object');
  const { zlibDeflateOptions } = value as PerMessageDeflateOptions;
  checkCompression('perMessageDeflate.zlibDeflateOptions', zlibDeflateOptions as ZlibOptions | undefined);
  return { ...value, threshold: thresholdOf(value, 'perMessageDeflate') };
}

function httpCompressionOption(value: unknown): false | (ZlibOptions & { threshold: number }) {
  if (value === false) return false;
  if (value === undefined || value === null || value === true) return { threshold: 1024 };
  if (typeof value !== 'object') throw new OptionError('httpCompression', value, 'true, false or an object');
  checkCompression('httpCompression', value);
  return { ...value, threshold: thresholdOf(value, 'httpCompression') };
}

/** What zlib refuses, it would refuse at each message. */
function checkCompression(name: string, options: ZlibOptions | undefined): void {
  try {
    deflateRawSync('', options);
  } catch (error) {
    throw new OptionError(name, options, `options of zlib (${(error as Error).message})`);
  }
}

/** Bytes from which on messages are compressed. */
function thresholdOf(value: { threshold?: unknown }, name: string): number {
  return number(value.threshold, `${name}.threshold`, 1024, 0);
}

function cookieOption(value: unknown): false | SessionCookie {
  if (value === undefined || value === null || value === false) return false;
  const defaults = { name: 'io', path: '/', httpOnly: true, sameSite: 'lax' as const };
  if (value === true) return defaults;
  if (typeof value === 'string' && value !== '') return { ...defaults, name: value };
  if (typeof value !== 'object') throw new OptionError('cookie', value, 'true, false, a name or an object with a name');
  const cookie = { ...defaults, ...value } as SessionCookie;
  if (typeof cookie.name !== 'string' || cookie.name === '')
    throw new OptionError('cookie.name', cookie.name, 'a name');
  return cookie;
}

function corsOption(value: unknown): CorsOptions | CorsOptionsDelegate | undefined {
  if (value === undefined || value === null || value === false) return undefined;
  if (value === true) return {};
  if (typeof value !== 'object' && typeof value !== 'function') {
    throw new OptionError(
      'cors',
      value,
      'true, an object such as { origin: "https://example.com" }, or a function (request, callback)',
    );
  }
  return value as CorsOptions | CorsOptionsDelegate;
}

function recoveryOption(value: unknown): ResolvedOptions['connectionStateRecovery'] {
  if (value === undefined || value === null || value === false) return undefined;
  const given: ConnectionStateRecoveryOptions = value === true ? {} : (value as ConnectionStateRecoveryOptions);
  if (typeof given !== 'object') throw new OptionError('connectionStateRecovery', value, 'an object');
  const name = 'connectionStateRecovery';
  return Object.freeze({
    maxDisconnectionDuration: number(given.maxDisconnectionDuration, `${name}.maxDisconnectionDuration`, 120_000, 1),
    skipMiddlewares: boolean(given.skipMiddlewares, `${name}.skipMiddlewares`, true),
    maxBytes: number(given.maxBytes, `${name}.maxBytes`, 50_000_000, 0),
    maxSessions: number(given.maxSessions, `${name}.maxSessions`, 100_000, 0),
  });
}

function retryMemoryOption(value: unknown): ResolvedOptions['retryMemory'] {
  if (value === false) return undefined;
  const given: RetryMemoryOptions = value === undefined || value === null || value === true ? {} : value;
  const name = 'retryMemory';
  if (typeof given !== 'object') throw new OptionError(name, value, 'false, or an object');
  return Object.freeze({
    maxDisconnectionDuration: number(given.maxDisconnectionDuration, `${name}.maxDisconnectionDuration`, 120_000, 1),
    maxBytes: number(given.maxBytes, `${name}.maxBytes`, 50_000_000, 0),
    maxKeysPerAddress: number(given.maxKeysPerAddress, `${name}.maxKeysPerAddress`, 10_000, 1),
    maxKeysPerConnection: number(given.maxKeysPerConnection, `${name}.maxKeysPerConnection`, 16, 1),
  });
}

function publishEndpointOption(
  value: unknown,
  maxHttpBufferSize: number,
  maxDepth: number,
): PublishEndpointOptions | undefined {
  if (value === undefined || value === null || value === false) return undefined;
  const option = 'publishEndpoint';
  if (typeof value !== 'object') throw new OptionError(option, value, 'an object such as { token: process.env.TOKEN }');
  const { token, name = 'publish', maxBytes } = value as PublishEndpointSettings;
  const tokens = Array.isArray(token) ? [...token] : [token];
  if (tokens.length === 0 || !tokens.every((each) => typeof each === 'string' && /^[\x21-\x7e]{16,}$/.test(each))) {
    if (token === undefined) {
      const hint = 'an environment variable that is not set, such as PUBLISH_TOKEN, is undefined';
      throw new OptionError(`${option}.token`, token, `a secret of at least 16 visible ASCII characters (${hint})`);
    }
    // Never the value: it may be a secret that is merely too short.
    const given = tokens.map((each) => (typeof each === 'string' ? each.length : each));
    throw new OptionError(`${option}.token`, given, 'a secret of at least 16 visible ASCII characters, or several');
  }
  if (typeof name !== 'string' || !/^[\w.-]+$/.test(name))
    throw new OptionError(`${option}.name`, name, 'one part of a path, such as "publish"');
  return Object.freeze({
    tokens: Object.freeze(tokens),
    name,
    maxBytes: number(maxBytes, `${option}.maxBytes`, maxHttpBufferSize, 1),
    maxDepth,
  });
}

function checkWsEngine(value: unknown): void {
  if (value === undefined || value === null || value === 'ws') return;
  if (typeof value === 'function' && /^WebSocketServer$/.test(value.name)) return;
  throw new OptionError(
    'wsEngine',
    value,
    'the Server of the ws package, or nothing: carillon writes its frames itself',
  );
}
