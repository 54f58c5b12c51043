import type { Clock } from '../../../clock.js';
import type { Stamp } from '../../../cluster/wire/broadcast.js';
import type { LoggedEvent } from '../records/log-entry.js';
import { eventsAfter, isComplete, type Snapshot } from '../records/snapshot.js';
import type { LogReader } from './reader.js';
import type { ReceivePositions } from './receive-positions.js';

/** An event that came while others before it were missing. */
export interface QueuedEvent {
  readonly tag: string;
  readonly event: LoggedEvent;
  readonly stamp: Stamp;
  readonly channel: string;
}

export interface GapRecoveryOptions {
  readonly clock: Clock;
  readonly reader: LogReader;
  readonly received: ReceivePositions;
  /** Our own tag: of our own events, none is missing. */
  readonly own: string;
  readonly isUp: () => boolean;
  /** Tags of the other nodes that are there. */
  readonly alive: () => Iterable<string>;
  /** Bytes of events that may wait; beyond that, they are read again. */
  readonly maxBytes: number;
  readonly deliver: (tag: string, event: LoggedEvent) => void;
  /** Events are gone for good. */
  readonly onLoss: (reason: string) => void;
}

const ATTEMPTS = 6;
/** Milliseconds between two attempts: after Redis was restarted, other nodes need a moment to look after their logs. */
const PAUSE = 250;

/** Bytes that may wait in any case. */
const MIN_BYTES = 1_000_000;

/**
 * Makes up for what did not arrive: reads it in the logs and delivers it, in order, before what came after it. Events that
 * come in the meantime wait.
 */
export class GapRecovery {
  readonly #options: GapRecoveryOptions;
  /** `undefined` unless events have to wait. */
  #queue: QueuedEvent[] | undefined;
  #bytes = 0;
  #isDropped = false;
  #isRunning = false;
  /** Senders that may have sent something since. All of what others sent had arrived before. */
  readonly #suspects = new Set<string>();
  #waiting: (() => void)[] = [];

  constructor(options: GapRecoveryOptions) {
    this.#options = options;
  }

  get isPaused(): boolean {
    return this.#queue !== undefined;
  }

  /** Waits until nothing has to wait any more. @returns whether that was within the time (milliseconds). */
  finish(time: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.setTimeout(() => resolve(false), time, true);
      this.#waiting.push(() => {
        timer.cancel();
        resolve(true);
      });
    });
  }

  /** Events may be missing from now on: those that come wait for {@link GapRecovery.run}. */
  pause(): void {
    for (const tag of this.#options.alive()) this.#suspects.add(tag);
    this.#queue ??= [];
  }

  queue(queued: QueuedEvent): void {
    if (this.#queue === undefined) this.pause();
    for (const part of queued.event.parts) this.#bytes += part.length;
    this.#queue!.push(queued);
    if (this.#bytes <= Math.max(this.#options.maxBytes, MIN_BYTES)) return;
    // They are in the logs, too: they are read again.
    this.#queue = [];
    this.#bytes = 0;
    this.#isDropped = true;
  }

  /** Makes up for what is missing, and goes on. Never rejects. */
  async run(): Promise<void> {
    this.pause();
    if (this.#isRunning) return;
    this.#isRunning = true;
    do {
      this.#isDropped = false;
      const snapshot = await this.#read();
      // Down again: it begins anew when that is over.
      if (!this.#options.isUp()) break;
      this.#deliver(snapshot);
      if (!this.#isDropped) this.#release();
    } while (this.#queue !== undefined);
    this.#isRunning = false;
    if (this.#queue === undefined) for (const wake of this.#waiting.splice(0)) wake();
  }

  /** @returns `undefined` when the logs could not be read. */
  async #read(): Promise<Snapshot | undefined> {
    const { clock, reader, received, isUp } = this.#options;
    let snapshot: Snapshot | undefined;
    for (let attempt = 1; attempt <= ATTEMPTS && isUp(); attempt++) {
      if (attempt > 1) await new Promise<void>((resolve) => clock.setTimeout(resolve, PAUSE, true));
      try {
        snapshot = this.#others(await reader.read(received.positions));
        if (this.#isComplete(snapshot)) return snapshot;
      } catch {
        // The connection failed once more, or Redis does not answer: try again.
      }
    }
    return snapshot;
  }

  /** The logs of those who may have sent what is missing. */
  #others(snapshot: Snapshot): Snapshot {
    const { own, alive, received } = this.#options;
    const suspects = new Set([...this.#suspects, ...alive()]);
    const isOf = (tag: string): boolean => tag !== own && (suspects.has(tag) || !received.positions.has(tag));
    return { ...snapshot, senders: new Map([...snapshot.senders].filter(([tag]) => isOf(tag))) };
  }

  #isComplete(snapshot: Snapshot): boolean {
    const { positions } = this.#options.received;
    const required = [...this.#suspects].filter((tag) => positions.has(tag));
    return isComplete(snapshot, positions, required);
  }

  #deliver(snapshot: Snapshot | undefined): void {
    const { received, deliver, onLoss } = this.#options;
    if (snapshot === undefined || !this.#isComplete(snapshot)) {
      onLoss('events of other nodes did not arrive, and are not in their logs any more');
    }
    if (snapshot !== undefined) {
      for (const { tag, event } of eventsAfter(snapshot, new Map(received.positions))) {
        received.advance(tag, event.sequence);
        deliver(tag, event);
      }
      received.reach(snapshot);
    }
    received.forgetChannels();
  }

  /** Delivers what had to wait, up to the next gap. */
  #release(): void {
    const { received, deliver } = this.#options;
    const queue = this.#queue!;
    this.#queue = undefined;
    this.#bytes = 0;
    this.#suspects.clear();
    for (const [index, { tag, event, stamp, channel }] of queue.entries()) {
      const verdict = received.onEvent(tag, channel, stamp);
      if (verdict === 'next') deliver(tag, event);
      if (verdict !== 'gap') continue;
      for (const rest of queue.slice(index)) this.queue(rest);
      return;
    }
  }
}
