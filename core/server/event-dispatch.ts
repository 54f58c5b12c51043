import type { EncodedMessage, ExtensionSocket, IncomingEvent, IncomingHook } from '../extension.js';
import { isExtensionName } from '../reserved-names.js';
import { CatchAll } from './listeners.js';
import { type Middleware, runMiddlewares } from './middleware.js';
import type { Event } from './types.js';

/** What is done with an event besides calling its listeners; the socket's side of it. */
export interface EventReceiver {
  /** Whether the socket is still in its namespace. */
  isConnected(): boolean;
  /** Calls the listeners of an event, whatever they do. */
  callListeners(data: unknown[]): void;
  /** A listener failed: reported, and the client hears of it. */
  onListenerError(error: unknown, data: readonly unknown[]): void;
  /** A middleware refused the event. */
  onRefused(error: Error): void;
  /** The event has a name of an extension's, and no extension took it. */
  onReserved(event: string, id: number | undefined): void;
  /** Encodes the answer to an event. Never throws: what cannot be encoded is reported, and becomes an error. */
  encodeAnswer(id: number, event: unknown, values: unknown[]): EncodedMessage;
  /** Sends it. */
  deliver(answer: EncodedMessage): void;
}

/**
 * The way of an event from its packet to the listeners, for sockets that have more than listeners: hooks of extensions,
 * catch-all listeners, middlewares. Most have nothing of it, and none of this is made for them.
 *
 * ```
 *   packet → hooks: arrived → onAny → middlewares → hooks: dispatching → listeners → hooks: dispatched
 * ```
 */
export class EventDispatch {
  readonly #socket: ExtensionSocket;
  readonly #receiver: EventReceiver;
  #hooks: readonly IncomingHook[] | null = null;
  #middlewares: Middleware<Event>[] | null = null;
  #catchAll: CatchAll | null = null;

  constructor(socket: ExtensionSocket, receiver: EventReceiver) {
    this.#socket = socket;
    this.#receiver = receiver;
  }

  /** Adds what an extension wants to know of the events of this socket; those that are added first see them first. */
  addHook(hook: IncomingHook): void {
    this.#hooks = [...(this.#hooks ?? []), hook];
  }

  removeHook(hook: IncomingHook): void {
    const rest = this.#hooks?.filter((each) => each !== hook) ?? [];
    this.#hooks = rest.length === 0 ? null : rest;
  }

  use(middleware: Middleware<Event>): void {
    this.#middlewares ??= [];
    this.#middlewares.push(middleware);
  }

  /** Listeners for all events. */
  get catchAll(): CatchAll {
    this.#catchAll ??= new CatchAll();
    return this.#catchAll;
  }

  /**
   * Takes an event to the listeners.
   *
   * @param data name and arguments.
   * @param id number of the event, when its client wants an answer.
   */
  dispatch(data: unknown[], id: number | undefined): void {
    const receiver = this.#receiver;
    const event = this.#hooks === null ? null : new ArrivedEvent(this.#socket, receiver, data, id);
    if (event !== null && !this.#pass(event, 'arrived')) return;
    if (isExtensionName(data[0])) {
      receiver.onReserved(data[0], id);
      return;
    }
    if (id !== undefined) data.push(event === null ? answerOnce(receiver, id, data[0]) : event.answer);
    if (this.#catchAll !== null) {
      try {
        this.#catchAll.notify(this.#socket, data);
      } catch (error) {
        receiver.onListenerError(error, data);
      }
      if (!receiver.isConnected()) return;
    }
    if (this.#middlewares === null) {
      this.#callListeners(data, event);
      return;
    }
    runMiddlewares(this.#middlewares, data as Event, (error) => {
      if (error !== null) receiver.onRefused(error);
      else if (receiver.isConnected()) this.#callListeners(data, event);
    });
  }

  #callListeners(data: unknown[], event: ArrivedEvent | null): void {
    if (event !== null && !this.#pass(event, 'dispatching')) return;
    this.#receiver.callListeners(data);
    if (event !== null) this.#pass(event, 'dispatched');
  }

  /** A hook that fails is reported, and the event goes on as if the hook had not been there. */
  #pass(event: ArrivedEvent, step: 'arrived' | 'dispatching' | 'dispatched'): boolean {
    for (const hook of this.#hooks ?? []) {
      try {
        if (hook[step]?.(event) === false) return false;
      } catch (error) {
        this.#receiver.onListenerError(error, event.data);
      }
    }
    return true;
  }

  /** The socket has left. */
  onDisconnected(): void {
    for (const hook of this.#hooks ?? []) {
      try {
        hook.disconnected?.();
      } catch (error) {
        this.#receiver.onListenerError(error, ['disconnect']);
      }
    }
  }
}

/** The callback that answers an event, once. */
function answerOnce(receiver: EventReceiver, id: number, event: unknown): (...values: unknown[]) => void {
  let isSent = false;
  return (...values) => {
    if (isSent) return;
    isSent = true;
    receiver.deliver(receiver.encodeAnswer(id, event, values));
  };
}

/** An event, as hooks see it. */
class ArrivedEvent implements IncomingEvent {
  readonly socket: ExtensionSocket;
  readonly data: unknown[];
  readonly id: number | undefined;
  readonly #receiver: EventReceiver;
  #send: ((answer: EncodedMessage) => void) | null = null;
  #isAnswered = false;

  constructor(socket: ExtensionSocket, receiver: EventReceiver, data: unknown[], id: number | undefined) {
    this.socket = socket;
    this.data = data;
    this.id = id;
    this.#receiver = receiver;
  }

  // A function of its own: it is also the callback that listeners get.
  readonly answer = (...values: unknown[]): void => {
    if (this.#isAnswered || this.id === undefined) return;
    this.#isAnswered = true;
    const answer = this.#receiver.encodeAnswer(this.id, this.data[0], values);
    if (this.#send === null) this.#receiver.deliver(answer);
    else this.#send(answer);
  };

  answerThrough(send: (answer: EncodedMessage) => void): void {
    this.#send = send;
  }
}
