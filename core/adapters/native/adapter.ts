import type { ClusterNode } from '../../cluster/node.js';
import type { AdapterNamespace } from '../adapter.js';
import { DistributedAdapter } from '../distributed.js';
import { NativeNodes, type NativeNodesOptions } from './nodes.js';

/** Many nodes on the native wire: what is emitted on one reaches the clients of all. */
export class NativeAdapter extends DistributedAdapter<NativeNodes> {
  constructor(nsp: AdapterNamespace, node: ClusterNode, options?: NativeNodesOptions) {
    super(nsp, (here) => new NativeNodes(here, node, options));
  }
}
