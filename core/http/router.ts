import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import createDebug from 'debug';
import type { Clock } from '../clock.js';
import { endSocket } from '../transports/end-socket.js';

const debug = createDebug('carillon:http');

/** A path of an HTTP server that belongs to us. */
export interface Route {
  /** Where the path begins, for messages. */
  readonly prefix: string;
  /** Whether this path name (without query) is ours. */
  matches(pathname: string): boolean;
  /** The path name of an upgrade as the owner of the server reads it; without, what stands in the request. */
  pathnameOf?(request: IncomingMessage): string;
  /** Serves a request; `false` when it is not ours after all. Without it, only upgrades are ours. */
  onRequest?(request: IncomingMessage, response: ServerResponse): boolean;
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Milliseconds after which upgrade requests that nobody else listens for are ended; `undefined`: never. */
  readonly destroyUpgradeTimeout: number | undefined;
}

type Listener = (...args: unknown[]) => void;

const routers = new WeakMap<HttpServer, PathRouter>();

/** A route that is served. */
export interface Attachment {
  /** Serves it no longer. */
  detach(): void;
  /** The server is being closed: upgrades that nobody has answered are ended, now and from now on. */
  endUnclaimed(): void;
}

/**
 * Our paths on a server that may serve other things: requests and upgrades on them reach nobody else, all others reach
 * everybody else, whatever the order in which listeners were added.
 *
 * No listener of others is removed or wrapped. Ours is an ordinary listener, put in front of those that are there; the
 * one thing changed is `server.emit`, which ends the round of `request` and `upgrade` at our listener when the path is
 * ours. Listeners that others put in front of ours later still see the request first (`@socket.io/sticky` relies on it).
 */
export class PathRouter {
  readonly #server: HttpServer;
  readonly #clock: Clock;
  readonly #routes: Route[] = [];
  readonly #originalEmit: HttpServer['emit'];
  /** Sockets of upgrades that nobody listens for, until their time is up. */
  readonly #unclaimed = new Set<Duplex>();
  /** The server is being closed. */
  #isEnding = false;

  private constructor(server: HttpServer, clock: Clock) {
    this.#server = server;
    this.#clock = clock;
    this.#originalEmit = server.emit;
    server.prependListener('request', this.#onRequest);
    server.prependListener('upgrade', this.#onUpgrade);
    server.emit = this.#emit as HttpServer['emit'];
  }

  /** The router of a server; one serves all that attach to it. */
  static of(server: HttpServer, clock: Clock): PathRouter {
    let router = routers.get(server);
    if (router === undefined) {
      router = new PathRouter(server, clock);
      routers.set(server, router);
    }
    return router;
  }

  add(route: Route): Attachment {
    this.#routes.push(route);
    return {
      endUnclaimed: () => this.#endUnclaimed(),
      detach: () => {
        const index = this.#routes.indexOf(route);
        if (index !== -1) this.#routes.splice(index, 1);
        if (this.#routes.length === 0) this.#remove();
      },
    };
  }

  #remove(): void {
    this.#server.removeListener('request', this.#onRequest);
    this.#server.removeListener('upgrade', this.#onUpgrade);
    // Somebody may have changed it after us: then it stays, and finds no route of ours.
    if (this.#server.emit === (this.#emit as unknown)) this.#server.emit = this.#originalEmit;
    routers.delete(this.#server);
    this.#endUnclaimed();
  }

  #endUnclaimed(): void {
    this.#isEnding = true;
    // Nobody else would end them, and the end of the server waits for them.
    for (const socket of this.#unclaimed) socket.destroy();
  }

  #find(request: IncomingMessage): Route | undefined {
    const pathname = pathOf(request.url ?? '');
    return this.#routes.find((route) => route.matches(route.pathnameOf?.(request) ?? pathname));
  }

  readonly #emit = (event: string | symbol, ...args: unknown[]): boolean => {
    if (event === 'request' && this.#ends(args[0] as IncomingMessage, args)) return true;
    if (event === 'upgrade' && this.#find(args[0] as IncomingMessage) !== undefined) {
      this.#runUntil('upgrade', this.#onUpgrade as Listener, args);
      return true;
    }
    return this.#originalEmit.call(this.#server, event as never, ...(args as never[]));
  };

  #ends(request: IncomingMessage, args: unknown[]): boolean {
    if (!this.#claims(request)) return false;
    this.#runUntil('request', this.#onRequest as Listener, args);
    return true;
  }

  /** Whether a route will serve this request: its path, or a file of the browser bundle below it. */
  #claims(request: IncomingMessage): boolean {
    const url = request.url ?? '';
    return this.#routes.some(
      (route) =>
        route.onRequest !== undefined &&
        url.startsWith(route.prefix) &&
        (route.matches(pathOf(url)) || isBundlePath(url, route.prefix)),
    );
  }

  /** Calls the listeners in order, up to and including ours. */
  #runUntil(event: 'request' | 'upgrade', last: Listener, args: unknown[]): void {
    for (const listener of this.#server.rawListeners(event) as Listener[]) {
      listener.apply(this.#server, args);
      if (listener === last) return;
    }
  }

  readonly #onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    for (const route of this.#routes) {
      if (request.url?.startsWith(route.prefix) && route.onRequest?.(request, response)) return;
    }
  };

  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const route = this.#find(request);
    if (route !== undefined) {
      route.onUpgrade(request, socket, head);
      return;
    }
    this.#onForeignUpgrade(socket);
  };

  /** Not ours. Only when nobody else listens for upgrades is it known that nobody will answer. */
  #onForeignUpgrade(socket: Duplex): void {
    if (this.#server.listenerCount('upgrade') > 1) return;
    const timeout = this.#routes.find((route) => route.destroyUpgradeTimeout !== undefined)?.destroyUpgradeTimeout;
    // Without a listener a reset of this socket would end the process.
    socket.on('error', () => socket.destroy());
    if (this.#isEnding) socket.destroy();
    if (timeout === undefined) return;
    const timer = this.#clock.setTimeout(
      () => {
        if (!socket.writable || (socket as Duplex & { bytesWritten?: number }).bytesWritten !== 0) return;
        debug('nobody answers an upgrade: it is ended');
        endSocket(socket);
      },
      timeout,
      true,
    );
    this.#unclaimed.add(socket);
    socket.on('close', () => {
      this.#unclaimed.delete(socket);
      timer.cancel();
    });
  }
}

function pathOf(url: string): string {
  const question = url.indexOf('?');
  return question === -1 ? url : url.slice(0, question);
}

/** `/socket.io/socket.io.js` and its variants are ours also when the path itself is served without a trailing slash. */
function isBundlePath(url: string, prefix: string): boolean {
  return url.startsWith(`${prefix}/socket.io`);
}
