import createDebug from 'debug';
import type { Clock } from '../../../clock.js';
import type { BusListener } from '../../../cluster/bus.js';
import { isRefusal } from '../clients/client.js';

const debug = createDebug('carillon:redis');

export interface SubscriptionsOptions {
  readonly clock: Clock;
  readonly subscribe: (channels: string[], listener: (message: Buffer, channel: string) => void) => Promise<void>;
  readonly unsubscribe: (channels: string[]) => Promise<void>;
  readonly onError: (error: Error) => void;
  /** The connection failed: what was not confirmed waits for `renew`. */
  readonly onLost: (error: Error) => void;
}

/** What was asked for in one turn: one command, and one promise for all of it. */
interface Batch {
  readonly channels: Set<string>;
  readonly confirmed: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

/** Channels in one command. */
const CHUNK = 1000;

/**
 * What we are subscribed to, and what we want to be. The wishes of a turn become one command at its end, so that a
 * thousand clients that connect at once cost one; who comes and goes within the turn costs none.
 */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #listeners = new Map<string, BusListener>();
  readonly #unwanted = new Set<string>();
  #batch: Batch | undefined;
  /** Sent or to be sent, but held up by an outage. */
  #heldUp: Batch[] = [];
  /** Those that `renew` took along. */
  #renewed: ReadonlySet<Batch> = new Set();
  #isHeld = false;
  #isScheduled = false;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** All channels that are wanted. */
  get channels(): Iterable<string> {
    return this.#listeners.keys();
  }

  add(channel: string, listener: BusListener): Promise<void> {
    const isKnown = this.#listeners.has(channel) || this.#unwanted.delete(channel);
    this.#listeners.set(channel, listener);
    if (isKnown && !this.#isWaiting(channel)) return Promise.resolve();
    this.#batch ??= makeBatch();
    this.#batch.channels.add(channel);
    this.#schedule();
    return this.#batch.confirmed;
  }

  /** Whether its command is still to be sent, or to be answered. */
  #isWaiting(channel: string): boolean {
    return this.#batch?.channels.has(channel) === true || this.#heldUp.some(({ channels }) => channels.has(channel));
  }

  remove(channel: string): void {
    if (!this.#listeners.delete(channel)) return;
    if (this.#batch?.channels.delete(channel)) return;
    this.#unwanted.add(channel);
    this.#schedule();
  }

  /** No commands until `release`. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Subscribes to everything that is wanted, again. What is asked for meanwhile is not part of it. */
  async renew(): Promise<void> {
    this.#renewed = new Set(this.#heldUp);
    const unwanted = [...this.#unwanted];
    this.#unwanted.clear();
    if (unwanted.length > 0) await this.#options.unsubscribe(unwanted);
    await this.#subscribe([...this.#listeners.keys()]);
  }

  /** After `renew`: what was held up before it is confirmed by now, and what was held up since can be sent. */
  release(): void {
    this.#isHeld = false;
    for (const batch of this.#heldUp.splice(0)) {
      if (this.#renewed.has(batch)) batch.resolve();
      else this.#send(batch);
    }
    this.#schedule();
  }

  /** Gives everything up. Resolves when Redis has confirmed it, or cannot. */
  async close(): Promise<void> {
    const channels = [...this.#listeners.keys(), ...this.#unwanted];
    this.#listeners.clear();
    this.#unwanted.clear();
    for (const batch of [...this.#heldUp.splice(0), this.#batch]) batch?.reject(new Error('the bus is closed'));
    this.#batch = undefined;
    if (this.#isHeld || channels.length === 0) return;
    // The client may be closed right behind us: that is no failure.
    await this.#options.unsubscribe(channels).catch(() => {});
  }

  #schedule(): void {
    if (this.#isScheduled || (this.#batch === undefined && this.#unwanted.size === 0)) return;
    this.#isScheduled = true;
    this.#options.clock.endOfTurn(() => {
      this.#isScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = undefined;
    if (this.#isHeld) {
      if (batch !== undefined) this.#heldUp.push(batch);
      return;
    }
    const unwanted = [...this.#unwanted];
    this.#unwanted.clear();
    this.#unsubscribe(unwanted);
    if (batch !== undefined) this.#send(batch);
  }

  #send(batch: Batch): void {
    this.#heldUp.push(batch);
    this.#subscribe([...batch.channels]).then(
      () => this.#settle(batch, () => batch.resolve()),
      (error: Error) => {
        if (!isRefusal(error)) return this.#options.onLost(error);
        for (const channel of batch.channels) this.#listeners.delete(channel);
        this.#settle(batch, () => batch.reject(error));
      },
    );
  }

  #settle(batch: Batch, settle: () => void): void {
    const index = this.#heldUp.indexOf(batch);
    if (index < 0) return;
    this.#heldUp.splice(index, 1);
    settle();
  }

  async #subscribe(channels: string[]): Promise<void> {
    if (debug.enabled) debug('subscribe to %d channels: %o', channels.length, channels.slice(0, 10));
    const commands: Promise<void>[] = [];
    for (let i = 0; i < channels.length; i += CHUNK) {
      commands.push(this.#options.subscribe(channels.slice(i, i + CHUNK), this.#onMessage));
    }
    await Promise.all(commands);
  }

  #unsubscribe(channels: string[]): void {
    if (debug.enabled && channels.length > 0) debug('unsubscribe from %d: %o', channels.length, channels.slice(0, 10));
    if (channels.length > 0) this.#options.unsubscribe(channels).catch((error: Error) => this.#options.onError(error));
  }

  readonly #onMessage = (message: Buffer, channel: string): void => {
    try {
      this.#listeners.get(channel)?.(message);
    } catch (error) {
      this.#options.onError(error as Error);
    }
  };
}

function makeBatch(): Batch {
  let resolve: () => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const confirmed = new Promise<void>((onConfirmed, onRefused) => {
    resolve = onConfirmed;
    reject = onRefused;
  });
  return { channels: new Set(), confirmed, resolve, reject };
}
