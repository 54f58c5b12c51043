import type { EventNames, EventParams, EventsMap, ReservedOrUserListener } from './events.js';

type Listener = (...args: any[]) => void;

/** Remembers the listener that `once` wraps, so that `off` finds it. */
interface OnceListener extends Listener {
  listener?: Listener;
}

/**
 * A small typed event emitter with the methods of Socket.IO's client.
 *
 * A listener that throws does not stop the others, nor the code that emits: its error surfaces as an uncaught exception
 * of its own (`window.onerror`, `process.on('uncaughtException')`).
 */
export class Emitter<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ReservedEvents extends EventsMap = Record<never, never>,
> {
  readonly #listeners = new Map<PropertyKey, OnceListener[]>();

  /** Adds a listener; the same one added twice is called twice. */
  on<Event extends EventNames<ReservedEvents> | EventNames<ListenEvents>>(
    event: Event,
    listener: ReservedOrUserListener<ReservedEvents, ListenEvents, Event>,
  ): this {
    const listeners = this.#listeners.get(event);
    if (listeners) listeners.push(listener);
    else this.#listeners.set(event, [listener]);
    return this;
  }

  /** Adds a listener that is called at most once. */
  once<Event extends EventNames<ReservedEvents> | EventNames<ListenEvents>>(
    event: Event,
    listener: ReservedOrUserListener<ReservedEvents, ListenEvents, Event>,
  ): this {
    const once: OnceListener = (...args) => {
      this.off(event, once as typeof listener);
      (listener as Listener).apply(this, args);
    };
    once.listener = listener;
    return this.on(event, once as typeof listener);
  }

  /** Alias of {@link on}, by the name it has in the DOM. */
  addEventListener<Event extends EventNames<ReservedEvents> | EventNames<ListenEvents>>(
    event: Event,
    listener: ReservedOrUserListener<ReservedEvents, ListenEvents, Event>,
  ): this {
    return this.on(event, listener);
  }

  /** Removes one listener, all listeners of an event, or (without arguments) all of all events. */
  off<Event extends EventNames<ReservedEvents> | EventNames<ListenEvents>>(
    event?: Event,
    listener?: ReservedOrUserListener<ReservedEvents, ListenEvents, Event>,
  ): this {
    if (event === undefined) this.#listeners.clear();
    else if (listener === undefined) this.#listeners.delete(event);
    else {
      const listeners = this.#listeners.get(event) ?? [];
      const index = listeners.findIndex((each) => each === listener || each.listener === listener);
      if (index !== -1) listeners.splice(index, 1);
      if (listeners.length === 0) this.#listeners.delete(event);
    }
    return this;
  }

  /** Alias of {@link off}. */
  removeListener<Event extends EventNames<ReservedEvents> | EventNames<ListenEvents>>(
    event?: Event,
    listener?: ReservedOrUserListener<ReservedEvents, ListenEvents, Event>,
  ): this {
    return this.off(event, listener);
  }

  /** Alias of {@link off}, by the name it has in the DOM. */
  removeEventListener<Event extends EventNames<ReservedEvents> | EventNames<ListenEvents>>(
    event?: Event,
    listener?: ReservedOrUserListener<ReservedEvents, ListenEvents, Event>,
  ): this {
    return this.off(event, listener);
  }

  /** Alias of {@link off}, without a listener. */
  removeAllListeners<Event extends EventNames<ReservedEvents> | EventNames<ListenEvents>>(event?: Event): this {
    return this.off(event);
  }

  /** Calls the listeners of an event, in the order in which they were added. */
  emit<Event extends EventNames<EmitEvents>>(event: Event, ...args: EventParams<EmitEvents, Event>): this {
    const listeners = this.#listeners.get(event);
    if (listeners) callEach(listeners, args, this);
    return this;
  }

  /** {@link emit} for the events of the library. */
  protected emitReserved<Event extends EventNames<ReservedEvents>>(
    event: Event,
    ...args: EventParams<ReservedEvents, Event>
  ): this {
    // Not this.emit(): a Socket's `emit` sends.
    return Emitter.prototype.emit.call(this, event as string, ...args) as this;
  }

  /** The listeners of an event, a copy. */
  listeners<Event extends EventNames<ReservedEvents> | EventNames<ListenEvents>>(
    event: Event,
  ): ReservedOrUserListener<ReservedEvents, ListenEvents, Event>[] {
    const listeners = this.#listeners.get(event) ?? [];
    return listeners.map((each) => each.listener ?? each) as ReservedOrUserListener<
      ReservedEvents,
      ListenEvents,
      Event
    >[];
  }

  hasListeners<Event extends EventNames<ReservedEvents> | EventNames<ListenEvents>>(event: Event): boolean {
    return this.#listeners.has(event);
  }
}

/** Calls a copy of the list: listeners may add and remove listeners. */
export function callEach(listeners: readonly Listener[], args: readonly unknown[], self?: unknown): void {
  for (const listener of [...listeners]) {
    try {
      listener.apply(self, args as unknown[]);
    } catch (error) {
      // The application's fault must be seen, and must not take the connection's state with it.
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
