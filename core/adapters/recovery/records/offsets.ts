import type { Part } from '../../../protocol/prepared.js';

/**
 * Where a client, or a node, stands in the events of a namespace: for each sender, the number of its last event that was
 * taken account of. A sender is one node's adapter, known by a tag of six characters; its events are numbered 1, 2, 3 …
 *
 * As a text, which clients keep as their offset: a `~`, then for each sender its tag and the number in base 36, with dots
 * in between.
 */
export type Positions = ReadonlyMap<string, number>;

export const TAG_LENGTH = 6;
/** No cluster has more senders in its memory; an offset with more is none of ours. */
const MAX_SENDERS = 4096;
const POSITION = /^([A-Za-z0-9_-]{6})([1-9a-z][0-9a-z]{0,10})$/;
/** Tells an offset from words that merely stand last in an event. */
const MARK = '~';

export function encodeOffset(positions: Positions): string {
  let offset = MARK;
  for (const [tag, number] of positions) {
    if (number === 0) continue;
    if (offset !== MARK) offset += '.';
    offset += tag + number.toString(36);
  }
  return offset;
}

/** Clients send offsets: any text may come. `undefined` when it is none. */
export function decodeOffset(offset: string): Map<string, number> | undefined {
  const positions = new Map<string, number>();
  if (offset === MARK) return positions;
  if (!offset.startsWith(MARK) || offset.length > MAX_SENDERS * 18) return undefined;
  for (const position of offset.slice(1).split('.')) {
    const match = POSITION.exec(position);
    if (match === null || positions.has(match[1]!)) return undefined;
    const number = Number.parseInt(match[2]!, 36);
    if (!Number.isSafeInteger(number)) return undefined;
    positions.set(match[1]!, number);
  }
  return positions;
}

/** Whether whoever stands at `positions` has everything up to `earlier`. */
export function covers(positions: Positions, earlier: Positions): boolean {
  for (const [tag, number] of earlier) if ((positions.get(tag) ?? 0) < number) return false;
  return true;
}

/** The furthest of both, sender by sender. */
export function furthest(one: Positions, other: Positions): Map<string, number> {
  const result = new Map(one);
  for (const [tag, number] of other) if (number > (result.get(tag) ?? 0)) result.set(tag, number);
  return result;
}

/** Where both have been, sender by sender. */
export function nearest(one: Positions, other: Positions): Map<string, number> {
  const result = new Map<string, number>();
  for (const [tag, number] of one) if (other.has(tag)) result.set(tag, Math.min(number, other.get(tag)!));
  return result;
}

/**
 * The wire form of an event with the offset as its last argument; the parts are those of a {@link Prepared}.
 *
 * The arguments are a JSON array that ends the first part, and never an empty one: the event's name is in it.
 */
export function withOffset(parts: readonly Part[], offset: string): Part[] | undefined {
  const [head, ...attachments] = parts;
  if (typeof head !== 'string' || !head.endsWith(']')) return undefined;
  return [`${head.slice(0, -1)},"${offset}"]`, ...attachments];
}

/** Whether the last argument of an event, in its wire form, is a text: clients take it for an offset. */
export function endsWithText(parts: readonly Part[]): boolean {
  const [head] = parts;
  return typeof head === 'string' && head.endsWith('"]');
}
