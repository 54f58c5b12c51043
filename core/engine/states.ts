/**
 * The states of a connection.
 *
 * ```
 *   opening ──open packet sent──> open ──close()──> closing ──written, transport closed──> closed
 *      │                           │                                                         ^
 *      └───────────────────────────┴──────── transport gone, ping timeout, parse error ──────┘
 * ```
 *
 * | state | receives | sends | counted in `clientsCount` |
 * |---|---|---|---|
 * | opening | nothing yet | the open packet | no |
 * | open | yes | yes | yes |
 * | closing | nothing more | what was accepted before | yes |
 * | closed | nothing | nothing | no |
 */
export type ReadyState = 'opening' | 'open' | 'closing' | 'closed';

const NEXT: Readonly<Record<ReadyState, readonly ReadyState[]>> = {
  opening: ['open', 'closed'],
  open: ['closing', 'closed'],
  closing: ['closed'],
  closed: [],
};

/** Whether the diagram has an arrow between the two. */
export function canMove(from: ReadyState, to: ReadyState): boolean {
  return NEXT[from].includes(to);
}
