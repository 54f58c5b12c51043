import type { PreClose } from './options.js';

/** Calls the function of the application and waits for it, whichever way it says that it is done. */
export async function runPreClose(preClose: PreClose | undefined): Promise<void> {
  if (preClose === undefined) return;
  if (preClose.length === 0) {
    await (preClose as () => unknown)();
  } else {
    await new Promise<void>((resolve, reject) => {
      const result: unknown = preClose((error) => (error ? reject(error) : resolve()));
      if (result instanceof Promise) result.catch(reject);
    });
  }
  // What it sent is written at the end of the turn.
  await new Promise((resolve) => setImmediate(resolve));
}
