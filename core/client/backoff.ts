/** How long to wait between attempts: the options of a manager. */
export interface BackoffSettings {
  /** Milliseconds before the first attempt. */
  reconnectionDelay: number;
  /** No delay is longer, in milliseconds. */
  reconnectionDelayMax: number;
  /** How far a delay may lie from the exponential one, as a fraction of it: 0 to 1. */
  randomizationFactor: number;
}

/**
 * The delay before an attempt, in whole milliseconds: `reconnectionDelay * 2^attempt`, within the jitter, at most the
 * maximum.
 *
 * @param attempt counts from 0.
 */
export function backoff(settings: BackoffSettings, attempt: number, random: () => number = Math.random): number {
  const { reconnectionDelay, reconnectionDelayMax, randomizationFactor } = settings;
  const exponential = reconnectionDelay * 2 ** attempt;
  // Where the cap cuts the range off, the delay is drawn from what is left: thousands of clients that have waited for
  // the same server must not end up with exactly the maximum, all of them.
  const highest = Math.min(exponential * (1 + randomizationFactor), reconnectionDelayMax);
  const lowest = Math.min(exponential, reconnectionDelayMax) * (1 - randomizationFactor);
  return Math.floor(lowest + random() * (highest - lowest));
}
