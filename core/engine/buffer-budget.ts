import createDebug from 'debug';
import type { Clock } from '../clock.js';
import type { Prepared } from '../protocol/prepared.js';
import { type Expiring, Sweep } from '../sweep.js';

const debug = createDebug('carillon:engine');

/** A connection, as the budget sees it. */
export interface BufferHolder {
  /** Bytes that wait here, for the client or from it. */
  readonly heldBytes: number;
  /** ... of them those of messages that have not arrived whole. */
  readonly incomingBytes: number;
  /** All together hold too much, and this is one of those that hold most: it ends. */
  giveUp(maxBytes: number): void;
}

/** Once too much is held, an eighth of the room is made free: all have to be looked at for it. */
const ROOM = 7 / 8;

/**
 * One bound for all that waits outside the application's control: for clients that read slowly (what many of them wait for
 * counts once), from clients that send slowly, and what is kept for clients that are away. Beyond it, those that hold most
 * give up first.
 *
 * What is sent is counted as it begins to wait; the rest is looked at every second, when all that is kept is.
 */
export class BufferBudget implements Expiring {
  readonly maxBytes: number;
  readonly #clock: Clock;
  readonly #connections: () => Iterable<BufferHolder>;
  readonly #sweep: Sweep;
  /** Bytes of messages that wait for at least one connection. */
  #waitingBytes = 0;
  #isActing = false;

  constructor(clock: Clock, maxBytes: number, connections: () => Iterable<BufferHolder>) {
    this.#clock = clock;
    this.maxBytes = maxBytes;
    this.#connections = connections;
    this.#sweep = Sweep.of(clock);
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** These begin to wait for a connection. */
  retain(messages: readonly Prepared[]): void {
    for (const message of messages) if (message.waiters++ === 0) this.#waitingBytes += message.byteLength;
    if (this.#waitingBytes <= this.maxBytes || this.#isActing) return;
    this.#isActing = true;
    // Not now: an emit is on its way, and what ends a connection calls the application.
    this.#clock.endOfTurn(() => {
      this.#isActing = false;
      this.#act();
    });
  }

  /** They do not wait for it any more. */
  release(messages: readonly Prepared[], count = messages.length): void {
    for (let i = 0; i < count; i++) {
      const message = messages[i]!;
      if (--message.waiters === 0) this.#waitingBytes -= message.byteLength;
    }
  }

  /** A connection opened: from now on they are looked at. */
  watch(): void {
    this.#sweep.add(this);
  }

  /** The last connection is gone. */
  unwatch(): void {
    this.#sweep.remove(this);
  }

  dropExpired(): boolean {
    this.#act();
    for (const _ of this.#connections()) return true;
    return false;
  }

  #act(): void {
    let otherBytes = 0;
    for (const { incomingBytes } of this.#connections()) otherBytes += incomingBytes;
    const kept = this.#sweep.keepers();
    for (const { heldBytes } of kept) otherBytes += heldBytes;
    if (this.#waitingBytes + otherBytes <= this.maxBytes) return;
    const room = this.maxBytes * ROOM;
    const largest = [...this.#connections(), ...kept]
      .map((holder) => ({ holder, bytes: holder.heldBytes }))
      .sort((one, other) => other.bytes - one.bytes);
    debug('%d bytes are held, of %d', this.#waitingBytes + otherBytes, this.maxBytes);
    for (const { holder } of largest) {
      if (this.#waitingBytes + otherBytes <= room) return;
      if ('incomingBytes' in holder) {
        otherBytes -= holder.incomingBytes;
        holder.giveUp(this.maxBytes);
      } else {
        const before = holder.heldBytes;
        holder.shrink();
        otherBytes -= before - holder.heldBytes;
      }
    }
  }
}
