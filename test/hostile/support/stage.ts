import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Audience } from './audience.js';

export interface Setting {
  /** See applications.mjs. */
  application?: string;
  options?: Record<string, unknown>;
  /** Clients that must not notice anything. */
  audience?: number;
  /** `DEBUG` of the server; see `takeLog`. */
  debug?: string;
  /** What the clients of the audience encode with, where it is not the default. */
  parser?: unknown;
}

export interface ServerRecord {
  kind: string;
  sid?: string;
  reason?: string;
  [detail: string]: unknown;
}

interface State {
  connections: number;
  sockets: number;
  namespaces: number;
  rooms: number;
  /** TCP connections. */
  tcp: number;
  /** Of those that are open. */
  bytesRead: number;
}

/** The longest turn of the server's event loop, in milliseconds. */
interface Stall {
  /** Processor time of the main thread. */
  cpu: number;
  wall: number;
}

interface Memory {
  heapUsed: number;
  external: number;
  rss: number;
}

/**
 * Milliseconds of the main thread's processor time one turn may take while an attack goes on. Today none takes more than
 * 20, as the printed stalls show; five times that is beyond the noise of a machine, and everything that blocks exceeds it.
 */
const STALL_LIMIT = 100;
/** What stalls, and what leaks, does so every time: the best of so many rounds counts. */
const ROUNDS = 3;
/** Nothing takes this long: a server that does not do what is waited for hangs. */
const HANG = 60_000;
/** How much more memory may be in use after an attack than before. */
const MEMORY_TOLERANCE = 0.05;

/** A server in a process of its own, fifty clients it has to serve, and what it says about itself. */
export class Stage {
  readonly port: number;
  readonly audience: Audience;
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, { resolve(value: any): void; reject(error: Error): void }>();
  readonly #errors: string[] = [];
  #records: ServerRecord[] = [];
  #exit: string | null = null;
  #nextId = 0;
  readonly #stalls: string[] = [];

  private constructor(child: ChildProcess, port: number, audience: Audience) {
    this.#child = child;
    this.port = port;
    this.audience = audience;
    child.on('message', ({ id, result, error }: { id: number; result?: unknown; error?: string }) => {
      const pending = this.#pending.get(id);
      this.#pending.delete(id);
      if (error === undefined) pending?.resolve(result);
      else pending?.reject(new Error(error));
    });
    child.stderr?.on('data', (chunk) => this.#errors.push(String(chunk)));
    child.on('exit', (code, signal) => {
      this.#exit = `the server ended: code ${code}, signal ${signal}\n${this.#errors.join('')}`;
      for (const { reject } of this.#pending.values()) reject(new Error(this.#exit));
      this.#pending.clear();
    });
  }

  static async start({
    application = 'plain',
    options = {},
    audience = 50,
    parser,
    debug = '',
  }: Setting = {}): Promise<Stage> {
    const child = fork(
      fileURLToPath(new URL('server.mjs', import.meta.url)),
      [JSON.stringify({ application, options })],
      {
        execArgv: ['--expose-gc'],
        stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
        env: { ...process.env, NODE_OPTIONS: '', DEBUG: debug, DEBUG_HIDE_DATE: '1' },
      },
    );
    let output = '';
    child.stderr?.on('data', (chunk) => {
      output += chunk;
    });
    const port = await new Promise<number>((resolve, reject) => {
      child.once('message', (message: { port: number }) => resolve(message.port));
      child.once('exit', () => reject(new Error(`the server did not start (is dist built?): ${output}`)));
    });
    return new Stage(child, port, await Audience.seat(port, audience, parser));
  }

  /**
   * Runs an attack twice, to warm up and in earnest, and checks what must hold whatever the attack: the process lives,
   * the audience is served, no turn of the server is long, nothing is unhandled, and the memory is back where it was.
   *
   * A long turn may have been the machine's, and what is more in memory afterwards may be code that was compiled only
   * now: then the attack has to be repeated without either. What stalls or leaks does so every time.
   *
   * @param attack resolves when it is over and its connections are gone.
   */
  async survives(attack: () => Promise<void>): Promise<void> {
    await attack();
    for (let round = 1; ; round++) {
      const before = await this.#settledMemory();
      const stall = await this.#withstand(attack);
      const after = await this.#settledMemory(before);
      const growth = inUse(after) / inUse(before) - 1;
      if (stall.cpu <= STALL_LIMIT && growth <= MEMORY_TOLERANCE) return;
      if (round < ROUNDS) continue;
      if (stall.cpu > STALL_LIMIT) throw new Error(`a turn of ${describeStall(stall)}; at most ${STALL_LIMIT} ms`);
      throw new Error(
        `${(growth * 100).toFixed(1)} % more memory than before: ${describe(before)}, now ${describe(after)}`,
      );
    }
  }

  async #withstand(attack: () => Promise<void>): Promise<Stall> {
    await this.audience.check();
    this.audience.startTalking();
    await this.audience.heard(2);
    await this.#ask('watch');
    await attack();
    await this.audience.heard(2);
    const stall = await this.#ask<Stall>('stall');
    await this.audience.stopTalking();
    this.assertAlive();
    await this.audience.check();
    this.#stalls.push(`  longest turn ${describeStall(stall)}  ${expect.getState().currentTestName}\n`);
    return stall;
  }

  /** Collects garbage until nothing changes any more, or until the memory is back: closing sockets takes some turns. */
  async #settledMemory(target?: Memory): Promise<Memory> {
    let memory = await this.#ask<Memory>('memory');
    for (let i = 0; i < 20; i++) {
      const next = await this.#ask<Memory>('memory');
      const isSettled =
        target === undefined
          ? Math.abs(inUse(next) - inUse(memory)) < 10_000
          : inUse(next) <= inUse(target) * (1 + MEMORY_TOLERANCE);
      memory = next;
      if (isSettled) break;
    }
    return memory;
  }

  assertAlive(): void {
    if (this.#exit !== null) throw new Error(this.#exit);
  }

  /** What was written to the server's standard error since the last call: its log. */
  takeLog(): string {
    return this.#errors.splice(0).join('');
  }

  memory(): Promise<Memory> {
    return this.#ask('memory');
  }

  state(): Promise<State> {
    return this.#ask('state');
  }

  /** Waits until the server is in a state. */
  async until(isReached: (state: State) => boolean, what: string): Promise<State> {
    const deadline = Date.now() + HANG;
    for (;;) {
      const state = await this.state();
      if (isReached(state)) return state;
      if (Date.now() > deadline) throw new Error(`never ${what}: ${JSON.stringify(state)}`);
    }
  }

  /** Takes what the server recorded so far: closed connections, refused handshakes, errors of listeners. */
  async records(): Promise<ServerRecord[]> {
    const news = await this.#ask<ServerRecord[]>('records');
    return [...this.#records.splice(0), ...news];
  }

  /** Waits for a record of the server, and takes it. */
  async recorded(matches: (record: ServerRecord) => boolean, what = 'a record'): Promise<ServerRecord> {
    const deadline = Date.now() + HANG;
    while (Date.now() < deadline) {
      this.#records = await this.records();
      const index = this.#records.findIndex(matches);
      if (index !== -1) return this.#records.splice(index, 1)[0]!;
    }
    throw new Error(`the server never recorded ${what}; it recorded ${JSON.stringify(this.#records.slice(0, 20))}`);
  }

  /** Runs a command of the application. */
  run<Result>(command: string, ...args: unknown[]): Promise<Result> {
    return this.#ask('run', [command, ...args]);
  }

  #ask<Result>(command: string, args?: unknown): Promise<Result> {
    this.assertAlive();
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#child.send({ id, command, args });
    });
  }

  /** Ends the server, and prints how long its turns were: to be read, not to be asserted. */
  async end(): Promise<void> {
    process.stdout.write(this.#stalls.splice(0).join(''));
    await this.audience.leave();
    if (this.#exit !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }
}

function inUse({ heapUsed, external }: Memory): number {
  return heapUsed + external;
}

function describeStall({ cpu, wall }: Stall): string {
  return `${cpu.toFixed(0).padStart(3)} ms of processor, ${wall.toFixed(0).padStart(3)} ms by the clock`;
}

function describe(memory: Memory): string {
  return `${(memory.heapUsed / 1e6).toFixed(2)} MB heap and ${(memory.external / 1e6).toFixed(2)} MB outside of it`;
}
