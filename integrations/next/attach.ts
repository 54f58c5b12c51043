import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Server as HttpServer } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import { Server, type ServerOptions } from '../../core/index.js';
import { register } from './registry.js';
import { onTermination } from './termination.js';

/** Told of each connection and each request before the server they belong to is. */
const CHANNELS = ['net.server.socket', 'http.server.request.start'];

type Emit = HttpServer['emit'];

/**
 * Stands in front of the HTTP servers of a process: what is on our path is served here, all else goes on to them.
 *
 * Next makes its server itself and shows it to nobody, so it is recognised by its first connection. Until then, and for
 * several servers, there is one engine: that of this server, which listens nowhere.
 */
class Front extends HttpServer {
  readonly #port: number;
  readonly #adopted = new Map<HttpServer, { original: Emit; replacement: Emit }>();
  #isDeclined = false;
  #onClose: () => void = () => {};

  /** @param port only servers that listen there are ours to stand in front of; `NaN`: all. */
  constructor(port: number) {
    super();
    this.#port = port;
    this.on('request', this.#decline);
    this.on('upgrade', this.#decline);
    for (const channel of CHANNELS) subscribe(channel, this.#onMessage);
  }

  /** Called when the front is closed. */
  onClosed(callback: () => void): void {
    this.#onClose = callback;
  }

  /** Gives the servers back. They stay open: they are not ours. */
  override close(callback?: (error?: Error) => void): this {
    for (const channel of CHANNELS) unsubscribe(channel, this.#onMessage);
    for (const [server, { original, replacement }] of this.#adopted) {
      server.removeListener('upgrade', endUnclaimed);
      // Somebody may have changed it after us: then it stays, and we decline everything.
      if (server.emit === replacement) server.emit = original;
    }
    this.#adopted.clear();
    this.#onClose();
    if (callback !== undefined) queueMicrotask(callback);
    return this;
  }

  readonly #onMessage = (message: unknown): void => {
    const { server, socket } = message as { server?: unknown; socket: { server?: unknown } };
    const candidate = server ?? socket.server;
    if (!(candidate instanceof HttpServer || candidate instanceof HttpsServer)) return;
    if (this.#adopted.has(candidate as HttpServer)) return;
    const address = candidate.address();
    if (!Number.isNaN(this.#port) && (typeof address !== 'object' || address?.port !== this.#port)) return;
    this.#adopt(candidate as HttpServer);
  };

  #adopt(server: HttpServer): void {
    const original = server.emit;
    const replacement = (event: string, ...args: unknown[]): boolean => {
      if ((event === 'request' || event === 'upgrade') && this.#takes(event, args)) return true;
      return original.call(server, event as never, ...(args as never[]));
    };
    server.emit = replacement as Emit;
    // Without a listener Node.js would not emit `upgrade` at all.
    server.on('upgrade', endUnclaimed);
    this.#adopted.set(server, { original, replacement: replacement as Emit });
  }

  #takes(event: 'request' | 'upgrade', args: unknown[]): boolean {
    this.#isDeclined = false;
    this.emit(event, ...args);
    return !this.#isDeclined;
  }

  readonly #decline = (): void => {
    this.#isDeclined = true;
  };
}

function endUnclaimed(this: HttpServer, _request: unknown, socket: { end(data: string): void }): void {
  if (this.listenerCount('upgrade') === 1) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
}

/** See `attach` in index.ts. */
export function attach(options: Partial<ServerOptions>): Server<any, any, any, any> {
  const front = new Front(Number.parseInt(process.env.PORT ?? '', 10));
  const io = new Server(options);
  const unregister = register({ io, by: 'attach()', copy: import.meta.url });
  const ignoreSignals = onTermination(() => io.close());
  front.onClosed(() => {
    unregister();
    ignoreSignals();
  });
  return io.attach(front);
}
