import type { Clock } from '../../../clock.js';
import type { ClusterNode } from '../../../cluster/node.js';
import type { ExtensionStore } from '../../../extension.js';
import { checkLimits, type StoreProvider } from '../../../store/memory-store.js';
import type { RedisBus } from '../bus/redis-bus.js';
import type { OrderedCommands } from '../recovery/ordered-commands.js';
import { ScriptRunner } from './commands.js';
import { RedisLog } from './log.js';
import { RedisMap } from './map.js';

export interface RedisStoresOptions {
  readonly clock: Clock;
  readonly node: ClusterNode;
  readonly prefix: string;
}

/**
 * Logs and maps of extensions in Redis, shared by all nodes with the same prefix.
 *
 * ```
 *   <prefix>#{store:<store>:<log>}#log · meta                             what scripts.ts says
 *   <prefix>#{store:<store>:<map>}#values · expiries · order · meta
 * ```
 */
export class RedisStores implements StoreProvider {
  readonly #runner: ScriptRunner;
  readonly #options: RedisStoresOptions;
  readonly #logs = new Map<string, RedisLog>();
  readonly #maps = new Map<string, RedisMap>();

  constructor(bus: RedisBus, commands: OrderedCommands, options: RedisStoresOptions) {
    this.#runner = new ScriptRunner(bus, commands, options.clock);
    this.#options = options;
    options.node.observe({
      onUp: () => {
        for (const log of this.#logs.values()) log.onReconnect();
      },
    });
  }

  store(name: string): ExtensionStore {
    const { prefix, node } = this.#options;
    const runner = this.#runner;
    const onFailure = (what: string, error: unknown): void => node.reportFailure(what, error);
    return {
      log: (log, limits) => {
        const scope = `store:${name}:${log}`;
        checkLimits(limits);
        const known = this.#logs.get(scope);
        if (known !== undefined) return known;
        const made = new RedisLog({ runner, prefix, scope, limits, onFailure });
        this.#logs.set(scope, made);
        return made;
      },
      map: (map, limits) => {
        const scope = `store:${name}:${map}`;
        checkLimits(limits);
        const known = this.#maps.get(scope);
        if (known !== undefined) return known;
        const made = new RedisMap({ runner, prefix, scope, limits });
        this.#maps.set(scope, made);
        return made;
      },
    };
  }
}
