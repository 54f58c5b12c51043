import { RESERVED_EVENTS } from './protocol/socketio/packet.js';

/** Names of events that begin like this are carillon's and its extensions'. */
export const RESERVED_PREFIX = 'carillon:';

/** Characters of a name in a message about it. */
const MAX_NAME = 100;

/** True for names that applications cannot emit: those that the library emits itself, and those of extensions. */
export function isReservedName(event: unknown): boolean {
  return RESERVED_EVENTS.has(event) || isExtensionName(event);
}

/** @throws Error when applications cannot emit an event of this name. */
export function assertNotReserved(event: unknown): void {
  if (RESERVED_EVENTS.has(event)) throw new Error(`"${String(event)}" is a reserved event name`);
  if (isExtensionName(event)) throw new Error(reservedName(event));
}

/** True for events of carillon's own, or of an extension's. */
export function isExtensionName(event: unknown): event is string {
  return typeof event === 'string' && event.startsWith(RESERVED_PREFIX);
}

/** Tells whoever may not use such a name why. */
export function reservedName(event: string): string {
  return `"${event.slice(0, MAX_NAME)}" is a reserved event name: "${RESERVED_PREFIX}" begins those of extensions`;
}
