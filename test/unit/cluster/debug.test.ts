import { format } from 'node:util';
import createDebug from 'debug';
import { TestCluster } from '../../support/cluster.js';

test('DEBUG=carillon:cluster tells what becomes of the cluster', async () => {
  const lines: string[] = [];
  const { log } = createDebug;
  createDebug.log = (...args: unknown[]) => lines.push(format(...args));
  createDebug.enable('carillon:cluster');
  try {
    const cluster = new TestCluster();
    const [a, b] = [await cluster.join(), await cluster.join()];
    a.bus.cut();
    a.bus.mend();
    await cluster.during(b.node.close());
    const story = lines.filter((line) => line.includes(a.node.id)).join('\n');
    for (const what of [
      'says hello',
      'is there',
      'cannot reach the others',
      'reaches the others again',
      'is gone: left',
    ])
      expect(story).toContain(what);
  } finally {
    createDebug.disable();
    createDebug.log = log;
  }
});
