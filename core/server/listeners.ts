import type { EventEmitter } from 'node:events';
import { CapturingEmitter, emitToListeners } from '../rejections.js';
import type { EventsMap, TypedEmitter } from './types.js';

/**
 * `EventEmitter` under typed clothes: the same class at run time, so that a listener costs exactly what it costs in
 * Node, and `instanceof EventEmitter` holds.
 */
export const TypedEventEmitter = CapturingEmitter as unknown as abstract new <
  Listen extends EventsMap,
  Emit extends EventsMap,
  Reserved extends EventsMap = {},
>(options?: {
  captureRejections?: boolean;
}) => TypedEmitter<Listen, Emit, Reserved>;

/** Emits an event to the application's listeners of any emitter, whatever its types say. */
export function emitLocally(emitter: unknown, event: string | symbol, args: readonly unknown[]): boolean {
  return emitToListeners.call(emitter as EventEmitter, event, ...args);
}

/** A listener of the application: it knows the arguments of its own events. */
export type AnyListener = (...args: any[]) => void;

/** Listeners that hear every event: `onAny` and its relatives. Most sockets have none, so the list is made when needed. */
export class CatchAll {
  #listeners: AnyListener[] = [];

  add(listener: AnyListener): void {
    this.#listeners = [...this.#listeners, listener];
  }

  prepend(listener: AnyListener): void {
    this.#listeners = [listener, ...this.#listeners];
  }

  /** Removes one listener, or all. */
  remove(listener?: AnyListener): void {
    if (listener === undefined) {
      this.#listeners = [];
      return;
    }
    const index = this.#listeners.indexOf(listener);
    if (index !== -1) this.#listeners = this.#listeners.toSpliced(index, 1);
  }

  /** The list itself: manipulating it removes and adds listeners. */
  get list(): AnyListener[] {
    return this.#listeners;
  }

  notify(receiver: unknown, args: readonly unknown[]): void {
    for (const listener of this.#listeners) listener.apply(receiver, args as unknown[]);
  }
}
