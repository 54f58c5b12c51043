import type { AdapterNamespace } from '../../adapter.js';
import { DistributedAdapter } from '../../distributed.js';
import type { SocketioBus } from './bus.js';
import { SocketioNodes, type SocketioOptions } from './nodes.js';

/** Compatible mode: one of the nodes of a cluster that runs `@socket.io/redis-adapter`, in both directions. */
export class SocketioAdapter extends DistributedAdapter<SocketioNodes> {
  constructor(nsp: AdapterNamespace, bus: SocketioBus, options: SocketioOptions) {
    super(nsp, (here) => new SocketioNodes(here, bus, options));
  }

  /** How other nodes know this one. */
  get uid(): string {
    return this.remote.uid;
  }
}
