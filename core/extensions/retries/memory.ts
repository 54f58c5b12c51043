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

/** Bytes of answers that are sent again over one connection: asking costs twenty bytes. The first one is, whatever its size. */
const MAX_REPEATED_BYTES = 1_000_000;

/** Bytes a memory takes without answers: its key, its maps, its places in the maps of all. */
const BASE_COST = 750;
/** Bytes an answer takes besides the message. */
const ANSWER_COST = 90;
/** Bytes an event takes that nobody has decided about. */
const UNDECIDED_COST = 20;

/** The socket that a memory belongs to at the moment. */
export interface RetryHolder {
  deliver(message: EncodedMessage): void;
  readonly conn: { close(discard?: boolean): void };
}

interface KeptAnswer {
  readonly message: EncodedMessage;
  readonly cost: number;
  /** How often it was sent again. */
  repetitions: number;
}

/** What is remembered of one client, over all its connections: which events it has sent, and how they were answered. */
export class RetryMemory {
  readonly key: string;
  holder: RetryHolder | null = null;
  /** Milliseconds, when its client went away. */
  awaySince = 0;
  readonly #onGrowth: (memory: RetryMemory, bytes: number) => void;
  /** Of all events. Ids only grow, so whatever is not larger is a repetition. */
  #lastId = -1;
  /** Least recently sent first. A connection keeps order, so what it may have swallowed are the last ones. */
  readonly #answers = new Map<number, KeptAnswer>();
  /** Arrived, but not given to a listener yet: in a middleware, or refused by one. A repetition is another try. */
  readonly #undecided = new Set<number>();
  /** Of answers that were sent again to its present holder. */
  #repeatedBytes = 0;
  #answerBytes = 0;
  #bytes = BASE_COST;
  #isForgotten = false;

  /** @param onGrowth told how many bytes it has grown by. */
  constructor(key: string, onGrowth: (memory: RetryMemory, bytes: number) => void) {
    this.key = key;
    this.#onGrowth = onGrowth;
  }

  /** Bytes of memory it takes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether there is anything to remember. */
  get isEmpty(): boolean {
    return this.#lastId === -1;
  }

  /** Its client is here, over this connection. */
  attach(holder: RetryHolder): void {
    this.holder = holder;
    this.#repeatedBytes = 0;
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
    if (answer !== undefined) this.#repeat(id, answer);
    return false;
  }

  #repeat(id: number, answer: KeptAnswer): void {
    this.#answers.delete(id);
    this.#answers.set(id, answer);
    const { message } = answer;
    const isTooMuch = this.#repeatedBytes > 0 && this.#repeatedBytes + message.byteLength > MAX_REPEATED_BYTES;
    if (isTooMuch || ++answer.repetitions > MAX_REPETITIONS) return;
    this.#repeatedBytes += message.byteLength;
    this.holder?.deliver(message.compact());
  }

  /** The listeners are about to be called: whether they have not been, for this event. */
  claim(id: number): boolean {
    if (id >= FIRST_UNNUMBERED) return true;
    if (!this.#undecided.delete(id)) return false;
    this.#grow(-UNDECIDED_COST);
    return true;
  }

  /** The listeners have refused the event after all: unless there is an answer, its repetition is another try. */
  release(id: number): void {
    if (id < FIRST_UNNUMBERED && !this.#isForgotten && !this.#answers.has(id)) this.#addUndecided(id);
  }

  #addUndecided(id: number): void {
    if (this.#undecided.has(id)) return;
    this.#undecided.add(id);
    const [first] = this.#undecided;
    if (this.#undecided.size > MAX_ANSWERS && first !== undefined) this.#undecided.delete(first);
    else this.#grow(UNDECIDED_COST);
  }

  /** Sends an answer, on whatever connection the client has by now, and keeps it. */
  answer(id: number, message: EncodedMessage): void {
    if (id < FIRST_UNNUMBERED && !this.#isForgotten) this.#keep(id, message.compact());
    this.holder?.deliver(message);
  }

  #keep(id: number, message: EncodedMessage): void {
    const before = this.#answerBytes;
    // An event that was released runs twice, and may be answered twice.
    this.#answerBytes -= this.#answers.get(id)?.cost ?? 0;
    const cost = ANSWER_COST + message.heldBytes;
    this.#answerBytes += cost;
    this.#answers.set(id, { message, cost, repetitions: 0 });
    for (const [oldest, { cost }] of this.#answers) {
      const isTooMuch = this.#answers.size > MAX_ANSWERS || this.#answerBytes > MAX_ANSWER_BYTES;
      if (!isTooMuch || oldest === id) break;
      this.#answers.delete(oldest);
      this.#answerBytes -= cost;
    }
    this.#grow(this.#answerBytes - before);
  }

  #grow(bytes: number): void {
    if (this.#isForgotten) return;
    this.#bytes += bytes;
    this.#onGrowth(this, bytes);
  }

  /** Keeps nothing any more. Its connection, if there is one, goes on: repetitions on it are still told apart. */
  forget(): void {
    this.#isForgotten = true;
    this.#answers.clear();
    this.#answerBytes = 0;
    this.#bytes = 0;
  }
}
