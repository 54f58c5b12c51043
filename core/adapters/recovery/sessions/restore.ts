import createDebug from 'debug';
import type { ClusterNode } from '../../../cluster/node.js';
import type { Prepared } from '../../../protocol/prepared.js';
import type { Room } from '../../../rooms/selection.js';
import type { FoundSession, PrivateSessionId, SocketId } from '../../adapter.js';
import type { GapRecovery } from '../log/gap-recovery.js';
import { LiveBuffer } from '../log/live-buffer.js';
import type { LogReader } from '../log/reader.js';
import type { ReceivePositions } from '../log/receive-positions.js';
import type { LoggedEvent } from '../records/log-entry.js';
import { covers, decodeOffset, encodeOffset } from '../records/offsets.js';
import { type Checkpoint, encodeSession, type SessionRecord, type Start, startOf } from '../records/session-record.js';
import { eventsAfter, isComplete, type SentEvent, type Snapshot } from '../records/snapshot.js';
import type { Claim, SessionClaims } from './claims.js';
import type { Sessions } from './sessions.js';

const debug = createDebug('carillon:recovery');

export interface SessionRestorerOptions {
  readonly node: ClusterNode;
  /** Bytes of events that may go by while one client comes back. */
  readonly maxBytes: number;
  readonly reader: LogReader;
  readonly received: ReceivePositions;
  readonly gaps: GapRecovery;
  readonly handOver: SessionClaims;
  readonly sessions: Sessions;
  /** Puts an id into rooms, although its socket is not there yet. Resolves when they are heard. */
  readonly join: (id: SocketId, rooms: Set<Room>) => Promise<void> | void;
  readonly leave: (id: SocketId) => void;
  readonly prepare: (event: LoggedEvent, offset: string) => Prepared;
}

/** A session that is coming back here. */
interface Returning {
  readonly record: SessionRecord;
  readonly offset: string | undefined;
  readonly start: Start;
  readonly snapshot: Snapshot;
  readonly buffer: LiveBuffer;
}

/** What is known of a socket that is about to take its place. */
export interface Restored {
  readonly checkpoints: Checkpoint[];
  readonly lastOffset: string;
}

const PID = /^[A-Za-z0-9_-]{20}$/;
/** Milliseconds a client waits while this node itself catches up. */
const MAX_WAIT = 5000;
const ATTEMPTS = 3;

/**
 * Brings clients back, without a gap between what they missed and what they are sent from then on:
 *
 * 1. the session is claimed, and nobody else gets it;
 * 2. its rooms are subscribed to, and what goes by is collected;
 * 3. the logs are read, and this node waits until it has heard all that is in them;
 * 4. when the socket takes its place, it is given what was in the logs, then what was collected. The rest comes live.
 */
export class SessionRestorer {
  readonly #options: SessionRestorerOptions;
  /** By the id of the socket that is coming back. */
  readonly #buffers = new Map<SocketId, LiveBuffer>();
  readonly #restored = new Map<SocketId, Restored>();

  constructor(options: SessionRestorerOptions) {
    this.#options = options;
  }

  /** Whether events have to be collected. */
  get isFollowing(): boolean {
    return this.#buffers.size > 0;
  }

  /** An event is delivered by this node. */
  collect(tag: string, event: LoggedEvent): void {
    for (const buffer of this.#buffers.values()) buffer.add(tag, event);
  }

  async restore(pid: PrivateSessionId, offset: string | undefined): Promise<FoundSession | null> {
    const { node, gaps, handOver, sessions, leave } = this.#options;
    if (!PID.test(pid) || (offset !== undefined && decodeOffset(offset) === undefined)) return null;
    if (!node.isUp || (gaps.isPaused && !(await gaps.finish(MAX_WAIT)))) return null;
    // What we have said so far is in the logs before we read them.
    node.flush();
    sessions.flush();
    const claim = await handOver.claim(pid);
    if (claim === undefined) {
      debug('a session that a client comes back to is not there');
      return null;
    }
    try {
      const returning = await this.#follow(claim.record, offset);
      if (returning === undefined) {
        debug('%s: not all that it missed is in the logs', claim.record.sid);
        return null;
      }
      debug('%s comes back', claim.record.sid);
      const { sid, rooms, data } = claim.record;
      return {
        sid,
        pid,
        rooms,
        data,
        takeMissed: () => this.#takeMissed(returning),
        release: () => {
          leave(sid);
          this.#release(claim);
        },
      };
    } catch (error) {
      this.#release(claim);
      throw error;
    }
  }

  #release({ record, lifetime }: Claim): void {
    this.#options.sessions.putBack(record.pid, encodeSession({ ...record, isOpen: false }), lifetime);
  }

  /** @returns `undefined` when not all that was missed is in the logs. */
  async #follow(record: SessionRecord, offset: string | undefined): Promise<Returning | undefined> {
    const { node, maxBytes, received, join, leave } = this.#options;
    const start = startOf(record.checkpoints, offset);
    if (start === undefined) return undefined;
    const { sid } = record;
    const buffer = new LiveBuffer(maxBytes, node.clock.now());
    const here = new Map(received.positions);
    this.#buffers.set(sid, buffer);
    let isFound = false;
    try {
      await join(sid, new Set(record.rooms));
      const snapshot = await this.#read(start);
      const logged = new Map(Array.from(snapshot.senders, ([tag, { position }]) => [tag, position]));
      for (const tag of snapshot.finished) here.delete(tag);
      // A log that holds less than we have heard has lost its end.
      isFound = covers(logged, here) && isComplete(snapshot, start.after, start.required) && !buffer.isIncomplete;
      if (!isFound) return undefined;
      received.reach(snapshot);
      return { record, offset, start, snapshot, buffer };
    } finally {
      if (!isFound) leave(sid);
    }
  }

  /** Reads the logs while nothing waits to be delivered: otherwise it would be delivered once more, afterwards. */
  async #read(start: Start): Promise<Snapshot> {
    const { gaps, reader } = this.#options;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      if (gaps.isPaused && !(await gaps.finish(MAX_WAIT))) break;
      const snapshot = await reader.read(start.after);
      if (!gaps.isPaused) return snapshot;
    }
    throw new Error('this node did not catch up with the others in time');
  }

  #takeMissed({ record, offset, start, snapshot, buffer }: Returning): Prepared[] | null {
    const { sid } = record;
    const isCollected = this.#buffers.get(sid) === buffer && !buffer.isIncomplete;
    this.#buffers.delete(sid);
    if (!isCollected) return null;
    const rooms = new Set(record.rooms);
    const at = new Map<string, number>();
    for (const [tag, number] of start.after) if (snapshot.senders.has(tag)) at.set(tag, number);
    const checkpoint = { covers: offset ?? '', at: encodeOffset(at) };
    let lastOffset = checkpoint.covers;
    const prepare = ({ tag, event }: SentEvent): Prepared => {
      at.set(tag, event.sequence);
      lastOffset = encodeOffset(at);
      return this.#options.prepare(event, lastOffset);
    };
    const missed = [...eventsAfter(snapshot, start.after, rooms), ...buffer.after(snapshot, rooms)].map(prepare);
    this.#restored.set(sid, { checkpoints: [checkpoint], lastOffset });
    return missed;
  }

  /** The socket takes its place. @returns `undefined` when it is a new one. */
  take(id: SocketId): Restored | undefined {
    const restored = this.#restored.get(id);
    this.#restored.delete(id);
    return restored;
  }

  /** Nobody waits for this session's events any more. */
  abandon(id: SocketId): void {
    this.#buffers.get(id)?.invalidate();
    this.#buffers.delete(id);
    this.#restored.delete(id);
  }

  /** Gives up those that have been coming back since before this time (milliseconds by the clock). */
  abandonSince(time: number): void {
    for (const [id, { since }] of this.#buffers) if (since < time) this.abandon(id);
  }

  /** Events went by unseen: nobody who is coming back can be told all. */
  invalidate(): void {
    for (const buffer of this.#buffers.values()) buffer.invalidate();
  }
}
