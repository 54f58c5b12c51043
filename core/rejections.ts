import { EventEmitter } from 'node:events';

const sample = new EventEmitter({ captureRejections: true });

/**
 * True on Bun: an emitter that captures rejections gets an `emit` of its own there, which hides the one of its class. A class
 * whose `emit` sends would reach nobody.
 */
const hidesEmit = Object.hasOwn(sample, 'emit');

/** Calls the listeners of an emitter, and has rejections of asynchronous ones captured: `emit` as the runtime means it. */
export const emitToListeners = sample.emit as (
  this: EventEmitter,
  event: string | symbol,
  ...args: unknown[]
) => boolean;

/** Has an emitter report what its asynchronous listeners reject, to its method `[EventEmitter.captureRejectionSymbol]`. */
export function captureRejections(emitter: EventEmitter): void {
  EventEmitter.call(emitter as never, { captureRejections: true });
  if (hidesEmit) Reflect.deleteProperty(emitter, 'emit');
}

/** `EventEmitter` whose subclasses may have an `emit` of their own on each runtime. */
export const CapturingEmitter: typeof EventEmitter = hidesEmit
  ? class extends EventEmitter {
      constructor(options?: ConstructorParameters<typeof EventEmitter>[0]) {
        super(options);
        Reflect.deleteProperty(this, 'emit');
      }
    }
  : EventEmitter;
