import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const keeperScript = fileURLToPath(new URL('keeper.sh', import.meta.url));

export interface ServerCommand {
  command: string;
  args: string[];
  env: Record<string, string>;
  /** Who it runs as; default: we. */
  user?: { uid?: number; gid?: number };
  /** Its data; removed at the end. */
  folder: string;
  /** A line of its log that says that it serves. */
  ready: RegExp;
  /** What ends it at once. */
  killSignal: 'KILL' | 'QUIT';
}

/** A server that runs as a child of ours, and cannot outlive us. */
export class ServerProcess {
  readonly #command: ServerCommand;
  #keeper: ChildProcess | null = null;
  #pid = 0;
  /** The last lines of its log. */
  readonly #log: string[] = [];
  readonly #waiting = new Set<(line: string) => void>();

  constructor(command: ServerCommand) {
    this.#command = command;
  }

  get pid(): number {
    return this.#pid;
  }

  get isRunning(): boolean {
    return this.#keeper !== null;
  }

  /** The last lines it wrote. */
  get log(): string {
    return this.#log.join('\n');
  }

  /** Resolves when it serves. */
  async start(): Promise<void> {
    const { command, args, env, user, folder, ready, killSignal } = this.#command;
    const keeper = spawn('sh', [keeperScript, folder, killSignal, command, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C', ...env },
      cwd: folder,
      ...user,
    });
    this.#keeper = keeper;
    // Nothing here keeps a test process alive that has nothing else to do.
    keeper.unref();
    for (const stream of keeper.stdio) (stream as { unref?: () => void } | null)?.unref?.();
    keeper.stderr!.resume();
    const ended = new Promise<never>((_, reject) => {
      keeper.once('error', reject);
      keeper.once('exit', () => {
        if (this.#keeper === keeper) this.#keeper = null;
        keeper.stdio[3]?.destroy();
        reject(new Error(`${command} ended:\n${this.#log.join('\n')}`));
      });
    });
    ended.catch(() => {});
    const serves = this.logged(ready);
    createInterface({ input: keeper.stdout! }).on('line', (line) => this.#onLine(line));
    await Promise.race([serves, ended]);
  }

  #onLine(line: string): void {
    const pid = /^pid (\d+)$/.exec(line);
    if (pid) this.#pid = Number(pid[1]);
    this.#log.push(line);
    if (this.#log.length > 50) this.#log.shift();
    for (const onLine of this.#waiting) onLine(line);
  }

  /** The next line of the log that matches. */
  logged(pattern: RegExp): Promise<string> {
    return new Promise((resolve) => {
      const onLine = (line: string): void => {
        if (!pattern.test(line)) return;
        this.#waiting.delete(onLine);
        resolve(line);
      };
      this.#waiting.add(onLine);
    });
  }

  signal(name: NodeJS.Signals): void {
    if (this.#keeper === null) return;
    try {
      process.kill(this.#pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** Ends it as a crash would; resolves when it is gone. Its data stay. */
  async kill(): Promise<void> {
    const keeper = this.#keeper;
    if (keeper === null) return;
    // Whoever waits for it must not be left to an event loop that has nothing to do.
    keeper.ref();
    const gone = new Promise<void>((resolve) => keeper.once('exit', () => resolve()));
    this.signal(`SIG${this.#command.killSignal}`);
    this.signal('SIGCONT'); // It may be paused, and only SIGKILL reaches it then.
    await gone;
  }

  /** Ends it and removes its data. */
  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#command.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A port that is free at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

/** Starts something on free ports; again if somebody else took one in between. */
export async function onFreePorts<T>(count: number, start: (ports: number[]) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const ports = await Promise.all(Array.from({ length: count }, freePort));
    try {
      return await start(ports);
    } catch (error) {
      if (attempt === 3 || !/in use|bind/i.test(String(error))) throw error;
    }
  }
}
