import { ProtocolError } from '../errors.js';
import { MalformedError } from './wire/bytes.js';
import { AnswerStatus } from './wire/kinds.js';
import type { RequestMessage } from './wire/messages.js';

/**
 * Answers a request of another node. What it throws, or rejects with, is reported here, and the other node hears that we
 * failed.
 *
 * @param part sends a part of the answer ahead.
 */
export type RequestHandler = (
  payload: Buffer,
  from: string,
  part: (payload: Uint8Array) => void,
) => Uint8Array | Promise<Uint8Array>;

export interface RequestHandlersOptions {
  readonly answer: (to: string, id: number, status: AnswerStatus, payload: Uint8Array) => void;
  /** The request was one that no node sends. */
  readonly reject: (reason: string) => void;
  readonly onFailure: (what: string, error: unknown) => void;
}

const NOTHING = new Uint8Array(0);

/** Who answers the questions of other nodes. */
export class RequestHandlers {
  readonly #options: RequestHandlersOptions;
  readonly #handlers = new Map<string, RequestHandler>();

  constructor(options: RequestHandlersOptions) {
    this.#options = options;
  }

  /** Sets who answers requests of this name; one per name. @returns a function that removes it again. */
  set(name: string, handler: RequestHandler): () => void {
    if (this.#handlers.has(name)) throw new Error(`requests named "${name}" are handled already`);
    this.#handlers.set(name, handler);
    return () => this.#handlers.delete(name);
  }

  /** Another node asks. Never rejects. */
  async onRequest({ id, name, payload }: RequestMessage, sender: string): Promise<void> {
    const { answer, reject, onFailure } = this.#options;
    const handler = this.#handlers.get(name);
    if (handler === undefined) return answer(sender, id, AnswerStatus.UNHANDLED, NOTHING);
    try {
      const part = (bytes: Uint8Array): void => answer(sender, id, AnswerStatus.PART, bytes);
      answer(sender, id, AnswerStatus.DONE, await handler(payload, sender, part));
    } catch (error) {
      answer(sender, id, AnswerStatus.FAILED, NOTHING);
      if (isFaultOfSender(error)) reject(error.message);
      else onFailure(`answering "${name}"`, error);
    }
  }
}

/** Whether what went wrong is that another node sent what no node sends. */
export function isFaultOfSender(error: unknown): error is Error {
  return error instanceof ProtocolError || error instanceof MalformedError;
}
