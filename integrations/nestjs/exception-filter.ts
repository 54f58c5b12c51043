import * as common from '@nestjs/common';
import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import { FILTER_CATCH_EXCEPTIONS } from '@nestjs/common/constants.js';
import type { ApplicationConfig } from '@nestjs/core';
import { BaseWsExceptionFilter, WsException } from '@nestjs/websockets';
import { bodyOf, type HttpError, isHttpError } from './explain.js';
import { markAsKnown } from './failure-watch.js';
import { INTERNAL_ERROR, Invocation } from './invocation.js';

/** The message that was answered by an error. */
export interface ErrorCause {
  readonly pattern: string;
  readonly data: unknown;
}

/** How the cause of an error is told to clients. */
export interface ExceptionFilterOptions {
  /** Whether errors carry `cause`. @default true */
  includeCause?: boolean;
  /** What `cause` is made of. @default (pattern, data) => ({ pattern, data }) */
  causeFactory?: (pattern: string, data: unknown) => Record<string, any>;
}

type Client = { emit?: Function; send?: Function };

/** Exceptions that Nest throws to end a request, and does not log. There are none before Nest 10.4. */
const { IntrinsicException } = common as { IntrinsicException?: abstract new (...args: never[]) => unknown };
const logger = new Logger('WsExceptionsHandler');

/**
 * Tells the client what went wrong: as the `exception` event, and in the acknowledgement if one is asked for. Both get
 * `{ status: 'error', message, cause: { pattern, data } }`; an `HttpException`, which is what `ValidationPipe` throws,
 * keeps its body: `{ status: 'error', statusCode, message, error, cause }`.
 *
 * It is what gateways have unless a filter of their own, or a global one, takes the exception. To change details,
 * extend it, as you would extend the `BaseWsExceptionFilter` of Nest 12. It does the same on every version of Nest,
 * whose own filters differ.
 */
@Catch()
export class CarillonExceptionFilter extends BaseWsExceptionFilter {
  protected override readonly options: ExceptionFilterOptions;
  /** The one whose exception is being handled; `catch` is synchronous. */
  #invocation: Invocation | undefined;

  constructor(options: ExceptionFilterOptions = {}) {
    super();
    this.options = { includeCause: true, causeFactory: (pattern, data) => ({ pattern, data }), ...options };
  }

  override catch(exception: unknown, host: ArgumentsHost): void {
    const invocation = Invocation.of(host);
    this.#invocation = invocation;
    try {
      const ws = host.switchToWs();
      const args = host.getArgs();
      const pattern = invocation?.event ?? args[args.length - 1];
      this.handleError(ws.getClient(), exception, { pattern, data: ws.getData() });
    } finally {
      this.#invocation = undefined;
    }
  }

  /** Answers a `WsException`; others go to {@link CarillonExceptionFilter.handleUnknownError}. */
  override handleError<TClient extends Client>(
    client: TClient,
    exception: unknown,
    cause: ErrorCause | undefined,
  ): void {
    if (!(exception instanceof WsException)) {
      this.handleUnknownError(exception, client, cause);
      return;
    }
    const reason = exception.getError();
    const isObject = typeof reason === 'object' && reason !== null;
    this.emitMessage(
      client,
      'exception',
      isObject ? reason : this.#withCause({ status: 'error', message: reason }, cause),
    );
  }

  override handleUnknownError<TClient extends Client>(
    exception: unknown,
    client: TClient,
    cause: ErrorCause | undefined,
  ): void {
    if (isHttpError(exception)) {
      this.emitMessage(client, 'exception', this.#withCause(payloadOf(exception), cause));
      return;
    }
    this.emitMessage(client, 'exception', this.#withCause({ ...INTERNAL_ERROR }, cause));
    if (IntrinsicException === undefined || !(exception instanceof IntrinsicException)) logger.error(exception);
  }

  #withCause(payload: object, cause: ErrorCause | undefined): object {
    if (this.options.includeCause === false || cause === undefined) return payload;
    return { ...payload, cause: this.options.causeFactory?.(cause.pattern, cause.data) ?? cause };
  }

  /** Sends the `exception` event; and the acknowledgement, if the client asked for one. */
  protected override emitMessage<TClient extends Client>(client: TClient, event: string, payload: unknown): void {
    if (event === 'exception') {
      markAsKnown(payload);
      this.#invocation?.fail(payload);
    }
    client.emit?.(event, payload);
  }
}

function payloadOf(exception: HttpError): object {
  return { status: 'error', ...bodyOf(exception) };
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
