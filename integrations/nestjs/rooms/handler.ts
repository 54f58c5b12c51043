import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ConnectedSocket, MessageBody } from '@nestjs/websockets';
import { PARAM_ARGS_METADATA } from '@nestjs/websockets/constants.js';
import { CarillonUsageError } from '../errors.js';
import { type EmitTarget, Invocation } from '../invocation.js';
import { resolveRooms } from './names.js';
import { classRules, type RoomContext, type Rules, roomPlanOf } from './plan.js';

type Handler = (...args: unknown[]) => unknown;

/** Kind of `@MessageBody()` in the metadata of parameters, whose keys are `<kind>:<index>`. */
const PAYLOAD = '3';

/** Gives the handler its invocation, behind the parameters it declares. */
const CurrentInvocation = createParamDecorator((_data: unknown, context: ExecutionContext) => Invocation.of(context));
const Acknowledgement = createParamDecorator((_data: unknown, context: ExecutionContext) => context.getArgs()[2]);

/** Handlers that keep rules, and what they were. */
const originals = new WeakMap<Function, Function>();

/** Those whose parameters had no decorators. */
const undecorated = new WeakSet<Function>();

/** Whether it is a handler that keeps rules and was written without decorators on its parameters. */
export function wasUndecorated(handler: Function): boolean {
  return undecorated.has(handler);
}

/** The method as it was written. */
export function originalOf(handler: Function): Function {
  return originals.get(handler) ?? handler;
}

/**
 * Lets a message handler keep the room rules of its method and class.
 *
 * The rules apply inside the handler, because only there the pipes have run: what names a room has been validated. The
 * handler learns of the message by a parameter that is added behind its own.
 *
 * @returns the method in its place, with all metadata of the original.
 */
export function applyRules(type: Function, method: string | symbol, original: Handler): Handler {
  if (originals.has(original)) return original;
  const prototype = type.prototype as object;
  const isUndecorated = parametersOf(type, method).length === 0;
  const position = addInvocationParameter(type, prototype, method, original);
  const plans = new WeakMap<Function, HandlerPlan>();
  const handler = async function (this: object, ...args: unknown[]): Promise<unknown> {
    const invocation = args[position];
    if (!(invocation instanceof Invocation)) {
      throw new CarillonUsageError(
        `The room decorators of ${type.name}.${String(method)}() need the CarillonAdapter: ` +
          'app.useWebSocketAdapter(new CarillonAdapter(app)).',
      );
    }
    // A class below the one with the method may have rules of its own.
    let plan = plans.get(this.constructor);
    if (plan === undefined) {
      plan = planOf(this.constructor, method);
      plans.set(this.constructor, plan);
    }
    const own = args.slice(0, position);
    return keepRules(plan, invocation, bodyOf(plan, own, invocation), () => original.apply(this, own));
  };
  Object.defineProperty(handler, 'name', { value: original.name, configurable: true });
  for (const key of Reflect.getMetadataKeys(original)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, original), handler);
  }
  originals.set(handler, original);
  if (isUndecorated) undecorated.add(handler);
  return handler;
}

interface HandlerPlan {
  readonly own: Rules | undefined;
  readonly ofClass: Rules | undefined;
  readonly payloads: readonly Parameter[];
}

function planOf(type: Function, method: string | symbol): HandlerPlan {
  let own: Rules | undefined;
  for (let level: object | null = type; level !== null && own === undefined; level = Object.getPrototypeOf(level)) {
    own = roomPlanOf(level)?.methods.get(method);
  }
  const payloads = parametersOf(type, method).filter(({ kind }) => kind === PAYLOAD);
  return { own, ofClass: classRules(type), payloads };
}

async function keepRules(
  { own, ofClass }: HandlerPlan,
  invocation: Invocation,
  body: unknown,
  run: () => unknown,
): Promise<unknown> {
  const { socket } = invocation;
  const context: RoomContext = { socket, event: invocation.event, args: invocation.args };
  const emitRules = own !== undefined && own.emit.length > 0 ? own.emit : (ofClass?.emit ?? []);
  // All names first: a message that names no room has no effect at all.
  const joined = (await resolveRooms(own?.join ?? [], body, context)).filter((room) => !socket.rooms.has(room));
  const left = await resolveRooms([...(own?.leave ?? []), ...(ofClass?.leave ?? [])], body, context);
  if (emitRules.length > 0) {
    const targets: EmitTarget[] = [];
    for (const { event, rooms, exceptSender } of emitRules) {
      const names = await resolveRooms(rooms, body, context);
      // A function that names no room means nobody, not everybody.
      if (rooms.length === 0 || names.length > 0) targets.push({ event, rooms: names, exceptSender });
    }
    invocation.targets = targets;
  }
  if (joined.length > 0) await socket.join(joined);
  try {
    const result = await run();
    for (const room of left) await socket.leave(room);
    return result;
  } catch (error) {
    // A handler that refuses has admitted nobody.
    for (const room of joined) await socket.leave(room);
    throw error;
  }
}

/** @returns the index of the parameter. */
function addInvocationParameter(type: Function, prototype: object, method: string | symbol, original: Handler): number {
  const declared = parametersOf(type, method);
  const types: unknown[] = Reflect.getMetadata('design:paramtypes', prototype, method) ?? [];
  if (declared.length === 0) {
    // Without decorators Nest passes client, body and acknowledgement; with one of ours it would pass that alone.
    ConnectedSocket()(prototype, method, 0);
    MessageBody()(prototype, method, 1);
    Acknowledgement()(prototype, method, 2);
  }
  const position = Math.max(
    original.length,
    types.length,
    declared.length === 0 ? 3 : 0,
    ...declared.map(({ index }) => index + 1),
  );
  CurrentInvocation()(prototype, method, position);
  return position;
}

interface Parameter {
  readonly kind: string;
  readonly index: number;
  /** Of `@MessageBody('property')`. */
  readonly property: unknown;
}

function parametersOf(type: Function, method: string | symbol): Parameter[] {
  const metadata: Record<string, { index: number; data?: unknown }> =
    Reflect.getMetadata(PARAM_ARGS_METADATA, type, method) ?? {};
  return Object.entries(metadata).map(([key, { index, data }]) => ({
    kind: key.slice(0, key.lastIndexOf(':')),
    index,
    property: data,
  }));
}

/** The message body as the pipes left it. */
function bodyOf({ payloads }: HandlerPlan, args: readonly unknown[], invocation: Invocation): unknown {
  const whole = payloads.find(({ property }) => typeof property !== 'string');
  if (whole !== undefined) return args[whole.index];
  if (payloads.length === 0) return invocation.data;
  const properties = payloads.map(({ index, property }) => [property as string, args[index]] as const);
  return { ...asObject(invocation.data), ...Object.fromEntries(properties) };
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
