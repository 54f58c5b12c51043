import type { Clock } from '../clock.js';
import type { Packet } from '../protocol/socketio/packet.js';
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
  readonly #sockets = new Map<string, TokenBucket>();
  readonly #toldUntil = new Map<string, number>();

  constructor(limit: EventRateLimit, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
    this.#connection = limit.connection === undefined ? null : new TokenBucket(limit.connection, clock.now());
  }

  get exceeded(): EventRateLimit['exceeded'] {
    return this.#limit.exceeded;
  }

  /**
   * Throws what the application's `cost` throws.
   *
   * @returns 0 when the event may pass, else the milliseconds after which it may be sent again.
   */
  admit({ nsp, data }: Packet): number {
    const now = this.#clock.now();
    const { cost, socket } = this.#limit;
    const price = cost === undefined ? 1 : Math.max(0, cost(data[0], data.slice(1), nsp) || 0);
    const wait = this.#connection?.take(price, now) ?? 0;
    if (wait > 0 || socket === undefined) return wait;
    let bucket = this.#sockets.get(nsp);
    if (bucket === undefined) {
      bucket = new TokenBucket(socket, now);
      this.#sockets.set(nsp, bucket);
    }
    return bucket.take(price, now);
  }

  /** Whether this refusal is worth a message: the client was not told already that it has to wait. */
  isNews(namespace: string, wait: number): boolean {
    const now = this.#clock.now();
    if ((this.#toldUntil.get(namespace) ?? 0) > now) return false;
    this.#toldUntil.set(namespace, now + wait);
    return true;
  }
}
