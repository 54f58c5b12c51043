import { Logger } from '@nestjs/common';
import { ClientBinding } from './client-binding.js';
import { explain } from './explain.js';
import type { Gateway } from './gateways.js';
import type { AnySocket } from './types.js';

type Hook = (this: object, client: unknown, ...rest: unknown[]) => unknown;

/** @param gateway the class of the instance. */
type Observer = (binding: ClientBinding, run: () => unknown, gateway: Function, client: AnySocket) => unknown;

const logger = new Logger('CarillonAdapter');

/** Hooks that are observed; of a client that is not ours they do what they always did. */
const observed = new WeakSet<Function>();

/**
 * Lets us know when the `handleConnection` and `handleDisconnect` of a gateway are through. Nest calls them and drops
 * what they return: an error ends the process, and messages overtake them.
 */
export function observeHooks({ type, wrapper }: Gateway): void {
  observe(type.prototype, 'handleConnection', onConnection);
  observe(type.prototype, 'handleDisconnect', onDisconnect);
  const instance: unknown = wrapper.isDependencyTreeStatic() ? wrapper.instance : undefined;
  if (typeof instance !== 'object' || instance === null) return;
  // Written as properties, `handleConnection = async (client) => {}`, they are not on the prototype.
  for (const [name, observer] of [
    ['handleConnection', onConnection],
    ['handleDisconnect', onDisconnect],
  ] as const) {
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
    const binding = ClientBinding.of(client);
    return binding === undefined ? run() : observer(binding, run, this.constructor, client as AnySocket);
  };
  for (const key of Reflect.getMetadataKeys(original)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, original), hook);
  }
  Object.defineProperty(hook, 'name', { value: name, configurable: true });
  observed.add(hook);
  Object.defineProperty(target, name, { value: hook, writable: true, configurable: true });
}

/** A client whose `handleConnection` fails is not served: it is told, and disconnected. */
function onConnection(binding: ClientBinding, run: () => unknown, gateway: Function, client: AnySocket): unknown {
  const fail = (error: unknown): void => {
    const { payload, isUnexpected } = explain(error);
    if (isUnexpected) logger.error(error);
    client.emit('exception', payload);
    client.disconnect();
  };
  binding.beginHook(gateway);
  try {
    const result = run();
    if (!(result instanceof Promise)) {
      binding.endHook();
      return result;
    }
    return result.catch(fail).finally(() => binding.endHook());
  } catch (error) {
    fail(error);
    binding.endHook();
    return undefined;
  }
}

function onDisconnect(binding: ClientBinding, run: () => unknown): unknown {
  try {
    const result = run();
    if (!(result instanceof Promise)) return result;
    const hook = result.catch((error) => logger.error(error));
    binding.activity.addHook(hook);
    return hook;
  } catch (error) {
    logger.error(error);
    return undefined;
  }
}
