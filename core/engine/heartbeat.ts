import type { Clock } from '../clock.js';
import { Deadlines } from '../deadlines.js';

/** What the heartbeat asks of a connection. */
export interface Beating {
  /** Send a ping. */
  onPingDue(): void;
  /** The pong did not come. */
  onPongMissing(): void;
}

/**
 * One heartbeat for all connections: a ping `pingInterval` after the last pong, and the end when the pong to it is not
 * there `pingTimeout` later. Two queues and two timers in all, not one per connection.
 * Source: Engine.IO protocol 4, "Heartbeat".
 */
export class Heartbeat {
  readonly #resting: Deadlines<Beating>;
  readonly #awaitingPong: Deadlines<Beating>;

  constructor(clock: Clock, pingInterval: number, pingTimeout: number) {
    this.#awaitingPong = new Deadlines(clock, pingTimeout, (connection) => connection.onPongMissing());
    this.#resting = new Deadlines(clock, pingInterval, (connection) => {
      this.#awaitingPong.add(connection);
      connection.onPingDue();
    });
  }

  start(connection: Beating): void {
    this.#resting.add(connection);
  }

  /** Milliseconds since the ping, or since the wait for its pong was extended; `undefined` when none is awaited. */
  sincePing(connection: Beating): number | undefined {
    return this.#awaitingPong.elapsed(connection);
  }

  /** Returns `false` when no pong was awaited. */
  onPong(connection: Beating): boolean {
    if (!this.#awaitingPong.remove(connection)) return false;
    this.#resting.add(connection);
    return true;
  }

  /** Waits for the pong anew, when one is awaited. Returns whether it is. */
  extend(connection: Beating): boolean {
    if (!this.#awaitingPong.has(connection)) return false;
    this.#awaitingPong.add(connection);
    return true;
  }

  stop(connection: Beating): void {
    if (!this.#resting.remove(connection)) this.#awaitingPong.remove(connection);
  }

  clear(): void {
    this.#resting.clear();
    this.#awaitingPong.clear();
  }
}
