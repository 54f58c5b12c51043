import type { Clock, Timer } from '../clock.js';

/** A timer that fires so much later than it should, in milliseconds, tells that this process did not run meanwhile. */
export const LATE = 250;
/** Milliseconds in which what arrived meanwhile is read. */
const GRACE = 1000;

/**
 * A time limit for what others have to do. When it was this process that did not run while the time went by, their answers
 * may be here already, unread: they are given the time to be.
 */
export function setTimeLimit(clock: Clock, callback: () => void, delay: number): Timer {
  const due = clock.now() + delay;
  let timer = clock.setTimeout(
    () => {
      if (clock.now() - due < LATE) callback();
      else timer = clock.setTimeout(callback, Math.min(delay, GRACE), true);
    },
    delay,
    true,
  );
  return { cancel: () => timer.cancel() };
}
