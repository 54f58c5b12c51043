import { createParamDecorator, type ExecutionContext, type PipeTransform, type Type } from '@nestjs/common';
import { CarillonUsageError } from './errors.js';
import { Invocation } from './invocation.js';
import type { AnySocket } from './types.js';

type Pipe = Type<PipeTransform> | PipeTransform;

function invocationOf(context: ExecutionContext, decorator: string): Invocation {
  const invocation = context.getType() === 'ws' ? Invocation.of(context) : undefined;
  if (invocation !== undefined) return invocation;
  throw new CarillonUsageError(
    `@${decorator}() belongs on a parameter of a method with @SubscribeMessage(), in an application with the ` +
      'CarillonAdapter: app.useWebSocketAdapter(new CarillonAdapter(app)).',
  );
}

const argsDecorator = createParamDecorator((_data: unknown, context: ExecutionContext) => [
  ...invocationOf(context, 'EventArgs').args,
]);

const argDecorator = createParamDecorator(
  (index: number, context: ExecutionContext) => invocationOf(context, 'EventArg').args[index],
);

const nameDecorator = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => invocationOf(context, 'EventName').event,
);

const roomsDecorator = createParamDecorator(
  (_data: unknown, context: ExecutionContext): AnySocket['rooms'] => invocationOf(context, 'Rooms').socket.rooms,
);

/**
 * All arguments of the message, as an array, without the acknowledgement: `emit('e', 'a', 'b')` gives `['a', 'b']`,
 * `emit('e', ['a', 'b'])` gives `[['a', 'b']]`, and `emit('e')` gives `[]`.
 */
export function EventArgs(...pipes: Pipe[]): ParameterDecorator {
  return argsDecorator(...pipes);
}

/**
 * One argument of the message, counted from 0; `undefined` when the client sent fewer.
 *
 * @throws TypeError when the index is not a whole number of at least 0.
 */
export function EventArg(index: number, ...pipes: Pipe[]): ParameterDecorator {
  if (!Number.isInteger(index) || index < 0) {
    throw new TypeError(`@EventArg() takes the position of an argument, counted from 0; got ${String(index)}`);
  }
  return argDecorator(index, ...pipes);
}

/** Name of the message. */
export function EventName(): ParameterDecorator {
  return nameDecorator();
}

/** The rooms the client is in, its own id among them: `socket.rooms`. */
export function Rooms(): ParameterDecorator {
  return roomsDecorator();
}
