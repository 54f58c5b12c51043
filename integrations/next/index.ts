/**
 * carillon for Next.js. Nothing is imported until it is called: a route handler that only wants {@link getIO} bundles
 * nothing else.
 */
import type { DefaultEventsMap, EventsMap, Server, ServerOptions } from '../../core/index.js';

export { withCarillon } from './config.js';
export { getIO } from './registry.js';

export async function attach<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = any,
>(options: Partial<ServerOptions> = {}): Promise<Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> {
  const implementation = await import('./attach.js');
  return implementation.attach(options);
}
