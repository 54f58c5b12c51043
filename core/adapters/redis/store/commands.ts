import type { Clock } from '../../../clock.js';
import type { RedisBus } from '../bus/redis-bus.js';
import type { RedisArgument } from '../clients/client.js';
import type { OrderedCommands } from '../recovery/ordered-commands.js';

/** Milliseconds that Redis may take for an answer. */
const TIMEOUT = 3000;

export interface ScriptCall {
  readonly script: string;
  readonly keys: readonly string[];
  readonly args: readonly RedisArgument[];
}

/** Runs scripts in their turn among what a node publishes. */
export class ScriptRunner {
  readonly bus: RedisBus;
  readonly #commands: OrderedCommands;
  readonly #clock: Clock;

  constructor(bus: RedisBus, commands: OrderedCommands, clock: Clock) {
    this.bus = bus;
    this.#commands = commands;
    this.#clock = clock;
  }

  /** The keys of a scope, all on the shard of its channels: both begin the same; see {@link RedisBus.channel}. */
  keysOf(prefix: string, scope: string, names: readonly string[]): string[] {
    const escaped = scope.replace(/[%#]/g, (character) => (character === '#' ? '%23' : '%25'));
    return names.map((name) => `${prefix}#{${escaped}}#${name}`);
  }

  /**
   * @param build makes the call; called again, with how often before, when it is sent again because the connection failed.
   * @returns what the script does. Rejects when Redis refuses it, or does not answer in time; it may have run all the same.
   */
  run(key: string, build: (attempt: number, kind: 'plain' | 'sharded') => ScriptCall): Promise<unknown> {
    return new Promise((resolve, reject) => {
      let attempt = 0;
      const giveUp = this.#commands.enqueue({
        key,
        publish: (channel, message) => this.bus.publish(channel, message),
        build: (_publications, kind) => {
          const { script, keys, args } = build(attempt++, kind);
          return ['EVAL', script, String(keys.length), ...keys, ...args];
        },
        onAnswer: (error, reply) => {
          timer.cancel();
          if (error === null) resolve(reply);
          else reject(error);
        },
      });
      const timer = this.#clock.setTimeout(
        () => {
          giveUp();
          reject(new Error('Redis does not answer'));
        },
        TIMEOUT,
        true,
      );
    });
  }
}
