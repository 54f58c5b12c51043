import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';

interface Waiting {
  readonly response: ServerResponse;
  readonly timer: NodeJS.Timeout;
}

/**
 * Requests on the plugin's path that the app's hooks have. A hook that never comes back would hold the connection, and
 * with it the end of the app, for ever.
 */
export class WaitingRequests {
  readonly #app: FastifyInstance;
  readonly #limit: number;
  readonly #waiting = new Map<IncomingMessage, Waiting>();
  /** Answered because a hook took too long: if it comes back, there is nothing left to do. */
  readonly #expired = new WeakSet<IncomingMessage>();

  /** @param limit milliseconds that the hooks have. */
  constructor(app: FastifyInstance, limit: number) {
    this.#app = app;
    this.#limit = limit;
  }

  /** The app is about to get this request. */
  add(raw: IncomingMessage, response: ServerResponse): void {
    const timer = setTimeout(() => {
      (raw.fastify ?? this.#app).log.warn(`carillon: hooks did not answer a request within ${this.#limit} ms`);
      this.#expire(raw, 408);
    }, this.#limit);
    timer.unref();
    this.#waiting.set(raw, { response, timer });
    // A hook answered it, or the client is gone.
    response.once('close', () => this.pass(raw));
  }

  /** The hooks are done with it. @returns false when it has been answered for them. */
  pass(raw: IncomingMessage): boolean {
    const waiting = this.#waiting.get(raw);
    if (waiting !== undefined) {
      clearTimeout(waiting.timer);
      this.#waiting.delete(raw);
    }
    return !this.#expired.has(raw);
  }

  /** Answers all: the app ends. */
  end(): void {
    for (const raw of [...this.#waiting.keys()]) this.#expire(raw, 503);
  }

  #expire(raw: IncomingMessage, status: number): void {
    const waiting = this.#waiting.get(raw);
    if (waiting === undefined) return;
    this.pass(raw);
    const { response } = waiting;
    // The app has begun to answer: then it is not for us to end it.
    if (response.headersSent) return;
    this.#expired.add(raw);
    response.shouldKeepAlive = false;
    response.writeHead(status, { 'Content-Length': 0 }).end();
  }
}
