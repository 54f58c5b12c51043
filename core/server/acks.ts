import type { Clock, Timer } from '../clock.js';
import { AcknowledgementError } from '../errors.js';

/** Called with the values of an answer. */
export type AckCallback = (...values: any[]) => void; // The application's: it knows what its clients answer.

/**
 * Acknowledgements a socket waits for. Each settles exactly once: with the answer, with a timeout, or, where the callback
 * takes an error first, with the end of the socket.
 *
 * It is a `Map` of callbacks by id because adapters of the ecosystem put theirs in (`socket.acks.set(id, callback)`).
 */
export class PendingAcks extends Map<number, AckCallback> {
  /** Those that want to hear of the end. */
  #errorFirst: Map<number, (error: Error) => void> | null = null;

  /** Calls back with the arguments of the answer only. */
  expect(id: number, callback: AckCallback): void {
    this.set(id, callback);
  }

  /** Calls back with `(error)` or `(null, ...answer)`. */
  expectOrFail(
    id: number,
    callback: (error: Error | null, ...answer: unknown[]) => void,
    clock: Clock,
    timeout?: number,
  ): void {
    let timer: Timer | null = null;
    const settle = (error: Error | null, answer: unknown[]): void => {
      timer?.cancel();
      this.forget(id);
      callback(error, ...answer);
    };
    this.set(id, (...answer) => settle(null, answer));
    this.#errorFirst ??= new Map();
    this.#errorFirst.set(id, (error) => settle(error, []));
    if (timeout !== undefined) timer = clock.setTimeout(() => settle(new AcknowledgementError('timeout'), []), timeout);
  }

  /** Takes the callback of an answer that arrived; `undefined` when nobody waits for it (any more). */
  take(id: number): AckCallback | undefined {
    const callback = this.get(id);
    if (callback !== undefined) this.forget(id);
    return callback;
  }

  forget(id: number): void {
    this.delete(id);
    this.#errorFirst?.delete(id);
  }

  /**
   * The socket is gone: no answer will come.
   *
   * @param report told what a callback threw; the others are still called.
   */
  abandon(report: (error: unknown) => void): void {
    const waiting = this.#errorFirst;
    this.#errorFirst = null;
    this.clear();
    if (waiting === null) return;
    for (const fail of waiting.values()) {
      try {
        fail(new AcknowledgementError('disconnected'));
      } catch (error) {
        report(error);
      }
    }
  }
}
