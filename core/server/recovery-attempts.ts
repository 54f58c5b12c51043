import type { PrivateSessionId } from '../adapters/adapter.js';
import type { Clock } from '../clock.js';
import { Deadlines } from '../deadlines.js';

/** So often the same events are replayed to one client. */
export const MAX_REPLAYS = 3;

interface Replay {
  readonly pid: PrivateSessionId;
  /** How far its client had come before. */
  readonly offset: string | undefined;
  count: number;
}

/**
 * Which sessions were replayed what they had missed, and from where on. A client that comes back with the same offset has
 * read not even the first of these events: it was lost again at once, or cannot read them. Such a client would be given the
 * same bytes, and be lost, for ever.
 */
export class RecoveryAttempts {
  readonly #maxSessions: number;
  readonly #attempts = new Map<PrivateSessionId, Replay>();
  readonly #deadlines: Deadlines<Replay>;

  /** @param lifetime milliseconds within which a client that was lost can come back. */
  constructor(clock: Clock, lifetime: number, maxSessions: number) {
    this.#maxSessions = maxSessions;
    this.#deadlines = new Deadlines(clock, lifetime, ({ pid }) => this.#attempts.delete(pid));
  }

  get size(): number {
    return this.#attempts.size;
  }

  /** Events were replayed to a client that came back with this offset. */
  note(pid: PrivateSessionId, offset: string | undefined): void {
    let replay = this.#attempts.get(pid);
    if (replay === undefined || replay.offset !== offset) {
      this.#forget(pid);
      replay = { pid, offset, count: 0 };
      this.#attempts.set(pid, replay);
      const [oldest] = this.#attempts.keys();
      if (this.#attempts.size > this.#maxSessions) this.#forget(oldest!);
    }
    replay.count++;
    this.#deadlines.add(replay);
  }

  /** Whether a client that comes back with this offset was replayed the same events too often. Then it is forgotten. */
  isExhausted(pid: PrivateSessionId, offset: string | undefined): boolean {
    const replay = this.#attempts.get(pid);
    if (replay === undefined) return false;
    const isSame = replay.offset === offset;
    if (isSame && replay.count < MAX_REPLAYS) return false;
    this.#forget(pid);
    return isSame;
  }

  #forget(pid: PrivateSessionId): void {
    const replay = this.#attempts.get(pid);
    if (replay === undefined) return;
    this.#attempts.delete(pid);
    this.#deadlines.remove(replay);
  }
}
