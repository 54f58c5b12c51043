import type { Clock } from '../clock.js';
import type { Prepared } from '../protocol/prepared.js';
import { Sequence } from '../protocol/sequence.js';
import { type BacklogLimits, shrinkBacklog } from './backlog.js';

/** Where an outbox writes to: the connection, which knows its current transport. */
export interface OutboxTarget {
  /** A sequence may be written now. */
  readonly ready: boolean;
  writeSequence(sequence: Sequence): void;
  /** Bytes written that have not left yet. */
  readonly unsentBytes: number;
  /** Much waits: told once, until nothing waits any more. */
  onPressure(messages: number): void;
  /** Nothing waits any more. @param dropped messages that were dropped in the meantime. */
  onRelief(dropped: number): void;
  /** More waits than is allowed, and the policy is not to drop it; it is forgotten already. */
  onOverflow(): void;
}

/**
 * The end of the turn: all outboxes that got something since the last one are written once.
 *
 * One `setImmediate` per turn, whatever the number of connections. When the loop is idle it costs no latency: it runs
 * right after the I/O callback that made the message. The busier the loop, the more messages each write carries.
 */
export class Turn {
  readonly #clock: Clock;
  /** What each outbox keeps to. */
  readonly limits: BacklogLimits;
  /** Where the sequences of this turn begin; see {@link Sequence}. */
  root = Sequence.root();
  #dirty: Outbox[] = [];

  constructor(clock: Clock, limits: BacklogLimits) {
    this.#clock = clock;
    this.limits = limits;
  }

  enlist(outbox: Outbox): void {
    if (this.#dirty.length === 0) this.#clock.endOfTurn(this.#flush);
    this.#dirty.push(outbox);
  }

  readonly #flush = (): void => {
    const dirty = this.#dirty;
    // Whoever sends while we write is served in the next turn.
    this.#dirty = [];
    this.root = Sequence.root();
    let written = 0;
    try {
      while (written < dirty.length) dirty[written++]!.onTurnEnd();
    } finally {
      // A listener of one connection threw: the application hears of it, the other connections do not.
      if (written < dirty.length) this.#continueWith(dirty.slice(written));
    }
  };

  #continueWith(rest: Outbox[]): void {
    if (this.#dirty.length === 0) this.#clock.endOfTurn(this.#flush);
    this.#dirty.unshift(...rest);
  }
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
export class Outbox {
  readonly #turn: Turn;
  readonly #target: OutboxTarget;
  #tail: Sequence | null = null;
  #backlog: Prepared[] | null = null;
  #backlogBytes = 0;
  #enlisted = false;
  #pressed = false;
  #dropped = 0;

  constructor(turn: Turn, target: OutboxTarget) {
    this.#turn = turn;
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
      this.#tail = this.#tail.then(message);
      return;
    }
    this.#tail = this.#turn.root.then(message);
    if (!this.#enlisted) {
      this.#enlisted = true;
      this.#turn.enlist(this);
    }
  }

  onTurnEnd(): void {
    this.#enlisted = false;
    this.flush();
  }

  /** Writes what the target takes now; the rest waits for the next call. */
  flush(): void {
    const tail = this.#tail;
    if (this.#backlog === null) {
      if (tail === null) {
        if (this.#pressed) this.#relieve();
        return;
      }
      this.#tail = null;
      if (this.#target.ready) {
        this.#target.writeSequence(tail);
        if (this.#pressed) this.#relieve();
      } else {
        this.#keep(tail);
        this.#limit();
      }
      return;
    }
    if (tail !== null) {
      this.#tail = null;
      this.#keep(tail);
    }
    while (this.#backlog !== null && this.#target.ready) this.#target.writeSequence(this.#takePiece());
    if (this.#backlog !== null) this.#limit();
    else if (this.#pressed) this.#relieve();
  }

  #limit(): void {
    const { limits } = this.#turn;
    const backlog = this.#backlog!;
    const unsent = this.#target.unsentBytes;
    const bytes = this.#backlogBytes + unsent;
    const isTooMuch = bytes > limits.maxBytes || backlog.length > limits.maxMessages;
    if (!this.#pressed && (isTooMuch || bytes > limits.pressureBytes)) {
      this.#pressed = true;
      this.#target.onPressure(backlog.length);
      // The application may have closed the connection.
      if (this.#backlog === null) return;
    }
    if (!isTooMuch) return;
    const count = backlog.length;
    const rest = shrinkBacklog({ messages: backlog, bytes: this.#backlogBytes }, unsent, limits);
    if (rest === null) {
      this.clear();
      this.#target.onOverflow();
      return;
    }
    this.#dropped += count - rest.messages.length;
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
    this.#backlog = null;
    this.#backlogBytes = 0;
  }

  #keep(sequence: Sequence): void {
    this.#backlogBytes += sequence.byteLength;
    const messages = sequence.messages();
    if (this.#backlog === null) this.#backlog = messages;
    else for (const message of messages) this.#backlog.push(message);
  }

  #takePiece(): Sequence {
    const backlog = this.#backlog!;
    let piece = Sequence.root();
    let count = 0;
    while (count < backlog.length && (count === 0 || piece.byteLength < PIECE_BYTES))
      piece = piece.then(backlog[count++]!);
    this.#backlog = count === backlog.length ? null : backlog.slice(count);
    this.#backlogBytes -= piece.byteLength;
    return piece;
  }
}
