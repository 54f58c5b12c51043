import { systemClock } from '../../clock.js';
import type { MemoryNetwork } from '../../cluster/memory-bus.js';
import { ClusterNode } from '../../cluster/node.js';
import { MemoryStores, type StoreProvider } from '../../store/memory-store.js';
import type { Adapter, AdapterFactory, AdapterNamespace } from '../adapter.js';
import { NativeAdapter } from './adapter.js';
import { type ClusterOptions, resolveClusterOptions } from './options.js';

/**
 * A cluster within one process: servers that share a network, each a node of its own. For tests of an application that is
 * going to run on many nodes, and for several servers next to each other.
 *
 * @example
 * const network = new MemoryNetwork();
 * const first = new Server(3000, { adapter: createClusterAdapter(network) });
 * const second = new Server(3001, { adapter: createClusterAdapter(network) });
 *
 * @throws OptionError when an option cannot work.
 */
export function createClusterAdapter(network: MemoryNetwork, options?: ClusterOptions): AdapterFactory {
  const resolved = resolveClusterOptions(options);
  const node = new ClusterNode(network.connect(), { clock: systemClock, ...resolved });
  return adapterFactory(node, (nsp) => new NativeAdapter(nsp, node, resolved), storesOf(network));
}

/** What the extensions of servers on one network share. */
const storesByNetwork = new WeakMap<MemoryNetwork, StoreProvider>();

function storesOf(network: MemoryNetwork): StoreProvider {
  const stores = storesByNetwork.get(network) ?? new MemoryStores(systemClock);
  storesByNetwork.set(network, stores);
  return stores;
}

/** Opened by its first user, closed by its last. */
interface SharedAdapter extends Adapter {
  readonly isInUse: boolean;
}

/**
 * What the `adapter` option takes, around a node, if there is one. One factory is one server.
 *
 * @throws TypeError (what is returned) when it is given to a second server.
 */
export function adapterFactory(
  node: ClusterNode | undefined,
  make: (nsp: AdapterNamespace) => SharedAdapter,
  stores?: StoreProvider,
): AdapterFactory {
  let server: unknown;
  const adapters = new WeakMap<AdapterNamespace, SharedAdapter>();
  const factory = (nsp: AdapterNamespace): Adapter => {
    server ??= nsp.server;
    if (nsp.server !== server) {
      throw new TypeError('this adapter belongs to another server already: make another one for each server');
    }
    // Set once more, it is the same node: a second adapter would be deaf, or make the first one deaf.
    const known = adapters.get(nsp);
    if (known?.isInUse) return known;
    const made = make(nsp);
    adapters.set(nsp, made);
    return made;
  };
  return node === undefined ? factory : Object.assign(factory, { node, ...(stores && { stores }) });
}
