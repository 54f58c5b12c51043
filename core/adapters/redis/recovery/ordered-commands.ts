import {
  isRefusal,
  type Publication,
  type PubSubKind,
  type PubSubListener,
  type RedisArgument,
  type RedisConnection,
} from '../clients/client.js';

export interface OrderedCommand {
  readonly build: (publications: readonly Publication[], kind: 'plain' | 'sharded') => readonly RedisArgument[];
  /** Decides which node of a cluster runs it. */
  readonly key: string;
  /** Publications on channels that begin so become a part of it, up to the next command; `undefined` for none. */
  readonly takes?: string;
  /** What is large in it: counted where the bytes of what waits are bounded. */
  readonly payload?: Buffer;
  readonly publish: (channel: string, message: Buffer) => void;
  readonly onAnswer: (error: Error | null, reply: unknown) => void;
}

/** A command that takes the place of a publication. */
interface Pending {
  run(publications: readonly Publication[], kind: 'plain' | 'sharded'): Promise<unknown>;
  readonly takes: string | undefined;
}

const NOTHING = Buffer.alloc(0);
/** No channel begins so. */
const MARK = '\0command ';

/**
 * A connection on which commands keep their order among the publications: a command is written down as a publication on a
 * channel that does not exist, waits where publications wait, is sent again when they are, and is run when its turn has
 * come. A command may take the publications after it into its own hands, so that all happens in one step.
 */
export class OrderedCommands implements RedisConnection {
  readonly #connection: RedisConnection;
  readonly #pending = new Map<string, Pending>();
  #lastId = 0;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  get isCluster(): boolean {
    return this.#connection.isCluster;
  }
  get canShard(): boolean {
    return this.#connection.canShard;
  }
  get isReady(): boolean {
    return this.#connection.isReady;
  }

  /**
   * @param build makes the command; it is given the publications that it takes.
   * @param publish puts the publication that stands for it where publications wait.
   * @param onAnswer called with Redis's answer; never, when the command was dropped because too much waited.
   * @returns a function that gives it up, unless it was run already.
   */
  enqueue({ build, key, takes, payload = NOTHING, publish, onAnswer }: OrderedCommand): () => void {
    const channel = MARK + ++this.#lastId;
    const forget = (): void => {
      this.#pending.delete(channel);
    };
    this.#pending.set(channel, {
      takes,
      run: async (publications, kind) => {
        try {
          const reply = await this.#connection.command(build(publications, kind), key);
          forget();
          onAnswer(null, reply);
        } catch (error) {
          // The connection failed: it is sent again.
          if (!isRefusal(error as Error)) throw error;
          forget();
          onAnswer(error as Error, undefined);
        }
      },
    });
    publish(channel, payload);
    return forget;
  }

  publish(publications: readonly Publication[], kind: 'plain' | 'sharded'): Promise<unknown>[] {
    if (!publications.some(({ channel }) => channel.startsWith(MARK))) {
      return this.#connection.publish(publications, kind);
    }
    const results = new Array<Promise<unknown>>(publications.length);
    const taken = new Set<number>();
    for (let i = 0; i < publications.length; i++) {
      if (taken.has(i)) continue;
      const publication = publications[i]!;
      const command = this.#pending.get(publication.channel);
      if (command === undefined) {
        // Given up in the meantime, or no command at all.
        results[i] = publication.channel.startsWith(MARK)
          ? Promise.resolve()
          : this.#connection.publish([publication], kind)[0]!;
        continue;
      }
      const own = command.takes === undefined ? [] : this.#following(publications, i, command.takes);
      const result = command.run(
        own.map((index) => publications[index]!),
        kind,
      );
      for (const index of [i, ...own]) {
        taken.add(index);
        results[index] = result;
      }
    }
    return results;
  }

  /** Up to the next command that takes the same. */
  #following(publications: readonly Publication[], start: number, prefix: string): number[] {
    const found: number[] = [];
    for (let i = start + 1; i < publications.length; i++) {
      const { channel } = publications[i]!;
      if (channel.startsWith(prefix)) found.push(i);
      else if (this.#pending.get(channel)?.takes === prefix) break;
    }
    return found;
  }

  watch(onChange: () => void, onError: (error: Error) => void): () => void {
    return this.#connection.watch(onChange, onError);
  }
  subscribe(channels: readonly string[], kind: PubSubKind, listener: PubSubListener): Promise<void> {
    return this.#connection.subscribe(channels, kind, listener);
  }
  unsubscribe(channels: readonly string[], kind: PubSubKind): Promise<void> {
    return this.#connection.unsubscribe(channels, kind);
  }
  command(args: readonly RedisArgument[], key?: string): Promise<unknown> {
    return this.#connection.command(args, key);
  }
  commandOnMasters(args: readonly RedisArgument[]): Promise<unknown[]> {
    return this.#connection.commandOnMasters(args);
  }
}
