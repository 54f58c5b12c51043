import type { Clock } from '../clock.js';
import { Sequence } from '../protocol/sequence.js';
import type { BacklogLimits } from './backlog.js';
import type { BufferBudget } from './buffer-budget.js';

/** What is written at the end of a turn: see {@link Outbox} in outbox.ts. */
export interface Flushable {
  /** Writes what waits, and tells the target what concerns it. */
  onTurnEnd(): void;
  /** Writes, in the middle of a turn: the target hears nothing yet. */
  flushEarly(): void;
}

/**
 * Writes, at the end of the turn, all outboxes that got something since the last one, once.
 *
 * One `setImmediate` per turn, whatever the number of connections. When the loop is idle it costs no latency: it runs
 * right after the I/O callback that made the message. The busier the loop, the more messages each write carries.
 */
export class FlushScheduler {
  readonly #clock: Clock;
  /** What each outbox keeps to. */
  readonly limits: BacklogLimits;
  /** What all of them keep to. */
  readonly budget: BufferBudget;
  /** Where the sequences of this turn begin; see {@link Sequence}. */
  root: Sequence;
  #dirty: Flushable[] = [];

  constructor(clock: Clock, limits: BacklogLimits, budget: BufferBudget) {
    this.#clock = clock;
    this.limits = limits;
    this.budget = budget;
    this.root = this.#newRoot();
  }

  #newRoot(): Sequence {
    const { flushBytes, turnFlushBytes } = this.limits;
    return Sequence.root({ bytes: 0, maxBytes: turnFlushBytes, maxSequenceBytes: flushBytes });
  }

  schedule(outbox: Flushable): void {
    if (this.#dirty.length === 0) this.#clock.endOfTurn(this.#flush);
    this.#dirty.push(outbox);
  }

  /** More was sent in this turn, to one or to all, than should wait for its end: it is written, or judged, now. */
  relieve(outbox: Flushable, { ledger }: Sequence): void {
    if (ledger.bytes <= ledger.maxBytes) {
      outbox.flushEarly();
      return;
    }
    this.root = this.#newRoot();
    // They stay scheduled: what concerns the application is done at the end.
    for (let i = 0; i < this.#dirty.length; i++) this.#dirty[i]!.flushEarly();
  }

  readonly #flush = (): void => {
    const dirty = this.#dirty;
    // Whoever sends while we write is served in the next turn.
    this.#dirty = [];
    this.root = this.#newRoot();
    let written = 0;
    try {
      while (written < dirty.length) dirty[written++]!.onTurnEnd();
    } finally {
      // A listener of one connection threw: the application hears of it, the other connections do not.
      if (written < dirty.length) this.#continueWith(dirty.slice(written));
    }
  };

  #continueWith(rest: Flushable[]): void {
    if (this.#dirty.length === 0) this.#clock.endOfTurn(this.#flush);
    this.#dirty.unshift(...rest);
  }
}
