import type { Clock, Timer } from '../clock.js';

/** The part of core's clock that the client needs. */
export type ClientClock = Pick<Clock, 'now' | 'setTimeout'>;
export type { Timer };

// Taken when the module is loaded: before a test suite or a zone library replaces the globals.
const native = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };

/** A longer delay becomes one of 1 ms; nobody waits for 24 days to be over, and `timeout(Infinity)` means not to wait. */
const MAX_DELAY = 2_147_483_647;

/** Node.js: calls back once what has arrived by now has been read. The end of a connection is news as any other. */
export function afterReading(callback: () => void): void {
  // The rest of this round of the event loop, and a whole one.
  setImmediate(() => setImmediate(callback));
}

/**
 * @param useNativeTimers use the functions as they were when this module was loaded, also when they are mocked later.
 * @param autoUnref timers do not keep a Node.js process alive.
 */
export function createClock(useNativeTimers = false, autoUnref = false): ClientClock {
  return {
    // Wall clock: performance.now() stands still while some systems sleep, and a laptop's sleep is what we look for.
    now: () => Date.now(),
    setTimeout(callback, delay) {
      const timers = useNativeTimers ? native : globalThis;
      // Called through a local name: browsers insist that `this` is the window, or nothing.
      const { setTimeout, clearTimeout } = timers;
      const handle = setTimeout(callback, Math.min(delay, MAX_DELAY)) as unknown as { unref?(): void };
      if (autoUnref) handle.unref?.();
      return { cancel: () => clearTimeout(handle as unknown as number) };
    },
  };
}
