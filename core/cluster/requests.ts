import type { Clock, Timer } from '../clock.js';
import { setTimeLimit } from './time-limit.js';
import { AnswerStatus } from './wire/kinds.js';
import type { AnswerMessage } from './wire/messages.js';

/** What came of a question to other nodes. */
export interface Answers {
  /** The answers, by node. */
  readonly answers: Map<string, Buffer>;
  /** Nodes that do not handle such questions: they have nothing to say. */
  readonly unable: string[];
  /** Nodes that should have answered but died, failed, or were too slow. */
  readonly missing: string[];
}

interface Pending {
  readonly waiting: Set<string>;
  readonly answers: Map<string, Buffer>;
  readonly unable: string[];
  readonly missing: string[];
  readonly onPart: ((node: string, payload: Buffer) => void) | undefined;
  readonly resolve: (answers: Answers) => void;
  readonly timer: Timer;
}

/** Questions to other nodes that are not answered yet. */
export class Requests {
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** An id for the next question. */
  nextId(): number {
    this.#lastId = (this.#lastId + 1) >>> 0;
    return this.#lastId;
  }

  /**
   * Waits until every one of `nodes` answered or left, but no longer than `timeout` milliseconds. Never rejects.
   *
   * @param onPart called with each part that comes before a node's answer.
   */
  expect(
    id: number,
    nodes: Iterable<string>,
    timeout: number,
    onPart?: (node: string, payload: Buffer) => void,
  ): Promise<Answers> {
    return new Promise((resolve) => {
      const pending: Pending = {
        waiting: new Set(nodes),
        answers: new Map(),
        unable: [],
        missing: [],
        onPart,
        resolve,
        timer: setTimeLimit(this.#clock, () => this.#giveUp(id), timeout),
      };
      this.#pending.set(id, pending);
      this.#settle(id, pending);
    });
  }

  /** @returns `false` when nobody asked this node. */
  onAnswer(sender: string, message: AnswerMessage): boolean {
    const pending = this.#pending.get(message.id);
    if (pending === undefined || !pending.waiting.has(sender)) return false;
    if (message.status === AnswerStatus.PART) {
      pending.onPart?.(sender, message.payload);
      return true;
    }
    pending.waiting.delete(sender);
    if (message.status === AnswerStatus.DONE) pending.answers.set(sender, message.payload);
    else if (message.status === AnswerStatus.UNHANDLED) pending.unable.push(sender);
    else pending.missing.push(sender);
    this.#settle(message.id, pending);
    return true;
  }

  /** A node is gone: nobody waits for it any longer. */
  onLeave(node: string): void {
    for (const [id, pending] of this.#pending) {
      if (!pending.waiting.delete(node)) continue;
      pending.missing.push(node);
      this.#settle(id, pending);
    }
  }

  /** Ends all questions with what there is. */
  giveUpAll(): void {
    for (const id of [...this.#pending.keys()]) this.#giveUp(id);
  }

  #giveUp(id: number): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    pending.missing.push(...pending.waiting);
    pending.waiting.clear();
    this.#settle(id, pending);
  }

  #settle(id: number, pending: Pending): void {
    if (pending.waiting.size > 0) return;
    this.#pending.delete(id);
    pending.timer.cancel();
    const { answers, unable, missing } = pending;
    pending.resolve({ answers, unable, missing });
  }
}
