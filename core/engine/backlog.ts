import type { Prepared } from '../protocol/prepared.js';

/** What happens when more waits for a client than is allowed. */
export type SlowConsumerPolicy = 'close' | 'drop-oldest' | 'drop-newest' | 'conflate';

/** How much may wait for one connection, and what happens beyond. See options.ts. */
export interface BacklogLimits {
  readonly maxBytes: number;
  readonly maxMessages: number;
  /** Bytes from which the application is told. */
  readonly pressureBytes: number;
  /** Bytes for one connection from which on they do not wait for the end of the turn. */
  readonly flushBytes: number;
  /** The same for all connections together. */
  readonly turnFlushBytes: number;
  readonly policy: SlowConsumerPolicy;
  /** Key of a message that may be dropped, `undefined` when it may not. */
  readonly keyOf: (message: Prepared) => string | undefined;
}

/** Messages that wait, in order, and their bytes. */
export interface Backlog {
  readonly messages: Prepared[];
  readonly bytes: number;
}

/**
 * Drops messages until no more wait than is allowed; with some room to spare where the whole backlog has to be looked at,
 * so that this does not happen again with the next message, however long a client stays slow.
 *
 * @param backlog its list may be changed.
 * @param unsent bytes that wait elsewhere and count, too.
 * @returns what is left; `null` when the policy does not allow to drop enough.
 */
export function shrinkBacklog(backlog: Backlog, unsent: number, limits: BacklogLimits): Backlog | null {
  if (limits.policy === 'close') return null;
  const isWithin = ({ messages, bytes }: Backlog): boolean =>
    messages.length <= limits.maxMessages && bytes + unsent <= limits.maxBytes;
  if (limits.policy === 'conflate') {
    const conflated = conflate(backlog.messages, limits.keyOf);
    const hasRoom = conflated.messages.length <= sevenEighths(limits.maxMessages);
    return hasRoom && conflated.bytes + unsent <= sevenEighths(limits.maxBytes) ? conflated : null;
  }
  let rest = backlog;
  if (limits.policy === 'drop-newest') {
    rest = withoutNewest(backlog, limits.maxMessages, limits.maxBytes - unsent, limits.keyOf);
    if (isWithin(rest)) return rest;
  }
  const shrunk = dropUntil(rest, sevenEighths(limits.maxMessages), sevenEighths(limits.maxBytes) - unsent, limits);
  return isWithin(shrunk) ? shrunk : null;
}

function sevenEighths(limit: number): number {
  return Math.ceil((limit * 7) / 8);
}

/** Drops from the end, up to the first message that may not be dropped: what just came in, as a rule. */
function withoutNewest(
  { messages, bytes }: Backlog,
  maxMessages: number,
  maxBytes: number,
  keyOf: BacklogLimits['keyOf'],
): Backlog {
  let rest = bytes;
  while (messages.length > maxMessages || (rest > maxBytes && messages.length > 0)) {
    const newest = messages.at(-1)!;
    if (keyOf(newest) === undefined) break;
    rest -= newest.byteLength;
    messages.pop();
  }
  return { messages, bytes: rest };
}

/** Drops, from one end to the other, until few enough are left. */
function dropUntil(backlog: Backlog, maxMessages: number, maxBytes: number, { policy, keyOf }: BacklogLimits): Backlog {
  let { bytes } = backlog;
  let count = backlog.messages.length;
  const isKept = (message: Prepared): boolean => {
    if ((count <= maxMessages && bytes <= maxBytes) || keyOf(message) === undefined) return true;
    count--;
    bytes -= message.byteLength;
    return false;
  };
  const messages =
    policy === 'drop-oldest' ? backlog.messages.filter(isKept) : backlog.messages.toReversed().filter(isKept).reverse();
  return { messages, bytes };
}

/** Of messages with the same key, the newest stays where it is. */
function conflate(backlog: readonly Prepared[], keyOf: BacklogLimits['keyOf']): Backlog {
  const seen = new Set<string>();
  let bytes = 0;
  const messages = backlog.toReversed().filter((message) => {
    const key = keyOf(message);
    if (key !== undefined && seen.has(key)) return false;
    if (key !== undefined) seen.add(key);
    bytes += message.byteLength;
    return true;
  });
  return { messages: messages.reverse(), bytes };
}
