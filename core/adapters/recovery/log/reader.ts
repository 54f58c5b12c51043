import { nearest, type Positions } from '../records/offsets.js';
import type { Snapshot } from '../records/snapshot.js';
import type { RecoveryStore } from '../store.js';

/**
 * Reads the logs, and waits until this node has received everything that was published before. Many ask at the same time,
 * when a node went down and its clients come to this one: who asks while a reading runs shares the next.
 */
export class LogReader {
  readonly #store: RecoveryStore;
  readonly #barrier: () => Promise<void>;
  #next: { after: Positions; promise: Promise<Snapshot> } | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #outages = 0;

  /** @param barrier resolves when everything has been received that was published before it was called. */
  constructor(store: RecoveryStore, barrier: () => Promise<void>) {
    this.#store = store;
    this.#barrier = barrier;
  }

  /**
   * What is in the logs after these positions, or more. When it resolves, this node has received every event in it that
   * came over a channel to which it was subscribed when it called.
   */
  read(after: Positions): Promise<Snapshot> {
    if (this.#next !== undefined) {
      this.#next.after = nearest(this.#next.after, after);
      return this.#next.promise;
    }
    const next = { after, promise: this.#last.then(() => this.#read()) };
    this.#next = next;
    this.#last = next.promise.catch(() => {});
    return next.promise;
  }

  /** The connection failed: what was read before says nothing about what is missed from now on. */
  fail(): void {
    this.#outages++;
  }

  async #read(): Promise<Snapshot> {
    const { after } = this.#next!;
    this.#next = undefined;
    const outages = this.#outages;
    const snapshot = await this.#store.read(after);
    await this.#barrier();
    if (outages !== this.#outages) throw new Error('the connection failed in the meantime');
    return snapshot;
  }
}
