import { Logger, type WsMessageHandler } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { type BoundHandler, HandlerRun } from './handler-run.js';
import { Invocation, Reply } from './invocation.js';
import { PendingMessages } from './pending-messages.js';
import type { Serving } from './serving.js';
import type { AnySocket } from './types.js';

type Callback = (...args: unknown[]) => unknown;

const logger = new Logger('CarillonAdapter');

/** Gateways of which a warning said that messages no longer wait for them. */
const warnedOf = new WeakSet<Function>();

/**
 * A socket and the gateways that serve it.
 *
 * One listener per event and one for the end, however many gateways there are. Messages wait, in order, until every
 * `handleConnection` is through, but no longer than `handleConnectionTimeout`: one that lasts as long as the client, or
 * that waits for one of these messages, must not keep them for ever.
 */
export class ClientBinding {
  static readonly #bindings = new WeakMap<AnySocket, ClientBinding>();

  readonly serving: Serving;
  readonly #socket: AnySocket;
  readonly #handlers = new Map<string, BoundHandler[]>();
  readonly #listeners = new Map<string, Callback>();
  #disconnectCallbacks: Callback[] = [];
  readonly #runs = new Set<HandlerRun>();
  /** `handleConnection`s that are not through. */
  #connecting = 0;
  /** Those that have been called, by their gateways. */
  readonly #called = new Set<Function>();
  /** Gateways whose `handleConnection` is still to be called. */
  readonly #expected = new Set<Function>();
  readonly #pending: PendingMessages;
  #timer: NodeJS.Timeout | undefined;
  /** Messages have waited as long as they do. */
  #isOverdue = false;
  #hasLeft = false;

  constructor(socket: AnySocket, serving: Serving) {
    this.#socket = socket;
    this.serving = serving;
    this.#pending = new PendingMessages(serving.maxPendingBytes);
    ClientBinding.#bindings.set(socket, this);
    serving.clients.add(this);
    socket.on('disconnect', this.#onDisconnect);
  }

  /** The binding of a client; `undefined` when it is none of ours. */
  static of(client: unknown): ClientBinding | undefined {
    return typeof client === 'object' && client !== null ? ClientBinding.#bindings.get(client as AnySocket) : undefined;
  }

  // --- handleConnection ---

  /** The `handleConnection` of this gateway will be called once there is an instance for this client. */
  expectHook(gateway: Function): void {
    if (!this.#expected.has(gateway)) this.#connecting++;
    this.#expected.add(gateway);
  }

  /** The `handleConnection` of this gateway is called: messages wait. */
  beginHook(gateway: Function): void {
    if (!this.#expected.delete(gateway)) this.#connecting++;
    this.#called.add(gateway);
  }

  /** One is through; with the last one, the messages that waited are handled. */
  endHook(gateway: Function): void {
    this.#called.delete(gateway);
    if (--this.#connecting === 0) this.#handlePending();
  }

  readonly #onOverdue = (): void => {
    this.#isOverdue = true;
    for (const gateway of [...this.#called, ...this.#expected]) {
      if (warnedOf.has(gateway)) continue;
      warnedOf.add(gateway);
      logger.warn(
        `handleConnection() of ${gateway.name} was not through after ${this.serving.handleConnectionTimeout} ms: ` +
          'messages of the client no longer wait for it (see handleConnectionTimeout).',
      );
    }
    this.#handlePending();
  };

  #handlePending(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pending.flush();
  }

  // --- messages ---

  bind(handlers: readonly WsMessageHandler[], transform: (result: unknown) => Observable<unknown>): void {
    // A `handleConnection` may have disconnected it.
    if (this.#hasLeft) return;
    for (const handler of handlers) {
      const event = handler.message;
      const sameEvent = this.#handlers.get(event);
      if (sameEvent !== undefined) {
        sameEvent.push({ handler, transform });
        continue;
      }
      const bound: BoundHandler[] = [{ handler, transform }];
      this.#handlers.set(event, bound);
      const listener = (...args: unknown[]): void => {
        if (this.#connecting === 0 || this.#isOverdue) this.#handle(event, bound, args);
        else this.#postpone(event, bound, args);
      };
      this.#listeners.set(event, listener);
      this.#socket.on(event, listener);
    }
  }

  #postpone(event: string, bound: readonly BoundHandler[], args: unknown[]): void {
    if (!this.#pending.add(args, () => this.#handle(event, bound, args))) {
      this.#pending.clear();
      this.#socket.disconnect(true);
      return;
    }
    this.#timer ??= setTimeout(this.#onOverdue, this.serving.handleConnectionTimeout).unref();
  }

  #handle(event: string, bound: readonly BoundHandler[], args: unknown[]): void {
    if (this.serving.activity.isClosing) return;
    const ack = typeof args.at(-1) === 'function' ? (args.pop() as Callback) : undefined;
    const reply = ack === undefined ? undefined : new Reply(ack, bound.length);
    for (const each of bound) {
      const invocation = new Invocation(this.#socket, event, args, reply, each.handler.isAckHandledManually);
      const run = new HandlerRun(invocation, this.serving, this.#onOver);
      run.start(each, ack);
      if (!run.isOver) this.#runs.add(run);
    }
  }

  readonly #onOver = (run: HandlerRun): void => {
    this.#runs.delete(run);
  };

  // --- the end ---

  /** Called for each gateway, with what it does when the client leaves. */
  addDisconnectCallback(callback: Callback): void {
    this.#disconnectCallbacks.push(callback);
  }

  readonly #onDisconnect = (...args: unknown[]): void => {
    this.#socket.off('disconnect', this.#onDisconnect);
    for (const [event, listener] of this.#listeners) this.#socket.off(event, listener);
    this.#listeners.clear();
    this.leave(...args);
  };

  /**
   * Tells the gateways that the client has left, once: when it disconnects; or before the application ends, while their
   * providers are there and the client can still be sent something.
   *
   * @param args of the `disconnect` event.
   */
  leave(...args: unknown[]): void {
    this.#hasLeft = true;
    this.serving.clients.delete(this);
    clearTimeout(this.#timer);
    this.#pending.clear();
    for (const run of this.#runs) run.stop();
    this.#runs.clear();
    for (const callback of this.#disconnectCallbacks.splice(0)) callback(...args);
  }
}
