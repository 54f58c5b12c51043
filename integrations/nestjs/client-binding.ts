import type { WsMessageHandler } from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { Activity } from './activity.js';
import type { FailureWatch } from './failure-watch.js';
import { type BoundHandler, HandlerRun } from './handler-run.js';
import { Invocation, Reply } from './invocation.js';
import type { AnySocket } from './types.js';

type Callback = (...args: unknown[]) => unknown;

/** Messages that wait for a `handleConnection`: more than an honest client keeps while it is offline (10,000). */
const MAX_WAITING = 16_384;

/**
 * A socket and the gateways that serve it.
 *
 * One listener per event and one for the end, however many gateways there are; messages wait, in order, until every
 * `handleConnection` is through.
 */
export class ClientBinding {
  static readonly #bindings = new WeakMap<AnySocket, ClientBinding>();

  readonly activity: Activity;
  readonly #socket: AnySocket;
  readonly #failures: FailureWatch | undefined;
  readonly #handlers = new Map<string, BoundHandler[]>();
  readonly #disconnectCallbacks: Callback[] = [];
  readonly #runs = new Set<HandlerRun>();
  /** `handleConnection`s that are not through. */
  #connecting = 0;
  /** Gateways whose `handleConnection` is still to be called. */
  readonly #expected = new Set<Function>();
  #waiting: (() => void)[] = [];

  constructor(socket: AnySocket, activity: Activity, failures: FailureWatch | undefined) {
    this.#socket = socket;
    this.activity = activity;
    this.#failures = failures;
    ClientBinding.#bindings.set(socket, this);
  }

  /** The binding of a client; `undefined` when it is none of ours. */
  static of(client: unknown): ClientBinding | undefined {
    return typeof client === 'object' && client !== null ? ClientBinding.#bindings.get(client as AnySocket) : undefined;
  }

  /** The `handleConnection` of this gateway will be called once there is an instance for this client. */
  expectHook(gateway: Function): void {
    if (!this.#expected.has(gateway)) this.#connecting++;
    this.#expected.add(gateway);
  }

  /** The `handleConnection` of this gateway is called: messages wait. */
  beginHook(gateway: Function): void {
    if (!this.#expected.delete(gateway)) this.#connecting++;
  }

  /** One is through; with the last one, the messages that waited are handled. */
  endHook(): void {
    if (--this.#connecting > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const handle of waiting) handle();
  }

  bind(handlers: readonly WsMessageHandler[], transform: (result: unknown) => Observable<unknown>): void {
    for (const handler of handlers) {
      const event = handler.message;
      const sameEvent = this.#handlers.get(event);
      if (sameEvent !== undefined) {
        sameEvent.push({ handler, transform });
        continue;
      }
      const bound: BoundHandler[] = [{ handler, transform }];
      this.#handlers.set(event, bound);
      this.#socket.on(event, (...args: unknown[]) => {
        if (this.#connecting === 0) this.#handle(event, bound, args);
        else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(() => this.#handle(event, bound, args));
        else this.#socket.disconnect(true);
      });
    }
  }

  #handle(event: string, bound: readonly BoundHandler[], args: unknown[]): void {
    if (this.activity.isClosing) return;
    const ack = typeof args.at(-1) === 'function' ? (args.pop() as Callback) : undefined;
    const reply = ack === undefined ? undefined : new Reply(ack, bound.length);
    for (const each of bound) {
      const invocation = new Invocation(this.#socket, event, args, reply, each.handler.isAckHandledManually);
      const run = new HandlerRun(invocation, this.activity, this.#failures, this.#onOver);
      run.start(each, ack);
      if (!run.isOver) this.#runs.add(run);
    }
  }

  readonly #onOver = (run: HandlerRun): void => {
    this.#runs.delete(run);
  };

  onDisconnect(callback: Callback): void {
    if (this.#disconnectCallbacks.length === 0) this.#socket.on('disconnect', (...args) => this.#end(args));
    this.#disconnectCallbacks.push(callback);
  }

  #end(args: unknown[]): void {
    this.#waiting = [];
    for (const run of this.#runs) run.stop();
    this.#runs.clear();
    for (const callback of this.#disconnectCallbacks) callback(...args);
  }
}
