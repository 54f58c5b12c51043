import type { Clock } from '../../clock.js';
import { randomId } from '../../ids.js';
import type { Prepared } from '../../protocol/prepared.js';
import type { Packet } from '../../protocol/socketio/packet.js';
import { PacketType } from '../../protocol/socketio/packet.js';
import type { BroadcastOptions, Room } from '../../rooms/selection.js';
import { type Expiring, Sweep } from '../../sweep.js';
import type {
  AdapterNamespace,
  AdapterSocket,
  FoundSession,
  PrivateSessionId,
  RecoveryLimits,
  SessionToPersist,
} from '../adapter.js';
import { MemoryAdapter } from '../memory.js';
import { AdapterWrapper } from '../wrapper.js';

/** An event that was sent, and to whom. */
interface LogEntry {
  readonly number: number;
  readonly sentAt: number;
  /** Without wire forms. */
  readonly message: Prepared;
  readonly options: BroadcastOptions;
  /** Bytes of memory it takes. */
  readonly cost: number;
  /** What was last replayed of it: clients that come back together share its wire forms, and then they are gone. */
  replayed: WeakRef<Prepared> | null;
}

/** Numbers of the first and last event that were sent to a socket. */
interface Sent {
  readonly first: number;
  last: number;
}

interface KeptSession {
  readonly session: SessionToPersist;
  /** Number of the last event that was sent to its socket; where that is not known, of the last of all. */
  readonly lastSent: number;
  /** Number of the event after which a client that never saw one has to begin; `undefined` when that is not known. */
  readonly beginning: number | undefined;
  /** Number of the last event of the namespace when the session was kept. */
  readonly keptAt: number;
  readonly expiresAt: number;
}

/** Bytes an event takes besides its message: its place in the log. */
const ENTRY_COST = 110;
/** Bytes a set of rooms takes, and each of them besides its name. */
const ROOMS_COST = 140;
const ROOM_COST = 40;

/**
 * Connection state recovery in memory: a log of the events of the namespace, each numbered, and the sessions of clients
 * that are away. Events carry their number as an extra last argument, the offset; a client comes back with the last one
 * it saw.
 *
 * What is promised: a recovered client missed nothing. Whenever that cannot be proved, it is not recovered.
 */
export class RecoveringMemoryAdapter extends AdapterWrapper implements Expiring {
  protected readonly inner: MemoryAdapter;
  readonly #clock: Clock;
  readonly #limits: RecoveryLimits;
  readonly #sessions = new Map<PrivateSessionId, KeptSession>();
  readonly #sent = new WeakMap<AdapterSocket, Sent>();
  /** Oldest first, from `#head` on; before it there is nothing. */
  #log: (LogEntry | null)[] = [];
  #head = 0;
  #bytes = 0;
  #number = 0;
  readonly #sweep: Sweep;
  /** Tells our offsets from those of an earlier process, and from strings that merely stand last in an event. */
  readonly #epoch = randomId().slice(0, 8);

  constructor(nsp: AdapterNamespace, limits: RecoveryLimits, clock: Clock) {
    super(nsp);
    this.inner = new MemoryAdapter(nsp, this);
    this.#limits = limits;
    this.#clock = clock;
    this.#sweep = Sweep.of(clock);
  }

  override broadcast(packet: Packet, options: BroadcastOptions): void {
    const data = packet.data as unknown[];
    if (packet.type !== PacketType.EVENT || packet.id !== undefined || options.flags.volatile) {
      // A client takes any last argument that is a string for an offset: give it a true one.
      if (packet.type === PacketType.EVENT && packet.id === undefined && typeof data.at(-1) === 'string') {
        data.push(this.#encodeOffset(this.#number));
      }
      this.inner.broadcast(packet, options);
      return;
    }
    const number = this.#number + 1;
    data.push(this.#encodeOffset(number));
    // Before it counts: an event that cannot be encoded was never there, and numbers have no gaps.
    const message = this.inner.local.prepare(packet, options);
    this.#number = number;
    this.#append(number, message.compact(), options);
    this.inner.local.each(options, (socket) => {
      const sent = this.#sent.get(socket);
      if (sent === undefined) this.#sent.set(socket, { first: number, last: number });
      else sent.last = number;
      socket.notifyOutgoingListeners(packet);
      socket.deliver(message, false);
    });
  }

  #encodeOffset(number: number): string {
    return `${this.#epoch}.${number.toString(36)}`;
  }

  #decodeOffset(offset: string): number | undefined {
    const [epoch, number = ''] = offset.split('.');
    return epoch === this.#epoch && /^[0-9a-z]{1,10}$/.test(number) ? Number.parseInt(number, 36) : undefined;
  }

  /** Bytes of memory that the log takes. */
  get heldBytes(): number {
    return this.#bytes;
  }

  #append(number: number, message: Prepared, options: BroadcastOptions): void {
    const cost = ENTRY_COST + message.heldBytes + costOfRooms(options.rooms) + costOfRooms(options.except);
    this.#log.push({ number, sentAt: this.#clock.now(), message, options, cost, replayed: null });
    this.#bytes += cost;
    this.#sweep.add(this);
    this.#trim();
  }

  /** @returns whether events are left. */
  #trim(maxBytes = this.#limits.maxBytes): boolean {
    const { maxDisconnectionDuration } = this.#limits;
    const oldest = this.#clock.now() - maxDisconnectionDuration;
    while (this.#head < this.#log.length) {
      const first = this.#log[this.#head]!;
      if (this.#bytes <= maxBytes && first.sentAt >= oldest) break;
      this.#bytes -= first.cost;
      this.#log[this.#head++] = null;
    }
    const isEmpty = this.#head === this.#log.length;
    if (isEmpty || (this.#head > 1024 && this.#head * 2 > this.#log.length)) {
      this.#log = this.#log.slice(this.#head);
      this.#head = 0;
    }
    return !isEmpty;
  }

  override persistSession(session: SessionToPersist): void {
    this.#forgetExpired();
    const socket = this.nsp.sockets.get(session.sid);
    const sent = socket && this.#sent.get(socket);
    // Of a recovered socket it is not known how much of what it had missed has arrived.
    const isNew = socket?.recovered === false;
    this.#keep(session.pid, {
      session,
      lastSent: sent?.last ?? (isNew ? 0 : this.#number),
      beginning: isNew ? (sent === undefined ? this.#number : sent.first - 1) : undefined,
      keptAt: this.#number,
      expiresAt: this.#clock.now() + this.#limits.maxDisconnectionDuration,
    });
  }

  #keep(pid: PrivateSessionId, kept: KeptSession): void {
    this.#sessions.set(pid, kept);
    this.#sweep.add(this);
    if (this.#sessions.size <= this.#limits.maxSessions) return;
    const [oldest] = this.#sessions.keys();
    this.#sessions.delete(oldest!);
  }

  dropExpired(): boolean {
    this.#forgetExpired();
    return this.#trim() || this.#sessions.size > 0;
  }

  shrink(): void {
    this.#trim(this.#bytes / 2);
  }

  override close(): Promise<void> | void {
    this.#sweep.remove(this);
    return super.close();
  }

  /** Each session is restored at most once: a replayed `pid` finds nothing. */
  override restoreSession(pid: PrivateSessionId, offset: string | undefined): FoundSession | null {
    this.#forgetExpired();
    const kept = this.#sessions.get(pid);
    if (kept === undefined || kept.expiresAt <= this.#clock.now()) return null;
    const seen = this.#lastSeen(kept, offset);
    if (seen === undefined) return null;
    this.#sessions.delete(pid);
    return {
      ...kept.session,
      takeMissed: () => this.#missedAfter(seen, kept.session.rooms),
      release: () => this.#keep(pid, kept),
    };
  }

  /** `null` when some of it is gone: middlewares took longer than the log lasts. */
  #missedAfter(number: number, rooms: readonly Room[]): Prepared[] | null {
    if (number < this.#firstNumber() - 1) return null;
    const missed: Prepared[] = [];
    for (let i = this.#indexAfter(number); i < this.#log.length; i++) {
      const entry = this.#log[i]!;
      if (isReceiver(rooms, entry.options)) missed.push(messageOf(entry));
    }
    return missed;
  }

  /** Number of the event after which this client's missed events begin; `undefined` when some of them are gone. */
  #lastSeen(kept: KeptSession, offset: string | undefined): number | undefined {
    const seen = offset === undefined ? kept.beginning : this.#decodeOffset(offset);
    if (seen === undefined || seen > this.#number) return undefined;
    const isComplete = (number: number) => number >= this.#firstNumber() - 1;
    if (isComplete(seen)) return seen;
    // The log does not reach back that far, but nothing was sent to this client in between.
    if (seen >= kept.lastSent && isComplete(kept.keptAt)) return kept.keptAt;
    return undefined;
  }

  #firstNumber(): number {
    return this.#log[this.#head]?.number ?? this.#number + 1;
  }

  /** Numbers are consecutive: no search is needed. */
  #indexAfter(number: number): number {
    return this.#head + Math.max(0, number + 1 - this.#firstNumber());
  }

  #forgetExpired(): void {
    const now = this.#clock.now();
    for (const [pid, kept] of this.#sessions) {
      if (kept.expiresAt > now) return;
      this.#sessions.delete(pid);
    }
  }
}

function messageOf(entry: LogEntry): Prepared {
  let message = entry.replayed?.deref();
  if (message === undefined) {
    message = entry.message.compact();
    entry.replayed = new WeakRef(message);
  }
  return message;
}

function costOfRooms(rooms: ReadonlySet<Room>): number {
  let bytes = rooms.size === 0 ? 0 : ROOMS_COST;
  for (const room of rooms) bytes += ROOM_COST + 2 * room.length;
  return bytes;
}

/** Whether a member of these rooms is one of those an event is for. */
export function isReceiver(rooms: readonly Room[], options: BroadcastOptions): boolean {
  const included = options.rooms.size === 0 || rooms.some((room) => options.rooms.has(room));
  return included && !rooms.some((room) => options.except.has(room));
}
