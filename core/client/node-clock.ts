// Not the global one, which environments of tests that imitate a page take away.
import { setImmediate } from 'node:timers';

/** Calls back once what has arrived by now has been read. The end of a connection is news as any other. */
export function afterReading(callback: () => void): void {
  // The rest of this round of the event loop, and a whole one.
  setImmediate(() => setImmediate(callback));
}
