import { toBinaryType } from './binary-type.js';
import type { Platform } from './connection.js';
import type { DefaultEventsMap, EventsMap } from './events.js';
import { createLookup } from './lookup.js';
import { BaseManager } from './manager.js';
import { NegotiatedConnection } from './negotiated-connection.js';
import type { ManagerOptions } from './options.js';
import { NodePollingTransport, NodeWebSocketTransport } from './transports/node.js';

const platform: Platform = {
  transports: { websocket: NodeWebSocketTransport, polling: NodePollingTransport },
  binaryType: 'nodebuffer',
  toBinary: toBinaryType,
  Connection: NegotiatedConnection,
};

/** The connection to one server, for Node.js: as in index.ts, with headers, certificates, agents and cookies. */
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
  io as connect,
  io as default,
  NodePollingTransport as Fetch,
  NodePollingTransport as NodeXHR,
  NodePollingTransport as XHR,
  NodeWebSocketTransport as NodeWebSocket,
  NodeWebSocketTransport as WebSocket,
};
