import type { DefaultEventsMap, EventsMap } from './events.js';
import type { BaseManager } from './manager.js';
import type { ManagerOptions, SocketOptions } from './options.js';
import { Socket } from './socket.js';
import { parseTarget, splitArguments } from './url.js';

type Options = Partial<ManagerOptions & SocketOptions>;
type ManagerConstructor = new (uri?: string | Options, options?: Options) => BaseManager<any, any>;

/** The function `io()`, with what it hangs on for pages that have nothing but the global `io`. */
export interface Lookup<ManagerClass> {
  /**
   * The socket of the namespace that the URL names, at the page's own origin when it names none.
   *
   * Type parameters: the events that are heard, and those that are sent.
   */
  <ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents>(
    options?: Options,
  ): Socket<ListenEvents, EmitEvents>;
  <ListenEvents extends EventsMap = DefaultEventsMap, EmitEvents extends EventsMap = ListenEvents>(
    uri?: string,
    options?: Options,
  ): Socket<ListenEvents, EmitEvents>;
  (options?: Options): Socket;
  (uri?: string, options?: Options): Socket;
  Manager: ManagerClass;
  Socket: typeof Socket;
  io: Lookup<ManagerClass>;
  connect: Lookup<ManagerClass>;
}

/**
 * Makes `io()`. Namespaces of one server, under one path, share a manager, unless `forceNew` or `multiplex: false` asks for
 * another; the same namespace twice is two connections.
 */
export function createLookup<ManagerClass extends ManagerConstructor>(Manager: ManagerClass): Lookup<ManagerClass> {
  const managers = new Map<string, BaseManager<any, any>>();

  function lookup(uri?: string | Options, options?: Options): Socket {
    const [url, opts] = splitArguments(uri, options);
    const { id, nsp } = parseTarget(url, opts);
    const key = id + (opts.path || '/socket.io');
    let manager = managers.get(key);
    const isShared = !opts.forceNew && opts.multiplex !== false && !manager?._has(nsp);
    if (!manager || !isShared) manager = new Manager(url, opts);
    if (isShared) managers.set(key, manager);
    return manager.socket(nsp, opts);
  }

  const io = lookup as Lookup<ManagerClass>;
  return Object.assign(io, { Manager, Socket, io, connect: io });
}
