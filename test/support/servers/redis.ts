import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provideRedis } from './redis-path.mjs';
import { onFreePorts, ServerProcess } from './server-process.js';

export interface RedisOptions {
  /** A cluster of so many nodes; `true` is one. Default: a standalone server. It takes 2 s to start. */
  cluster?: boolean | number;
  /** Data survive `kill()` and `restart()`: an append-only file. Default `false`. */
  persistent?: boolean;
}

export interface RedisNode {
  readonly port: number;
  /** `redis://127.0.0.1:port` */
  readonly url: string;
  readonly pid: number;
  /** As a crash (`kill -9`); resolves when it is gone. */
  kill(): Promise<void>;
  /** `kill()`, if it runs, and up again on the same port; resolves when it serves. */
  restart(): Promise<void>;
  /** It stops in the middle of whatever it does, and answers nobody; connections stay open. */
  pause(): void;
  resume(): void;
}

/** A Redis server of the test's own. It ends with the test process, however that ends. */
export interface RedisServer extends RedisNode {
  /** All of a cluster; otherwise this one. */
  readonly nodes: readonly RedisNode[];
  readonly isCluster: boolean;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

class Node implements RedisNode {
  readonly port: number;
  readonly url: string;
  readonly process: ServerProcess;

  constructor(port: number, process: ServerProcess) {
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
    this.process = process;
  }

  get pid(): number {
    return this.process.pid;
  }

  kill(): Promise<void> {
    return this.process.kill();
  }

  async restart(): Promise<void> {
    await this.process.kill();
    await this.process.start();
  }

  pause(): void {
    this.process.signal('SIGSTOP');
  }

  resume(): void {
    this.process.signal('SIGCONT');
  }
}

/** Starts a Redis server, or a cluster, on ports and in folders of its own. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const size = Number(options.cluster ?? 0);
  const nodes =
    size === 0
      ? [await onFreePorts(1, ([port]) => startNode(port!, options))]
      : await Promise.all(
          Array.from({ length: size }, () => onFreePorts(2, ([port, busPort]) => startNode(port!, options, busPort))),
        );
  if (size > 0) await formCluster(nodes);
  return Object.assign(nodes[0]!, {
    nodes,
    isCluster: size > 0,
    stop: async () => {
      await Promise.all(nodes.map((node) => node.process.stop()));
    },
  });
}

async function startNode(port: number, { persistent = false }: RedisOptions, busPort?: number): Promise<Node> {
  const { path, env } = await provideRedis();
  const folder = mkdtempSync(join(tmpdir(), 'carillon-redis-'));
  const settings: Record<string, string> = {
    port: String(port),
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: persistent ? 'yes' : 'no',
    daemonize: 'no',
  };
  if (busPort !== undefined) {
    settings['cluster-enabled'] = 'yes';
    settings['cluster-config-file'] = join(folder, 'nodes.conf');
    settings['cluster-port'] = String(busPort);
    settings['cluster-announce-ip'] = '127.0.0.1';
    // On a busy machine a node may stand still for seconds: that is no reason to take the cluster down.
    settings['cluster-node-timeout'] = '30000';
  }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const process = new ServerProcess({
    command: path,
    args,
    env,
    folder,
    ready: /Ready to accept connections/,
    killSignal: 'KILL',
  });
  try {
    await process.start();
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return new Node(port, process);
}

/** Shares the slots out and introduces the nodes to each other. */
async function formCluster(nodes: Node[]): Promise<void> {
  const works = nodes.map((node) => node.process.logged(/Cluster state changed: ok/));
  for (const [i, node] of nodes.entries()) {
    const first = Math.ceil((i * 16384) / nodes.length);
    const last = Math.ceil(((i + 1) * 16384) / nodes.length) - 1;
    const commands = [`cluster addslotsrange ${first} ${last}`];
    if (i === 0)
      for (const other of nodes.slice(1))
        commands.push(`cluster meet 127.0.0.1 ${other.port} ${await busPortOf(other)}`);
    for (const line of commands) await command(node.port, line);
  }
  await Promise.all(works);
}

async function busPortOf(node: Node): Promise<number> {
  return Number(/@(\d+)/.exec(await command(node.port, 'cluster nodes'))![1]);
}

/** One command in Redis's inline form; its answer as it came, up to the first chunk. */
export async function command(port: number, line: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('utf8');
  socket.write(`${line}\r\n`);
  try {
    const [answer] = (await once(socket, 'data')) as [string];
    if (answer.startsWith('-')) throw new Error(`${line}: ${answer.trim()}`);
    return answer;
  } finally {
    socket.destroy();
  }
}
