// `npm run example:cluster`: Redis, three nodes, and a proxy in front that deals requests out in turn.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createProxy } from './proxy.js';
import { findRedis } from './redis.js';

const redis = await findRedis();
const nodes: ChildProcess[] = [1, 2, 3].map((number) =>
  fork(fileURLToPath(new URL('./node.js', import.meta.url)), {
    env: { ...process.env, NODE_NUMBER: String(number), REDIS_URL: redis.url },
  }),
);
const ports = await Promise.all(nodes.map(async (node) => (await once(node, 'message'))[0] as number));

const proxy = createProxy(ports);
proxy.listen(Number(process.env.PORT ?? 3000), process.env.HOST ?? '127.0.0.1');
await once(proxy, 'listening');
const { address, port } = proxy.address() as AddressInfo;
console.log(`Three nodes are one at http://${address}:${port}`);

async function stop(): Promise<void> {
  proxy.close();
  proxy.closeAllConnections();
  await Promise.all(
    nodes.map(async (node) => {
      if (node.exitCode !== null) return;
      node.kill('SIGTERM');
      await once(node, 'exit');
    }),
  );
  await redis.stop();
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
