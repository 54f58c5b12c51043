import { type Clock, systemClock } from '../clock.js';
import type { Bus, BusListener, BusObserver } from './bus.js';

type Step = () => void;

/**
 * A network of busses in one process: for clusters inside one process, and for tests.
 *
 * It works as one Redis server would: everything that is asked of it happens in the order in which it was asked, and no
 * earlier than at the end of the turn.
 */
export class MemoryNetwork {
  readonly #clock: Clock;
  readonly #subscribers = new Map<string, Map<MemoryBus, BusListener>>();
  #steps: Step[] = [];

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** A new bus on this network. */
  connect(): MemoryBus {
    return new MemoryBus(this);
  }

  /** @internal */
  enqueue(step: Step): void {
    if (this.#steps.length === 0) this.#clock.endOfTurn(this.#run);
    this.#steps.push(step);
  }

  readonly #run = (): void => {
    const steps = this.#steps;
    this.#steps = [];
    for (const step of steps) step();
  };

  /** @internal */
  add(channel: string, bus: MemoryBus, listener: BusListener): void {
    const subscribers = this.#subscribers.get(channel);
    if (subscribers === undefined) this.#subscribers.set(channel, new Map([[bus, listener]]));
    else subscribers.set(bus, listener);
  }

  /** @internal */
  remove(channel: string, bus: MemoryBus): void {
    const subscribers = this.#subscribers.get(channel);
    if (subscribers?.delete(bus) && subscribers.size === 0) this.#subscribers.delete(channel);
  }

  /** @internal */
  deliver(channel: string, message: Buffer): void {
    const subscribers = this.#subscribers.get(channel);
    // A copy: a listener may subscribe others.
    if (subscribers !== undefined) for (const [bus, listener] of [...subscribers]) if (bus.isUp) listener(message);
  }

  /** Subscribers of a channel right now. */
  count(channel: string): number {
    return this.#subscribers.get(channel)?.size ?? 0;
  }
}

/** One node's end of a {@link MemoryNetwork}. Tests can cut it off. */
export class MemoryBus implements Bus {
  readonly #network: MemoryNetwork;
  readonly #channels = new Map<string, BusListener>();
  /** What was asked while the connection was down. */
  #waiting: Step[] = [];
  #observer: BusObserver | undefined;
  #isClosed = false;
  isUp = true;
  /** Messages published so far, for who wants to count them. */
  published = 0;

  constructor(network: MemoryNetwork) {
    this.#network = network;
  }

  observe(observer: BusObserver): void {
    this.#observer = observer;
  }

  channel(scope: string, name?: string): string {
    return name === undefined ? `${scope}#` : `${scope}#${name}#`;
  }

  publish(channel: string, message: Buffer): void {
    this.published++;
    this.#ask(() => this.#network.deliver(channel, message));
  }

  subscribe(channel: string, listener: BusListener): Promise<void> {
    if (this.#isClosed) return Promise.reject(new Error('the bus is closed'));
    this.#channels.set(channel, listener);
    return new Promise((resolve) => {
      this.#ask(() => {
        // Unless it was given up in the meantime.
        if (this.#channels.get(channel) === listener) this.#network.add(channel, this, listener);
        resolve();
      });
    });
  }

  unsubscribe(channel: string): void {
    this.#channels.delete(channel);
    this.#network.remove(channel, this);
  }

  async countSubscribers(channel: string): Promise<number> {
    if (!this.isUp) throw new Error('the bus is down');
    return new Promise((resolve) => this.#ask(() => resolve(this.#network.count(channel))));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const channel of this.#channels.keys()) this.#network.remove(channel, this);
    this.#channels.clear();
  }

  /** Cuts the connection: others go on without this node. */
  cut(error = new Error('the connection was cut')): void {
    if (!this.isUp) return;
    this.isUp = false;
    for (const channel of this.#channels.keys()) this.#network.remove(channel, this);
    this.#observer?.onDown(error);
  }

  /** The connection is back; what was published in the meantime follows. */
  mend(): void {
    if (this.isUp) return;
    this.isUp = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#network.enqueue(() => {
      // Cut again before it was back.
      if (!this.isUp) return;
      for (const [channel, listener] of this.#channels) this.#network.add(channel, this, listener);
      this.#observer?.onUp(0);
    });
    for (const step of waiting) this.#network.enqueue(step);
  }

  #ask(step: Step): void {
    if (this.isUp) this.#network.enqueue(step);
    else this.#waiting.push(step);
  }
}
