import type { Clock, Timer } from '../clock.js';

/** The part of core's clock that the client needs. */
export type ClientClock = Pick<Clock, 'now' | 'setTimeout'>;
export type { Timer };

/**
 * The longest delay that timers take, in milliseconds. A longer one becomes one of 1 ms; nobody waits for 24 days to be
 * over, and `timeout(Infinity)` means not to wait.
 */
export const MAX_DELAY = 2 ** 31 - 1;

// Taken when the module is loaded: before a test suite or a zone library replaces the globals.
const native = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };

/**
 * @param useNativeTimers use the functions as they were when this module was loaded, also when they are mocked later.
 * @param autoUnref timers do not keep a Node.js process alive.
 */
export function createClock(useNativeTimers?: boolean, autoUnref?: boolean): ClientClock {
  let ahead = Number.NEGATIVE_INFINITY;
  return {
    now() {
      // Goes on steadily, also when somebody sets the clock back; and jumps with the clock of the wall where the steady
      // one stood still, as it does on some systems that sleep.
      ahead = Math.max(ahead, Date.now() - performance.now());
      return performance.now() + ahead;
    },
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
