import type { Clock, Timer } from '../clock.js';

/** Milliseconds between two reports of the same kind. */
const INTERVAL = 10_000;

/**
 * Counts what others did wrong, and reports it, but not so often that a flood of it becomes a flood of reports: the first
 * time, and then at most every ten seconds.
 */
export class ThrottledReporter {
  readonly #clock: Clock;
  readonly #report: (reason: string, count: number) => void;
  #count = 0;
  #pause: Timer | undefined = undefined;

  /** @param report is told the reason, and how many there were until now. */
  constructor(clock: Clock, report: (reason: string, count: number) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  /** How many there were. */
  get count(): number {
    return this.#count;
  }

  add(reason: string): void {
    this.#count++;
    if (this.#pause !== undefined) return;
    this.#report(reason, this.#count);
    this.#pause = this.#clock.setTimeout(
      () => {
        this.#pause = undefined;
      },
      INTERVAL,
      true,
    );
  }

  close(): void {
    this.#pause?.cancel();
  }
}
