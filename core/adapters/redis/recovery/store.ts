import type { ClusterNode } from '../../../cluster/node.js';
import { randomId } from '../../../ids.js';
import { decodeEntry, type LoggedEvent } from '../../recovery/records/log-entry.js';
import type { Positions } from '../../recovery/records/offsets.js';
import { type SenderLog, type Snapshot, senderLog } from '../../recovery/records/snapshot.js';
import type { ClaimedSession, LogAppend, RecoveryStore, SessionWrite, Upkeep } from '../../recovery/store.js';
import type { RedisBus } from '../bus/redis-bus.js';
import type { Publication, RedisArgument } from '../clients/client.js';
import type { OrderedCommands } from './ordered-commands.js';
import { APPEND, CLAIM, POSITIONS, UPKEEP, WRITE_SESSIONS } from './scripts.js';

export interface RedisRecoveryStoreOptions {
  readonly node: ClusterNode;
  readonly prefix: string;
  readonly namespace: string;
}

/** Milliseconds that Redis may take for an answer. */
const TIMEOUT = 3000;
/** Milliseconds a log lives until its sender says how long. */
const FIRST_LIFETIME = 600_000;
/** Sessions in one script: Redis does nothing else meanwhile. */
const MAX_SESSIONS = 100;

/**
 * Logs and sessions in Redis: a stream for each sender, a key for each session, and a hash that says how far each sender
 * has come. All of a namespace is on one shard of a cluster, where its channels are.
 *
 * ```
 *   <prefix>#{<namespace>}#log#<tag>          stream: an entry per turn, its id the number of its last event
 *   <prefix>#{<namespace>}#positions          hash: see scripts.ts
 *   <prefix>#{<namespace>}#session#<pid>      owner, then the session; expires by itself
 * ```
 */
export class RedisRecoveryStore implements RecoveryStore {
  readonly #bus: RedisBus;
  readonly #commands: OrderedCommands;
  readonly #options: RedisRecoveryStoreOptions;
  readonly #keys: string;
  /** What the channels of the namespace begin with. */
  readonly #channels: string;

  constructor(bus: RedisBus, commands: OrderedCommands, options: RedisRecoveryStoreOptions) {
    this.#bus = bus;
    this.#commands = commands;
    this.#options = options;
    this.#keys = `${options.prefix}#{${options.namespace}}#`;
    this.#channels = bus.channel(options.namespace);
  }

  append(tag: string, { first, last, entry, keepFrom }: LogAppend): void {
    const stream = this.#log(tag);
    // It lives on from upkeep to upkeep.
    const isFirst = first === 1;
    this.#commands.enqueue({
      key: stream,
      takes: this.#channels,
      payload: entry,
      publish: this.#publish,
      build: (publications: readonly Publication[], kind) => [
        'EVAL',
        APPEND,
        '2',
        stream,
        this.#positions,
        tag,
        String(last),
        String(keepFrom ?? ''),
        isFirst ? String(FIRST_LIFETIME) : '',
        entry,
        kind === 'sharded' ? 'SPUBLISH' : 'PUBLISH',
        ...publications.flatMap(({ channel, message }) => [channel, message]),
      ],
      onAnswer: (error, reply) => {
        const failure = error?.message ?? String(reply);
        if (failure === '') return;
        this.#report(`the log of this node cannot be written, nobody comes back: ${failure}`);
      },
    });
  }

  async positions(): Promise<Snapshot> {
    return this.read(undefined);
  }

  async read(after: Positions | undefined): Promise<Snapshot> {
    const { life, fields } = await this.#fields();
    const senders = new Map<string, SenderLog>();
    const finished = new Set<string>();
    const doubtful = new Set<string>();
    const readings: Promise<void>[] = [];
    for (const [tag, value] of fields) {
      if (/^[!#]/.test(tag)) continue;
      if (value === 'x') {
        finished.add(tag);
        continue;
      }
      const position = Number(value);
      if (fields.get(`!${tag}`)?.split(' ')[0] !== life) doubtful.add(tag);
      const from = after?.get(tag) ?? 0;
      senders.set(tag, { position, events: [] });
      if (after === undefined || position <= from) continue;
      readings.push(
        this.#entries(tag, from + 1, position).then((entries) => {
          senders.set(tag, senderLog(position, entries));
        }),
      );
    }
    await Promise.all(readings);
    return { senders, finished, doubtful };
  }

  async #fields(): Promise<{ life: string; fields: Map<string, string> }> {
    const [life, list] = (await this.#ask(POSITIONS, [this.#positions])) as [Buffer, Buffer[]];
    const fields = new Map<string, string>();
    for (let i = 0; i < list.length; i += 2) fields.set(String(list[i]), String(list[i + 1]));
    return { life: String(life), fields };
  }

  async #entries(tag: string, first: number, last: number): Promise<LoggedEvent[][]> {
    const stream = this.#log(tag);
    const reply = await this.#command(['XRANGE', stream, `${first}-0`, `${last}-0`], stream);
    const entries: LoggedEvent[][] = [];
    for (const [, [, entry]] of reply as [id: Buffer, fields: Buffer[]][]) {
      const events = entry && decodeEntry(entry);
      // Not ours: what is before it cannot be relied on.
      if (events === undefined) entries.length = 0;
      else entries.push(events);
    }
    return entries;
  }

  async upkeep({ tag, position, retention }: Upkeep): Promise<string> {
    const keys = [this.#positions, this.#log(tag)];
    return String(await this.#ask(UPKEEP, keys, tag, String(position), String(Math.ceil(retention)), randomId()));
  }

  write(owner: string, writes: readonly SessionWrite[]): void {
    for (let start = 0; start < writes.length; start += MAX_SESSIONS) {
      const some = writes.slice(start, start + MAX_SESSIONS);
      const keys = some.map(({ pid }) => this.#session(pid));
      const args = some.flatMap(({ record, lifetime, isNew }) => [
        record === undefined ? 'gone' : isNew ? 'new' : 'same',
        String(Math.ceil(lifetime)),
        record ?? '',
      ]);
      this.#commands.enqueue({
        key: keys[0]!,
        payload: Buffer.concat(some.map(({ record }) => record ?? NOTHING)),
        publish: this.#publish,
        build: () => ['EVAL', WRITE_SESSIONS, String(keys.length), ...keys, owner, ...args],
        onAnswer: (error, reply) => {
          const failure = error?.message ?? String(reply);
          if (failure !== '') this.#report(`sessions cannot be written: ${failure}`);
        },
      });
    }
  }

  async claim(pid: string): Promise<ClaimedSession | undefined> {
    const reply = await this.#ask(CLAIM, [this.#session(pid)]);
    if (!Array.isArray(reply)) return undefined;
    return { record: reply[0] as Buffer, lifetime: Number(reply[1]) };
  }

  #ask(script: string, keys: readonly string[], ...args: string[]): Promise<unknown> {
    return this.#command(['EVAL', script, String(keys.length), ...keys, ...args], keys[0]!);
  }

  /** Any command, in its turn. Rejects when Redis refuses it, or does not answer in time. */
  #command(args: readonly RedisArgument[], key: string): Promise<unknown> {
    if (!this.#bus.isUp) return Promise.reject(new Error('the connection to Redis is lost'));
    return new Promise((resolve, reject) => {
      const giveUp = this.#commands.enqueue({
        key,
        publish: this.#publish,
        build: () => args,
        onAnswer: (error, reply) => {
          timer.cancel();
          if (error === null) resolve(reply);
          else reject(error);
        },
      });
      const timer = this.#options.node.clock.setTimeout(
        () => {
          giveUp();
          reject(new Error('Redis does not answer'));
        },
        TIMEOUT,
        true,
      );
    });
  }

  #report(failure: string): void {
    this.#options.node.reportFailure('connection state recovery', new Error(failure));
  }

  readonly #publish = (channel: string, message: Buffer): void => this.#bus.publish(channel, message);

  get #positions(): string {
    return `${this.#keys}positions`;
  }

  #log(tag: string): string {
    return `${this.#keys}log#${tag}`;
  }

  #session(pid: string): string {
    return `${this.#keys}session#${pid}`;
  }
}

const NOTHING = Buffer.alloc(0);
