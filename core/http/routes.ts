import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpHandler } from '../extension.js';

/** Requests below our path that are not the engine's: each goes to the handler of its last part. */
export class Routes {
  readonly #report: (error: unknown, name: string) => void;
  readonly #handlers = new Map<string, HttpHandler>();

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

  /** Serves a request, if one of the handlers is for it; else returns `false`. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    if (this.#handlers.size === 0) return false;
    const handler = this.#handlers.get(lastPartOf(request.url ?? ''));
    if (handler === undefined) return false;
    this.#run(handler, request, response);
    return true;
  }

  async #run(handler: HttpHandler, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await handler(request, response);
    } catch (error) {
      this.#report(error, `route ${lastPartOf(request.url ?? '')}`);
      if (!response.headersSent) response.writeHead(500, { Connection: 'close' });
      response.end();
    }
  }
}

function lastPartOf(url: string): string {
  const question = url.indexOf('?');
  const path = question === -1 ? url : url.slice(0, question);
  return path.slice(path.lastIndexOf('/') + 1);
}
