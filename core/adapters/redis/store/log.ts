import type { ExtensionLog, LogEntry, LogLimits, LogPage } from '../../../extension.js';
import { randomId } from '../../../ids.js';
import type { ScriptRunner } from './commands.js';
import { APPEND, READ } from './scripts.js';

export interface RedisLogOptions {
  readonly runner: ScriptRunner;
  readonly prefix: string;
  /** Names the log among all. */
  readonly scope: string;
  readonly limits: LogLimits;
  /** Something failed that no call tells. */
  readonly onFailure: (what: string, error: unknown) => void;
}

const NEWLINE = 0x0a;

/**
 * A log in Redis. Entries are appended and published in one step, so that all nodes hear them in the order of their
 * positions; what a node did not hear, it reads.
 */
export class RedisLog implements ExtensionLog {
  readonly #options: RedisLogOptions;
  readonly #stream: string;
  readonly #meta: string;
  readonly #channel: string;
  readonly #followers = new Set<(entry: LogEntry) => void>();
  /** Begins to follow; `undefined` while nobody does. */
  #opening: Promise<void> | undefined = undefined;
  #filling: Promise<void> | undefined = undefined;
  #mustFillAgain = false;
  /** Of the last entry the followers were told of; `undefined` until it is known where they begin. */
  #position: number | undefined = undefined;
  #epoch = '';

  constructor(options: RedisLogOptions) {
    const { runner, prefix, scope } = options;
    this.#options = options;
    const [stream, meta] = runner.keysOf(prefix, scope, ['log', 'meta']);
    this.#stream = stream!;
    this.#meta = meta!;
    this.#channel = runner.bus.channel(scope);
  }

  /** Rejects when Redis refuses it, or does not answer in time: then it is not known whether it was appended. */
  async append(payload: Uint8Array): Promise<number> {
    const bytes = Buffer.from(payload);
    const token = randomId();
    const reply = await this.#run(APPEND, (attempt, kind) => [
      bytes,
      ...this.#limits(),
      randomId(),
      token,
      attempt > 0 ? 'again' : '',
      kind === 'sharded' ? 'SPUBLISH' : 'PUBLISH',
      this.#channel,
    ]);
    return Number(String(reply));
  }

  /** When it resolves, the followers of this node have been told of all that is in the log. */
  async read(since: number, maxEntries?: number): Promise<LogPage> {
    await this.#opening;
    const page = await this.#read(since, maxEntries);
    if (this.#opening !== undefined && this.#isBehind(page)) await this.#fill();
    return page;
  }

  follow(listener: (entry: LogEntry) => void): () => void {
    // The same function may follow twice.
    const follower = (entry: LogEntry): void => listener(entry);
    this.#followers.add(follower);
    this.#opening ??= this.#open();
    return () => {
      if (!this.#followers.delete(follower) || this.#followers.size > 0) return;
      this.#opening = undefined;
      this.#position = undefined;
      this.#options.runner.bus.unsubscribe(this.#channel);
    };
  }

  /** The connection was lost: what was published meanwhile is read. */
  onReconnect(): void {
    if (this.#position !== undefined) this.#fill();
    else if (this.#followers.size > 0) this.#opening = this.#open();
  }

  #limits(): string[] {
    const { maxEntries, maxBytes, maxAge } = this.#options.limits;
    return [maxEntries, maxBytes, maxAge].map(String);
  }

  #run(script: string, args: (attempt: number, kind: 'plain' | 'sharded') => (string | Buffer)[]): Promise<unknown> {
    const keys = [this.#stream, this.#meta];
    return this.#options.runner.run(this.#stream, (attempt, kind) => ({ script, keys, args: args(attempt, kind) }));
  }

  async #read(since: number, maxEntries?: number): Promise<LogPage> {
    const count = maxEntries === undefined || maxEntries === Number.POSITIVE_INFINITY ? '' : String(maxEntries);
    const epoch = randomId();
    const reply = (await this.#run(READ, () => [String(since), count, ...this.#limits(), epoch])) as Buffer[];
    const last = Number(String(reply[1]));
    const first = Number(String(reply[2]));
    const entries: LogEntry[] = [];
    for (let i = 3; i < reply.length; i += 2) {
      entries.push({ position: Number(String(reply[i])), payload: reply[i + 1]! });
    }
    return { epoch: String(reply[0]), isComplete: since >= first - 1 && since <= last, last, entries };
  }

  // --- following ---

  /** Where the followers begin is asked in the turn in which they do: whatever this node appends later, they hear. */
  async #open(): Promise<void> {
    const { bus } = this.#options.runner;
    const begin = async (): Promise<void> => {
      const { epoch, last } = await this.#read(Number.MAX_SAFE_INTEGER - 1);
      this.#epoch = epoch;
      this.#position = last;
    };
    try {
      await Promise.all([bus.subscribe(this.#channel, (message) => this.#onMessage(message)), begin()]);
      await this.#fill();
    } catch (error) {
      this.#options.onFailure(`following the log ${this.#options.scope}`, error);
    }
  }

  #onMessage(message: Buffer): void {
    if (this.#position === undefined) return;
    const end = message.indexOf(NEWLINE);
    const [epoch, text = ''] = message.toString('latin1', 0, end).split(' ');
    const position = Number(text);
    // Anybody can publish; what is not the next entry is looked up.
    const isNext = epoch === this.#epoch && position === this.#position + 1;
    if (isNext && this.#filling === undefined) this.#tell({ position, payload: message.subarray(end + 1) });
    else if (epoch !== this.#epoch || !(position <= this.#position)) this.#fill();
  }

  #tell(entry: LogEntry): void {
    this.#position = entry.position;
    for (const follower of [...this.#followers]) {
      try {
        follower(entry);
      } catch (error) {
        this.#options.onFailure(`a follower of the log ${this.#options.scope}`, error);
      }
    }
  }

  #isBehind({ epoch, last }: LogPage): boolean {
    return this.#position !== undefined && (epoch !== this.#epoch || last > this.#position);
  }

  /** Tells the followers of what they have not heard. Never rejects. */
  #fill(): Promise<void> {
    this.#mustFillAgain = true;
    this.#filling ??= this.#fillAll().finally(() => {
      this.#filling = undefined;
    });
    return this.#filling;
  }

  async #fillAll(): Promise<void> {
    while (this.#mustFillAgain && this.#position !== undefined) {
      this.#mustFillAgain = false;
      try {
        const page = await this.#read(this.#position);
        // Nobody follows any more.
        if (this.#position === undefined) return;
        if (page.epoch !== this.#epoch) {
          // It has begun anew.
          this.#epoch = page.epoch;
          this.#position = 0;
          this.#mustFillAgain = true;
          continue;
        }
        for (const entry of page.entries) if (entry.position > this.#position) this.#tell(entry);
        this.#position = Math.max(this.#position, page.last);
      } catch (error) {
        // An outage: when it is over, it is filled again.
        if (this.#options.runner.bus.isUp) this.#options.onFailure(`reading the log ${this.#options.scope}`, error);
      }
    }
  }
}
