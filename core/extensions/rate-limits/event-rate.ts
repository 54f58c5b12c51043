import type { Clock } from '../../clock.js';
import { type Rate, TokenBucket } from '../token-bucket.js';

/** How many events clients may send. Complete; see options.ts. */
export interface EventRateLimit {
  readonly socket: Rate | undefined;
  readonly connection: Rate | undefined;
  /** What an event costs; default 1. */
  readonly cost: ((event: string, args: unknown[], namespace: string) => number) | undefined;
  readonly exceeded: 'refuse' | 'close';
}

/** The events of one connection: its own bucket, and one for each of its sockets. */
export class EventRate {
  readonly #limit: EventRateLimit;
  readonly #clock: Clock;
  readonly #connection: TokenBucket | null;
  /** By namespace; they outlive the socket, or leaving and coming back would fill them. Least recently used first. */
  readonly #sockets = new Map<string, SocketRate>();
  /** Until when the client knows that it has to wait, where sockets have no rate of their own. */
  #toldUntil = 0;

  constructor(limit: EventRateLimit, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
    this.#connection = limit.connection === undefined ? null : new TokenBucket(limit.connection, clock.now());
  }

  /** Namespaces whose rate is remembered. */
  get size(): number {
    return this.#sockets.size;
  }

  /** A client wants to join a namespace, which counts as one event. @returns as `admit`. */
  admitConnect(): number {
    return this.#connection?.take(1, this.#clock.now()) ?? 0;
  }

  /**
   * Throws what the application's `cost` throws.
   *
   * @returns 0 when the event may pass, else the milliseconds after which it may be sent again.
   */
  admit(nsp: string, data: readonly unknown[]): number {
    const now = this.#clock.now();
    const { cost, socket } = this.#limit;
    const price = cost === undefined ? 1 : priceOf(cost(data[0] as string, data.slice(1), nsp));
    const wait = this.#connection?.take(price, now) ?? 0;
    if (wait > 0 || socket === undefined) return wait;
    return this.#rateOf(nsp, socket, now).bucket.take(price, now);
  }

  /** Whether this refusal is worth a message: the client was not told already that it has to wait. */
  isNews(namespace: string, wait: number): boolean {
    const now = this.#clock.now();
    if (this.#limit.socket === undefined) {
      const isNews = this.#toldUntil <= now;
      if (isNews) this.#toldUntil = now + wait;
      return isNews;
    }
    const rate = this.#rateOf(namespace, this.#limit.socket, now);
    if (rate.toldUntil > now) return false;
    rate.toldUntil = now + wait;
    return true;
  }

  #rateOf(namespace: string, limit: Rate, now: number): SocketRate {
    const rate = this.#sockets.get(namespace) ?? { bucket: new TokenBucket(limit, now), toldUntil: 0 };
    this.#sockets.delete(namespace);
    this.#sockets.set(namespace, rate);
    for (const [other, { bucket, toldUntil }] of this.#sockets) {
      // A full bucket is as good as none.
      if (other === namespace || toldUntil > now || !bucket.isFull(now)) break;
      this.#sockets.delete(other);
    }
    return rate;
  }
}

/** What the application answered; what is no price is none. */
function priceOf(answer: unknown): number {
  return typeof answer === 'number' && answer > 0 ? answer : 0;
}

/** The events of one socket. */
interface SocketRate {
  readonly bucket: TokenBucket;
  /** Until when its client knows that it has to wait. */
  toldUntil: number;
}
