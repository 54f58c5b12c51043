import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { io as official } from 'socket.io-client';
import { createAdapter } from '../../../core/adapters/redis/index.js';
import { io as carillon } from '../../../core/client/node.js';
import type { ConnectionStateRecoveryOptions } from '../../../core/options/index.js';
import { startNode, until } from '../../contract/adapter/node.js';
import { type CuttableProxy, openProxy } from '../../support/cuttable-proxy.js';
import { type RedisServer, startRedis } from '../../support/servers/index.js';
import { type ClientPackage, connectTo, type RedisClient } from './redis.js';

export const libraries = { official, carillon } as const;
export type ClientLibrary = keyof typeof libraries;

export interface ServersOptions {
  by?: ClientPackage;
  redis?: { persistent?: boolean; cluster?: boolean };
  recovery?: ConnectionStateRecoveryOptions;
}

export interface RecoveringServer {
  readonly io: any;
  readonly port: number;
  close(): Promise<void>;
}

/** Servers around one Redis, and clients that move between them. */
export class Servers {
  readonly redis: RedisServer;
  readonly nodes: RecoveringServer[] = [];
  /** What the adapters reported. */
  readonly errors: string[] = [];
  readonly #options: ServersOptions;
  readonly #clients: RedisClient[] = [];
  readonly #roamers: Roamer[] = [];
  readonly #children: ServerProcess[] = [];

  private constructor(redis: RedisServer, options: ServersOptions) {
    this.redis = redis;
    this.#options = options;
  }

  static async start(count: number, options: ServersOptions = {}): Promise<Servers> {
    const servers = new Servers(await startRedis(options.redis), options);
    for (let i = 0; i < count; i++) await servers.add();
    return servers;
  }

  /** A server in this process. Resolves when it takes part in recovery. */
  async add(): Promise<RecoveringServer> {
    const { by = 'ioredis', recovery = {} } = this.#options;
    const connect = async (): Promise<any> => {
      const connected = await connectTo(this.redis, by);
      this.#clients.push(connected);
      return connected.client;
    };
    const adapter = createAdapter(await connect(), await connect());
    const node = await startNode('carillon', { adapter, connectionStateRecovery: recovery });
    node.io.of('/').adapter.on('error', (error: Error) => this.errors.push(error.message));
    this.nodes.push(node);
    await this.whenReady(node.port);
    return node;
  }

  /** A server in a process of its own, as it is when it is built. */
  async fork(): Promise<ServerProcess> {
    const child = await ServerProcess.start(this.redis.port, this.#options.recovery ?? {});
    this.#children.push(child);
    await this.whenReady(child.port);
    return child;
  }

  /** Nobody is recovered by a server that has not found its place yet: it is when a client was. */
  async whenReady(port: number): Promise<void> {
    await until(async () => {
      const probe = await this.client('official', port);
      await probe.cut();
      await probe.comeBack(port);
      probe.socket.disconnect();
      return probe.recoveries[1] === true;
    });
  }

  /** Resolves when the session with this secret is in Redis. */
  async written(pid: string): Promise<void> {
    const { client, close } = await connectTo(this.redis, 'ioredis');
    await until(async () => (await client.exists(`carillon#{/}#session#${pid}`)) === 1);
    await close();
  }

  /** A connected client on the server with this port. */
  async client(library: ClientLibrary, port: number): Promise<Roamer> {
    const roamer = new Roamer(library, await openProxy(port));
    this.#roamers.push(roamer);
    await roamer.connected();
    return roamer;
  }

  async stop(): Promise<void> {
    for (const roamer of this.#roamers) await roamer.close();
    await Promise.all(this.#children.map((child) => child.kill()));
    await Promise.all(this.nodes.map((node) => node.close()));
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.redis.stop();
  }
}

/** A client behind a cable that can be cut, and led to another server. */
export class Roamer {
  readonly socket: any;
  readonly heard: any[][] = [];
  /** For each time it connected, whether it was recovered. */
  readonly recoveries: boolean[] = [];
  readonly #proxy: CuttableProxy;
  readonly #library: ClientLibrary;

  constructor(library: ClientLibrary, proxy: CuttableProxy) {
    this.#library = library;
    this.#proxy = proxy;
    this.socket = (libraries[library] as any)(`http://127.0.0.1:${proxy.port}`, {
      transports: ['websocket'],
      forceNew: true,
      reconnectionDelay: 20,
      reconnectionDelayMax: 50,
      randomizationFactor: 0,
    });
    this.socket.on('connect', () => {
      if (!this.socket.recovered) this.heard.length = 0;
      this.recoveries.push(this.socket.recovered);
    });
    this.socket.onAny((...data: any[]) => {
      // Behind the arguments, an offset.
      if (typeof data.at(-1) === 'string' && data.at(-1).startsWith('~')) data.pop();
      this.heard.push(data);
    });
  }

  get isOfficial(): boolean {
    return this.#library === 'official';
  }

  async connected(): Promise<void> {
    if (!this.socket.connected) await new Promise<void>((resolve) => this.socket.once('connect', () => resolve()));
  }

  /** Loses its connection, and cannot get another. */
  async cut(): Promise<void> {
    this.#proxy.cut();
    await until(() => !this.socket.connected);
  }

  /** Comes back, to this server. */
  async comeBack(port: number): Promise<void> {
    this.#proxy.redirect(port);
    this.#proxy.restore();
    await this.connected();
  }

  /** Loses its connection and gets another, with this server: as fast as it can. */
  reconnect(port: number): void {
    this.#proxy.redirect(port);
    this.#proxy.cut();
    this.#proxy.restore();
  }

  /** What it was told in events of this name. */
  told(name: string): any[] {
    return this.heard.filter(([event]) => event === name).map(([, value]) => value);
  }

  async hears(name: string, value?: unknown): Promise<void> {
    await until(() => this.heard.some((each) => each[0] === name && (value === undefined || each[1] === value)));
  }

  async close(): Promise<void> {
    this.socket.disconnect();
    await this.#proxy.close();
  }
}

const program = fileURLToPath(new URL('recovering-server.mjs', import.meta.url));

/** A server of the compiled package in a process of its own. */
export class ServerProcess {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(redisPort: number, recovery: ConnectionStateRecoveryOptions): Promise<ServerProcess> {
    const child = fork(program, [String(redisPort), JSON.stringify(recovery)], { execArgv: [] });
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    return new ServerProcess(child, port);
  }

  /** Has it emit: `count` events with numbers from `first` on, a turn between each. */
  emit(name: string, first: number, count: number, room?: string): void {
    this.#child.send({ name, first, count, room });
  }

  /** As a crash. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}
