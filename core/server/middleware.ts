/** `(context, next)`: continues with `next()`, refuses with `next(error)`. */
export type Middleware<Context> = (context: Context, next: (error?: Error) => void) => unknown;

/**
 * Runs middlewares one after the other, then calls `done`, once: with the first error, or with `null`.
 *
 * A middleware that throws or rejects counts as `next(error)`; one that calls `next` twice is heard the first time.
 */
export function runMiddlewares<Context>(
  middlewares: readonly Middleware<Context>[],
  context: Context,
  done: (error: Error | null) => void,
): void {
  const run = (index: number): void => {
    const middleware = middlewares[index];
    if (middleware === undefined) {
      done(null);
      return;
    }
    let called = false;
    const next = (error?: Error): void => {
      if (called) return;
      called = true;
      if (error) done(error);
      else run(index + 1);
    };
    const fail = (error: unknown): void => next(error instanceof Error ? error : new Error(String(error)));
    try {
      const result = middleware(context, next);
      if (result instanceof Promise) result.catch(fail);
    } catch (error) {
      // After next() was called the error belongs to what followed, which has its own handling.
      if (called) throw error;
      fail(error);
    }
  };
  run(0);
}
