import type { ClusterNode } from '../../../cluster/node.js';
import { decodeSession, type SessionRecord } from '../records/session-record.js';
import type { RecoveryStore } from '../store.js';
import type { Sessions } from './sessions.js';

export interface Claim {
  readonly record: SessionRecord;
  /** Milliseconds the session would have been kept. */
  readonly lifetime: number;
}

/** Milliseconds that the node which still has a socket may take to let go of it. */
const TIMEOUT = 1000;

const UNKNOWN = 0;
const NOT_RECOVERABLE = 1;
const HERE_IT_IS = 2;

/**
 * Takes sessions over: whoever comes first gets a session, and only once. When its socket is still open on another node,
 * where nobody noticed yet that the connection is dead, that node is asked to let go, and says what the session is now.
 */
export class SessionClaims {
  readonly #node: ClusterNode;
  readonly #name: string;
  readonly #store: RecoveryStore;
  readonly #sessions: Sessions;
  #close: (() => void) | undefined;

  constructor(node: ClusterNode, namespace: string, store: RecoveryStore, sessions: Sessions) {
    this.#node = node;
    this.#name = `hand over ${namespace}`;
    this.#store = store;
    this.#sessions = sessions;
  }

  open(): void {
    this.#close = this.#node.handle(this.#name, (payload) => this.#onRequest(payload.toString('latin1')));
  }

  close(): void {
    this.#close?.();
  }

  #onRequest(pid: string): Buffer {
    const record = this.#sessions.handOver(pid);
    if (record === undefined) return Buffer.of(UNKNOWN);
    return record === null ? Buffer.of(NOT_RECOVERABLE) : Buffer.concat([Buffer.of(HERE_IT_IS), record]);
  }

  /** @returns `undefined` when there is no such session (any more), or it cannot be recovered. */
  async claim(pid: string): Promise<Claim | undefined> {
    const claim = await this.#take(pid);
    if (claim === undefined || !claim.record.isOpen) return claim;
    const { owner } = claim.record;
    // Ours, and not there: it ended for good while we asked.
    if (owner === this.#node.id) return undefined;
    const { answers } = await this.#node.request(this.#name, Buffer.from(pid, 'latin1'), {
      to: owner,
      timeout: TIMEOUT,
    });
    const answer = answers.get(owner);
    // It is dead, or as good as: what it wrote last has to do.
    if (answer === undefined) return claim;
    switch (answer[0]) {
      case UNKNOWN:
        // It ended while we asked: kept, or for good.
        return this.#take(pid);
      case HERE_IT_IS: {
        const record = decodeSession(answer.subarray(1));
        return record && { record, lifetime: claim.lifetime };
      }
      default:
        return undefined;
    }
  }

  async #take(pid: string): Promise<Claim | undefined> {
    const claimed = await this.#store.claim(pid);
    const record = claimed && decodeSession(claimed.record);
    return record === undefined || record.pid !== pid ? undefined : { record, lifetime: claimed!.lifetime };
  }
}
