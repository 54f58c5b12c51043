import type { Clock } from '../clock.js';

/**
 * Lets so many pass in each turn of the event loop; the others wait for the next ones, in order. A storm of handshakes does not
 * keep those waiting who are connected already.
 */
export class PerTurnLimiter {
  readonly #clock: Clock;
  readonly #perTurn: number;
  #passed = 0;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock, perTurn: number) {
    this.#clock = clock;
    this.#perTurn = perTurn;
  }

  /** Calls at once, or in a later turn. */
  pass(callback: () => void): void {
    if (this.#passed === this.#perTurn) {
      this.#waiting.push(callback);
      return;
    }
    if (this.#passed++ === 0) this.#clock.endOfTurn(this.#onTurnEnd);
    callback();
  }

  readonly #onTurnEnd = (): void => {
    const next = this.#waiting.splice(0, this.#perTurn);
    this.#passed = next.length;
    if (next.length === 0) return;
    this.#clock.endOfTurn(this.#onTurnEnd);
    let called = 0;
    try {
      while (called < next.length) next[called++]!();
    } finally {
      // One threw: the application hears of it, the others still have their turn.
      if (called < next.length) this.#waiting.unshift(...next.slice(called));
    }
  };
}
