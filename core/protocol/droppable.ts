import type { Prepared } from './prepared.js';
import { decode } from './socketio/decode.js';
import { PacketType } from './socketio/packet.js';

/** Gives events a key; of events with the same key, conflation keeps the newest. */
export type ConflateBy = (event: string, args: unknown[], namespace: string) => string;

/** What the library itself encoded has no bounds to meet. */
const NO_LIMITS = {
  maxAttachments: Number.POSITIVE_INFINITY,
  maxAttachmentBytes: Number.POSITIVE_INFINITY,
  maxDepth: Number.POSITIVE_INFINITY,
  maxNamespaceLength: Number.POSITIVE_INFINITY,
  maxArguments: Number.POSITIVE_INFINITY,
};

/**
 * Tells which waiting messages may be dropped: events, unless the application waits for an answer. Everything else
 * (answers, CONNECT, DISCONNECT, heartbeats) must arrive or the two sides no longer agree about what is going on, and so
 * must the packets of a custom parser, which only that parser can read.
 *
 * Messages are read again here rather than marked when they are made: only slow consumers pay, and once for all of them.
 */
export function droppableKeys(conflateBy?: ConflateBy): (message: Prepared) => string | undefined {
  const keys = new WeakMap<Prepared, string | null>();
  return (message) => {
    let key = keys.get(message);
    if (key === undefined) {
      key = keyOf(message, conflateBy);
      keys.set(message, key);
    }
    return key ?? undefined;
  };
}

function keyOf(message: Prepared, conflateBy: ConflateBy | undefined): string | null {
  const [first] = message.parts;
  if (typeof first !== 'string' || first.charCodeAt(0) !== 52 /* message */) return null;
  try {
    const { type, id, nsp, data } = decode(first, 1, NO_LIMITS);
    if ((type !== PacketType.EVENT && type !== PacketType.BINARY_EVENT) || id !== undefined) return null;
    const [event, ...args] = data;
    return `${nsp},${conflateBy === undefined ? event : conflateBy(event, args, nsp)}`;
  } catch {
    return null;
  }
}
