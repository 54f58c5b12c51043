import { type Middleware, runMiddlewares } from '../../../core/server/middleware.js';

function run(...middlewares: Middleware<string[]>[]) {
  const trace: string[] = [];
  const done: (Error | null)[] = [];
  runMiddlewares(middlewares, trace, (error) => done.push(error));
  return { trace, done };
}

test('none: done at once', () => {
  expect(run().done).toEqual([null]);
});

test('one after the other, then done', () => {
  const { trace, done } = run(
    (context, next) => {
      context.push('first');
      next();
    },
    (context, next) => {
      context.push('second');
      next();
    },
  );
  expect(trace).toEqual(['first', 'second']);
  expect(done).toEqual([null]);
});

test('one may take its time', () => {
  let go: (() => void) | undefined;
  const { done } = run((_context, next) => {
    go = () => next();
  });
  expect(done).toEqual([]);
  go!();
  expect(done).toEqual([null]);
});

test('the first error ends it', () => {
  const { trace, done } = run(
    (_context, next) => next(new Error('no')),
    (context) => context.push('never'),
  );
  expect(done).toEqual([new Error('no')]);
  expect(trace).toEqual([]);
});

test('one that throws refuses', () => {
  expect(
    run(() => {
      throw new Error('thrown');
    }).done,
  ).toEqual([new Error('thrown')]);
});

test('what is thrown becomes an error', () => {
  expect(
    run(() => {
      throw 'words';
    }).done,
  ).toEqual([new Error('words')]);
});

test('one that rejects refuses', async () => {
  const error = await new Promise<Error | null>((resolve) => {
    runMiddlewares([async () => Promise.reject(new Error('rejected'))], null, resolve);
  });
  expect(error).toEqual(new Error('rejected'));
});

test('next counts once', () => {
  const { trace, done } = run(
    (_context, next) => {
      next();
      next();
      next(new Error('late'));
    },
    (context, next) => {
      context.push('second');
      next();
    },
  );
  expect(trace).toEqual(['second']);
  expect(done).toEqual([null]);
});

test('what fails behind next() is not the fault of the middleware', () => {
  const done: unknown[] = [];
  const fail = (error: Error | null) => {
    done.push(error);
    throw new Error('behind');
  };
  expect(() => runMiddlewares([(_context, next) => next()], null, fail)).toThrow('behind');
  expect(done).toEqual([null]);
});

test('those added while it runs take part in the next run, or this one, but never twice', () => {
  const list: Middleware<string[]>[] = [];
  const trace: string[] = [];
  list.push((context, next) => {
    context.push('first');
    if (list.length === 1) list.push((_context, proceed) => proceed());
    next();
  });
  runMiddlewares(list, trace, () => trace.push('done'));
  expect(trace).toEqual(['first', 'done']);
});
