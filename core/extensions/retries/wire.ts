/**
 * What both sides agree on about events with `retries`, an extension of the protocol that nobody else sees:
 *
 * ```
 *   client  40{"token":"…","carillon:retry":"<24 characters>"}    the credentials, and a key that stays the same
 *   server  40{"sid":"…","retryWindow":64}                        so many may be on their way at once
 *   client  42<id>["event",…]                                     ids only grow, and are kept when an event is repeated
 *   server  43<id>[…]                                             the answer, or the same answer again
 * ```
 *
 * A server that does not know the extension answers without a window; then one event at a time is sent, which may run twice.
 */

/** Member of the credentials by which a client shows that it repeats events. Removed before the application sees them. */
export const RETRY_KEY = 'carillon:retry';

/** Ids from here on are not numbered: their events are never repeated. */
export const FIRST_UNNUMBERED = 1e15;
