import { ProtocolError } from '../../../errors.js';
import { decode } from '../../../protocol/msgpack/decode.js';
import { encode } from '../../../protocol/msgpack/encode.js';
import type { Room } from '../../../rooms/selection.js';
import type { SessionToPersist } from '../../adapter.js';
import { covers, decodeOffset, furthest, type Positions } from './offsets.js';

/**
 * What is known for certain about a client: whoever has the event with the offset `covers` has everything that was for it
 * up to `at`. Both are offsets; an empty `covers` means that nothing had been sent to it yet.
 */
export interface Checkpoint {
  readonly covers: string;
  readonly at: string;
}

/** A session as it is kept for all nodes. */
export interface SessionRecord extends SessionToPersist {
  /** Id of the node that its socket is, or was, on. */
  readonly owner: string;
  /** Whether its socket was still there when this was written. */
  readonly isOpen: boolean;
  /** Newest first. */
  readonly checkpoints: readonly Checkpoint[];
}

export const OWNER_LENGTH = 20;
const OPEN = 0x6f;
const CLOSED = 0x63;
/** Each covers a part of the past: the last look at the session, and those before. */
const MAX_CHECKPOINTS = 3;

/**
 * The owner stands in front: Redis compares it before it lets anybody write.
 *
 * @throws TypeError, RangeError when the application's data cannot be MessagePack.
 */
export function encodeSession({ owner, isOpen, sid, pid, rooms, data, checkpoints }: SessionRecord): Buffer {
  const body = encode([sid, pid, rooms, checkpoints.map(({ covers, at }) => [covers, at]), data]);
  return Buffer.concat([Buffer.from(owner, 'latin1'), Buffer.of(isOpen ? OPEN : CLOSED), body]);
}

/** `undefined` when it is not a session that we wrote. */
export function decodeSession(bytes: Buffer): SessionRecord | undefined {
  const state = bytes[OWNER_LENGTH];
  if (state !== OPEN && state !== CLOSED) return undefined;
  const body = decodeBody(bytes.subarray(OWNER_LENGTH + 1));
  if (!isBody(body)) return undefined;
  const [sid, pid, rooms, checkpoints, data] = body;
  return {
    owner: bytes.toString('latin1', 0, OWNER_LENGTH),
    isOpen: state === OPEN,
    sid,
    pid,
    rooms,
    data,
    checkpoints: checkpoints.map(([covers, at]) => ({ covers, at })),
  };
}

type Body = [sid: string, pid: string, rooms: Room[], checkpoints: [covers: string, at: string][], data: unknown];

function decodeBody(bytes: Buffer): unknown {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function isBody(body: unknown): body is Body {
  if (!Array.isArray(body) || body.length !== 5) return false;
  const [sid, pid, rooms, checkpoints] = body;
  return (
    typeof sid === 'string' &&
    typeof pid === 'string' &&
    Array.isArray(rooms) &&
    rooms.every((room) => typeof room === 'string' || typeof room === 'number') &&
    Array.isArray(checkpoints) &&
    checkpoints.every(
      (each) => Array.isArray(each) && each.length === 2 && each.every((offset) => typeof offset === 'string'),
    )
  );
}

/** Adds what is certain now. Where nothing was sent since the last time, that one says no more than this one. */
export function withCheckpoint(checkpoints: readonly Checkpoint[], latest: Checkpoint): Checkpoint[] {
  const older = checkpoints[0]?.covers === latest.covers ? checkpoints.slice(1) : checkpoints;
  return [latest, ...older].slice(0, MAX_CHECKPOINTS);
}

const NOTHING: Positions = new Map();

/** From where on a client has to be told what happened. */
export interface Start {
  readonly after: Positions;
  /** Senders whose log has to be there. */
  readonly required: Iterable<string>;
}

/**
 * @param offset of the last event the client has; `undefined` when it has none.
 * @returns `undefined` when that cannot be told.
 */
export function startOf(checkpoints: readonly Checkpoint[], offset: string | undefined): Start | undefined {
  const had = offset === undefined ? NOTHING : decodeOffset(offset);
  if (had === undefined) return undefined;
  for (const checkpoint of checkpoints) {
    const sent = checkpoint.covers === '' ? NOTHING : decodeOffset(checkpoint.covers);
    const at = decodeOffset(checkpoint.at);
    if (sent === undefined || at === undefined) return undefined;
    if (covers(had, sent)) return { after: furthest(at, had), required: at.keys() };
  }
  return offset === undefined ? undefined : { after: had, required: had.keys() };
}
