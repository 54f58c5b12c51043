import { createServer, type Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { NextApp } from './load-next.js';

/** Milliseconds in which an upgrade must be answered that nobody but Next can answer. */
const ANSWER_LIMIT = 10_000;

/** Everything below is Next's own, by its documentation. With other listeners around, Next gets nothing else. */
const RESERVED = '/_next/';

type RequestHandler = ReturnType<NextApp['getRequestHandler']>;

/**
 * The upgrades of a server that are not carillon's: Next's (hot reloading, proxied WebSockets) and those of others.
 *
 * Left to itself, Next listens on the HTTP server and ends every upgrade that a page matches, whoever it was for. So it
 * is given a decoy to listen on, and hears there of those that nobody else may want.
 */
export class NextUpgrades {
  /** Next's `httpServer`. It never listens for connections. */
  readonly decoy = createServer();
  readonly #server: HttpServer;
  /** Listeners for upgrades that are not the application's. */
  readonly #known: ReadonlySet<Function>;
  readonly #handle: RequestHandler;
  readonly #ofNext = new Set<Duplex>();
  readonly #ofOthers = new Set<Duplex>();

  /**
   * @param known listeners of the server that say nothing about who wants an upgrade.
   * @param handle Next's request handler.
   */
  constructor(server: HttpServer, known: Iterable<Function>, handle: RequestHandler) {
    this.#server = server;
    this.#known = new Set([...known, this.#onUpgrade]);
    this.#handle = handle;
    server.on('upgrade', this.#onUpgrade);
  }

  /** Hears of no more upgrades, and ends the connections that Next has. */
  stop(): void {
    this.#server.removeListener('upgrade', this.#onUpgrade);
    for (const socket of this.#ofNext) socket.destroy();
  }

  /** Ends the connections that others have. */
  endOthers(): void {
    for (const socket of this.#ofOthers) socket.destroy();
  }

  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const othersListen = this.#server.rawListeners('upgrade').some((listener) => !this.#known.has(listener));
    const isForNext = !othersListen || request.url?.includes(RESERVED) === true;
    const sockets = isForNext ? this.#ofNext : this.#ofOthers;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    if (!isForNext) return;
    // Without a listener a reset of this socket would end the process.
    socket.on('error', () => socket.destroy());
    endUnanswered(socket);
    this.#hand(request, socket, head);
  };

  #hand(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.decoy.listenerCount('upgrade') > 0) {
      this.decoy.emit('upgrade', request, socket, head);
      return;
    }
    // Next begins to listen with its first request, but a browser that waited for the server to come back after a
    // restart asks for hot reloading first.
    this.decoy.once('newListener', () => {
      queueMicrotask(() => this.decoy.emit('upgrade', request, socket, head));
    });
    const nothing = new IncomingMessage(new Socket());
    Object.assign(nothing, { method: 'GET', url: `${RESERVED}static/`, headers: { host: request.headers.host } });
    this.#handle(nothing, new ServerResponse(nothing)).catch(() => {});
  }
}

/** Next leaves upgrades alone that it does not know: nobody would ever end them. */
function endUnanswered(socket: Duplex & { bytesWritten?: number }): void {
  const timer = setTimeout(() => {
    if (socket.bytesWritten === 0) socket.destroy();
  }, ANSWER_LIMIT);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}
