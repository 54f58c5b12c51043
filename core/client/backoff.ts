/** How long to wait between attempts: the options of a manager. */
export interface BackoffSettings {
  /** Milliseconds before the first attempt. */
  reconnectionDelay: number;
  /** No delay is longer, in milliseconds. */
  reconnectionDelayMax: number;
  /** How far a delay may lie from the exponential one, as a fraction of it: 0 to 1. */
  randomizationFactor: number;
}

/** Delays between attempts: exponential, with jitter. */
export class Backoff {
  /** Delays handed out since the last reset. */
  attempts = 0;
  readonly #settings: BackoffSettings;
  readonly #random: () => number;

  /** @param settings may be changed at any time. */
  constructor(settings: BackoffSettings, random: () => number = Math.random) {
    this.#settings = settings;
    this.#random = random;
  }

  /** The next delay, in whole milliseconds: `reconnectionDelay * 2^attempts`, within the jitter, at most the maximum. */
  duration(): number {
    const { reconnectionDelay, reconnectionDelayMax, randomizationFactor } = this.#settings;
    const exponential = reconnectionDelay * 2 ** this.attempts++;
    // Where the cap cuts the range off, the delay is drawn from what is left: thousands of clients that have waited for
    // the same server must not end up with exactly the maximum, all of them.
    const highest = Math.min(exponential * (1 + randomizationFactor), reconnectionDelayMax);
    const lowest = Math.min(exponential, reconnectionDelayMax) * (1 - randomizationFactor);
    return Math.floor(lowest + this.#random() * (highest - lowest));
  }

  reset(): void {
    this.attempts = 0;
  }
}
