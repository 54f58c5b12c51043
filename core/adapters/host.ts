import { Adapter } from './adapter.js';
import type { ExpectedNamespace } from './foreign.js';

/**
 * Makes the adapter of a namespace from what `io.adapter()` was given: a class, a function made for `new`, or any other.
 *
 * @throws TypeError when that does not give an adapter.
 */
export function makeAdapter(factory: unknown, namespace: ExpectedNamespace): Adapter {
  // A class, or a plain function: what it makes is checked below.
  const make = factory as ((namespace: ExpectedNamespace) => unknown) & (new (namespace: ExpectedNamespace) => unknown);
  const adapter = make.prototype === undefined ? make(namespace) : new make(namespace);
  if (adapter instanceof Adapter) return adapter;
  if (typeof adapter === 'function') {
    throw new TypeError(
      'the adapter option returned a function, not an adapter: call it yourself, as in { adapter: createAdapter(client) }',
    );
  }
  const methods = adapter as Partial<Record<string, unknown>> | null | undefined;
  for (const method of ['broadcast', 'addAll', 'del', 'delAll']) {
    if (typeof methods?.[method] !== 'function') {
      throw new TypeError(
        `the adapter option must be a class or a function that makes an adapter; what it made has no ${method}()`,
      );
    }
  }
  return adapter as Adapter;
}

/**
 * Whether it can bring a client back that lost its connection. Those that cannot inherit `restoreSession` from the base
 * class, which then is the only one in the chain that has it.
 */
export function canRecover(adapter: Adapter): boolean {
  let owners = 0;
  let isItsOwn = Object.hasOwn(adapter, 'restoreSession');
  for (let link = Object.getPrototypeOf(adapter); link !== null; link = Object.getPrototypeOf(link)) {
    if (!Object.hasOwn(link, 'restoreSession')) continue;
    owners++;
    if (link === Object.getPrototypeOf(adapter)) isItsOwn = true;
  }
  return isItsOwn || owners > 1;
}

/**
 * Adapters answer with promises nobody asked for (a publish to Redis, a subscription): their rejection must neither end the
 * process nor be lost.
 *
 * @param what the adapter was doing, as in "could not ...".
 */
export function logRejection(result: unknown, what: string): void {
  if (typeof (result as PromiseLike<unknown> | undefined)?.then !== 'function') return;
  (result as PromiseLike<unknown>).then(undefined, (error: unknown) => {
    console.error(`carillon: the adapter could not ${what}:`, error);
  });
}

/** Closes an adapter; whatever comes of that, the others are closed too. */
export async function closeAdapter(adapter: Adapter): Promise<void> {
  try {
    await adapter.close?.();
  } catch (error) {
    console.error('carillon: the adapter could not close:', error);
  }
}
