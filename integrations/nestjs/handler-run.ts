import { Logger, type WsMessageHandler } from '@nestjs/common';
import type { Observable, Subscription } from 'rxjs';
import { explain } from './explain.js';
import type { FailureWatch } from './failure-watch.js';
import { INTERNAL_ERROR, type Invocation, isWsResponse } from './invocation.js';
import type { Serving } from './serving.js';

/** A message handler as Nest hands it over, and what turns its result into a stream of answers. */
export interface BoundHandler {
  readonly handler: WsMessageHandler;
  readonly transform: (result: unknown) => Observable<unknown>;
}

const logger = new Logger('CarillonAdapter');

/** Events whose handler was told that its answers are lost. */
const warnedOf = new Set<string>();

/** A handler at work on one message: takes its answers, one or a stream, until there are no more or nobody listens. */
export class HandlerRun {
  readonly #invocation: Invocation;
  readonly #failures: ReturnType<FailureWatch['watch']> | undefined;
  readonly #isSuccessMarked: boolean;
  readonly #endActivity: () => void;
  readonly #onOver: (run: HandlerRun) => void;
  #result: unknown;
  #subscription: Subscription | undefined;
  #iterator: AsyncIterator<unknown> | undefined;
  #plainAnswers = 0;
  #hasAnswered = false;
  #isOver = false;

  constructor(
    invocation: Invocation,
    { activity, failures, isSuccessMarked }: Serving,
    onOver: (run: HandlerRun) => void,
  ) {
    this.#invocation = invocation;
    this.#failures = invocation.isAwaited ? failures?.watch(invocation.socket) : undefined;
    this.#isSuccessMarked = isSuccessMarked;
    this.#endActivity = activity.begin();
    this.#onOver = onOver;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  start({ handler, transform }: BoundHandler, ack: unknown): void {
    const { data, event } = this.#invocation;
    this.#result = handler.callback(data, ack, event, this.#invocation);
    this.#subscription = transform(this.#result).subscribe({
      next: (value) => {
        if (isAsyncIterable(value)) void this.#stream(value);
        else this.#answer(value);
      },
      error: (error) => this.#fail(error),
      complete: () => {
        if (this.#iterator === undefined) this.#finish();
      },
    });
  }

  /** The client is gone: what still streams, stops. */
  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#subscription?.unsubscribe();
    this.#iterator?.return?.().catch(() => {});
    this.#failures?.stop();
    // The handler itself may still be at work; the end of the application waits for it.
    Promise.resolve(this.#result).then(this.#endActivity, this.#endActivity);
  }

  async #stream(source: AsyncIterable<unknown>): Promise<void> {
    const iterator = source[Symbol.asyncIterator]();
    this.#iterator = iterator;
    try {
      for (let step = await iterator.next(); !step.done; step = await iterator.next()) {
        if (this.#isOver) return;
        this.#answer(step.value);
        if (this.#isOver) return;
      }
      this.#finish();
    } catch (error) {
      this.#fail(error);
    }
  }

  #answer(value: unknown): void {
    if (this.#isOver) return;
    this.#hasAnswered = true;
    // A stream may go on for ever; nobody waits for its end.
    this.#endActivity();
    try {
      this.#invocation.deliver(value);
    } catch (error) {
      // It cannot be encoded, and nobody else would catch that: the stream of answers is ours.
      this.#abort(error);
      return;
    }
    const isLost = value !== undefined && this.#invocation.targets === undefined && !isWsResponse(value);
    if (isLost && ++this.#plainAnswers === 2) warnOfLostAnswers(this.#invocation.event);
  }

  /** What the handler answers cannot be sent: nothing more of it is. */
  #abort(error: unknown): void {
    this.#subscription?.unsubscribe();
    this.#iterator?.return?.().catch(() => {});
    this.#fail(error);
  }

  /** Only for what happens behind Nest's own pipeline, whose errors go to the filters. */
  #fail(error: unknown): void {
    if (this.#isOver) return;
    const { payload, isUnexpected } = explain(error);
    if (isUnexpected) logger.error(error);
    try {
      this.#invocation.fail(payload);
      this.#invocation.socket.emit('exception', payload);
    } catch (failure) {
      // A `WsException` around what cannot be encoded, either.
      logger.error(failure);
      this.#invocation.fail(INTERNAL_ERROR);
      this.#invocation.socket.emit('exception', INTERNAL_ERROR);
    }
    this.#finish();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#endActivity();
    this.#invocation.finish(this.#hasAnswered, () => this.#failures?.claim(), this.#isSuccessMarked);
    this.#failures?.stop();
    this.#onOver(this);
  }
}

function warnOfLostAnswers(event: string): void {
  if (warnedOf.has(event)) return;
  warnedOf.add(event);
  logger.warn(
    `The handler of "${event}" streams plain values: only the first one reaches the client, as the acknowledgement. ` +
      'Stream { event, data } objects instead.',
  );
}

export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
