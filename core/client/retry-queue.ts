import type { Settle } from './acks.js';
import type { OutgoingPacket } from './manager.js';

/** An event that is sent until it is acknowledged. */
export interface RetryEntry {
  /**
   * The event. Its acknowledgement id is the same for each try, and ids of entries only grow: by them a server that knows
   * the retry key of this client tells a repetition from a new event.
   */
  readonly packet: OutgoingPacket;
  /** Encoded once, sent as often as it takes. */
  readonly messages: readonly any[];
  /** Milliseconds to wait for each try's acknowledgement. */
  readonly timeout: number | undefined;
  readonly settle: Settle | undefined;
  tries: number;
  pending: boolean;
}

/** What the queue needs of its socket. */
export interface RetryLink {
  /** How many entries may be on their way now; 0 while there is no connection. */
  window(): number;
  /** Sends a try, and tells `onOutcome` of the queue how it ended. */
  transmit(entry: RetryEntry): void;
}

/**
 * Events with `retries`, in order. Order holds because a connection is ordered, and because after its loss everything
 * that is unacknowledged is sent again from the first on. To a server that may run a repetition twice, one at a time is
 * sent; to one that does not, as many as it keeps answers for.
 */
export class RetryQueue {
  readonly entries: RetryEntry[] = [];
  readonly #retries: number;
  readonly #link: RetryLink;

  constructor(retries: number, link: RetryLink) {
    this.#retries = retries;
    this.#link = link;
  }

  /** Sends what may be sent. */
  drain(): void {
    for (let i = 0; i < this.entries.length && i < this.#link.window(); i++) {
      const entry = this.entries[i]!;
      if (entry.pending) continue;
      entry.pending = true;
      entry.tries++;
      this.#link.transmit(entry);
    }
  }

  /** @param error the try failed: no answer in time, or the connection is gone. */
  onOutcome(entry: RetryEntry, error: Error | null, answer: readonly unknown[]): void {
    entry.pending = false;
    if (!error || entry.tries > this.#retries) {
      const index = this.entries.indexOf(entry);
      if (index !== -1) this.entries.splice(index, 1);
      entry.settle?.(error, answer);
    }
    this.drain();
  }
}
