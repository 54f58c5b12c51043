import { availableParallelism, cpus, totalmem } from 'node:os';

/** What a result was measured on, in a few words. */
export function machine() {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const memory = Math.round(totalmem() / 2 ** 30);
  return `Node ${process.versions.node.split('.')[0]}, ${availableParallelism()} cores (${model}), ${memory} GB`;
}
