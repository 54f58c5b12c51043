import type { Prepared } from '../protocol/prepared.js';
import { Sequence } from '../protocol/sequence.js';
import { shrinkBacklog } from './backlog.js';
import type { Flushable, FlushScheduler } from './flush-scheduler.js';

/** Where an outbox writes to: the connection, which knows its current transport. */
export interface OutboxTarget {
  /** A sequence may be written now. */
  readonly ready: boolean;
  /** Packets that it may have, unless it is a single message. */
  readonly maxPackets: number;
  writeSequence(sequence: Sequence): void;
  /** Bytes written that have not left yet. */
  readonly unsentBytes: number;
  /** Much waits: told once, until nothing waits any more. */
  onPressure(messages: number): void;
  /** Nothing waits any more. @param dropped messages that were dropped in the meantime. */
  onRelief(dropped: number): void;
  /** More waits than is allowed, and the policy is not to drop it; it is forgotten already. */
  onOverflow(): void;
  /**
   * One message cannot be written: its buffer was taken away, say. All others are.
   *
   * @param event what it was, if it was an event, which is left out; `undefined`: the client cannot do without it.
   */
  onUnwritable(error: unknown, event: string | undefined): void;
}

/** A backlog is written in pieces of about this many bytes, so that a large one is not copied into one buffer. */
const PIECE_BYTES = 256 * 1024;

/**
 * What waits to be written to one connection.
 *
 * Messages of this turn are a node in a tree shared with all other connections; what could not be written at the end of
 * a turn (a slow reader, no poll waiting) moves to a backlog of this connection alone, as references to the shared
 * messages: a hundred slow readers of one broadcast hold it once.
 */
export class Outbox implements Flushable {
  readonly #scheduler: FlushScheduler;
  readonly #target: OutboxTarget;
  #tail: Sequence | null = null;
  #backlog: Prepared[] | null = null;
  #backlogBytes = 0;
  #scheduled = false;
  #pressed = false;
  #dropped = 0;
  /** So many of the first messages of the backlog are written one by one: one of them cannot be. */
  #singly = 0;
  /** More waited than is allowed: nothing is taken any more, and the end of the turn tells the target. */
  #isOver = false;

  constructor(scheduler: FlushScheduler, target: OutboxTarget) {
    this.#scheduler = scheduler;
    this.#target = target;
  }

  get isEmpty(): boolean {
    return this.#tail === null && this.#backlog === null;
  }

  /** Bytes of payload that wait here. */
  get byteLength(): number {
    return this.#backlogBytes + (this.#tail === null ? 0 : this.#tail.byteLength);
  }

  /** Messages that a policy dropped since the backlog began. */
  get dropped(): number {
    return this.#dropped;
  }

  // Hot path: once per receiver of every message.
  push(message: Prepared): void {
    if (this.#tail !== null) {
      this.#tail = this.#tail.append(message);
    } else {
      if (this.#isOver) return;
      this.#tail = this.#scheduler.root.append(message);
      if (!this.#scheduled) {
        this.#scheduled = true;
        this.#scheduler.schedule(this);
      }
    }
    if (this.#tail.isTooLarge) this.#scheduler.relieve(this, this.#tail);
  }

  onTurnEnd(): void {
    this.#scheduled = false;
    if (this.#isOver) {
      this.#isOver = false;
      this.#target.onOverflow();
    } else {
      this.flush();
    }
  }

  /**
   * The same as `flush`, in the middle of a turn: an emit is on its way, and what the application is told of it, or does
   * about it, waits for the end.
   */
  flushEarly(): void {
    this.#write();
    if (this.#backlog !== null) this.#shrink();
  }

  /** Writes what the target takes now; the rest waits for the next call. */
  flush(): void {
    this.#write();
    if (this.#backlog !== null) this.#limit();
    else if (this.#pressed || this.#dropped > 0) this.#relieve();
  }

  #write(): void {
    const tail = this.#tail;
    this.#tail = null;
    if (tail !== null) {
      if (this.#backlog === null && this.#target.ready && this.#fits(tail)) this.#writeSequence(tail);
      else this.#keep(tail);
    }
    while (this.#backlog !== null && this.#target.ready) this.#writeSequence(this.#takePiece());
  }

  #fits(sequence: Sequence): boolean {
    return sequence.packets <= this.#target.maxPackets || sequence.length === 1;
  }

  #writeSequence(sequence: Sequence): void {
    try {
      this.#target.writeSequence(sequence);
    } catch (error) {
      this.#onUnwritable(sequence, error);
    }
  }

  /** Nothing of it was written: its bytes could not be put together. */
  #onUnwritable(sequence: Sequence, error: unknown): void {
    if (sequence.length > 1) {
      const messages = sequence.messages();
      this.#singly = messages.length;
      this.#scheduler.budget.retain(messages);
      this.#backlog = this.#backlog === null ? messages : [...messages, ...this.#backlog];
      this.#backlogBytes += sequence.byteLength;
      return;
    }
    const event = this.#scheduler.limits.keyOf(sequence.last!);
    if (event !== undefined) {
      // The client is told when nothing waits any more, as after any drop.
      this.#dropped++;
      this.#pressed = true;
    }
    this.#target.onUnwritable(error, event);
  }

  #limit(): void {
    const bytes = this.#backlogBytes + this.#target.unsentBytes;
    if (!this.#pressed && (this.#dropped > 0 || this.#isTooMuch() || bytes > this.#scheduler.limits.pressureBytes)) {
      this.#pressed = true;
      this.#target.onPressure(this.#backlog!.length);
      // The application may have closed the connection.
      if (this.#backlog === null) return;
    }
    this.#shrink();
    if (!this.#isOver) return;
    this.#isOver = false;
    this.#target.onOverflow();
  }

  #isTooMuch(): boolean {
    const { maxBytes, maxMessages } = this.#scheduler.limits;
    return this.#backlogBytes + this.#target.unsentBytes > maxBytes || this.#backlog!.length > maxMessages;
  }

  /** Drops what the policy allows to be dropped; where that is not enough, forgets everything. */
  #shrink(): void {
    if (!this.#isTooMuch()) return;
    const messages = this.#backlog!;
    const count = messages.length;
    const { budget } = this.#scheduler;
    budget.release(messages);
    const rest = shrinkBacklog(
      { messages, bytes: this.#backlogBytes },
      this.#target.unsentBytes,
      this.#scheduler.limits,
    );
    if (rest === null) {
      this.#backlog = null;
      this.clear();
      this.#isOver = true;
      return;
    }
    budget.retain(rest.messages);
    this.#dropped += count - rest.messages.length;
    this.#singly = Math.min(this.#singly, rest.messages.length);
    this.#backlog = rest.messages.length === 0 ? null : rest.messages;
    this.#backlogBytes = rest.bytes;
  }

  #relieve(): void {
    const dropped = this.#dropped;
    this.#pressed = false;
    this.#dropped = 0;
    this.#target.onRelief(dropped);
  }

  /** Forgets everything: the connection is gone. */
  clear(): void {
    this.#tail = null;
    if (this.#backlog !== null) this.#scheduler.budget.release(this.#backlog);
    this.#backlog = null;
    this.#backlogBytes = 0;
    this.#singly = 0;
  }

  #keep(sequence: Sequence): void {
    this.#backlogBytes += sequence.byteLength;
    const messages = sequence.messages();
    this.#scheduler.budget.retain(messages);
    if (this.#backlog === null) this.#backlog = messages;
    else for (const message of messages) this.#backlog.push(message);
  }

  #takePiece(): Sequence {
    const backlog = this.#backlog!;
    let piece = Sequence.root();
    let count = 0;
    const most = this.#singly > 0 ? 1 : backlog.length;
    const { maxPackets } = this.#target;
    while (count < most) {
      const message = backlog[count]!;
      const isFull = piece.byteLength >= PIECE_BYTES || piece.packets + message.parts.length > maxPackets;
      if (count > 0 && isFull) break;
      piece = piece.append(message);
      count++;
    }
    if (this.#singly > 0) this.#singly--;
    this.#scheduler.budget.release(backlog, count);
    this.#backlog = count === backlog.length ? null : backlog.slice(count);
    this.#backlogBytes -= piece.byteLength;
    return piece;
  }
}
