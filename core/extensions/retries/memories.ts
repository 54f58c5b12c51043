import type { Clock } from '../../clock.js';
import { Sweep } from '../../extension.js';
import { type RetryHolder, RetryMemory } from './memory.js';

/** What clients choose: long enough that nobody guesses another's. */
const KEY = /^[\w+/=-]{16,64}$/;

export interface RetryLimits {
  /** Milliseconds a client that is away is remembered. */
  readonly maxDisconnectionDuration: number;
  /** Bytes of all memories of a namespace; those of the address that holds most are forgotten first. */
  readonly maxBytes: number;
  /** Clients of one address that are remembered while they are away. */
  readonly maxKeysPerAddress: number;
  /** The same of one connection. */
  readonly maxKeysPerConnection: number;
}

/** Forgetting goes on until a sixteenth is free: all have to be looked at for it. */
const ROOM = 15 / 16;

/** Bytes an address takes without memories. */
const SHARE_COST = 330;

/** What one address holds. */
interface Share {
  readonly address: string;
  bytes: number;
  readonly memories: Set<RetryMemory>;
  /** Those whose client is away, longest first. */
  readonly away: Set<RetryMemory>;
}

/**
 * The clients of a namespace that repeat their events until they are acknowledged (the `retries` option of our client). By
 * the key that a client brings along, each of its events runs once, however often it is sent and over how many connections.
 *
 * What is promised, as long as a client is remembered: each event runs once, and a repetition gets the answer of the first.
 * A client that is away too long is forgotten, and so is one when all together would take more memory than is allowed: of the
 * address that holds most, so that whoever makes many loses its own. Unanswered events may then run again.
 */
export class RetryMemories {
  readonly #limits: RetryLimits;
  readonly #clock: Clock;
  readonly #sweep: Sweep;
  readonly #memories = new Map<string, RetryMemory>();
  /** Those whose client is away, longest first. */
  readonly #away = new Set<RetryMemory>();
  readonly #shares = new Map<string, Share>();
  readonly #shareOf = new WeakMap<RetryMemory, Share>();
  /** Those whose client went away with this connection. */
  readonly #awayOf = new WeakMap<object, Set<RetryMemory>>();
  #bytes = 0;

  constructor(limits: RetryLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    this.#sweep = Sweep.of(clock);
  }

  get size(): number {
    return this.#memories.size;
  }

  /** Bytes of memory they take. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The memory of a client that has connected; `null` when it has shown no usable key.
   *
   * @param address where it comes from.
   */
  attach(key: unknown, holder: RetryHolder, address = ''): RetryMemory | null {
    if (typeof key !== 'string' || !KEY.test(key)) return null;
    this.dropExpired();
    const memory = this.#memories.get(key) ?? this.#create(key, address);
    this.#away.delete(memory);
    this.#shareOf.get(memory)?.away.delete(memory);
    const previous = memory.holder;
    memory.attach(holder);
    // The client is back before we noticed that it was gone: its old connection is dead.
    previous?.conn.close(true);
    return memory;
  }

  #create(key: string, address: string): RetryMemory {
    const memory = new RetryMemory(key, this.#grow);
    let share = this.#shares.get(address);
    if (share === undefined) {
      share = { address, bytes: SHARE_COST, memories: new Set(), away: new Set() };
      this.#shares.set(address, share);
      this.#bytes += SHARE_COST;
    }
    share.memories.add(memory);
    this.#shareOf.set(memory, share);
    this.#memories.set(key, memory);
    this.#grow(memory, memory.bytes);
    return memory;
  }

  /** The client's socket has disconnected. */
  detach(memory: RetryMemory, holder: RetryHolder): void {
    if (memory.holder !== holder) return;
    memory.holder = null;
    if (this.#memories.get(memory.key) !== memory) return;
    if (memory.isEmpty) {
      this.#forget(memory);
      return;
    }
    const { maxKeysPerAddress, maxKeysPerConnection } = this.#limits;
    memory.awaySince = this.#clock.now();
    this.#away.add(memory);
    this.#sweep.add(this);
    const { away } = this.#shareOf.get(memory)!;
    away.add(memory);
    this.#forgetBeyond(maxKeysPerAddress, away);
    const ofConnection = this.#awayOf.get(holder.conn) ?? new Set();
    this.#awayOf.set(holder.conn, ofConnection);
    for (const other of ofConnection) if (!this.#away.has(other)) ofConnection.delete(other);
    ofConnection.add(memory);
    this.#forgetBeyond(maxKeysPerConnection, ofConnection);
  }

  #forgetBeyond(count: number, memories: Set<RetryMemory>): void {
    for (const memory of memories) {
      if (memories.size <= count) return;
      memories.delete(memory);
      this.#forget(memory);
    }
  }

  get heldBytes(): number {
    return this.#bytes;
  }

  shrink(): void {
    this.#shrinkTo(this.#bytes / 2);
  }

  /** Forgets those that are away for too long. @returns whether more are away. */
  dropExpired(): boolean {
    const oldest = this.#clock.now() - this.#limits.maxDisconnectionDuration;
    for (const memory of this.#away) {
      if (memory.awaySince > oldest) return true;
      this.#forget(memory);
    }
    return false;
  }

  readonly #grow = (memory: RetryMemory, bytes: number): void => {
    this.#bytes += bytes;
    this.#shareOf.get(memory)!.bytes += bytes;
    if (this.#bytes > this.#limits.maxBytes) this.#shrinkTo(this.#limits.maxBytes * ROOM);
  };

  /** Cuts the largest shares down to what they all may have. */
  #shrinkTo(bytes: number): void {
    const shares = [...this.#shares.values()].sort((one, other) => other.bytes - one.bytes);
    let sum = 0;
    let count = 0;
    let level = 0;
    for (const share of shares) {
      sum += share.bytes;
      count++;
      level = (sum - (this.#bytes - bytes)) / count;
      if (level >= (shares[count]?.bytes ?? 0)) break;
    }
    for (const share of shares.slice(0, count)) {
      for (const memory of inOrderOfLeaving(share)) {
        if (share.bytes <= level || this.#bytes <= bytes) break;
        this.#forget(memory);
      }
    }
  }

  #forget(memory: RetryMemory): void {
    const share = this.#shareOf.get(memory)!;
    this.#memories.delete(memory.key);
    this.#away.delete(memory);
    share.away.delete(memory);
    share.memories.delete(memory);
    share.bytes -= memory.bytes;
    this.#bytes -= memory.bytes;
    if (share.memories.size === 0 && this.#shares.delete(share.address)) this.#bytes -= SHARE_COST;
    memory.forget();
  }
}

/** First those that take far more than the others, then those that are away for longest, then those that take most. */
function inOrderOfLeaving({ bytes, memories, away }: Share): RetryMemory[] {
  const byBytes = [...memories].sort((one, other) => other.bytes - one.bytes);
  const isLarge = (memory: RetryMemory) => memory.bytes > (2 * bytes) / memories.size;
  return [
    ...byBytes.filter(isLarge),
    ...[...away].filter((memory) => !isLarge(memory)),
    ...byBytes.filter((memory) => !isLarge(memory) && !away.has(memory)),
  ];
}
