import type { Clock, Timer } from './clock.js';

/**
 * Items that expire after the same delay: first in, first out, behind a single timer.
 *
 * A `Map` keeps the order of insertion, so the oldest item is always the first: adding, removing and expiring are O(1)
 * and allocate no timer, whatever the number of items.
 */
export class Deadlines<Item> {
  readonly #clock: Clock;
  readonly #delay: number;
  readonly #onExpire: (item: Item) => void;
  readonly #items = new Map<Item, number>();
  /** Items may expire early by this much, so that one firing serves many; late they never are. */
  readonly #slack: number;
  #timer: Timer | null = null;

  /** @param delay milliseconds between `add` and `onExpire`. */
  constructor(clock: Clock, delay: number, onExpire: (item: Item) => void) {
    this.#clock = clock;
    this.#delay = delay;
    this.#onExpire = onExpire;
    this.#slack = Math.min(50, delay / 100);
  }

  get size(): number {
    return this.#items.size;
  }

  has(item: Item): boolean {
    return this.#items.has(item);
  }

  /** Starts, or starts again, the delay of this item. */
  add(item: Item): void {
    this.#items.delete(item);
    this.#items.set(item, this.#clock.now() + this.#delay);
    if (this.#timer === null) this.#arm(this.#delay);
  }

  /** Milliseconds since the delay of this item was started; `undefined` when it is not waiting. */
  elapsed(item: Item): number | undefined {
    const deadline = this.#items.get(item);
    return deadline === undefined ? undefined : this.#clock.now() - deadline + this.#delay;
  }

  remove(item: Item): boolean {
    return this.#items.delete(item);
  }

  /** Nothing waits any longer. */
  expireAll(): void {
    const items = [...this.#items.keys()];
    this.clear();
    for (const item of items) this.#onExpire(item);
  }

  clear(): void {
    this.#items.clear();
    this.#timer?.cancel();
    this.#timer = null;
  }

  #arm(delay: number): void {
    this.#timer = this.#clock.setTimeout(this.#expire, delay, true);
  }

  readonly #expire = (): void => {
    // `#timer` stays set meanwhile: an item that is added by `onExpire` must not decide when the others are looked at.
    const now = this.#clock.now();
    try {
      for (const [item, deadline] of this.#items) {
        if (deadline > now + this.#slack) break;
        this.#items.delete(item);
        this.#onExpire(item);
      }
    } finally {
      this.#timer?.cancel();
      this.#timer = null;
      const [next] = this.#items.values();
      if (next !== undefined) this.#arm(Math.max(next - now, 0));
    }
  };
}
