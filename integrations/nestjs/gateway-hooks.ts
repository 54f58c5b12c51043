import { Logger } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import { ClientBinding } from './client-binding.js';
import { explain } from './explain.js';
import type { Gateway } from './gateways.js';
import { Startup } from './startup.js';
import type { AnySocket } from './types.js';

type Hook = (this: object, client: unknown, ...rest: unknown[]) => unknown;

/**
 * @param gateway the class of the instance.
 * @param first what the hook is called with.
 */
type Observer = (run: () => unknown, gateway: Function, first: unknown) => unknown;

const logger = new Logger('CarillonAdapter');

/** Hooks that are observed; of a client that is not ours they do what they always did. */
const observed = new WeakSet<Function>();

/**
 * Lets us know when `afterInit`, `handleConnection` and `handleDisconnect` of a gateway are through. Nest calls them and
 * drops what they return: an error ends the process, and messages overtake them.
 */
export function observeHooks({ type, wrapper }: Gateway): void {
  for (const [name, observer] of HOOKS) observe(type.prototype, name, observer);
  const instance: unknown = wrapper.isDependencyTreeStatic() ? wrapper.instance : undefined;
  if (typeof instance !== 'object' || instance === null) return;
  // Written as properties, `handleConnection = async (client) => {}`, they are not on the prototype.
  for (const [name, observer] of HOOKS) {
    if (Object.hasOwn(instance, name)) observe(instance, name, observer);
  }
}

/** Whether the hook is called later than the connection: the instance for this client is still to be made. */
export function connectsLater({ type, wrapper }: Gateway): boolean {
  return typeof type.prototype.handleConnection === 'function' && !wrapper.isDependencyTreeStatic();
}

function observe(target: object, name: string, observer: Observer): void {
  const original: unknown = Reflect.get(target, name);
  if (typeof original !== 'function' || observed.has(original)) return;
  const hook: Hook = function (client, ...rest) {
    const run = (): unknown => original.call(this, client, ...rest);
    return observer(run, this.constructor, client);
  };
  for (const key of Reflect.getMetadataKeys(original)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, original), hook);
  }
  Object.defineProperty(hook, 'name', { value: name, configurable: true });
  observed.add(hook);
  Object.defineProperty(target, name, { value: hook, writable: true, configurable: true });
}

/** A client whose `handleConnection` fails is not served: it is told, and disconnected. */
function onConnection(run: () => unknown, gateway: Function, first: unknown): unknown {
  const binding = ClientBinding.of(first);
  if (binding === undefined) return run();
  const client = first as AnySocket;
  const fail = (error: unknown): void => {
    const { payload, isUnexpected } = explain(error);
    if (isUnexpected) logger.error(error);
    try {
      client.emit('exception', isChosen(error) ? payload : { ...payload, cause: { pattern: 'handleConnection' } });
    } catch (failure) {
      logger.error(failure);
    }
    client.disconnect();
  };
  binding.beginHook(gateway);
  try {
    const result = run();
    if (!(result instanceof Promise)) {
      binding.endHook(gateway);
      return result;
    }
    return result.catch(fail).finally(() => binding.endHook(gateway));
  } catch (error) {
    fail(error);
    binding.endHook(gateway);
    return undefined;
  }
}

/** A `WsException` with an object: clients get that object, as it is. */
function isChosen(error: unknown): boolean {
  return error instanceof WsException && typeof error.getError() === 'object';
}

function onDisconnect(run: () => unknown, _gateway: Function, client: unknown): unknown {
  const binding = ClientBinding.of(client);
  if (binding === undefined) return run();
  try {
    const result = run();
    if (!(result instanceof Promise)) return result;
    const hook = result.catch((error) => logger.error(error));
    binding.serving.activity.addHook(hook);
    return hook;
  } catch (error) {
    logger.error(error);
    return undefined;
  }
}

/** Where it fails, the application does not start. */
function onInit(run: () => unknown, _gateway: Function, server: unknown): unknown {
  const startup = Startup.of(server);
  if (startup === undefined) return run();
  const task = (async () => await run())();
  startup.add(task);
  return task;
}

const HOOKS = [
  ['afterInit', onInit],
  ['handleConnection', onConnection],
  ['handleDisconnect', onDisconnect],
] as const;
