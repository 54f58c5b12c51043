import type { Clock } from '../../clock.js';
import type { EncodedMessage } from '../../extension.js';
import { FIRST_UNNUMBERED } from './wire.js';

/** How many events a client may have on their way: as many as answers are certainly kept for. */
export const RETRY_WINDOW = 64;

/** Twice the window: answers that come late, to events the client has given up, must not take the place of the others. */
const MAX_ANSWERS = 2 * RETRY_WINDOW;

/** So often one answer is sent again: a client that asks on may be one that is lost with each answer. */
const MAX_REPETITIONS = 16;

/** Bytes of answers kept for one client. The newest one is kept whatever its size. */
const MAX_ANSWER_BYTES = 1_000_000;

/** What a memory costs without answers, in bytes, as it counts against `maxBytes`. */
const BASE_COST = 500;

/** What clients choose: long enough that nobody guesses another's. */
const KEY = /^[\w+/=-]{16,64}$/;

export interface RetryLimits {
  /** Milliseconds a client that is away is remembered. */
  readonly maxDisconnectionDuration: number;
  /** Bytes of all memories of a namespace; the clients that have been away longest are forgotten first. */
  readonly maxBytes: number;
}

/** The socket that a memory belongs to at the moment. */
export interface RetryHolder {
  deliver(message: EncodedMessage): void;
  readonly conn: { close(discard?: boolean): void };
}

/** What is remembered of one client, over all its connections: which events it has sent, and how they were answered. */
export class RetryMemory {
  readonly key: string;
  holder: RetryHolder | null = null;
  /** Milliseconds, when its client went away. */
  awaySince = 0;
  readonly #onGrowth: (bytes: number) => void;
  /** Of all events. Ids only grow, so whatever is not larger is a repetition. */
  #lastId = -1;
  /** Least recently sent first. A connection keeps order, so what it may have swallowed are the last ones. */
  readonly #answers = new Map<number, EncodedMessage>();
  /** How often each of them was sent again. */
  readonly #repetitions = new Map<number, number>();
  /** Arrived, but not given to a listener yet: in a middleware, or refused by one. A repetition is another try. */
  readonly #undecided = new Set<number>();
  #bytes = BASE_COST;
  #isForgotten = false;

  constructor(key: string, onGrowth: (bytes: number) => void) {
    this.key = key;
    this.#onGrowth = onGrowth;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether there is anything to remember. */
  get isEmpty(): boolean {
    return this.#lastId === -1;
  }

  /** An event has arrived: whether to go on with it. When it has been answered before, the answer is sent again. */
  admit(id: number): boolean {
    if (id >= FIRST_UNNUMBERED) return true;
    if (id > this.#lastId) {
      this.#lastId = id;
      this.#addUndecided(id);
      return true;
    }
    if (this.#undecided.has(id)) return true;
    const answer = this.#answers.get(id);
    if (answer !== undefined) {
      this.#answers.delete(id);
      this.#answers.set(id, answer);
      const repetitions = (this.#repetitions.get(id) ?? 0) + 1;
      this.#repetitions.set(id, repetitions);
      if (repetitions <= MAX_REPETITIONS) this.holder?.deliver(answer);
    }
    return false;
  }

  /** The listeners are about to be called: whether they have not been, for this event. */
  claim(id: number): boolean {
    return id >= FIRST_UNNUMBERED || this.#undecided.delete(id);
  }

  /** The listeners have refused the event after all: unless there is an answer, its repetition is another try. */
  release(id: number): void {
    if (id < FIRST_UNNUMBERED && !this.#isForgotten && !this.#answers.has(id)) this.#addUndecided(id);
  }

  #addUndecided(id: number): void {
    this.#undecided.add(id);
    const [first] = this.#undecided;
    if (this.#undecided.size > MAX_ANSWERS && first !== undefined) this.#undecided.delete(first);
  }

  /** Sends an answer, on whatever connection the client has by now, and keeps it. */
  answer(id: number, message: EncodedMessage): void {
    if (id < FIRST_UNNUMBERED && !this.#isForgotten) this.#keep(id, message);
    this.holder?.deliver(message);
  }

  #keep(id: number, message: EncodedMessage): void {
    const before = this.#bytes;
    // An event that was released runs twice, and may be answered twice.
    this.#bytes += message.byteLength - (this.#answers.get(id)?.byteLength ?? 0);
    this.#answers.set(id, message);
    for (const [oldest, { byteLength }] of this.#answers) {
      const isTooMuch = this.#answers.size > MAX_ANSWERS || this.#bytes > BASE_COST + MAX_ANSWER_BYTES;
      if (!isTooMuch || oldest === id) break;
      this.#answers.delete(oldest);
      this.#repetitions.delete(oldest);
      this.#bytes -= byteLength;
    }
    this.#onGrowth(this.#bytes - before);
  }

  /** Keeps nothing any more. Its connection, if there is one, goes on: repetitions on it are still told apart. */
  forget(): void {
    this.#isForgotten = true;
    this.#answers.clear();
    this.#repetitions.clear();
    this.#bytes = 0;
  }
}

/**
 * The clients of a namespace that repeat their events until they are acknowledged (the `retries` option of our client). By
 * the key that a client brings along, each of its events runs once, however often it is sent and over how many connections.
 *
 * What is promised, as long as a client is remembered: each event runs once, and a repetition gets the answer of the first.
 * A client that is away too long, or would take more memory than is allowed, is forgotten; its unanswered events may then run
 * again.
 */
export class RetryMemories {
  readonly #limits: RetryLimits;
  readonly #clock: Clock;
  readonly #memories = new Map<string, RetryMemory>();
  /** Those whose client is away, longest first. */
  readonly #away = new Set<RetryMemory>();
  #bytes = 0;

  constructor(limits: RetryLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  get size(): number {
    return this.#memories.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The memory of a client that has connected; `null` when it has shown no usable key. */
  attach(key: unknown, holder: RetryHolder): RetryMemory | null {
    if (typeof key !== 'string' || !KEY.test(key)) return null;
    this.#forgetExpired();
    let memory = this.#memories.get(key);
    if (memory === undefined) {
      memory = new RetryMemory(key, (bytes) => this.#grow(bytes));
      this.#memories.set(key, memory);
      this.#grow(memory.bytes);
    }
    this.#away.delete(memory);
    const previous = memory.holder;
    memory.holder = holder;
    // The client is back before we noticed that it was gone: its old connection is dead.
    previous?.conn.close(true);
    return memory;
  }

  /** The client's socket has disconnected. */
  detach(memory: RetryMemory, holder: RetryHolder): void {
    if (memory.holder !== holder) return;
    memory.holder = null;
    if (this.#memories.get(memory.key) !== memory) return;
    if (memory.isEmpty) {
      this.#forget(memory);
      return;
    }
    memory.awaySince = this.#clock.now();
    this.#away.add(memory);
    this.#forgetExpired();
  }

  #forgetExpired(): void {
    const oldest = this.#clock.now() - this.#limits.maxDisconnectionDuration;
    for (const memory of this.#away) {
      if (memory.awaySince > oldest) return;
      this.#forget(memory);
    }
  }

  #grow(bytes: number): void {
    this.#bytes += bytes;
    for (const memory of this.#away) {
      if (this.#bytes <= this.#limits.maxBytes) return;
      this.#forget(memory);
    }
    for (const memory of this.#memories.values()) {
      if (this.#bytes <= this.#limits.maxBytes) return;
      this.#forget(memory);
    }
  }

  #forget(memory: RetryMemory): void {
    this.#memories.delete(memory.key);
    this.#away.delete(memory);
    this.#bytes -= memory.bytes;
    memory.forget();
  }
}
