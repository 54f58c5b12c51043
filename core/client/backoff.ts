/** Delays between attempts: exponential, with jitter. */
export class Backoff {
  /** Delay before the first attempt, in milliseconds. */
  min: number;
  /** No delay is longer, in milliseconds. */
  max: number;
  /** How far a delay may lie from the exponential one, as a fraction of it: 0 to 1. */
  jitter: number;
  /** Delays handed out since the last reset. */
  attempts = 0;
  readonly #random: () => number;

  constructor(min: number, max: number, jitter: number, random: () => number = Math.random) {
    this.min = min;
    this.max = max;
    this.jitter = jitter;
    this.#random = random;
  }

  /** The next delay, in whole milliseconds: `min * 2^attempts`, within `jitter` of it, at most `max`. */
  duration(): number {
    const exponential = this.min * 2 ** this.attempts++;
    // Where the cap cuts the range off, the delay is drawn from what is left: thousands of clients that have waited for
    // the same server must not end up with exactly `max`, all of them.
    const highest = Math.min(exponential * (1 + this.jitter), this.max);
    const lowest = Math.min(exponential, this.max) * (1 - this.jitter);
    return Math.floor(lowest + this.#random() * (highest - lowest));
  }

  reset(): void {
    this.attempts = 0;
  }
}
