import { toBinaryType } from './binary-type.js';
import type { Platform } from './connection.js';
import type { DefaultEventsMap, EventsMap } from './events.js';
import { createLookup } from './lookup.js';
import { BaseManager } from './manager.js';
import { NegotiatedConnection } from './negotiated-connection.js';
import type { ManagerOptions } from './options.js';
import { PollingTransport } from './transports/polling.js';
import { Base64WebSocketTransport } from './transports/websocket-base64.js';

const platform: Platform = {
  transports: { websocket: Base64WebSocketTransport, polling: PollingTransport },
  binaryType: 'arraybuffer',
  toBinary: toBinaryType,
  Connection: NegotiatedConnection,
};

/** The connection to one server, for browsers and everything that has their `WebSocket` and `fetch`. */
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
export {
  Base64WebSocketTransport as NodeWebSocket,
  Base64WebSocketTransport as WebSocket,
  io as connect,
  io as default,
  PollingTransport as Fetch,
  PollingTransport as NodeXHR,
  PollingTransport as XHR,
};
