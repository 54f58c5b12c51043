import {
  type ArgumentsHost,
  type CallHandler,
  createParamDecorator,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import * as websockets from '@nestjs/websockets';
import { PARAM_ARGS_METADATA } from '@nestjs/websockets/constants.js';
import type { Observable } from 'rxjs';
import { Invocation } from './invocation.js';
import { originalOf, wasUndecorated } from './rooms/handler.js';

/** Where the acknowledgement is among the arguments of a pipeline: `[client, data, ack, …]`. */
const POSITION = 2;

/** Kind of `@Ack()` in the metadata of parameters, whose keys are `<kind>:<index>`. */
const ACK = '13';

/** The handler has the acknowledgement as a parameter of its own, and may call it later. */
export class PositionalAcknowledgement implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    Invocation.of(context)?.takeAcknowledgement();
    return next.handle();
  }
}

/** The handler has `@Ack()`, which not every version of Nest tells an adapter. */
export class DecoratedAcknowledgement implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    Invocation.of(context)?.leaveAnswerToHandler();
    return next.handle();
  }
}

const Third = createParamDecorator((_data: unknown, context: ExecutionContext) => context.getArgs()[POSITION]);

/** Handlers that were given the decorators below. */
const supplied = new WeakSet<Function>();

/** Before 11.1, Nest passes `(client, data)` to handlers without decorators, and nothing more. */
const passesThird = 'Ack' in websockets;

/** Has Nest pass the acknowledgement, too. */
function supplyThird(prototype: object, method: string, handler: Function): void {
  if (passesThird || supplied.has(handler) || !declaresThird(handler)) return;
  supplied.add(handler);
  websockets.ConnectedSocket()(prototype, method, 0);
  websockets.MessageBody()(prototype, method, 1);
  Third()(prototype, method, POSITION);
}

/** What lets invocations of this handler know who answers; `undefined` when it takes no acknowledgement. */
export function acknowledgementOf(type: Function, method: string, handler: Function): NestInterceptor | undefined {
  const parameters: object | undefined = Reflect.getMetadata(PARAM_ARGS_METADATA, type, method);
  if (parameters === undefined || supplied.has(handler) || wasUndecorated(handler)) {
    if (!takesThird(originalOf(handler))) return undefined;
    if (parameters === undefined) supplyThird(type.prototype, method, handler);
    return new PositionalAcknowledgement();
  }
  const isDecorated = Object.keys(parameters).some((key) => key.startsWith(`${ACK}:`));
  return isDecorated ? new DecoratedAcknowledgement() : undefined;
}

/** Whether a function without decorators has `(client, data, ack)`. */
function declaresThird(handler: Function): boolean {
  if (handler.length > POSITION) return true;
  // `length` stops at the first default.
  const head = headOf(handler);
  return head.includes('=') && head.split(',').length > POSITION;
}

/** Whether a function without decorators has `(client, data, ack)`, or may get at all of its arguments. */
export function takesThird(handler: Function): boolean {
  return (
    declaresThird(handler) ||
    headOf(handler).includes('...') ||
    /\barguments\b/.test(Function.prototype.toString.call(handler))
  );
}

function headOf(handler: Function): string {
  const source = Function.prototype.toString.call(handler);
  return source.slice(0, source.indexOf('{'));
}

/** Contexts whose `getArgByIndex` tells us. */
const observed = new WeakSet<object>();

/**
 * Lets `getArgByIndex(2)`, by which guards, interceptors, filters and decorators get at the acknowledgement, tell the
 * invocation that somebody has it. The class is Nest's own; where it is not found, an acknowledgement that is taken in
 * this way is to be called before the handler is done.
 */
export async function observeContexts(): Promise<void> {
  const path = '@nestjs/core/helpers/execution-context-host.js';
  let prototype: ArgumentsHost | undefined;
  try {
    const { ExecutionContextHost } = (await import('@nestjs/core/helpers/execution-context-host.js')) as {
      ExecutionContextHost?: { prototype: ArgumentsHost };
    };
    prototype = ExecutionContextHost?.prototype;
  } catch {
    process.emitWarning(
      `carillon: this version of Nest has no ${path}: call acknowledgements before a handler is done.`,
    );
  }
  if (prototype === undefined || observed.has(prototype)) return;
  observed.add(prototype);
  const getArgByIndex = prototype.getArgByIndex;
  prototype.getArgByIndex = function (this: ArgumentsHost, index: number) {
    if (index === POSITION && this.getType() === 'ws') Invocation.of(this)?.takeAcknowledgement();
    return getArgByIndex.call(this, index);
  } as ArgumentsHost['getArgByIndex'];
}
