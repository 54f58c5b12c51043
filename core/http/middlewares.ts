import type { IncomingMessage, ServerResponse } from 'node:http';

type HttpMiddleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => unknown;

/**
 * Runs middlewares one after the other, then calls `done`: with the first error, or with none. Each may answer itself, and then
 * nothing follows.
 *
 * Not the runner of sockets (server/middleware.ts): there an error is an `Error`, and what follows `next()` may throw to
 * whoever called it; here anything but nothing is an error, and an answer ends the chain.
 */
export function runHttpMiddlewares(
  middlewares: readonly HttpMiddleware[],
  request: IncomingMessage,
  response: ServerResponse,
  done: (error?: unknown) => void,
): void {
  const run = (index: number): void => {
    const middleware = middlewares[index];
    if (middleware === undefined) return done();
    let called = false;
    const next = (error?: unknown): void => {
      if (called || response.writableEnded) return;
      called = true;
      if (error !== undefined && error !== null) done(error);
      else run(index + 1);
    };
    const fail = (error: unknown): void => next(error ?? new Error('middleware failed'));
    try {
      const result = middleware(request, response, next);
      if (result instanceof Promise) result.catch(fail);
    } catch (error) {
      fail(error);
    }
  };
  run(0);
}
