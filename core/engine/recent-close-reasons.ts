/** Sessions remembered; of each, an id and a few words. */
const CAPACITY = 1000;

/**
 * Why sessions ended whose clients were not there to be told: over polling, the server cannot speak first. Whoever comes
 * back with such a session id learns it then. Only the last ones are remembered.
 */
export class RecentCloseReasons {
  readonly #reasons = new Map<string, string>();

  add(sid: string, reason: string): void {
    this.#reasons.set(sid, reason);
    if (this.#reasons.size <= CAPACITY) return;
    const [oldest] = this.#reasons.keys();
    this.#reasons.delete(oldest!);
  }

  get(sid: string): string | undefined {
    return this.#reasons.get(sid);
  }
}
