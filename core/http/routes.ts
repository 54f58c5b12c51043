import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpHandler } from '../extension.js';

/** Requests below our path that are not the engine's: each goes to the handler of its last part. */
export class Routes {
  readonly #report: (error: unknown, name: string) => void;
  readonly #handlers = new Map<string, HttpHandler>();
  #path: string | undefined;

  /** @param report hears what handlers throw. */
  constructor(report: (error: unknown, name: string) => void) {
    this.#report = report;
  }

  /**
   * Adds a handler.
   *
   * @param name last part of the path, such as `publish`.
   * @throws TypeError when it is no part of a path. @throws Error when there is one already.
   */
  add(name: string, handler: HttpHandler): () => void {
    if (!/^[\w.-]+$/.test(name)) throw new TypeError(`a route is one part of a path, such as "publish", not "${name}"`);
    if (this.#handlers.has(name)) throw new Error(`there is a route "${name}" already`);
    this.#handlers.set(name, handler);
    return () => {
      if (this.#handlers.get(name) === handler) this.#handlers.delete(name);
    };
  }

  /** Requests are served at `<path>/<name>` alone, from now on. */
  serveBelow(path: string): void {
    this.#path = path.replace(/\/+$/, '');
  }

  /** Serves a request, if one of the handlers is for it; else returns `false`. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    if (this.#handlers.size === 0) return false;
    const pathname = pathnameOf(request.url ?? '');
    const name = lastPartOf(pathname);
    if (this.#path !== undefined && pathname !== `${this.#path}/${name}`) return false;
    return this.handleNamed(name, request, response);
  }

  /** Serves a request that a framework has found to be for the handler of this name. */
  handleNamed(name: string, request: IncomingMessage, response: ServerResponse): boolean {
    const handler = this.#handlers.get(name);
    if (handler === undefined) return false;
    this.#run(handler, request, response);
    return true;
  }

  async #run(handler: HttpHandler, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await handler(request, response);
    } catch (error) {
      this.#report(error, `route ${lastPartOf(pathnameOf(request.url ?? ''))}`);
      if (!response.headersSent) response.writeHead(500, { Connection: 'close' });
      response.end();
    }
  }
}

function pathnameOf(url: string): string {
  const question = url.indexOf('?');
  return question === -1 ? url : url.slice(0, question);
}

function lastPartOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
