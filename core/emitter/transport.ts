import { connectionOf, type RedisClient, type RedisConnection } from '../adapters/redis/clients/client.js';
import { OptionError } from '../errors.js';

export interface EmitterOptions {
  /** Prefix of the channels: the option `key` of the servers. Default `socket.io`. */
  key?: string;
  /** Told of what did not get to Redis. Default: it is logged. */
  onError?: (error: Error) => void;
}

/** The way to Redis, which all that is made from one emitter shares. */
export class Transport {
  readonly key: string;
  readonly #connection: RedisConnection;
  readonly #onError: (error: Error) => void;
  readonly #pending = new Set<Promise<void>>();

  /** @throws OptionError when it is no client of Redis, or an option cannot work. */
  constructor(client: RedisClient, { key = 'socket.io', onError = log }: EmitterOptions) {
    if (typeof key !== 'string' || key === '') throw new OptionError('key', key, 'a text that is not empty');
    if (typeof onError !== 'function') throw new OptionError('onError', onError, 'a function');
    this.key = key;
    this.#connection = connectionOf(client, 'client');
    this.#onError = onError;
  }

  /** At once: the process may be about to end. */
  publish(channel: string, message: Buffer | string): void {
    for (const answer of this.#connection.publish([{ channel, message: Buffer.from(message as string) }], 'plain')) {
      const settled: Promise<void> = answer.then(() => {}, this.#onError).finally(() => this.#pending.delete(settled));
      this.#pending.add(settled);
    }
  }

  /** Resolves when Redis has answered for everything. Never rejects. */
  async flush(): Promise<void> {
    await Promise.all(this.#pending);
  }
}

function log(error: Error): void {
  console.error('carillon: the emitter could not publish:', error);
}
