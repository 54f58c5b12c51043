import type { Clock, Timer } from './clock.js';

/** Keeps things for a while. */
export interface Expiring {
  /** Forgets what has been kept for long enough. @returns whether something is left whose time will come. */
  dropExpired(): boolean;
  /** Bytes of memory it keeps, where that is much. */
  readonly heldBytes?: number;
  /** Keeps half of it, at most: memory is short. */
  shrink?(): void;
}

/** Keeps much, and can do with less. */
export interface Keeper {
  readonly heldBytes: number;
  shrink(): void;
}

/** Milliseconds between two sweeps: nothing is kept for longer than that beyond its time. */
const INTERVAL = 1000;

const sweeps = new WeakMap<Clock, Sweep>();

/**
 * Has everything that is kept for a while go when the while is over, also where nobody does anything any more: one timer for
 * all, which runs only while something is kept and never keeps the process alive.
 */
export class Sweep {
  readonly #clock: Clock;
  readonly #expiring = new Set<Expiring>();
  #timer: Timer | null = null;

  private constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The one of this clock. */
  static of(clock: Clock): Sweep {
    const sweep = sweeps.get(clock) ?? new Sweep(clock);
    sweeps.set(clock, sweep);
    return sweep;
  }

  /** Asks it from now on, until it says that nothing is left. */
  add(expiring: Expiring): void {
    this.#expiring.add(expiring);
    this.#timer ??= this.#clock.setInterval(this.#run, INTERVAL);
  }

  remove(expiring: Expiring): void {
    this.#expiring.delete(expiring);
    this.#stopIfIdle();
  }

  /** Those that keep much. @internal */
  keepers(): Keeper[] {
    return [...this.#expiring].filter((each): each is Expiring & Keeper => each.shrink !== undefined);
  }

  readonly #run = (): void => {
    for (const each of this.#expiring) if (!each.dropExpired()) this.#expiring.delete(each);
    this.#stopIfIdle();
  };

  #stopIfIdle(): void {
    if (this.#expiring.size > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
  }
}
