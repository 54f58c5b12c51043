import { Logger, type WsMessageHandler } from '@nestjs/common';
import type { Observable, Subscription } from 'rxjs';
import type { Activity } from './activity.js';
import { explain } from './explain.js';
import type { FailureWatch } from './failure-watch.js';
import { type Invocation, isWsResponse } from './invocation.js';

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
    activity: Activity,
    failures: FailureWatch | undefined,
    onOver: (run: HandlerRun) => void,
  ) {
    this.#invocation = invocation;
    this.#failures = invocation.isAwaited ? failures?.watch(invocation.socket) : undefined;
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
      }
      this.#finish();
    } catch (error) {
      this.#fail(error);
    }
  }

  #answer(value: unknown): void {
    this.#hasAnswered = true;
    // A stream may go on for ever; nobody waits for its end.
    this.#endActivity();
    this.#invocation.deliver(value);
    const isLost = value !== undefined && this.#invocation.targets === undefined && !isWsResponse(value);
    if (isLost && ++this.#plainAnswers === 2) warnOfLostAnswers(this.#invocation.event);
  }

  /** Only for what happens behind Nest's own pipeline, whose errors go to the filters. */
  #fail(error: unknown): void {
    if (this.#isOver) return;
    const { payload, isUnexpected } = explain(error);
    if (isUnexpected) logger.error(error);
    this.#invocation.fail(payload);
    this.#invocation.socket.emit('exception', payload);
    this.#finish();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#endActivity();
    this.#invocation.finish(this.#hasAnswered, () => this.#failures?.claim(), this.#failures !== undefined);
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
