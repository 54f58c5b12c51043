import type { AdapterSocket, PrivateSessionId, SessionToPersist, SocketId } from '../../adapter.js';
import { type Checkpoint, encodeSession, withCheckpoint } from '../records/session-record.js';
import type { RecoveryStore, SessionWrite } from '../store.js';

/** What recovery needs of a socket. */
export interface RecoverableSocket extends AdapterSocket {
  /** Secret of the session. */
  readonly pid: PrivateSessionId | undefined;
  readonly data: unknown;
  readonly rooms: Iterable<string>;
  /** Offset of the last event that was sent to it; empty before the first. Kept by the adapter. */
  lastOffset: string;
  /** Its client is back on another node: closes the connection, which is dead. */
  closeStale(): void;
}

export interface SessionsOptions {
  /** Id of this node. */
  readonly owner: string;
  readonly store: RecoveryStore;
  /** Milliseconds a session is kept after its connection was lost. */
  readonly lifetime: number;
  /** Milliseconds between two sweeps. */
  readonly interval: number;
  /** Where this node is now, as an offset. */
  readonly position: () => string;
  /** Has `flush()` called at the end of the turn. */
  readonly schedule: () => void;
  readonly onError: (error: Error) => void;
}

/** Sessions that are encoded in one turn: each takes some microseconds. */
const MAX_PER_TURN = 500;

interface LiveSession {
  readonly socket: RecoverableSocket;
  readonly pid: PrivateSessionId;
  checkpoints: readonly Checkpoint[];
  /** Whether the store knows it. */
  isWritten: boolean;
}

/**
 * The sessions of this node's sockets, written where other nodes find them, so that nothing is lost with this node: when
 * a socket connects, when its rooms change, when it is lost, and from time to time.
 */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #live = new Map<SocketId, LiveSession>();
  readonly #byPid = new Map<PrivateSessionId, LiveSession>();
  readonly #changed = new Set<LiveSession>();
  #writes: SessionWrite[] = [];
  /** The session that another node asked for, while its socket is being closed. */
  #handedOver: { readonly pid: PrivateSessionId; record: Buffer | undefined } | undefined;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  has(id: SocketId): boolean {
    return this.#live.has(id);
  }

  /** A socket connected, anew or again. */
  open(socket: RecoverableSocket, checkpoints: readonly Checkpoint[]): void {
    if (socket.pid === undefined) return;
    const session = { socket, pid: socket.pid, checkpoints, isWritten: false };
    this.#live.set(socket.id, session);
    this.#byPid.set(session.pid, session);
    this.#change(session);
  }

  /** The rooms of a socket are others now. */
  changed(id: SocketId): void {
    const session = this.#live.get(id);
    if (session !== undefined) this.#change(session);
  }

  #change(session: LiveSession): void {
    if (this.#changed.size === 0 && this.#writes.length === 0) this.#options.schedule();
    this.#changed.add(session);
  }

  #write(write: SessionWrite): void {
    if (this.#changed.size === 0 && this.#writes.length === 0) this.#options.schedule();
    this.#writes.push(write);
  }

  /** A socket lost its connection: its client may come back. */
  keep(kept: SessionToPersist): void {
    const session = this.#live.get(kept.sid);
    if (session === undefined || session.pid !== kept.pid) return;
    this.#remove(session);
    const latest = { covers: session.socket.lastOffset, at: this.#options.position() };
    const checkpoints = withCheckpoint(session.checkpoints, latest);
    const record = this.#encode({ ...kept, owner: this.#options.owner, isOpen: false, checkpoints });
    if (this.#handedOver?.pid === kept.pid) {
      this.#handedOver.record = record;
    } else if (record === undefined) {
      this.#write({ pid: kept.pid, record, lifetime: 0, isNew: false });
    } else {
      this.#write({ pid: kept.pid, record, lifetime: this.#options.lifetime, isNew: !session.isWritten });
    }
  }

  /** A socket is gone for good. */
  drop(id: SocketId): void {
    const session = this.#live.get(id);
    if (session === undefined) return;
    this.#remove(session);
    if (session.isWritten) this.#write({ pid: session.pid, record: undefined, lifetime: 0, isNew: false });
  }

  #remove(session: LiveSession): void {
    this.#live.delete(session.socket.id);
    if (this.#byPid.get(session.pid) === session) this.#byPid.delete(session.pid);
    this.#changed.delete(session);
  }

  /** Puts back what was taken for a client that was lost again. */
  putBack(pid: PrivateSessionId, record: Buffer, lifetime: number): void {
    if (lifetime > 0) this.#write({ pid, record, lifetime, isNew: true });
  }

  /**
   * Another node has the client of this session: its socket here ends.
   *
   * @returns the session as it is now; `null` when it cannot be recovered, `undefined` when it is not here.
   */
  handOver(pid: PrivateSessionId): Buffer | null | undefined {
    const session = this.#byPid.get(pid);
    if (session === undefined) return undefined;
    const handedOver = { pid, record: undefined };
    this.#handedOver = handedOver;
    // It is not ours to write or to remove any more: who asked has taken it.
    session.isWritten = false;
    try {
      session.socket.closeStale();
    } finally {
      this.#handedOver = undefined;
    }
    return handedOver.record ?? null;
  }

  /** Writes what changed, and goes on in the next turn when that is much. */
  flush(): void {
    const { owner, store, schedule } = this.#options;
    let count = 0;
    for (const session of this.#changed) {
      if (count++ === MAX_PER_TURN) break;
      this.#changed.delete(session);
      this.#rewrite(session);
    }
    const writes = this.#writes;
    this.#writes = [];
    if (this.#changed.size > 0) schedule();
    if (writes.length > 0) store.write(owner, writes);
  }

  /** Says for every session where it stands, and that it is still there. */
  sweep(): void {
    const at = this.#options.position();
    for (const session of this.#live.values()) {
      session.checkpoints = withCheckpoint(session.checkpoints, { covers: session.socket.lastOffset, at });
      this.#change(session);
    }
  }

  /** All are written anew: the store has forgotten them. */
  rewriteAll(): void {
    for (const session of this.#live.values()) {
      session.isWritten = false;
      this.#change(session);
    }
  }

  /** It cannot be said any more that these clients missed nothing: who loses its connection begins anew. */
  forgetAll(): void {
    for (const session of [...this.#live.values()]) this.drop(session.socket.id);
  }

  #rewrite(session: LiveSession): void {
    const { owner, lifetime, interval } = this.#options;
    const { socket, pid, checkpoints } = session;
    const record = this.#encode({
      owner,
      isOpen: true,
      sid: socket.id,
      pid,
      rooms: [...socket.rooms],
      data: socket.data,
      checkpoints,
    });
    if (record === undefined) return this.drop(socket.id);
    // Longer than until the next sweep, and then as long as it is kept.
    this.#writes.push({ pid, record, lifetime: lifetime + 2 * interval, isNew: !session.isWritten });
    session.isWritten = true;
  }

  #encode(record: Parameters<typeof encodeSession>[0]): Buffer | undefined {
    try {
      return encodeSession(record);
    } catch (error) {
      this.#options.onError(
        new Error(`socket ${record.sid} cannot be recovered: its data cannot be written`, { cause: error }),
      );
      return undefined;
    }
  }
}
