import type { Extension } from '../../extension.js';

/** Tells a client that read too slowly how many events it has missed: `carillon:dropped`, in each of its namespaces. */
export function droppedNotices({ sockets, notice }: Pick<Extension, 'sockets' | 'notice'>): void {
  sockets().missed((socket, count) => notice(socket, 'dropped', { count }));
}
