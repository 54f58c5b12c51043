import { Prepared } from '../protocol/prepared.js';
import { Sequence } from '../protocol/sequence.js';
import type { Transport, TransportHandler } from '../transports/transport.js';

/** What the upgrade asks of the connection it moves. */
export interface UpgradeListener {
  /** The probe arrived and was answered. */
  onProbe(): void;
  /** The client waits for its poll to return before it moves: give it a reason to. */
  releasePoll(): void;
  /** The client moved: everything goes over the new transport from here on. */
  onComplete(): void;
  /** The client did not move; the session goes on where it is. */
  onFailed(): void;
}

interface Timers {
  readonly upgradeTimeout: number;
  setTimeout(callback: () => void, delay: number): { cancel(): void };
  setInterval(callback: () => void, delay: number): { cancel(): void };
}

const PROBE_ANSWER = Prepared.text('3probe');

/** A client may have sent its next poll just before it read the answer to its probe; that one is released as well. */
const RELEASE_INTERVAL = 100;

/**
 * The move of a session to another transport. The object exists only while it runs.
 *
 * ```
 *   client          new transport          polling
 *     ├── 2probe ────────>│                   │
 *     │<───── 3probe ─────┤                   │
 *     │<────────────────────── 6 (noop) ──────┤   the waiting GET returns; no new one is sent
 *     ├── 5 ─────────────>│                   │   from here on everything goes over the new transport
 * ```
 * Source: Engine.IO protocol 4, "Upgrade". Anything else closes the new transport, and the session stays.
 */
export class Upgrade implements TransportHandler {
  readonly #transport: Transport;
  readonly #listener: UpgradeListener;
  readonly #timers: Timers;
  readonly #timeout: { cancel(): void };
  #release: { cancel(): void } | null = null;
  #state: 'waiting' | 'probed' | 'over' = 'waiting';

  constructor(transport: Transport, timers: Timers, listener: UpgradeListener) {
    this.#transport = transport;
    this.#listener = listener;
    this.#timers = timers;
    this.#timeout = timers.setTimeout(() => this.cancel(), timers.upgradeTimeout);
    transport.attach(this);
  }

  onText(packet: string): boolean {
    if (this.#state === 'waiting' && packet === '2probe') {
      this.#state = 'probed';
      this.#transport.write(Sequence.root().append(PROBE_ANSWER));
      this.#listener.onProbe();
      this.#listener.releasePoll();
      this.#release = this.#timers.setInterval(() => this.#listener.releasePoll(), RELEASE_INTERVAL);
    } else if (this.#state !== 'over' && packet === '5') {
      // Also without a probe before: the client says that it is there.
      this.#finish();
      this.#listener.onComplete();
    } else {
      this.cancel();
    }
    return this.#state !== 'over';
  }

  onBinary(): boolean {
    this.cancel();
    return false;
  }

  onReady(): void {}

  onHeaders(): void {}

  onTooLarge(): void {}

  /** WebSockets answer no requests. */
  onUnanswered(): void {}

  onClose(): void {
    this.cancel();
  }

  /** Gives up and closes the new transport. Idempotent. */
  cancel(): void {
    if (this.#state === 'over') return;
    this.#finish();
    this.#transport.close();
    this.#listener.onFailed();
  }

  #finish(): void {
    this.#state = 'over';
    this.#timeout.cancel();
    this.#release?.cancel();
  }
}
