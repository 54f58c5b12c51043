import type { ArgumentsHost } from '@nestjs/common';
import type { AnySocket } from './types.js';

/** What the client gets when nothing better is known. The words are Nest's. */
export const INTERNAL_ERROR = Object.freeze({ status: 'error', message: 'Internal server error' });

/**
 * Where the arguments of a handler's pipeline hold the invocation: `[client, data, ack, pattern, invocation, pattern]`.
 * Nest appends the last one and reads it as the pattern; ours at index 3 keeps it where it is without us, too.
 */
const POSITION = 4;

/** Where the answers of a handler go instead of back to the sender. */
export interface EmitTarget {
  /** Name of the event; without, that of the answer or of the message. */
  readonly event: string | undefined;
  /** Everybody in the namespace, when empty. */
  readonly rooms: readonly string[];
  readonly exceptSender: boolean;
}

/** The acknowledgement of one message, shared by all handlers of its event. It is sent exactly once. */
export class Reply {
  readonly #ack: (...args: unknown[]) => void;
  #open: number;
  #isSent = false;

  /** @param handlers how many handlers may answer. */
  constructor(ack: (...args: unknown[]) => void, handlers: number) {
    this.#ack = ack;
    this.#open = handlers;
  }

  get isSent(): boolean {
    return this.#isSent;
  }

  /** @throws what the encoder throws; the client can still be answered then. */
  send(value: unknown): void {
    if (this.#isSent) return;
    this.#isSent = true;
    try {
      this.#ack(value);
    } catch (error) {
      this.#isSent = false;
      throw error;
    }
  }

  /** One handler is done and had nothing to say; when none had, the client is told just that. */
  done(): void {
    if (--this.#open > 0 || this.#isSent) return;
    this.#isSent = true;
    this.#ack();
  }
}

/**
 * One run of one handler: the message it answers, and what became of it. It travels with the arguments through guards,
 * interceptors, pipes and filters, so that each of them can be told which message is meant.
 */
export class Invocation {
  /** Where answers go; set by the room decorators once the pipes have run. */
  targets: readonly EmitTarget[] | undefined;
  readonly socket: AnySocket;
  readonly event: string;
  /** The arguments of the message, without the acknowledgement. */
  readonly args: readonly unknown[];
  readonly #reply: Reply | undefined;
  #answersItself: boolean;
  #isTaken = false;
  #state: 'running' | 'succeeded' | 'failed' = 'running';

  /** @param answersItself the handler took the acknowledgement with `@Ack()`. */
  constructor(
    socket: AnySocket,
    event: string,
    args: readonly unknown[],
    reply: Reply | undefined,
    answersItself: boolean,
  ) {
    this.socket = socket;
    this.event = event;
    this.args = args;
    this.#reply = reply;
    this.#answersItself = answersItself;
  }

  /** The handler took the acknowledgement with `@Ack()`: what it returns is no answer. */
  leaveAnswerToHandler(): void {
    this.#answersItself = true;
  }

  /** Application code holds the acknowledgement and may call it later: nobody else sends an empty one. */
  takeAcknowledgement(): void {
    this.#isTaken = true;
  }

  /** The invocation a guard, interceptor, filter or parameter decorator is called for. */
  static of(host: ArgumentsHost): Invocation | undefined {
    const candidate: unknown = host.getArgByIndex(POSITION);
    return candidate instanceof Invocation ? candidate : undefined;
  }

  /** What `@MessageBody()` gets: one argument as it is, several as an array, as in `@nestjs/platform-socket.io`. */
  get data(): unknown {
    return this.args.length > 1 ? [...this.args] : this.args[0];
  }

  /** One answer of the handler: goes to the targets, as an event to the sender, or into the acknowledgement. */
  deliver(answer: unknown): void {
    const isEvent = isWsResponse(answer);
    if (this.targets !== undefined) {
      const data = isEvent ? answer.data : answer;
      for (const target of this.targets) this.#emitTo(target, isEvent ? answer.event : this.event, data);
    } else if (isEvent) {
      this.socket.emit(answer.event, answer.data);
    }
    if (!isEvent && answer !== undefined && !this.#answersItself) this.#reply?.send(answer);
  }

  #emitTo(target: EmitTarget, fallbackEvent: string, data: unknown): void {
    if (data === undefined || data === null) return;
    const event = target.event ?? fallbackEvent;
    const everybody = target.exceptSender ? this.socket.broadcast : this.socket.nsp;
    if (target.rooms.length === 0) everybody.emit(event, data);
    else everybody.to([...target.rooms]).emit(event, data);
  }

  /** The pipeline ran through without an error. */
  succeed(): void {
    this.#state = 'succeeded';
  }

  /** An exception is with a filter that answers in its own way. */
  expectFailure(): void {
    this.#state = 'failed';
  }

  /** The handler, or something before it, failed: the acknowledgement says so. */
  fail(payload: unknown): void {
    this.#state = 'failed';
    this.#reply?.send(payload);
  }

  /** Whether a client waits for an acknowledgement that is still to come. */
  get isAwaited(): boolean {
    return this.#reply !== undefined && !this.#reply.isSent;
  }

  /**
   * Nothing more will come.
   *
   * @param claimFailure what a filter of the application sent to the client, if it did.
   * @param isSuccessKnown whether {@link Invocation.succeed} is called for each success.
   */
  finish(hasAnswered: boolean, claimFailure: () => unknown, isSuccessKnown: boolean): void {
    if (this.#reply === undefined || this.#reply.isSent) return;
    const failed = this.#state === 'failed' || (isSuccessKnown && !hasAnswered && this.#state !== 'succeeded');
    if (!failed) {
      if (!this.#answersItself && !this.#isTaken) this.#reply.done();
      return;
    }
    const failure = claimFailure();
    // A filter that took the acknowledgement says what it has to say when it is ready.
    if (failure !== undefined || !this.#isTaken) this.#reply.send(failure ?? INTERNAL_ERROR);
  }
}

/**
 * An object with `event` and `data`, or with `event` and nothing else. One that has an `event` among other fields may be
 * anything, a calendar entry say.
 */
export function isWsResponse(value: unknown): value is { event: string; data?: unknown } {
  if (typeof value !== 'object' || value === null) return false;
  if (!('event' in value) || typeof value.event !== 'string' || value.event === '') return false;
  return 'data' in value || Object.keys(value).length === 1;
}
