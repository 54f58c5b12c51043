import type { ClientClock } from './clock.js';
import type { TransportConstructor } from './transports/transport.js';

export type TransportName = 'polling' | 'websocket' | (string & {});

/** Options of one Engine.IO connection, and of its transports. */
export interface ConnectionOptions {
  /** Host to connect to, brackets and port left out. From the URL. */
  host?: string;
  /** Alias of `host`, and stronger. From the URL. */
  hostname?: string;
  /** Whether to use TLS. From the URL. */
  secure?: boolean;
  /** From the URL; 80 or 443 when it has none. */
  port?: string | number;
  /** Parameters of every request of the connection. From the URL when it has some. */
  query?: { [key: string]: any };
  /** Path of the server. Default: `/socket.io`. */
  path?: string;
  /** Whether `path` ends with a slash on the wire. Default: `true`. */
  addTrailingSlash?: boolean;
  /**
   * Transports in the order in which they are tried, names or classes. Default: `['websocket', 'polling']`: most
   * networks let a WebSocket through, and it is one round trip; HTTP long-polling is the fallback.
   * A name that does not exist is a TypeError; `webtransport` is passed over.
   */
  transports?: TransportName[] | TransportConstructor[];
  /**
   * Classes to use for `transports`, found by their `name`, and in this order where there are no `transports`. Default: the
   * ones of this package.
   */
  transportImplementations?: TransportConstructor[];
  /**
   * Whether to try the next transport when one fails before the connection is open. Default: `true` (Socket.IO's default
   * is `false`). With several to try, one `connect_error` reports the last; `cause` leads to the ones before.
   */
  tryAllTransports?: boolean;
  /**
   * Milliseconds a transport may take to open while there is another one to try; behind some proxies a WebSocket neither
   * opens nor fails. The transport that worked is tried first the next time. Default: 5000.
   */
  fallbackTimeout?: number;
  /** Whether to change from polling to WebSocket when the server offers it. Default: `true`. */
  upgrade?: boolean;
  /** Whether to start with WebSocket when it has worked before, whatever the order. Default: `false`. */
  rememberUpgrade?: boolean;
  /** Sends binary as base64 text on all transports. Default: `false`. */
  forceBase64?: boolean;
  /** Name of the parameter that keeps polling requests from being cached. Default: `t`. */
  timestampParam?: string;
  /** Whether requests carry it. Default: `true` for polling, `false` for WebSocket. */
  timestampRequests?: boolean;
  /** Milliseconds one polling request may take, 0 for no limit. Default: 0. */
  requestTimeout?: number;
  /** Options for one transport, by its name; stronger than the general ones. */
  transportOptions?: { [transport: string]: Partial<ConnectionOptions> };
  /** Headers of every request. Not possible for a browser's WebSocket. */
  extraHeaders?: { [header: string]: string };
  /** Whether cookies go along to another origin, and on Node.js whether they are kept at all. Default: `false`. */
  withCredentials?: boolean;
  /** WebSocket sub-protocols. Default: none. */
  protocols?: string | string[];
  /** Whether the page's `beforeunload` closes the connection, without a `disconnect` event. Default: `false`. */
  closeOnBeforeunload?: boolean;
  /** Whether to use the timers as they were when this module was loaded. Default: `false`. */
  useNativeTimers?: boolean;
  /** Whether nothing of the connection keeps a Node.js process alive. Default: `false`. */
  autoUnref?: boolean;
  /** Node.js: `http.Agent` or `https.Agent` for all requests. */
  agent?: any;
  /** Node.js: PFX or PKCS12 bundle, see `tls.createSecureContext`. */
  pfx?: any;
  /** Node.js: private key. */
  key?: any;
  /** Node.js: passphrase of `key` or `pfx`. */
  passphrase?: string;
  /** Node.js: certificate chain. */
  cert?: any;
  /** Node.js: authorities to trust instead of the usual ones. */
  ca?: any;
  /** Node.js: cipher list. */
  ciphers?: string;
  /** Node.js: whether a certificate that cannot be verified ends the attempt. Default: `true`. */
  rejectUnauthorized?: boolean;
  /** Node.js: WebSocket compression of what is sent, see `ws`. Default: off. */
  perMessageDeflate?: boolean | { threshold?: number; [option: string]: any };
}

/** What to keep while a socket is not connected. */
export interface OfflineBufferOptions {
  /** Events of one socket. Default: 10,000. */
  maxMessages?: number;
  /** Bytes of those events, encoded. Default: 16 MiB. */
  maxBytes?: number;
  /**
   * What happens to an event that does not fit. Default: `drop-oldest`.
   * - `drop-oldest`: the oldest ones make room;
   * - `drop-newest`: it is dropped itself;
   * - `throw`: `emit` throws a {@link MessageError} with code `BUFFER_FULL`.
   *
   * Each dropped event settles its acknowledgement with such an error, and the manager emits `drop`.
   */
  policy?: 'drop-oldest' | 'drop-newest' | 'throw';
}

/** Options of a `Manager`. */
export interface ManagerOptions extends ConnectionOptions {
  /** Whether `io()` makes a new manager instead of sharing one. Default: `false`. */
  forceNew: boolean;
  /** Whether `io()` shares a manager between namespaces of one server. Default: `true`. */
  multiplex: boolean;
  path: string;
  /** Whether to reconnect after the connection is lost. Default: `true`. */
  reconnection: boolean;
  /** Attempts before giving up. Default: no limit. */
  reconnectionAttempts: number;
  /** Milliseconds before the first attempt; doubles from attempt to attempt. Default: 1000. */
  reconnectionDelay: number;
  /** Milliseconds before any attempt, at most. Default: 5000. */
  reconnectionDelayMax: number;
  /** How much of the delay is random, 0 to 1. Default: 0.5. */
  randomizationFactor: number;
  /** Milliseconds one attempt to connect may take. Default: 20000. */
  timeout: number;
  /** Whether to connect without being told to. Default: `true`. */
  autoConnect: boolean;
  /** `{Encoder, Decoder}` in the shape of `socket.io-parser`. Default: JSON with binary attachments. */
  parser: any;
  /** Limits of what a socket keeps while it is not connected. */
  offlineBuffer: OfflineBufferOptions;
  /** Where time comes from; tests pass one they move by hand. Default: the system's. */
  clock: ClientClock;
}

/** Credentials of a namespace, or where to get them: called at each attempt to connect. */
export type Auth =
  | { [key: string]: any }
  | ((callback: (data: object) => void) => void)
  | (() => Promise<{ [key: string]: any }>);

/** Options of a `Socket`. */
export interface SocketOptions {
  /** Credentials: an object, or a function that calls back with one or returns a promise of one. */
  auth?: Auth;
  /**
   * How often an event is sent again when no acknowledgement comes. Makes delivery at-least-once and in order; the other
   * side has to acknowledge. With a carillon server its handler runs once. Default: off.
   */
  retries?: number;
  /** Milliseconds to wait for an acknowledgement, unless `timeout()` says otherwise. Default: no limit. */
  ackTimeout?: number;
}
