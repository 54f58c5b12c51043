/**
 * `npm run bench:cluster`: what an emit costs that reaches a client on another node, over Redis. CPU time of both nodes and
 * of Redis, per emit; two nodes, one WebSocket client each, 120 bytes, 50 emits per turn of the event loop.
 *
 *     npm run bench:cluster                     all pairings, 3 rounds
 *     npm run bench:cluster -- --rounds 5 carillon "classic, ioredis"
 *     npm run bench:cluster -- --pause 10       a burst every 10 ms rather than each turn: mostly the price of waking up
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { provideRedis } from '../test/support/servers/redis-path.mjs';
import { CountingClient } from './cluster/client.mjs';
import { variants } from './cluster/variants.mjs';

const NODE = fileURLToPath(new URL('./cluster/node.mjs', import.meta.url));
const WARM_UP = 2000;
const COUNT = 9000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '3' }, pause: { type: 'string', default: '0' } },
});
/** Milliseconds between bursts; 0: the next turn. */
const pause = Number(values.pause);

class Node {
  #child;
  #waiting = new Map();
  #id = 0;

  static async start(variant, redisPort) {
    const node = new Node();
    node.#child = fork(NODE, [variant, String(redisPort)]);
    node.#child.on('message', ({ id, result }) => node.#waiting.get(id)?.(result));
    node.#child.on('exit', (code) => code && console.error(`a node of "${variant}" ended with ${code}`));
    const [{ port }] = await once(node.#child, 'message');
    node.port = port;
    return node;
  }

  ask(action, args) {
    const id = ++this.#id;
    this.#child.send({ id, action, ...args });
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  async cpu() {
    const { user, system } = await this.ask('cpu');
    return user + system;
  }

  signal(name) {
    process.kill(this.#child.pid, name);
  }

  async stop() {
    if (this.#child.exitCode !== null) return;
    this.#child.disconnect();
    await once(this.#child, 'exit');
  }
}

async function startRedis() {
  const { path, env } = await provideRedis();
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  const folder = mkdtempSync(join(tmpdir(), 'carillon-bench-'));
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'];
  const child = spawn(path, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const chunk of child.stdout) if (/Ready to accept/.test(chunk)) break;
  const admin = new Redis(port);
  const info = async (section, pattern) => Number(pattern.exec(await admin.info(section))?.[1] ?? 0);
  return {
    port,
    /** Microseconds of CPU time so far. */
    cpu: async () =>
      1e6 * ((await info('cpu', /used_cpu_sys:([\d.]+)/)) + (await info('cpu', /used_cpu_user:([\d.]+)/))),
    /** PUBLISH and SPUBLISH so far. */
    publishes: async () =>
      (await info('commandstats', /cmdstat_publish:calls=(\d+)/)) +
      (await info('commandstats', /cmdstat_spublish:calls=(\d+)/)),
    stop: async () => {
      admin.disconnect();
      child.kill();
      await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One pairing, once. */
async function measure(name) {
  const { alone } = variants[name];
  const redis = await startRedis();
  const nodes = [await Node.start(name, redis.port)];
  if (!alone) nodes.push(await Node.start(name, redis.port));
  const [a, b = a] = nodes;
  const clients = [await CountingClient.connect(a.port), await CountingClient.connect(b.port)];
  const everywhere = async (count) => {
    const targets = clients.map((client) => client.until(client.received + count));
    await a.ask('emit', { count, pause });
    await Promise.all(targets);
  };
  try {
    // Official adapters do not say when they are subscribed.
    while (clients[1].received === 0) {
      await a.ask('emit', { count: 50 });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await everywhere(WARM_UP);
    const before = [await a.cpu(), alone ? 0 : await b.cpu(), await redis.cpu(), await redis.publishes()];
    await everywhere(COUNT);
    const after = [await a.cpu(), alone ? 0 : await b.cpu(), await redis.cpu(), await redis.publishes()];
    const [cpuA, cpuB, cpuRedis, publishes] = after.map((value, index) => (value - before[index]) / COUNT);
    const figures = { cpuA, cpuB, cpuRedis, total: cpuA + cpuB + cpuRedis, publishesPerTurn: publishes * 50 };
    if (alone) return figures;
    // A room that only the first node has a member of.
    const idle = await b.cpu();
    const target = clients[0].until(clients[0].received + COUNT);
    await a.ask('emitToOwnRoom', { count: COUNT, pause });
    await target;
    const withoutMember = ((await b.cpu()) - idle) / COUNT;
    return { ...figures, withoutMember, ...(await compareLaggard(a, b, clients[0])) };
  } finally {
    for (const client of clients) client.close();
    await Promise.all(nodes.map((node) => node.stop()));
    await redis.stop();
  }
}

/** Milliseconds until a client of the emitting node has everything, while the other node runs, and while it stands still. */
async function compareLaggard(a, b, client) {
  const deliver = async () => {
    const start = performance.now();
    const all = client.until(client.received + COUNT);
    await Promise.all([a.ask('emit', { count: COUNT, pause }), all]);
    return performance.now() - start;
  };
  const localWithOther = await deliver();
  b.signal('SIGSTOP');
  try {
    return { localWithOther, localWithLaggard: await deliver() };
  } finally {
    b.signal('SIGCONT');
  }
}

const median = (list) => list.toSorted((x, y) => x - y)[Math.floor(list.length / 2)];
const names = Object.keys(variants).filter(
  (name) => positionals.length === 0 || positionals.some((prefix) => name.startsWith(prefix)),
);
const results = new Map(names.map((name) => [name, []]));
for (let round = 1; round <= Number(values.rounds); round++) {
  for (const name of names) {
    const figures = await measure(name);
    results.get(name).push(figures);
    console.error(`round ${round}  ${name.padEnd(36)} ${figures.total.toFixed(1)} us`);
  }
}

console.log('\nCPU time per emit in microseconds (medians), and PUBLISH commands per turn of 50 emits\n');
console.log(
  '| | node A | node B | Redis | all | PUBLISH | node without a member | local, ms | local, other node stopped, ms |\n|---|---|---|---|---|---|---|---|---|',
);
for (const [name, rounds] of results) {
  const figure = (key, digits = 1) => {
    const value = median(rounds.map((figures) => figures[key]));
    return value === undefined || Number.isNaN(value) ? '-' : value.toFixed(digits);
  };
  console.log(
    `| ${name} | ${figure('cpuA')} | ${figure('cpuB')} | ${figure('cpuRedis')} | ${figure('total')} | ${figure('publishesPerTurn')} | ${figure('withoutMember', 2)} | ${figure('localWithOther', 0)} | ${figure('localWithLaggard', 0)} |`,
  );
}
