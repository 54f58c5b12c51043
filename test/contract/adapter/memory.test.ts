import { startNode } from './node.js';
import { adapterContract } from './suite.js';

const start = async () => {
  const node = await startNode('carillon');
  return { nodes: [node], stop: () => node.close() };
};

adapterContract('one node, in memory', start);
