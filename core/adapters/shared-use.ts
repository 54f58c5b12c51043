/** Opened by its first user, closed by its last. */
export class SharedUse {
  #users = 0;
  #opened: Promise<void> = Promise.resolve();

  get isInUse(): boolean {
    return this.#users > 0;
  }

  /** One more user. @returns what the first one's opening came to. */
  open(open: () => Promise<void>): Promise<void> {
    if (this.#users++ === 0) this.#opened = open();
    return this.#opened;
  }

  /** One user less. */
  async close(close: () => Promise<void>): Promise<void> {
    if (this.#users > 0 && --this.#users === 0) await close();
  }
}
