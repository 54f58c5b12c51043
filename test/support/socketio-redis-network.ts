import type { SocketioBus } from '../../core/adapters/redis/socketio/bus.js';
import type { Clock } from '../../core/clock.js';

interface Subscriber {
  readonly bus: SocketioNetworkBus;
  readonly listener: (message: Buffer, channel: string) => void;
}

/** Redis, as far as the classic adapter uses it: channels and patterns, everything in order, at the end of the turn. */
export class SocketioNetwork {
  readonly #clock: Clock;
  readonly channels = new Map<string, Subscriber[]>();
  readonly patterns = new Map<string, Subscriber[]>();
  #steps: (() => void)[] = [];
  /** All that was published. */
  readonly published: { channel: string; message: Buffer }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  connect(): SocketioNetworkBus {
    return new SocketioNetworkBus(this);
  }

  enqueue(step: () => void): void {
    if (this.#steps.length === 0) {
      this.#clock.endOfTurn(() => {
        for (const each of this.#steps.splice(0)) each();
      });
    }
    this.#steps.push(step);
  }

  /** A message from nowhere. */
  publish(channel: string, message: Buffer | string): void {
    const bytes = Buffer.from(message as string);
    this.published.push({ channel, message: bytes });
    this.enqueue(() => {
      for (const { bus, listener } of this.channels.get(channel) ?? []) if (!bus.isDead) listener(bytes, channel);
      for (const [pattern, subscribers] of this.patterns) {
        if (!matches(pattern, channel)) continue;
        for (const { bus, listener } of subscribers) if (!bus.isDead) listener(bytes, channel);
      }
    });
  }
}

export class SocketioNetworkBus implements SocketioBus {
  readonly #network: SocketioNetwork;
  /** It is there, and counts, but hears nothing any more. */
  isDead = false;
  /** Redis does not answer. */
  isDown = false;

  constructor(network: SocketioNetwork) {
    this.#network = network;
  }

  open(): void {}
  async close(): Promise<void> {}
  observe(): () => void {
    return () => {};
  }

  publish(channel: string, message: Buffer | string): void {
    this.#network.publish(channel, message);
  }

  subscribe(channel: string, listener: (message: Buffer) => void): Promise<void> {
    return this.#add(this.#network.channels, channel, listener);
  }

  subscribePattern(pattern: string, listener: (message: Buffer, channel: string) => void): Promise<void> {
    return this.#add(this.#network.patterns, pattern, listener);
  }

  #add(map: Map<string, Subscriber[]>, name: string, listener: Subscriber['listener']): Promise<void> {
    return new Promise((resolve) => {
      this.#network.enqueue(() => {
        map.set(name, [...(map.get(name) ?? []), { bus: this, listener }]);
        resolve();
      });
    });
  }

  unsubscribe(channel: string): void {
    this.#remove(this.#network.channels, channel);
  }

  unsubscribePattern(pattern: string): void {
    this.#remove(this.#network.patterns, pattern);
  }

  #remove(map: Map<string, Subscriber[]>, name: string): void {
    const rest = (map.get(name) ?? []).filter(({ bus }) => bus !== this);
    if (rest.length > 0) map.set(name, rest);
    else map.delete(name);
  }

  countSubscribers(channels: readonly string[]): Promise<number[]> {
    if (this.isDown) return Promise.reject(new Error('Redis is down'));
    return new Promise((resolve) => {
      this.#network.enqueue(() => resolve(channels.map((channel) => this.#network.channels.get(channel)?.length ?? 0)));
    });
  }
}

/** Only a star at the end, and escapes. */
function matches(pattern: string, channel: string): boolean {
  return channel.startsWith(pattern.slice(0, -1).replace(/\\(.)/g, '$1'));
}
