import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import { FILTER_CATCH_EXCEPTIONS } from '@nestjs/common/constants.js';
import type { ApplicationConfig } from '@nestjs/core';
import { BaseWsExceptionFilter, type ErrorPayload } from '@nestjs/websockets';
import { bodyOf, type HttpError, isHttpError } from './explain.js';
import { markAsKnown } from './failure-watch.js';
import { Invocation } from './invocation.js';

/**
 * Tells the client what went wrong: as the `exception` event, and in the acknowledgement if one is asked for. Both get
 * `{ status: 'error', message, cause: { pattern, data } }`; an `HttpException`, which is what `ValidationPipe` throws,
 * keeps its body: `{ status: 'error', statusCode, message, error, cause }`.
 *
 * It is what gateways have unless a filter of their own, or a global one, takes the exception. To change details,
 * extend it, as you would extend `BaseWsExceptionFilter`.
 */
@Catch()
export class CarillonExceptionFilter extends BaseWsExceptionFilter {
  /** The one whose exception is being handled; `catch` is synchronous. */
  #invocation: Invocation | undefined;

  override catch(exception: unknown, host: ArgumentsHost): void {
    this.#invocation = Invocation.of(host);
    try {
      super.catch(exception, host);
    } finally {
      this.#invocation = undefined;
    }
  }

  override handleUnknownError<TClient extends { emit?: Function; send?: Function }>(
    exception: unknown,
    client: TClient,
    cause: ErrorPayload['cause'],
  ): void {
    if (isHttpError(exception)) this.emitMessage(client, 'exception', this.#payloadOf(exception, cause));
    else super.handleUnknownError(exception, client, cause);
  }

  #payloadOf(exception: HttpError, cause: ErrorPayload['cause']): object {
    const payload = { status: 'error', ...bodyOf(exception) };
    if (this.options.includeCause === false || cause === undefined) return payload;
    return { ...payload, cause: this.options.causeFactory?.(cause.pattern, cause.data) ?? cause };
  }

  protected override emitMessage<TClient extends { emit?: Function; send?: Function }>(
    client: TClient,
    event: string,
    payload: unknown,
  ): void {
    if (event === 'exception') {
      markAsKnown(payload);
      this.#invocation?.fail(payload);
    }
    super.emitMessage(client, event, payload);
  }
}

/**
 * The last of a gateway's filters: the application's global filters, which Nest leaves out for gateways, and then
 * {@link CarillonExceptionFilter}.
 */
@Catch()
export class ApplicationFilters extends CarillonExceptionFilter {
  readonly #config: ApplicationConfig;
  readonly #logger = new Logger('CarillonAdapter');

  constructor(config: ApplicationConfig) {
    super();
    this.#config = config;
  }

  override catch(exception: unknown, host: ArgumentsHost): void {
    const filter = this.#config.getGlobalFilters().findLast((candidate) => takes(candidate, exception));
    if (filter === undefined) {
      super.catch(exception, host);
      return;
    }
    Invocation.of(host)?.expectFailure();
    const giveUp = (failure: unknown): void => {
      this.#logger.warn(
        `The global filter ${filter.constructor.name} failed on an exception of a gateway (${failure}). ` +
          "If it answers HTTP requests only, let it return early unless host.getType() is 'http'.",
      );
      super.catch(exception, host);
    };
    try {
      const result: unknown = filter.catch(exception, host);
      if (result instanceof Promise) result.catch(giveUp);
    } catch (failure) {
      giveUp(failure);
    }
  }
}

function takes(filter: ExceptionFilter, exception: unknown): boolean {
  const classes: Function[] = Reflect.getMetadata(FILTER_CATCH_EXCEPTIONS, filter.constructor) ?? [];
  return classes.length === 0 || classes.some((each) => exception instanceof each);
}
