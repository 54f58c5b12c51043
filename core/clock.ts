/**
 * The only file that touches timers. Everything that waits takes a {@link Clock}, so that unit tests move time by hand.
 */
export interface Clock {
  /** Monotonic milliseconds: only differences mean something. */
  now(): number;
  /** Calls once after `delay` milliseconds. With `background`, the timer does not keep the process alive. */
  setTimeout(callback: () => void, delay: number, background?: boolean): Timer;
  /** Calls every `delay` milliseconds; never keeps the process alive. */
  setInterval(callback: () => void, delay: number): Timer;
  /** Calls at the end of this turn of the event loop, after the I/O callbacks that are ready. */
  endOfTurn(callback: () => void): void;
}

export interface Timer {
  /** Idempotent. */
  cancel(): void;
}

class SystemTimer implements Timer {
  #handle: NodeJS.Timeout | undefined;

  constructor(handle: NodeJS.Timeout) {
    this.#handle = handle;
  }

  cancel(): void {
    clearTimeout(this.#handle);
    this.#handle = undefined;
  }
}

/** Node takes a longer delay for one of 1 ms; nobody waits for 24 days to be over. */
const MAX_DELAY = 2_147_483_647;

export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout(callback, delay, background = false) {
    const handle = setTimeout(callback, Math.min(delay, MAX_DELAY));
    if (background) handle.unref();
    return new SystemTimer(handle);
  },
  setInterval(callback, delay) {
    const handle = setInterval(callback, Math.min(delay, MAX_DELAY));
    handle.unref();
    return new SystemTimer(handle);
  },
  endOfTurn(callback) {
    setImmediate(callback);
  },
};
