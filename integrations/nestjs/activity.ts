/** What an application is busy with, so that its end can wait for it. */
export class Activity {
  #running = 0;
  #isClosing = false;
  #idle: (() => void)[] = [];
  readonly #hooks = new Set<Promise<unknown>>();

  /** Whether messages and connections are turned away. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** A handler starts. @returns to be called when it is done; more calls do nothing. */
  begin(): () => void {
    this.#running++;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      if (--this.#running > 0) return;
      for (const resolve of this.#idle.splice(0)) resolve();
    };
  }

  /** A `handleDisconnect` is under way. It does not reject. */
  addHook(hook: Promise<unknown>): void {
    this.#hooks.add(hook);
    hook.then(() => this.#hooks.delete(hook));
  }

  /** Turns everything new away, and waits for what runs. @param limit milliseconds. */
  async close(limit: number): Promise<void> {
    this.#isClosing = true;
    if (this.#running === 0 || limit === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#idle.push(resolve);
      timer = setTimeout(resolve, limit);
    });
    clearTimeout(timer);
  }

  /** Waits for every `handleDisconnect`, however long it takes: a provider it needs must not go away under it. */
  async hooksDone(): Promise<void> {
    while (this.#hooks.size > 0) await Promise.all(this.#hooks);
  }
}
