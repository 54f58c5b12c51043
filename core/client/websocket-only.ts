import { Connection, type Platform } from './connection.js';
import type { DefaultEventsMap, EventsMap } from './events.js';
import { createLookup } from './lookup.js';
import { BaseManager } from './manager.js';
import type { ManagerOptions } from './options.js';
import { WebSocketTransport } from './transports/websocket.js';

const platform: Platform = {
  transports: { websocket: WebSocketTransport },
  binaryType: 'arraybuffer',
  Connection,
};

/** The connection to one server over WebSocket, and nothing else: for pages where every kilobyte counts. */
export class Manager<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
> extends BaseManager<ListenEvents, EmitEvents> {
  /** See {@link BaseManager}. */
  constructor(options: Partial<ManagerOptions>);
  constructor(uri?: string, options?: Partial<ManagerOptions>);
  constructor(uri?: string | Partial<ManagerOptions>, options?: Partial<ManagerOptions>);
  constructor(uri?: string | Partial<ManagerOptions>, options?: Partial<ManagerOptions>) {
    super(platform, uri, options);
  }
}

export const io = /* @__PURE__ */ createLookup(Manager);
export * from './public.js';
export { io as connect, io as default, WebSocketTransport as WebSocket };
