import { encodeEntry, type LoggedEvent } from '../records/log-entry.js';
import type { LogAppend } from '../store.js';

export interface JournalLimits {
  /** Bytes of entries kept; the oldest go first. */
  readonly maxBytes: number;
  /** Milliseconds an entry is kept at least, as long as the bytes allow. */
  readonly retention: number;
}

interface Written {
  readonly last: number;
  readonly bytes: number;
  readonly at: number;
}

/** What one node sends in one namespace: numbers the events, and says which of the log's entries may go. */
export class Journal {
  readonly #limits: JournalLimits;
  /** Of the turn. */
  #events: LoggedEvent[] = [];
  /** Entries in the log, oldest first, from `#head` on. */
  #written: Written[] = [];
  #head = 0;
  #bytes = 0;
  #sequence = 0;
  /** The last event on each channel. */
  readonly #previous = new Map<string, number>();

  constructor(limits: JournalLimits) {
    this.#limits = limits;
  }

  /** Number of the last event. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Bytes of the entries that are in the log. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the next event. @returns the number of the event before it on the same channel; 0 when that is not known. */
  add(channel: string, event: Omit<LoggedEvent, 'sequence'>): number {
    const sequence = ++this.#sequence;
    this.#events.push({ ...event, sequence });
    const previous = this.#previous.get(channel) ?? 0;
    // Behind the others: the first are those that nothing was sent to for longest.
    if (previous > 0) this.#previous.delete(channel);
    else if (this.#previous.size >= MAX_CHANNELS) this.#previous.delete(this.#previous.keys().next().value!);
    this.#previous.set(channel, sequence);
    return previous;
  }

  /** The events since the last time as one entry; `undefined` when there are none. */
  take(now: number): LogAppend | undefined {
    if (this.#events.length === 0) return undefined;
    const entry = encodeEntry(this.#events);
    const first = this.#events[0]!.sequence;
    const last = this.#sequence;
    this.#events = [];
    this.#written.push({ last, bytes: entry.length, at: now });
    this.#bytes += entry.length;
    return { first, last, entry, keepFrom: this.#trim(now) };
  }

  #trim(now: number): number | undefined {
    const { maxBytes, retention } = this.#limits;
    let keepFrom: number | undefined;
    for (; this.#head < this.#written.length; this.#head++) {
      const oldest = this.#written[this.#head]!;
      if (this.#bytes <= maxBytes && oldest.at >= now - retention) break;
      this.#bytes -= oldest.bytes;
      keepFrom = oldest.last + 1;
    }
    if (this.#head > 1024 && this.#head * 2 > this.#written.length) {
      this.#written = this.#written.slice(this.#head);
      this.#head = 0;
    }
    return keepFrom;
  }
}

/** Channels whose last event is remembered: receivers of others do not notice when they missed one. */
const MAX_CHANNELS = 10_000;
