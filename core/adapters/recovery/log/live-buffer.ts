import type { Room } from '../../../rooms/selection.js';
import { isReceiver, type LoggedEvent } from '../records/log-entry.js';
import type { SentEvent, Snapshot } from '../records/snapshot.js';

/** Remembers the events that go by while somebody is coming back, until its socket is there to be sent them. */
export class LiveBuffer {
  readonly #maxBytes: number;
  #events: SentEvent[] = [];
  #bytes = 0;
  /** Milliseconds by the clock. */
  readonly since: number;

  constructor(maxBytes: number, since: number) {
    this.#maxBytes = maxBytes;
    this.since = since;
  }

  /** Whether more went by than may be kept, or something was lost: it does not hold all. */
  get isIncomplete(): boolean {
    return this.#bytes > this.#maxBytes;
  }

  add(tag: string, event: LoggedEvent): void {
    if (this.isIncomplete) return;
    for (const part of event.parts) this.#bytes += part.length;
    this.#events.push({ tag, event });
    if (this.isIncomplete) this.#events = [];
  }

  /** Something went by unseen. */
  invalidate(): void {
    this.#bytes = Number.POSITIVE_INFINITY;
    this.#events = [];
  }

  /** What went by for a member of these rooms and is not in the snapshot. */
  after(snapshot: Snapshot, rooms: ReadonlySet<Room>): SentEvent[] {
    return this.#events.filter(
      ({ tag, event }) =>
        event.sequence > (snapshot.senders.get(tag)?.position ?? 0) && isReceiver(rooms, event.options),
    );
  }
}
