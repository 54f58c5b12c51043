// A connection to a Redis that is not there: what is asked of it is kept, and answered when the test says so.
import type {
  Publication,
  PubSubKind,
  PubSubListener,
  RedisConnection,
} from '../../core/adapters/redis/clients/client.js';

interface Asked {
  readonly what: string;
  answer(error?: Error): void;
}

export class FakeRedis implements RedisConnection {
  isCluster = false;
  canShard = false;
  isReady = true;
  /** Whether everything is answered at once. */
  isPrompt = true;
  readonly log: string[] = [];
  readonly open: Asked[] = [];
  readonly #listeners = new Map<string, PubSubListener>();
  #onChange: () => void = () => {};
  #onError: (error: Error) => void = () => {};

  watch(onChange: () => void, onError: (error: Error) => void): () => void {
    this.#onChange = onChange;
    this.#onError = onError;
    return () => {
      this.log.push('not watched any more');
    };
  }

  #ask(what: string): Promise<void> {
    this.log.push(what);
    return new Promise((resolve, reject) => {
      const answer = (error?: Error): void => (error === undefined ? resolve() : reject(error));
      if (this.isPrompt) answer();
      else this.open.push({ what, answer });
    });
  }

  publish(publications: readonly Publication[], kind: 'plain' | 'sharded'): Promise<unknown>[] {
    return publications.map(({ channel, message }) => this.#ask(`${kind} publish ${channel} ${message}`));
  }

  subscribe(channels: readonly string[], kind: PubSubKind, listener: PubSubListener): Promise<void> {
    for (const channel of channels) this.#listeners.set(channel, listener);
    return this.#ask(`${kind} subscribe ${channels.join(' ')}`);
  }

  unsubscribe(channels: readonly string[], kind: PubSubKind): Promise<void> {
    for (const channel of channels) this.#listeners.delete(channel);
    return this.#ask(`${kind} unsubscribe ${channels.join(' ')}`);
  }

  async command(): Promise<unknown> {
    return null;
  }

  async commandOnMasters(args: readonly (string | Buffer)[]): Promise<unknown[]> {
    this.log.push(args.join(' '));
    return [
      ['channel', 2],
      ['channel', 3],
    ];
  }

  /** A message arrives. */
  deliver(channel: string, message: string): void {
    this.#listeners.get(channel)?.(Buffer.from(message), channel);
  }

  /** Answers everything that is open. */
  answerAll(error?: Error): void {
    for (const { answer } of this.open.splice(0)) answer(error);
  }

  become(isReady: boolean): void {
    this.isReady = isReady;
    this.#onChange();
  }

  fail(error: Error): void {
    this.#onError(error);
  }
}
