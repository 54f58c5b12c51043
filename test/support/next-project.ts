import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, parse, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { packed } from './packed.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const ours = realpathSync(join(root, 'node_modules'));

/** Where Next and React come from: `npm run test:next-lowest` sets it to a folder with other versions of them. */
const packages = realpathSync(process.env.CARILLON_NEXT ?? ours);

/** Milliseconds that Next may take to build or to start, on a machine that is busy with other things. */
const PATIENCE = 300_000;

/** A process of a Next project, and what it printed. */
export interface NextProcess {
  /** `http://127.0.0.1:<port>` */
  url: string;
  child: ChildProcess;
  output(): string;
  /** Resolves when the output matches. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends the signal; resolves to the exit code, or the name of the signal that ended it. */
  end(signal?: NodeJS.Signals): Promise<number | string>;
}

/** A Next project of its own, in a folder of its own, in which carillon is installed from its tarball. */
export class NextProject {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'carillon-next-')));
  readonly #processes = new Set<ChildProcess>();

  /** @param source the folder with the project. */
  static async copyOf(source: string): Promise<NextProject> {
    const project = new NextProject();
    cpSync(source, project.folder, {
      recursive: true,
      filter: (path) => !/node_modules|\.next/.test(relative(source, path)),
    });
    await project.#install();
    project.#configure();
    await build({
      entryPoints: [fileURLToPath(new URL('./next-fixture.ts', import.meta.url))],
      outfile: join(project.folder, 'fixture.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
    });
    return project;
  }

  /** Links all packages but ours, which comes from its tarball: bundlers treat a linked package as part of the project. */
  async #install(): Promise<void> {
    const { modules } = await packed();
    const target = join(this.folder, 'node_modules');
    mkdirSync(target);
    for (const source of new Set([packages, ours])) {
      for (const name of readdirSync(source)) {
        if (name === 'carillon' || name[0] === '.' || existsSync(join(target, name))) continue;
        symlinkSync(join(source, name), join(target, name));
      }
    }
    cpSync(join(modules, 'carillon'), join(target, 'carillon'), { recursive: true });
  }

  /** The packages are linked from elsewhere, which bundlers do not follow on their own. */
  #configure(): void {
    renameSync(join(this.folder, 'next.config.mjs'), join(this.folder, 'next.config.own.mjs'));
    writeFileSync(
      join(this.folder, 'next.config.mjs'),
      `import config from './next.config.own.mjs';
       const root = ${JSON.stringify(parse(this.folder).root)};
       export default { ...config, turbopack: { ...config.turbopack, root }, outputFileTracingRoot: root };`,
    );
  }

  /** `next build`. */
  async build(...options: string[]): Promise<string> {
    const built = this.#spawn([this.#next, 'build', ...options]);
    const code = await built.exited;
    if (code !== 0) throw new Error(`next build failed:\n${built.output()}`);
    return built.output();
  }

  /** `next dev` or `next start`, on a free port. */
  next(command: 'dev' | 'start', options: string[] = [], environment?: Record<string, string>): Promise<NextProcess> {
    const args = [this.#next, command, '--port', '0', '--hostname', '127.0.0.1', ...options];
    return this.#instrumented(args, environment);
  }

  /** `next dev`, with this bundler. */
  dev(bundler: 'turbopack' | 'webpack'): Promise<NextProcess> {
    const { version } = JSON.parse(readFileSync(join(packages, 'next', 'package.json'), 'utf8'));
    // Before 16 it was webpack unless one asked for the other.
    return this.next('dev', bundler === 'webpack' && version.startsWith('15.') ? [] : [`--${bundler}`]);
  }

  /** The server of `output: 'standalone'`, which takes port 0 for 3000. */
  async standalone(): Promise<NextProcess> {
    const folder = join(this.folder, '.next', 'standalone', relative(parse(this.folder).root, this.folder));
    const environment = { PORT: String(await freePort()), HOSTNAME: '127.0.0.1' };
    return this.#instrumented([join(folder, 'server.js')], environment);
  }

  /** A script of the project that prints `listening at <address>`. */
  run(script: string, args: string[], environment: Record<string, string> = {}): Promise<NextProcess> {
    return this.#start([script, ...args], /listening at (http\S+)/, environment);
  }

  /** Ends what still runs, and removes the folder. */
  async remove(): Promise<void> {
    for (const child of this.#processes) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #next(): string {
    return join(packages, 'next', 'dist', 'bin', 'next');
  }

  /** A server of Next's own, once `instrumentation.js` has run: Next listens before that, and 15 even answers. */
  async #instrumented(args: string[], environment: Record<string, string> = {}): Promise<NextProcess> {
    const started = await this.#start(args, /Local: +(http\S+)/, environment);
    if (environment.MODE !== 'custom') await started.printed(/instrumented/);
    return started;
  }

  async #start(args: string[], ready: RegExp, environment?: Record<string, string>): Promise<NextProcess> {
    const { child, output, exited } = this.#spawn(args, environment);
    const printed = (pattern: RegExp): Promise<RegExpExecArray> =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => finish(new Error(`never printed ${pattern}:\n${output()}`)), PATIENCE);
        const look = (): void => {
          const match = pattern.exec(output());
          if (match) finish(match);
        };
        const finish = (result: RegExpExecArray | Error): void => {
          clearTimeout(timer);
          child.stdout?.off('data', look);
          child.stderr?.off('data', look);
          if (result instanceof Error) reject(result);
          else resolve(result);
        };
        child.stdout?.on('data', look);
        child.stderr?.on('data', look);
        exited.then((code) => finish(new Error(`ended with ${code} and never printed ${pattern}:\n${output()}`)));
        look();
      });
    const url = (await printed(ready))[1] as string;
    // Next runs `instrumentation.js` with the first request, if it has not yet.
    await fetch(url);
    return {
      url,
      child,
      output,
      printed,
      end(signal = 'SIGTERM') {
        child.kill(signal);
        return exited;
      },
    };
  }

  #spawn(args: string[], environment: Record<string, string> = {}) {
    const { NODE_ENV: _, ...inherited } = process.env;
    const child = spawn(process.execPath, args, {
      cwd: this.folder,
      env: { ...inherited, NODE_OPTIONS: '', NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1', ...environment } as never,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#processes.add(child);
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk;
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const exited = once(child, 'exit').then(([code, signal]) => {
      this.#processes.delete(child);
      return (signal ?? code) as number | string;
    });
    return { child, output: () => output, exited };
  }
}

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
