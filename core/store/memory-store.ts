import type { Clock } from '../clock.js';
import type {
  ExtensionLog,
  ExtensionMap,
  ExtensionStore,
  LogEntry,
  LogLimits,
  LogPage,
  MapLimits,
} from '../extension.js';
import { randomId } from '../ids.js';
import { type Expiring, Sweep } from '../sweep.js';

/** Makes the store of each extension, and gives the same one for the same name. */
export interface StoreProvider {
  store(name: string): ExtensionStore;
}

/**
 * Logs and maps in memory. Given to several servers of one process, it is shared by them, as a database would be: what one
 * appends, the followers at all of them hear, in one order.
 */
export class MemoryStores implements StoreProvider {
  readonly #clock: Clock;
  readonly #logs = new Map<string, MemoryLog>();
  readonly #maps = new Map<string, MemoryMap>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  store(name: string): ExtensionStore {
    return {
      log: (log, limits) => this.#get(this.#logs, `${name}:${log}`, () => new MemoryLog(limits, this.#clock)),
      map: (map, limits) => this.#get(this.#maps, `${name}:${map}`, () => new MemoryMap(limits, this.#clock)),
    };
  }

  #get<Item>(items: Map<string, Item>, name: string, make: () => Item): Item {
    const item = items.get(name) ?? make();
    items.set(name, item);
    return item;
  }
}

/** What an entry costs besides its payload, in bytes. */
const ENTRY_COST = 64;

interface KeptEntry extends LogEntry {
  readonly appendedAt: number;
}

class MemoryLog implements ExtensionLog, Expiring {
  readonly #limits: LogLimits;
  readonly #clock: Clock;
  readonly #followers = new Set<(entry: LogEntry) => void>();
  readonly #epoch = randomId();
  /** Oldest first. */
  #entries: KeptEntry[] = [];
  #last = 0;
  #bytes = 0;

  constructor(limits: LogLimits, clock: Clock) {
    checkLimits(limits);
    this.#limits = limits;
    this.#clock = clock;
  }

  async append(payload: Uint8Array): Promise<number> {
    const position = ++this.#last;
    const entry = { position, payload: Buffer.from(payload), appendedAt: this.#clock.now() };
    this.#entries.push(entry);
    this.#bytes += costOf(entry);
    Sweep.of(this.#clock).add(this);
    this.#trim();
    for (const follower of [...this.#followers]) follower(entry);
    return position;
  }

  async read(since: number, maxEntries = Number.POSITIVE_INFINITY): Promise<LogPage> {
    this.#trim();
    const first = this.#last - this.#entries.length + 1;
    // Positions are consecutive: no search is needed.
    const start = Math.max(0, since + 1 - first);
    const entries = this.#entries
      .slice(start, start + maxEntries)
      .map(({ position, payload }) => ({ position, payload }));
    return { epoch: this.#epoch, isComplete: since >= first - 1 && since <= this.#last, last: this.#last, entries };
  }

  follow(listener: (entry: LogEntry) => void): () => void {
    this.#followers.add(listener);
    return () => this.#followers.delete(listener);
  }

  dropExpired(): boolean {
    this.#trim();
    return this.#entries.length > 0;
  }

  #trim(): void {
    const { maxEntries, maxBytes, maxAge } = this.#limits;
    const oldest = this.#clock.now() - maxAge;
    let gone = 0;
    for (const entry of this.#entries) {
      const isWithin =
        this.#entries.length - gone <= maxEntries && this.#bytes <= maxBytes && entry.appendedAt > oldest;
      if (isWithin) break;
      this.#bytes -= costOf(entry);
      gone++;
    }
    if (gone > 0) this.#entries = this.#entries.slice(gone);
  }
}

function costOf({ payload }: LogEntry): number {
  return payload.byteLength + ENTRY_COST;
}

interface KeptValue {
  readonly value: Buffer;
  expiresAt: number;
}

class MemoryMap implements ExtensionMap, Expiring {
  readonly #limits: MapLimits;
  readonly #clock: Clock;
  /** Least recently set first. */
  readonly #values = new Map<string, KeptValue>();
  #bytes = 0;

  constructor(limits: MapLimits, clock: Clock) {
    checkLimits({ ...limits });
    this.#limits = limits;
    this.#clock = clock;
  }

  async get(key: string): Promise<Buffer | undefined> {
    return this.#find(key)?.value;
  }

  async set(key: string, value: Uint8Array, ttl: number): Promise<void> {
    this.#put(key, value, ttl);
  }

  async compareAndSet(key: string, expected: Uint8Array | undefined, value: Uint8Array, ttl: number): Promise<boolean> {
    const current = this.#find(key)?.value;
    const isExpected =
      expected === undefined ? current === undefined : current !== undefined && current.equals(expected);
    if (isExpected) this.#put(key, value, ttl);
    return isExpected;
  }

  async delete(key: string): Promise<boolean> {
    const isThere = this.#find(key) !== undefined;
    this.#remove(key);
    return isThere;
  }

  async expire(key: string, ttl: number): Promise<boolean> {
    const kept = this.#find(key);
    if (kept === undefined) return false;
    kept.expiresAt = this.#clock.now() + ttl;
    return true;
  }

  async entries(): Promise<[key: string, value: Buffer][]> {
    this.#removeExpired();
    return Array.from(this.#values, ([key, { value }]) => [key, value]);
  }

  #find(key: string): KeptValue | undefined {
    const kept = this.#values.get(key);
    if (kept === undefined || kept.expiresAt > this.#clock.now()) return kept;
    this.#remove(key);
    return undefined;
  }

  #put(key: string, value: Uint8Array, ttl: number): void {
    this.#remove(key);
    this.#values.set(key, { value: Buffer.from(value), expiresAt: this.#clock.now() + ttl });
    this.#bytes += sizeOf(key, value);
    Sweep.of(this.#clock).add(this);
    if (this.#bytes <= this.#limits.maxBytes) return;
    this.#removeExpired();
    for (const oldest of this.#values.keys()) {
      if (this.#bytes <= this.#limits.maxBytes) return;
      this.#remove(oldest);
    }
  }

  #remove(key: string): void {
    const kept = this.#values.get(key);
    if (kept === undefined) return;
    this.#values.delete(key);
    this.#bytes -= sizeOf(key, kept.value);
  }

  dropExpired(): boolean {
    this.#removeExpired();
    return this.#values.size > 0;
  }

  #removeExpired(): void {
    const now = this.#clock.now();
    for (const [key, { expiresAt }] of this.#values) if (expiresAt <= now) this.#remove(key);
  }
}

function sizeOf(key: string, value: Uint8Array): number {
  return 2 * key.length + value.byteLength + ENTRY_COST;
}

/** @throws RangeError when something is not bounded. */
export function checkLimits(limits: object): void {
  for (const [name, value] of Object.entries(limits)) {
    if (!(typeof value === 'number' && value > 0 && Number.isFinite(value)))
      throw new RangeError(`${name} is a positive number: what is kept has a bound`);
  }
}
