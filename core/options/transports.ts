import { deflateRawSync, type ZlibOptions } from 'node:zlib';
import type { PerMessageDeflateOptions } from 'ws';
import { OptionError } from '../errors.js';
import type { TransportName } from '../transports/transport.js';
import { type Checked, checkAll, flag, isAbsent, number, positive, quoted, type Table } from './check.js';

/** What the transports take: which there are, and what one message may be. */
export interface TransportSettings {
  /** Enabled transports; `webtransport` is passed over, with a word on the console. @default ["polling", "websocket"] */
  transports?: (TransportName | 'webtransport')[];
  /** Whether a client may move from polling to WebSocket. @default true */
  allowUpgrades?: boolean;
  /** Serves clients of Socket.IO 1 and 2 as well (Engine.IO 3), over both transports. @default false */
  allowEIO3?: boolean;
  /** Compression of WebSocket messages; see the `ws` package. @default false */
  perMessageDeflate?: boolean | PerMessageDeflateOptions;
  /** Compression of polling answers of at least `threshold` (1024) bytes. @default true */
  httpCompression?: boolean | (ZlibOptions & { threshold?: number });
  /** Only `ws` itself: carillon writes its frames to the socket directly. */
  wsEngine?: unknown;

  /** Bytes of one message (WebSocket) or one request body (polling). @default 1000000 */
  maxHttpBufferSize?: number;
  /** Packets in the body of one polling request. @default 32768 */
  maxPacketsPerPayload?: number;
  /**
   * Pieces one message may arrive in: fragments of a WebSocket message, chunks of a polling body, segments of either. Each
   * costs time and memory of its own.
   * @default maxHttpBufferSize / 256, but at least 1024
   */
  maxFragments?: number;
}

export type ResolvedTransportSettings = Omit<Checked<typeof table>, 'wsEngine'>;

const TRANSPORTS: readonly string[] = ['polling', 'websocket'];

/** Bytes from which on messages are compressed. */
const threshold = number(1024, 0);

const table = {
  transports,
  allowUpgrades: flag(true),
  allowEIO3: flag(false),
  perMessageDeflate,
  httpCompression,
  wsEngine,
  maxHttpBufferSize: positive(1_000_000),
  maxPacketsPerPayload: positive(32_768),
  maxFragments: positive((settled) => Math.max(1024, Math.ceil(settled('maxHttpBufferSize') / 256))),
} satisfies Table<TransportSettings>;

export function resolveTransportSettings(given: TransportSettings): ResolvedTransportSettings {
  const { wsEngine, ...resolved } = checkAll(table, given);
  return resolved;
}

/** Options are resolved more than once for a server; the console hears of this once. */
let isWebTransportTold = false;

function transports(value: unknown, name: string): readonly TransportName[] {
  if (isAbsent(value)) return Object.freeze(['polling', 'websocket'] as const);
  const allowed = `an array with any of ${quoted(TRANSPORTS)}`;
  if (!Array.isArray(value) || value.length === 0) throw new OptionError(name, value, allowed);
  // Clients that ask for it first fall back to another by themselves: no reason to refuse the server.
  const served = value.filter((each) => each !== 'webtransport');
  if (served.length === 0) throw new OptionError(name, value, `${allowed}: WebTransport is not served yet`);
  for (const each of served) if (!TRANSPORTS.includes(each)) throw new OptionError(name, each, allowed);
  if (served.length < value.length && !isWebTransportTold) {
    isWebTransportTold = true;
    console.warn('carillon: the transport "webtransport" is not served yet: clients use the others');
  }
  return Object.freeze(served);
}

function perMessageDeflate(value: unknown, name: string): false | PerMessageDeflateOptions {
  if (isAbsent(value) || value === false) return false;
  if (value === true) return { threshold: 1024 };
  if (typeof value !== 'object') throw new OptionError(name, value, 'true, false or an object');
  const given = value as PerMessageDeflateOptions;
  checkCompression(`${name}.zlibDeflateOptions`, given.zlibDeflateOptions as ZlibOptions | undefined);
  return { ...given, ...checkAll({ threshold }, given, undefined, `${name}.`) };
}

function httpCompression(value: unknown, name: string): false | (ZlibOptions & { threshold: number }) {
  if (value === false) return false;
  if (isAbsent(value) || value === true) return { threshold: 1024 };
  if (typeof value !== 'object') throw new OptionError(name, value, 'true, false or an object');
  checkCompression(name, value);
  return { ...value, ...checkAll({ threshold }, value, undefined, `${name}.`) };
}

/** What zlib refuses, it would refuse at each message. */
function checkCompression(name: string, options: ZlibOptions | undefined): void {
  try {
    deflateRawSync('', options);
  } catch (error) {
    throw new OptionError(name, options, `options of zlib (${(error as Error).message})`);
  }
}

function wsEngine(value: unknown, name: string): void {
  if (isAbsent(value) || value === 'ws') return;
  if (typeof value === 'function' && /^WebSocketServer$/.test(value.name)) return;
  throw new OptionError(name, value, 'the Server of the ws package, or nothing: carillon writes its frames itself');
}
