import type { ClusterNode } from '../../cluster/node.js';
import type { AdapterNamespace } from '../adapter.js';
import { DistributedAdapter } from '../distributed.js';
import { MirroredNodes, type MirroredOptions } from './mirrored-nodes.js';
import type { SocketioBus } from './socketio/bus.js';

/** What the nodes of a namespace speak: native among themselves, and Socket.IO's protocol for those who know only that. */
export type ClusterMode = 'native' | 'compatible';

/** Automatic mode: native, and Socket.IO's protocol with whoever needs it, as long as there is somebody. */
export class AutoModeAdapter extends DistributedAdapter<MirroredNodes> {
  constructor(nsp: AdapterNamespace, node: ClusterNode, bus: SocketioBus, options: Omit<MirroredOptions, 'onChange'>) {
    super(nsp, (here) => {
      const onChange = (): void => {
        try {
          this.emit('mode', this.mode);
        } catch (error) {
          node.reportFailure('a listener of "mode"', error);
        }
      };
      return new MirroredNodes(here, node, bus, { ...options, onChange });
    });
  }

  /** `compatible` as long as there are nodes that know only Socket.IO's protocol, or nobody knows. */
  get mode(): ClusterMode {
    return this.remote.others === 0 ? 'native' : 'compatible';
  }
}
