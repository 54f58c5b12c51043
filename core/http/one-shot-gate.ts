/**
 * What a request waits for: middlewares and `allowRequest`, which may take their time, but not for ever. Made once; what
 * comes after the time limit is not heard.
 */
export class OneShotGate {
  #isOver = false;
  #onOver: (() => void) | null = null;

  get isOver(): boolean {
    return this.#isOver;
  }

  /** @returns whether it still matters. */
  make(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#onOver?.();
    return true;
  }

  /** Calls back once it is made. */
  onOver(callback: () => void): void {
    this.#onOver = callback;
  }
}
