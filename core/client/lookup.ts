import type { BaseManager } from './manager.js';
import type { ManagerOptions, SocketOptions } from './options.js';
import { Socket } from './socket.js';
import { parseTarget } from './url.js';

type Options = Partial<ManagerOptions & SocketOptions>;
type ManagerConstructor = new (uri?: string | Options, options?: Options) => BaseManager<any, any>;

/** The function `io()`, with what it hangs on for pages that have nothing but the global `io`. */
export interface Lookup<ManagerClass> {
  /** The socket of the namespace that the URL names, at the page's own origin when it names none. */
  (options?: Options): Socket;
  (uri?: string, options?: Options): Socket;
  Manager: ManagerClass;
  Socket: typeof Socket;
  io: Lookup<ManagerClass>;
  connect: Lookup<ManagerClass>;
}

/**
 * Makes `io()`. Namespaces of one server share a manager, unless `forceNew` or `multiplex: false` asks for another; the
 * same namespace twice is two connections.
 */
export function createLookup<ManagerClass extends ManagerConstructor>(Manager: ManagerClass): Lookup<ManagerClass> {
  const managers = new Map<string, BaseManager<any, any>>();

  function lookup(uri?: string | Options, options?: Options): Socket {
    const opts = (typeof uri === 'object' ? uri : options) ?? {};
    const url = typeof uri === 'string' ? uri : undefined;
    const { id, nsp } = parseTarget(url);
    const key = url === undefined ? `${id} ${opts.secure} ${opts.hostname ?? opts.host} ${opts.port}` : id;
    let manager = managers.get(key);
    if (opts.forceNew || opts.multiplex === false || manager?._has(nsp)) {
      manager = new Manager(url ?? opts, opts);
    } else if (!manager) {
      manager = new Manager(url ?? opts, opts);
      managers.set(key, manager);
    }
    return manager.socket(nsp, opts);
  }

  const io = lookup as Lookup<ManagerClass>;
  return Object.assign(io, { Manager, Socket, io, connect: io });
}
