// Several servers in one process, on a network in memory.
import { createClusterAdapter, MemoryNetwork } from '../../../core/index.js';
import { type ClusterNode, startNode } from './node.js';
import { adapterContract } from './suite.js';

adapterContract('three nodes, in one process', async () => {
  const network = new MemoryNetwork();
  const nodes: ClusterNode[] = [];
  for (let i = 0; i < 3; i++) nodes.push(await startNode('carillon', { adapter: createClusterAdapter(network) }));
  return {
    nodes,
    stop: async () => {
      await Promise.all(nodes.map((node) => node.close()));
    },
  };
});
