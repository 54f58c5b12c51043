import type { Type } from '@nestjs/common';
import { EXCEPTION_FILTERS_METADATA } from '@nestjs/common/constants.js';
import type { ModulesContainer } from '@nestjs/core';
import {
  GATEWAY_METADATA,
  GATEWAY_OPTIONS,
  MESSAGE_MAPPING_METADATA,
  PORT_METADATA,
} from '@nestjs/websockets/constants.js';
import { CarillonUsageError } from './errors.js';
import { meanTheSame } from './option-meaning.js';
import { roomPlanOf } from './rooms/plan.js';
import type { GatewayOptions } from './types.js';

// By the container they are in: `@nestjs/core` exports their names in some versions only.
type Module = ModulesContainer extends Map<string, infer ModuleOfNest> ? ModuleOfNest : never;
type InstanceWrapper = Module['providers'] extends Map<infer _Token, infer Wrapper> ? Wrapper : never;

/** A class with `@WebSocketGateway()` among the application's providers. */
export interface Gateway {
  readonly type: Type<unknown>;
  readonly module: Module;
  readonly wrapper: InstanceWrapper;
  /** 0 is the application's own HTTP server. */
  readonly port: number;
  readonly options: GatewayOptions;
}

/** All gateways of an application. @throws CarillonUsageError when decorators are where they have no effect. */
export function findGateways(modules: ModulesContainer): Gateway[] {
  const gateways: Gateway[] = [];
  for (const module of modules.values()) {
    for (const wrapper of module.providers.values()) {
      const type = wrapper.metatype;
      if (typeof type !== 'function' || wrapper.isNotMetatype) continue;
      const isGateway = Reflect.getMetadata(GATEWAY_METADATA, type) === true;
      checkDecorators(type as Type<unknown>, isGateway);
      if (!isGateway) continue;
      gateways.push({
        type: type as Type<unknown>,
        module,
        wrapper,
        port: Reflect.getMetadata(PORT_METADATA, type) ?? 0,
        options: Reflect.getMetadata(GATEWAY_OPTIONS, type) ?? {},
      });
    }
    for (const { metatype } of module.controllers.values()) {
      if (typeof metatype === 'function') checkDecorators(metatype as Type<unknown>, false);
    }
  }
  return gateways;
}

function checkDecorators(type: Type<unknown>, isGateway: boolean): void {
  const plan = roomPlanOf(type);
  const guarded = Reflect.hasOwnMetadata(CONNECTION_GUARDS, type);
  if (!isGateway && (guarded || plan !== undefined)) {
    const decorator = guarded ? '@UseConnectionGuards()' : `@${plan!.firstDecorator}()`;
    throw new CarillonUsageError(
      `${decorator} has no effect on ${type.name}, which is not a gateway. Add @WebSocketGateway() to the class.`,
    );
  }
  for (const [method, { firstDecorator }] of plan?.methods ?? []) {
    if (isMessageHandler(type, method)) continue;
    throw new CarillonUsageError(
      `@${firstDecorator}() has no effect on ${type.name}.${String(method)}(), which handles no message. ` +
        `Add @SubscribeMessage('event') to the method.`,
    );
  }
}

/** Metadata of {@link UseConnectionGuards}. */
export const CONNECTION_GUARDS = Symbol('carillon:connection-guards');

/** Whether there are guards that decide who may connect; those of a parent class count. */
export function isGuarded(type: Type<unknown>): boolean {
  return Reflect.hasMetadata(CONNECTION_GUARDS, type);
}

export function isMessageHandler(type: Type<unknown>, method: string | symbol): boolean {
  const handler: unknown = type.prototype[method];
  return typeof handler === 'function' && Reflect.getMetadata(MESSAGE_MAPPING_METADATA, handler) === true;
}

/** Names of the methods that handle messages, inherited ones included. */
export function messageHandlersOf(type: Type<unknown>): string[] {
  const names = new Set<string>();
  for (let level = type.prototype; level !== null && level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    for (const name of Object.getOwnPropertyNames(level)) {
      if (name !== 'constructor' && isMessageHandler(type, name)) names.add(name);
    }
  }
  return [...names];
}

/** Whether a filter other than ours may answer the exceptions of a gateway. */
export function hasOwnFilters({ type }: Gateway): boolean {
  const filtersOn = (target: object): unknown => Reflect.getMetadata(EXCEPTION_FILTERS_METADATA, target);
  return (
    filtersOn(type) !== undefined ||
    messageHandlersOf(type).some((name) => filtersOn(type.prototype[name]) !== undefined)
  );
}

/** Options, and which gateway asked for each of them. */
interface Wishes {
  readonly options: Record<string, unknown>;
  readonly origins: Map<string, Gateway>;
}

/** Gateways with the same key share one server. */
export function serverKey(port: number, path = '/socket.io'): string {
  return `${port} /${path.replace(/^\/+|\/+$/g, '')}`;
}

/**
 * What all gateways of one server ask for, together.
 *
 * @param defaultPath of gateways that name none.
 * @throws CarillonUsageError when two of them ask for different things: a server can be made only one way.
 */
export function optionsByServer(
  gateways: readonly Gateway[],
  defaultPath: string | undefined,
): Map<string, GatewayOptions> {
  const servers = new Map<string, Wishes>();
  for (const gateway of gateways) {
    // The path is in the key, however it was written.
    const { namespace: _, path = defaultPath, ...options } = gateway.options;
    const key = serverKey(gateway.port, path);
    const server: Wishes = servers.get(key) ?? { options: {}, origins: new Map() };
    servers.set(key, server);
    for (const [name, value] of Object.entries(options)) {
      if (value === undefined) continue;
      const origin = server.origins.get(name);
      const previous = server.options[name];
      if (origin !== undefined && !meanTheSame(name, previous, value)) throw conflict(name, origin, gateway);
      server.origins.set(name, gateway);
      server.options[name] = value;
    }
  }
  return new Map([...servers].map(([key, { options }]) => [key, options]));
}

function conflict(option: string, first: Gateway, second: Gateway): CarillonUsageError {
  const where = first.port === 0 ? "the application's port" : `port ${first.port}`;
  return new CarillonUsageError(
    `${first.type.name} and ${second.type.name} share one server on ${where}, but give different values for the option ` +
      `"${option}". Set it once, in new CarillonAdapter(app, { ${option}: ... }), or give one of the gateways a \`path\` ` +
      'or port of its own.',
  );
}
