import type { Clock } from '../../../clock.js';
import { setTimeLimit } from '../../../cluster/time-limit.js';
import { randomId } from '../../../ids.js';
import type { Fields } from './fields.js';

/** What other nodes answered, and how many did not. Who they are, the protocol does not tell. */
export interface SocketioAnswers<Answer> {
  readonly answers: Answer[];
  readonly missing: number;
}

interface Pending {
  readonly onResponse: (fields: Fields) => void;
  /** Ends it with what there is. */
  readonly giveUp: () => void;
}

export interface PendingRequestsOptions {
  readonly clock: Clock;
  /** Milliseconds other nodes have to answer, where the call does not say. */
  readonly timeout: number;
  /** How many nodes will answer a request. Rejects when nobody knows. */
  readonly countOthers: () => Promise<number>;
}

/** Who asked the other nodes something, and is not answered yet. */
export class PendingRequests {
  readonly #options: PendingRequestsOptions;
  readonly #pending = new Map<string, Pending>();

  constructor(options: PendingRequestsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#pending.size;
  }

  onResponse(requestId: string, fields: Fields): void {
    this.#pending.get(requestId)?.onResponse(fields);
  }

  giveUpAll(): void {
    for (const pending of [...this.#pending.values()]) pending.giveUp();
  }

  /**
   * Asks all others. Complete when everybody answered, or the time is up. Never rejects.
   *
   * @param send publishes the request.
   * @param read makes an answer of a response.
   */
  ask<Answer>(
    requestId: string,
    send: () => void,
    read: (fields: Fields) => Answer,
    timeout: number = this.#options.timeout,
  ): Promise<SocketioAnswers<Answer>> {
    return new Promise((resolve) => {
      const answers: Answer[] = [];
      // As long as nobody has said how many there are, somebody may be missing.
      let others: number | undefined;
      const settle = (): void => {
        timer.cancel();
        this.#pending.delete(requestId);
        resolve({ answers, missing: others === undefined ? 1 : Math.max(0, others - answers.length) });
      };
      const check = (): void => {
        if (others !== undefined && answers.length >= others) settle();
      };
      const timer = setTimeLimit(this.#options.clock, settle, timeout);
      this.#pending.set(requestId, {
        giveUp: settle,
        onResponse: (fields) => {
          answers.push(read(fields));
          check();
        },
      });
      this.#options.countOthers().then((count) => {
        if (!this.#pending.has(requestId)) return;
        others = count;
        if (count > 0 && answers.length < count) send();
        check();
      }, settle);
    });
  }

  /**
   * Waits for the responses to something that was said already; for as long as the time lasts, since nobody knows when they
   * are complete.
   *
   * @param onResponse @returns whether the response is its node's only one of this kind.
   * @param onMissing called after the time when nodes said nothing, with their number.
   */
  follow(
    requestId: string,
    onResponse: (fields: Fields) => boolean,
    onMissing: (count: number) => void,
    timeout: number = this.#options.timeout,
  ): void {
    let nodes = 0;
    let others: number | undefined;
    const giveUp = (): void => {
      timer.cancel();
      this.#pending.delete(requestId);
      if (others === undefined || nodes < others) onMissing(others === undefined ? 1 : others - nodes);
    };
    const timer = setTimeLimit(this.#options.clock, giveUp, timeout);
    this.#pending.set(requestId, {
      giveUp,
      onResponse: (fields) => {
        if (onResponse(fields)) nodes++;
      },
    });
    this.#options.countOthers().then(
      (count) => {
        others = count;
      },
      () => {},
    );
  }
}

/** An id of 6 characters, as the official adapter makes its own. */
export function shortId(): string {
  return randomId().slice(0, 6);
}
