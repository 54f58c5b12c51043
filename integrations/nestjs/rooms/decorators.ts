import { messageHandlersOf } from '../gateways.js';
import { applyRules } from './handler.js';
import { checkRoomName } from './names.js';
import { type RoomName, type Rules, rulesFor } from './plan.js';

/** On a gateway or on one of its message handlers. */
export type RoomDecorator = ClassDecorator & MethodDecorator;

/** How an answer is sent. */
export interface EmitOptions {
  /** Whether the client that sent the message is left out. @default false */
  exceptSender?: boolean;
}

/**
 * The client joins these rooms: on a message handler, when guards and pipes have passed and before the handler runs; it
 * leaves again if the handler throws. On a gateway, when a client connects: `{field}` then stands for what the client
 * sent as `auth`.
 *
 * @example
 * @JoinRoom('room:{id}')
 * @SubscribeMessage('join')
 * join(@MessageBody() { id }: JoinDto) {}
 * @throws TypeError for names that cannot be.
 */
export function JoinRoom(...rooms: [RoomName, ...RoomName[]]): RoomDecorator {
  return decorator('JoinRoom', rooms, (rules) => rules.join.push(...rooms));
}

/** The client leaves these rooms when the handler is done; on a gateway, when any of its handlers is. */
export function LeaveRoom(...rooms: [RoomName, ...RoomName[]]): RoomDecorator {
  return decorator('LeaveRoom', rooms, (rules) => rules.leave.push(...rooms));
}

/**
 * What the handler returns goes to everybody in these rooms: under the name of the message, or as the event of a
 * `{ event, data }`. An acknowledgement that was asked for gets it, too. `undefined` and `null` are not sent.
 */
export function ToRoom(rooms: RoomName | readonly RoomName[], options: EmitOptions = {}): RoomDecorator {
  const names = listOf(rooms);
  return decorator('ToRoom', names, (rules) => {
    rules.emit.push({ event: undefined, rooms: names, exceptSender: options.exceptSender === true });
  });
}

/**
 * What the handler returns goes out as this event: to everybody in the rooms, or, without rooms, in the namespace.
 *
 * @example
 * @EmitTo('message', 'room:{id}')
 * @SubscribeMessage('say')
 * say(@MessageBody() { text }: SayDto) {
 *   return { text, at: Date.now() };
 * }
 */
export function EmitTo(
  event: string,
  rooms: RoomName | readonly RoomName[] = [],
  options: EmitOptions = {},
): RoomDecorator {
  if (typeof event !== 'string' || event === '') throw new TypeError('@EmitTo() takes the name of an event first');
  const names = listOf(rooms);
  return decorator('EmitTo', names, (rules) => {
    rules.emit.push({ event, rooms: names, exceptSender: options.exceptSender === true });
  });
}

function listOf(rooms: RoomName | readonly RoomName[]): readonly RoomName[] {
  return Array.isArray(rooms) ? rooms : [rooms as RoomName];
}

function decorator(name: string, rooms: readonly RoomName[], add: (rules: Rules) => void): RoomDecorator {
  if (rooms.length === 0 && name !== 'EmitTo') throw new TypeError(`@${name}() needs the name of a room`);
  for (const room of rooms) checkRoomName(room, name);
  return ((target: object, method?: string | symbol, descriptor?: PropertyDescriptor): void => {
    if (typeof target === 'function' && method === undefined) {
      add(rulesFor(target, undefined, name));
      if (name !== 'JoinRoom') applyToAllHandlers(target);
      return;
    }
    if (typeof target === 'function' || typeof descriptor?.value !== 'function') {
      throw new TypeError(
        `@${name}() belongs on a gateway or on a method with @SubscribeMessage(), not on ${String(method)}`,
      );
    }
    add(rulesFor(target.constructor, method!, name));
    descriptor.value = applyRules(target.constructor, method!, descriptor.value);
  }) as RoomDecorator;
}

function applyToAllHandlers(type: Function): void {
  const { prototype } = type;
  for (const method of messageHandlersOf(type as never)) {
    const handler = applyRules(type, method, prototype[method]);
    Object.defineProperty(prototype, method, { value: handler, writable: true, configurable: true });
  }
}
