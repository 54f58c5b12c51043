import { decodeEntry } from '../../core/adapters/recovery/records/log-entry.js';
import type { Positions } from '../../core/adapters/recovery/records/offsets.js';
import { OWNER_LENGTH } from '../../core/adapters/recovery/records/session-record.js';
import { type SenderLog, type Snapshot, senderLog } from '../../core/adapters/recovery/records/snapshot.js';
import type {
  ClaimedSession,
  LogAppend,
  RecoveryStore,
  SessionWrite,
  Upkeep,
} from '../../core/adapters/recovery/store.js';
import type { MemoryBus, MemoryNetwork } from '../../core/cluster/memory-bus.js';
import type { TestClock } from './test-clock.js';

const CHANNEL = 'the store';

interface Sender {
  position: number | 'finished' | undefined;
  vouched: { life: string; at: number } | undefined;
  entries: { last: number; entry: Buffer }[];
}

/** What Redis is to recovery, in memory: on the same network as the busses, so that all is done in the order it was asked. */
export class MemoryRecoveryServer {
  readonly network: MemoryNetwork;
  readonly #clock: TestClock;
  readonly senders = new Map<string, Sender>();
  readonly sessions = new Map<string, { record: Buffer; expires: number }>();
  /** Called by number: messages are bytes. */
  readonly #operations = new Map<number, () => void>();
  #lastOperation = 0;
  life = 'life 1';
  #retention = 0;
  /** Whether entries can be written. */
  isFull = false;

  constructor(network: MemoryNetwork, clock: TestClock) {
    this.network = network;
    this.#clock = clock;
    network.connect().subscribe(CHANNEL, (message) => {
      const number = message.readUInt32BE();
      this.#operations.get(number)!();
      this.#operations.delete(number);
    });
  }

  /** Everything is forgotten, or it is all still there: but nobody can know that. */
  restart(keepsData: boolean): void {
    this.life = `${this.life} and on`;
    if (keepsData) return;
    this.senders.clear();
    this.sessions.clear();
  }

  /** Does it when what the bus was asked before is done. */
  later(bus: MemoryBus, operation: () => void): void {
    const message = Buffer.alloc(4);
    message.writeUInt32BE(++this.#lastOperation);
    this.#operations.set(this.#lastOperation, operation);
    bus.publish(CHANNEL, message);
  }

  sender(tag: string): Sender {
    const sender = this.senders.get(tag) ?? { position: undefined, vouched: undefined, entries: [] };
    this.senders.set(tag, sender);
    return sender;
  }

  append(tag: string, { last, entry, keepFrom }: LogAppend): void {
    const sender = this.sender(tag);
    if (this.isFull) {
      sender.position = undefined;
      return;
    }
    sender.position = last;
    sender.entries.push({ last, entry });
    if (keepFrom !== undefined) sender.entries = sender.entries.filter((each) => each.last >= keepFrom);
  }

  snapshot(after: Positions | undefined): Snapshot {
    const senders = new Map<string, SenderLog>();
    const finished = new Set<string>();
    const doubtful = new Set<string>();
    for (const [tag, { position, vouched, entries }] of this.senders) {
      if (position === undefined) continue;
      if (position === 'finished') {
        finished.add(tag);
        continue;
      }
      if (vouched?.life !== this.life) doubtful.add(tag);
      const read = entries.filter(({ last }) => after !== undefined && last > (after.get(tag) ?? 0));
      senders.set(
        tag,
        senderLog(
          position,
          read.map(({ entry }) => decodeEntry(entry)!),
        ),
      );
    }
    return { senders, finished, doubtful };
  }

  upkeep({ tag, position, retention }: Upkeep): string {
    const now = this.#clock.now();
    this.#retention = retention;
    const own = this.sender(tag);
    own.position = position;
    own.vouched = { life: this.life, at: now };
    for (const [other, sender] of this.senders) {
      const silent = now - (sender.vouched?.at ?? now);
      if (silent > 2 * this.#retention) this.senders.delete(other);
      else if (silent > this.#retention) Object.assign(sender, { position: 'finished', entries: [] });
    }
    return this.life;
  }

  write(owner: string, { pid, record, lifetime, isNew }: SessionWrite): void {
    const kept = this.#session(pid);
    if (!isNew && kept?.record.toString('latin1', 0, OWNER_LENGTH) !== owner) return;
    if (record === undefined) this.sessions.delete(pid);
    else this.sessions.set(pid, { record, expires: this.#clock.now() + lifetime });
  }

  claim(pid: string): ClaimedSession | undefined {
    const kept = this.#session(pid);
    this.sessions.delete(pid);
    return kept && { record: kept.record, lifetime: kept.expires - this.#clock.now() };
  }

  #session(pid: string): { record: Buffer; expires: number } | undefined {
    const kept = this.sessions.get(pid);
    return kept !== undefined && kept.expires > this.#clock.now() ? kept : undefined;
  }
}

/** One node's way to a {@link MemoryRecoveryServer}. */
export class MemoryRecoveryStore implements RecoveryStore {
  readonly #server: MemoryRecoveryServer;
  readonly #bus: MemoryBus;

  constructor(server: MemoryRecoveryServer, bus: MemoryBus) {
    this.#server = server;
    this.#bus = bus;
  }

  append(tag: string, append: LogAppend): void {
    this.#server.later(this.#bus, () => this.#server.append(tag, append));
  }
  positions(): Promise<Snapshot> {
    return this.#ask(() => this.#server.snapshot(undefined));
  }
  read(after: Positions): Promise<Snapshot> {
    return this.#ask(() => this.#server.snapshot(after));
  }
  upkeep(upkeep: Upkeep): Promise<string> {
    return this.#ask(() => this.#server.upkeep(upkeep));
  }
  write(owner: string, writes: readonly SessionWrite[]): void {
    this.#server.later(this.#bus, () => {
      for (const write of writes) this.#server.write(owner, write);
    });
  }
  claim(pid: string): Promise<ClaimedSession | undefined> {
    return this.#ask(() => this.#server.claim(pid));
  }

  #ask<Result>(operation: () => Result): Promise<Result> {
    if (!this.#bus.isUp) return Promise.reject(new Error('the store does not answer'));
    return new Promise((resolve) => this.#server.later(this.#bus, () => resolve(operation())));
  }
}
