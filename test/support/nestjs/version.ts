import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { NestApplicationContext } from '@nestjs/core';
import * as websockets from '@nestjs/websockets';

// The suites run with Nest 10, 11 and 12. Here is what the versions do differently, whatever the adapter.

/** Since 12, global guards, interceptors and pipes are for gateways, too, and gateways may be request-scoped. */
export const isNest12 = await import('@nestjs/core/internal').then(
  () => true,
  () => false,
);

/** Since 11, modules are destroyed in the opposite of the order in which they start. */
export const destroysInReverse = String(
  (NestApplicationContext.prototype as unknown as Record<string, Function>)['callDestroyHook'],
).includes('reverse');

/** Whether Nest passes the acknowledgement to handlers without decorators. */
export const passesAcknowledgement = 'Ack' in websockets;

/** Nest's own since 11.1; before that, the decorator that applications wrote for themselves. */
export const Ack: () => ParameterDecorator = passesAcknowledgement
  ? websockets.Ack
  : createParamDecorator((_data: unknown, context: ExecutionContext) => context.getArgByIndex(2));
