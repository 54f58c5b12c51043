import { type CanActivate, type ContextType, type ExecutionContext, Logger, type Type } from '@nestjs/common';
import { ContextIdFactory, ModuleRef } from '@nestjs/core';
import { WsException } from '@nestjs/websockets';
import { isObservable, lastValueFrom } from 'rxjs';
import type { ExtendedError } from '../../core/index.js';
import { CarillonUsageError } from './errors.js';
import { explain } from './explain.js';
import { CONNECTION_GUARDS, type Gateway } from './gateways.js';
import { REQUEST_CONTEXT_ID } from './request-context.js';
import type { AnySocket } from './types.js';

// By the method they come from: `@nestjs/common` exports their names in some versions only.
type HttpArgumentsHost = ReturnType<ExecutionContext['switchToHttp']>;
type RpcArgumentsHost = ReturnType<ExecutionContext['switchToRpc']>;
type WsArgumentsHost = ReturnType<ExecutionContext['switchToWs']>;

type Guard = Type<CanActivate> | CanActivate;

const logger = new Logger('CarillonAdapter');

/**
 * Guards of a gateway that decide who may connect. They are like those of `@UseGuards()`, injection included, and run
 * once per connection, before `handleConnection`: a refusal is a `connect_error` for the client. They run for a client
 * whose session is recovered, too, unless `connectionStateRecovery.skipMiddlewares` is `true`. In `canActivate(context)`,
 * `context.switchToWs().getClient()` is the socket, and `getData()` what the client gave as `auth`.
 *
 * @example
 * @UseConnectionGuards(TokenGuard)
 * @WebSocketGateway()
 * export class ChatGateway {}
 * @throws TypeError for what is no guard.
 */
export function UseConnectionGuards(...guards: [Guard, ...Guard[]]): ClassDecorator {
  if (guards.length === 0) throw new TypeError('@UseConnectionGuards() needs at least one guard');
  for (const guard of guards) {
    const canActivate = typeof guard === 'function' ? guard.prototype?.canActivate : guard?.canActivate;
    if (typeof canActivate === 'function') continue;
    const name = typeof guard === 'function' ? guard.name : String(guard);
    throw new TypeError(`@UseConnectionGuards(): ${name} is no guard: it has no method canActivate(context)`);
  }
  return (target: Function, ...rest: unknown[]): void => {
    if (rest.length > 0 || typeof target !== 'function') {
      throw new TypeError(
        '@UseConnectionGuards() belongs on a gateway class; for single messages there is @UseGuards()',
      );
    }
    Reflect.defineMetadata(CONNECTION_GUARDS, guards, target);
  };
}

/** The guards of one gateway, made with its module's providers when they are first needed. */
export class ConnectionGuards {
  readonly #gateway: Gateway;
  readonly #guards: readonly Guard[];
  readonly #created = new Map<Guard, Promise<CanActivate>>();

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
    this.#guards = Reflect.getMetadata(CONNECTION_GUARDS, gateway.type) ?? [];
  }

  /** @returns why the client is refused; `undefined` when it is welcome. */
  async refuses(socket: AnySocket): Promise<ExtendedError | undefined> {
    if (this.#guards.length === 0) return undefined;
    const context = new ConnectionContext(socket, this.#gateway.type);
    try {
      for (const guard of this.#guards) {
        const verdict = (await this.#resolve(guard, socket)).canActivate(context);
        const isWelcome = isObservable(verdict) ? await lastValueFrom(verdict, { defaultValue: false }) : await verdict;
        if (!isWelcome) return refusal(new WsException('Forbidden resource'));
      }
      return undefined;
    } catch (error) {
      return refusal(error);
    }
  }

  async #resolve(guard: Guard, socket: AnySocket): Promise<CanActivate> {
    if (typeof guard !== 'function') return guard;
    const moduleRef = this.#gateway.module.getProviderByKey<ModuleRef>(ModuleRef)?.instance;
    if (moduleRef === undefined) {
      throw new CarillonUsageError(`The module of ${this.#gateway.type.name} is not ready for @UseConnectionGuards()`);
    }
    switch (scopeOf(moduleRef, guard)) {
      case 'provider':
        return moduleRef.get(guard, { strict: false });
      case 'scoped':
        return moduleRef.resolve(guard, contextOf(moduleRef, socket), { strict: false });
      case 'unknown': {
        let created = this.#created.get(guard);
        if (created === undefined) {
          created = moduleRef.create(guard);
          this.#created.set(guard, created);
          created.catch(() => this.#created.delete(guard));
        }
        return created;
      }
    }
  }
}

function scopeOf(moduleRef: ModuleRef, guard: Type<CanActivate>): 'provider' | 'scoped' | 'unknown' {
  try {
    moduleRef.get(guard, { strict: false });
    return 'provider';
  } catch {
    // Not a provider, or one that is made anew for each context.
  }
  try {
    moduleRef.introspect(guard);
    return 'scoped';
  } catch {
    return 'unknown';
  }
}

/** The one context of this socket, which its request-scoped gateways use, too. */
function contextOf(moduleRef: ModuleRef, socket: AnySocket): { id: number } {
  const known = socket as unknown as Record<symbol, { id: number } | undefined>;
  let contextId = known[REQUEST_CONTEXT_ID];
  if (contextId === undefined) {
    contextId = ContextIdFactory.create();
    Object.defineProperty(known, REQUEST_CONTEXT_ID, { value: contextId, configurable: true });
    moduleRef.registerRequestByContextId(socket, contextId);
  }
  return contextId;
}

/** The error a client sees as `connect_error`. */
function refusal(error: unknown): ExtendedError {
  const { message, payload, isUnexpected } = explain(error);
  if (isUnexpected) logger.error(error);
  return Object.assign(new Error(message), { data: payload });
}

/** What a guard sees of a client that wants to connect. */
class ConnectionContext implements ExecutionContext {
  readonly #args: readonly [AnySocket, unknown, undefined, string];
  readonly #type: Type<unknown>;

  constructor(socket: AnySocket, type: Type<unknown>) {
    this.#args = [socket, socket.handshake.auth, undefined, 'connection'];
    this.#type = type;
  }

  getClass<T = any>(): Type<T> {
    return this.#type as Type<T>;
  }

  /** `handleConnection`, or the class when there is none: somewhere to read metadata from. */
  getHandler(): Function {
    return this.#type.prototype.handleConnection ?? this.#type;
  }

  getArgs<T extends any[] = any[]>(): T {
    return [...this.#args] as unknown as T;
  }

  getArgByIndex<T = any>(index: number): T {
    return this.#args[index] as T;
  }

  getType<T extends string = ContextType>(): T {
    return 'ws' as T;
  }

  switchToWs(): WsArgumentsHost {
    const [client, data, , pattern] = this.#args;
    return {
      getClient: <T>() => client as T,
      getData: <T>() => data as T,
      getPattern: () => pattern,
    };
  }

  switchToHttp(): HttpArgumentsHost {
    const { request } = this.#args[0];
    return {
      getRequest: <T>() => request as T,
      getResponse: <T>() => undefined as T,
      getNext: <T>() => undefined as T,
    };
  }

  switchToRpc(): RpcArgumentsHost {
    const [client, data] = this.#args;
    return { getData: <T>() => data as T, getContext: <T>() => client as T };
  }
}
