import createDebug from 'debug';
import { isRefusal, type Publication } from '../clients/client.js';

const debug = createDebug('carillon:redis');

export interface PendingPublicationsOptions {
  /** Bytes that may wait. Beyond that, the oldest go. */
  readonly maxBytes: number;
  /** Sends in order. @returns a promise for each. */
  readonly send: (publications: readonly Publication[]) => Promise<unknown>[];
  /** Redis refused one. */
  readonly onError: (error: Error) => void;
  /** The connection failed before Redis had answered; what was not answered waits here again. */
  readonly onLost: (error: Error) => void;
}

/**
 * Bytes that are handed to the client before it has answered for them. A Redis that stands still keeps its connections:
 * without a bound, the client would take everything.
 */
const MAX_UNANSWERED_BYTES = 4 * 1024 * 1024;

/**
 * What is on its way to Redis, in order: what the client was given and has not answered for, and what waits.
 *
 * Everything of a turn is sent at once. A publication that the connection took down with it is sent again, ahead of the
 * others: receivers know it by its number if it had arrived.
 */
export class PendingPublications {
  readonly #options: PendingPublicationsOptions;
  /** What waits; what is sent again is at its beginning. */
  #waiting: Publication[] = [];
  #waitingBytes = 0;
  #unansweredBytes = 0;
  /** Came back from a lost connection, in the order in which it was sent. */
  #returned: Publication[] = [];
  #isHeld = false;
  #isFlushing = false;
  #dropped = 0;
  #isClosed = false;
  #onIdle: (() => void) | undefined;

  constructor(options: PendingPublicationsOptions) {
    this.#options = options;
  }

  add(publication: Publication): void {
    if (this.#isClosed) return;
    this.#waiting.push(publication);
    this.#waitingBytes += publication.message.byteLength;
    if (this.#isHeld || this.#unansweredBytes > MAX_UNANSWERED_BYTES) this.#dropOldest();
    else this.#scheduleFlush();
  }

  /** Nothing is sent until `release`. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Sends what waits. @returns how many were dropped meanwhile. */
  release(): number {
    this.#isHeld = false;
    this.#takeBack();
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#scheduleFlush();
    return dropped;
  }

  /** Sends what waits if it may, and takes nothing more. Resolves when Redis has answered for it. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#flush();
    this.#isClosed = true;
    if (this.#isHeld || this.#unansweredBytes === 0) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** At the end of this callback: a turn publishes several. */
  #scheduleFlush(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#isHeld || this.#waiting.length === 0 || this.#isClosed) return;
    if (this.#unansweredBytes > MAX_UNANSWERED_BYTES) return;
    const publications = this.#waiting;
    const bytes = this.#waitingBytes;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#unansweredBytes += bytes;
    let answers: Promise<unknown>[];
    try {
      answers = this.#options.send(publications);
    } catch (error) {
      answers = publications.map(() => Promise.reject(error));
    }
    answers.forEach((answer, index) => {
      const publication = publications[index]!;
      answer.then(
        () => this.#onAnswer(publication),
        (error: Error) => this.#onFailure(publication, error),
      );
    });
    if (this.#dropped > 0) {
      this.#options.onError(new Error(`${this.#dropped} messages were dropped: Redis did not take them in time`));
      this.#dropped = 0;
    }
  }

  #onAnswer({ message }: Publication): void {
    this.#unansweredBytes -= message.byteLength;
    if (this.#unansweredBytes === 0) this.#onIdle?.();
    if (this.#waiting.length > 0) this.#scheduleFlush();
  }

  #onFailure(publication: Publication, error: Error): void {
    this.#unansweredBytes -= publication.message.byteLength;
    if (this.#unansweredBytes === 0) this.#onIdle?.();
    if (this.#isClosed) return;
    if (isRefusal(error)) {
      this.#options.onError(error);
      return;
    }
    this.#returned.push(publication);
    debug('a publication for %s is to be sent again: %s', publication.channel, error.message);
    this.#options.onLost(error);
  }

  #takeBack(): void {
    if (this.#returned.length === 0) return;
    for (const { message } of this.#returned) this.#waitingBytes += message.byteLength;
    this.#waiting = [...this.#returned, ...this.#waiting];
    this.#returned = [];
    this.#dropOldest();
  }

  #dropOldest(): void {
    let first = 0;
    while (this.#waitingBytes > this.#options.maxBytes && first < this.#waiting.length) {
      this.#waitingBytes -= this.#waiting[first++]!.message.byteLength;
    }
    if (first === 0) return;
    this.#waiting.splice(0, first);
    debug('%d publications are dropped', first);
    this.#dropped += first;
  }
}
