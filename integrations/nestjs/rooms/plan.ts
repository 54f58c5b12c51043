import type { AnySocket } from '../types.js';

/** What a function that names rooms is told. */
export interface RoomContext {
  readonly socket: AnySocket;
  /** Name of the message; `connection` when a client connects. */
  readonly event: string;
  /** All arguments of the message. */
  readonly args: readonly unknown[];
}

/**
 * Name of a room: as it is (`lobby`), a template (`room:{id}`, `{user.name}`; fields of the message body after pipes, or
 * `{0}` for an argument by position), or a function of the body. A function may return several names, or none.
 */
export type RoomName<Body = any> =
  | string
  | ((
      body: Body,
      context: RoomContext,
    ) => string | readonly string[] | undefined | Promise<string | readonly string[] | undefined>);

/** Where answers go, before the names of rooms are known. */
export interface EmitRule {
  readonly event: string | undefined;
  readonly rooms: readonly RoomName[];
  readonly exceptSender: boolean;
}

/** What the room decorators on one class or one method ask for. */
export class Rules {
  readonly join: RoomName[] = [];
  readonly leave: RoomName[] = [];
  readonly emit: EmitRule[] = [];

  constructor(readonly firstDecorator: string) {}
}

/** All room decorators of one class. */
export interface RoomPlan {
  readonly firstDecorator: string;
  onClass?: Rules;
  readonly methods: Map<string | symbol, Rules>;
}

const plans = new WeakMap<object, RoomPlan>();

/** The plan of exactly this class; parent classes have their own. */
export function roomPlanOf(type: object): RoomPlan | undefined {
  return plans.get(type);
}

/** The rules of a class, or of one of its methods; made when missing. */
export function rulesFor(type: object, method: string | symbol | undefined, decorator: string): Rules {
  let plan = plans.get(type);
  if (plan === undefined) {
    plan = { firstDecorator: decorator, methods: new Map() };
    plans.set(type, plan);
  }
  if (method === undefined) {
    plan.onClass ??= new Rules(decorator);
    return plan.onClass;
  }
  let rules = plan.methods.get(method);
  if (rules === undefined) {
    rules = new Rules(decorator);
    plan.methods.set(method, rules);
  }
  return rules;
}

/** The rules of a class or of the nearest class above it that has some. */
export function classRules(type: object): Rules | undefined {
  for (let level: object | null = type; level !== null; level = Object.getPrototypeOf(level)) {
    const rules = plans.get(level)?.onClass;
    if (rules !== undefined) return rules;
  }
  return undefined;
}
