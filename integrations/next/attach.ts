import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Server as HttpServer } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import { Engine, Server, type ServerOptions } from '../../core/index.js';
import { warnIfUntested } from '../../core/tested-versions.js';
import { checkNames, SERVER_OPTIONS } from '../option-names.js';
import { ownNextVersion } from './project.js';
import { register } from './registry.js';
import { onTermination } from './termination.js';

/** Node.js tells of each connection and of each request here before it tells the server they belong to. */
const CHANNELS = ['net.server.socket', 'http.server.request.start'];

/**
 * An engine that attaches itself to the HTTP server of the process it runs in.
 *
 * Next makes its server itself and shows it to nobody, so it is recognised by its first connection. It stays Next's: it
 * is neither closed nor robbed of a listener.
 */
class ProcessEngine extends Engine {
  readonly #options: ServerOptions;
  readonly #attached = new Map<HttpServer, { detach(): void }>();
  readonly #onServer: (server: HttpServer) => void;
  readonly #onClose: () => void;

  constructor(options: ServerOptions, onServer: (server: HttpServer) => void, onClose: () => void) {
    super(options);
    this.#options = options;
    this.#onServer = onServer;
    this.#onClose = onClose;
    for (const channel of CHANNELS) subscribe(channel, this.#onTraffic);
  }

  /** Where it is attached. */
  get servers(): HttpServer[] {
    return [...this.#attached.keys()];
  }

  override close(): this {
    for (const channel of CHANNELS) unsubscribe(channel, this.#onTraffic);
    for (const attachment of this.#attached.values()) attachment.detach();
    this.#attached.clear();
    this.#onClose();
    return super.close();
  }

  readonly #onTraffic = (message: unknown): void => {
    const { server, socket } = message as { server?: unknown; socket: { server?: unknown } };
    const candidate = server ?? socket.server;
    if (!(candidate instanceof HttpServer || candidate instanceof HttpsServer)) return;
    if (this.#attached.has(candidate as HttpServer) || !isOfNext(candidate)) return;
    this.#attached.set(candidate as HttpServer, this.attach(candidate as HttpServer, this.#options));
    this.#onServer(candidate as HttpServer);
  };
}

/** Next says in PORT where it listens; a process may have other servers, for metrics or the like. */
function isOfNext(server: HttpServer | HttpsServer): boolean {
  const port = Number.parseInt(process.env.PORT ?? '', 10);
  if (Number.isNaN(port)) return true;
  const address = server.address();
  return typeof address === 'object' && address?.port === port;
}

/**
 * Next closes its server and waits for the connections to end. One that was busy then, with a poll of ours for example,
 * would be kept alive for seconds after its answer.
 */
function closeWhenIdle(server: HttpServer): void {
  server.closeIdleConnections();
  const timer = setInterval(() => server.closeIdleConnections(), 50);
  timer.unref();
  server.once('close', () => clearInterval(timer));
}

/** See `attach` in index.ts. */
export function attach(given: ServerOptions): Server<any, any, any, any> {
  checkNames(given, SERVER_OPTIONS);
  warnIfUntested('next', ownNextVersion());
  // No bundle of the client: Next's application brings its own.
  const options = { path: '/socket.io', ...given, serveClient: false };
  const io = new Server(options);
  const unregister = register(io, 'attach()');
  const ignoreSignals = onTermination(async () => {
    const servers = engine.servers;
    await io.close();
    for (const server of servers) closeWhenIdle(server);
  });
  const engine = new ProcessEngine(
    options,
    (server) => {
      io.httpServer = server;
    },
    () => {
      unregister();
      ignoreSignals();
    },
  );
  return io.bind(engine);
}
