import { AcknowledgementError } from '../errors.js';
import type { ClientClock, Timer } from './clock.js';
import { callEach } from './emitter.js';

/** Settles an acknowledgement: `null` and the answer, or why none will come. Called once. */
export type Settle = (error: Error | null, answer: readonly unknown[]) => void;

/**
 * What settles an application's callback.
 *
 * @param withError whether it takes the error first. One that does not is never called when no answer comes: it could
 * not tell an error from an answer.
 */
export function settleCallback(callback: (...args: any[]) => void, withError: boolean): Settle {
  return (error, answer) => {
    if (withError) callEach([callback], error ? [error] : [null, ...answer]);
    else if (!error) callEach([callback], answer);
  };
}

/** Acknowledgements that are waited for. Each one is settled once: answered, timed out, or given up. */
export class PendingAcks {
  readonly #clock: ClientClock;
  readonly #pending = new Map<number, { settle: Settle; timer: Timer | undefined }>();

  constructor(clock: ClientClock) {
    this.#clock = clock;
  }

  /** @param timeout milliseconds, `undefined` to wait as long as the connection lasts. */
  add(id: number, settle: Settle, timeout?: number, onTimeout?: () => void): void {
    const timer =
      timeout === undefined
        ? undefined
        : this.#clock.setTimeout(() => {
            onTimeout?.();
            this.settle(id, new AcknowledgementError('timeout'));
          }, timeout);
    this.#pending.set(id, { settle, timer });
  }

  /** Does nothing when the id is unknown: answered before, or given up. */
  settle(id: number, error: Error | null, answer: readonly unknown[] = []): void {
    const ack = this.#pending.get(id);
    if (!ack) return;
    this.#pending.delete(id);
    ack.timer?.cancel();
    ack.settle(error, answer);
  }

  /** The connection is gone, and with it all answers but those to events that are still to be sent. */
  giveUp(isUnsent: (id: number) => boolean): void {
    for (const id of [...this.#pending.keys()]) {
      if (!isUnsent(id)) this.settle(id, new AcknowledgementError('disconnected'));
    }
  }

  /** The event was never sent, and its caller knows from an exception. */
  forget(id: number): void {
    this.#pending.get(id)?.timer?.cancel();
    this.#pending.delete(id);
  }
}
