/** So many per second on average, and so many at once. */
export interface Rate {
  readonly perSecond: number;
  /** Default: `perSecond`. */
  readonly burst: number;
}

/**
 * A bucket of tokens that fills at a steady rate. Time comes in from outside, so that it needs no timer: a bucket nobody
 * asks costs nothing.
 */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #filledAt: number;

  /** @param now monotonic milliseconds. */
  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#filledAt = now;
  }

  /**
   * Takes tokens, or none.
   *
   * @returns 0 when they were taken, else the milliseconds until they can be. What costs more than the bucket holds is
   * granted once the bucket is full.
   */
  take(cost: number, now: number): number {
    this.#fill(now);
    const needed = Math.min(cost, this.#rate.burst);
    if (this.#tokens >= needed - 1e-9) {
      this.#tokens -= needed;
      return 0;
    }
    // A little less, so that what rounding adds does not become a millisecond.
    return Math.ceil(((needed - this.#tokens) / this.#rate.perSecond) * 1000 - 1e-6);
  }

  /** Whether it is as good as new. */
  isFull(now: number): boolean {
    this.#fill(now);
    return this.#tokens >= this.#rate.burst;
  }

  #fill(now: number): void {
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + ((now - this.#filledAt) / 1000) * this.#rate.perSecond);
    this.#filledAt = now;
  }
}
