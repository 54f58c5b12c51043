import type { ExtensionMap, MapLimits } from '../../../extension.js';
import type { ScriptRunner } from './commands.js';
import { COMPARE_AND_SET, DELETE, ENTRIES, EXPIRE, GET, SET } from './scripts.js';

export interface RedisMapOptions {
  readonly runner: ScriptRunner;
  readonly prefix: string;
  /** Names the map among all. */
  readonly scope: string;
  readonly limits: MapLimits;
}

const NOTHING = Buffer.alloc(0);

/** Values that expire, in Redis. */
export class RedisMap implements ExtensionMap {
  readonly #runner: ScriptRunner;
  readonly #keys: readonly string[];
  readonly #maxBytes: string;

  constructor({ runner, prefix, scope, limits }: RedisMapOptions) {
    this.#runner = runner;
    this.#keys = runner.keysOf(prefix, scope, ['values', 'expiries', 'order', 'meta']);
    this.#maxBytes = String(limits.maxBytes);
  }

  async get(key: string): Promise<Buffer | undefined> {
    const value = await this.#run(GET, key);
    return Buffer.isBuffer(value) ? value : undefined;
  }

  async set(key: string, value: Uint8Array, ttl: number): Promise<void> {
    await this.#run(SET, key, Buffer.from(value), milliseconds(ttl), this.#maxBytes);
  }

  async compareAndSet(key: string, expected: Uint8Array | undefined, value: Uint8Array, ttl: number): Promise<boolean> {
    const old = expected === undefined ? ['', NOTHING] : ['1', Buffer.from(expected)];
    const bytes = Buffer.from(value);
    return (await this.#run(COMPARE_AND_SET, key, bytes, milliseconds(ttl), this.#maxBytes, ...old)) === 1;
  }

  async delete(key: string): Promise<boolean> {
    return (await this.#run(DELETE, key)) === 1;
  }

  async expire(key: string, ttl: number): Promise<boolean> {
    return (await this.#run(EXPIRE, key, milliseconds(ttl))) === 1;
  }

  async entries(): Promise<[key: string, value: Buffer][]> {
    const found = (await this.#run(ENTRIES)) as Buffer[];
    const entries: [string, Buffer][] = [];
    for (let i = 0; i < found.length; i += 2) entries.push([String(found[i]), found[i + 1]!]);
    return entries;
  }

  async #run(script: string, ...args: (string | Buffer)[]): Promise<unknown> {
    const reply = await this.#runner.run(this.#keys[0]!, () => ({ script, keys: this.#keys, args }));
    return typeof reply === 'bigint' ? Number(reply) : reply;
  }
}

function milliseconds(ttl: number): string {
  return String(Math.ceil(ttl));
}
