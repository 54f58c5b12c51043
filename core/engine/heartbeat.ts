import type { Clock } from '../clock.js';
import { Deadlines } from '../deadlines.js';

/** What the heartbeat asks of a connection. */
export interface HeartbeatTarget {
  /** Send a ping. */
  onPingDue(): void;
  /** The pong did not come. */
  onPongMissing(): void;
}

/** The signs of life that a connection and its peer give each other. */
export interface Heartbeat {
  start(connection: HeartbeatTarget): void;
  /** Milliseconds since the ping, or since the wait for its pong was extended; `undefined` when none is awaited. */
  sincePing(connection: HeartbeatTarget): number | undefined;
  /** What was awaited came. Returns `false` when nothing was. */
  onPong(connection: HeartbeatTarget): boolean;
  /** Something else came: waits anew, when something is awaited. Returns whether it shall not be told again until then. */
  extend(connection: HeartbeatTarget): boolean;
  stop(connection: HeartbeatTarget): void;
  clear(): void;
}

/**
 * Deadlines of peers. After a stop of the process, what they sent in time still lies in the kernel when the timers fire: so
 * nobody is judged before everything that has arrived was read.
 */
class PeerDeadlines {
  readonly #clock: Clock;
  readonly #deadlines: Deadlines<HeartbeatTarget>;
  readonly #overdue = new Set<HeartbeatTarget>();

  constructor(clock: Clock, delay: number) {
    this.#clock = clock;
    this.#deadlines = new Deadlines(clock, delay, (peer) => {
      // One turn reads what has arrived, and accepts new connections; the next one reads those.
      if (this.#overdue.size === 0) clock.endOfTurn(() => this.#clock.endOfTurn(this.#judge));
      this.#overdue.add(peer);
    });
  }

  readonly #judge = (): void => {
    for (const peer of this.#overdue) {
      this.#overdue.delete(peer);
      peer.onPongMissing();
    }
  };

  has(peer: HeartbeatTarget): boolean {
    return this.#deadlines.has(peer) || this.#overdue.has(peer);
  }

  add(peer: HeartbeatTarget): void {
    this.#overdue.delete(peer);
    this.#deadlines.add(peer);
  }

  elapsed(peer: HeartbeatTarget): number | undefined {
    return this.#deadlines.elapsed(peer);
  }

  remove(peer: HeartbeatTarget): boolean {
    return this.#overdue.delete(peer) || this.#deadlines.remove(peer);
  }

  clear(): void {
    this.#overdue.clear();
    this.#deadlines.clear();
  }
}

/**
 * Engine.IO 3: the client pings, and is gone when nothing came for `pingInterval` and `pingTimeout`.
 * Source: Engine.IO protocol 3, "Timeouts".
 */
export class ClientHeartbeat implements Heartbeat {
  readonly #awaitingPing: PeerDeadlines;

  constructor(clock: Clock, pingInterval: number, pingTimeout: number) {
    this.#awaitingPing = new PeerDeadlines(clock, pingInterval + pingTimeout);
  }

  start(connection: HeartbeatTarget): void {
    this.#awaitingPing.add(connection);
  }

  sincePing(): undefined {
    return undefined;
  }

  onPong(connection: HeartbeatTarget): boolean {
    this.#awaitingPing.add(connection);
    return true;
  }

  extend(connection: HeartbeatTarget): boolean {
    this.#awaitingPing.add(connection);
    return false;
  }

  stop(connection: HeartbeatTarget): void {
    this.#awaitingPing.remove(connection);
  }

  clear(): void {
    this.#awaitingPing.clear();
  }
}

/**
 * One heartbeat for all connections: a ping `pingInterval` after the last pong, and the end when the pong to it is not
 * there `pingTimeout` later. Two queues and two timers in all, not one per connection.
 * Source: Engine.IO protocol 4, "Heartbeat".
 */
export class ServerHeartbeat implements Heartbeat {
  readonly #resting: Deadlines<HeartbeatTarget>;
  readonly #awaitingPong: PeerDeadlines;

  constructor(clock: Clock, pingInterval: number, pingTimeout: number) {
    this.#awaitingPong = new PeerDeadlines(clock, pingTimeout);
    this.#resting = new Deadlines(clock, pingInterval, (connection) => {
      this.#awaitingPong.add(connection);
      connection.onPingDue();
    });
  }

  start(connection: HeartbeatTarget): void {
    this.#resting.add(connection);
  }

  /** Milliseconds since the ping, or since the wait for its pong was extended; `undefined` when none is awaited. */
  sincePing(connection: HeartbeatTarget): number | undefined {
    return this.#awaitingPong.elapsed(connection);
  }

  /** Returns `false` when no pong was awaited. */
  onPong(connection: HeartbeatTarget): boolean {
    if (!this.#awaitingPong.remove(connection)) return false;
    this.#resting.add(connection);
    return true;
  }

  /** Waits for the pong anew, when one is awaited. Returns whether it is. */
  extend(connection: HeartbeatTarget): boolean {
    if (!this.#awaitingPong.has(connection)) return false;
    this.#awaitingPong.add(connection);
    return true;
  }

  stop(connection: HeartbeatTarget): void {
    if (!this.#resting.remove(connection)) this.#awaitingPong.remove(connection);
  }

  clear(): void {
    this.#resting.clear();
    this.#awaitingPong.clear();
  }
}
