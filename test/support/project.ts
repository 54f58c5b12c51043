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
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packed } from './packed.mjs';

const packages = join(realpathSync(fileURLToPath(new URL('../..', import.meta.url))), 'node_modules');

/** A program of a project, at work. */
export interface Program {
  child: ChildProcess;
  output(): string;
  /** Resolves when the output matches. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves to the exit code, or the name of the signal that ended it. */
  exited: Promise<number | string>;
  /** Sends a signal; resolves as {@link exited}. */
  end(signal?: NodeJS.Signals): Promise<number | string>;
}

/**
 * An empty folder somewhere else, into which packages are installed: carillon from its tarball, others as links to the
 * ones that are here. Nothing else is found from there.
 */
export class Project {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'carillon-project-')));
  readonly #programs = new Set<ChildProcess>();

  /** @param names what `npm install` is given. */
  static async with(names: readonly string[]): Promise<Project> {
    const project = new Project();
    const { modules } = await packed();
    const target = join(project.folder, 'node_modules');
    cpSync(modules, target, { recursive: true, verbatimSymlinks: false });
    for (const name of names) if (name !== 'carillon') project.#link(name, target);
    return project;
  }

  #link(name: string, target: string): void {
    const source = join(packages, name);
    if (!existsSync(source)) throw new Error(`${name} is not installed here, so no project can have it`);
    if (!existsSync(join(target, name))) {
      mkdirSync(dirname(join(target, name)), { recursive: true });
      symlinkSync(source, join(target, name), 'junction');
    }
    const { bin = {} } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
    const commands: string[] = typeof bin === 'string' ? [name] : Object.keys(bin);
    mkdirSync(join(target, '.bin'), { recursive: true });
    for (const command of commands) {
      for (const file of readdirSync(join(packages, '.bin'))) {
        if (file.replace(/\.(cmd|ps1)$/, '') !== command || existsSync(join(target, '.bin', file))) continue;
        symlinkSync(realpathSync(join(packages, '.bin', file)), join(target, '.bin', file));
      }
    }
  }

  write(file: string, text: string): void {
    const path = join(this.folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** Runs a command line to its end. @throws Error with its output when it fails. */
  async run(command: string, environment?: Record<string, string>): Promise<string> {
    const { exited, output } = this.start(command, environment);
    const code = await exited;
    if (code !== 0) throw new Error(`\`${command}\` ended with ${code}:\n${output()}`);
    return output();
  }

  /** Starts a command line that runs until it is told to end. */
  start(command: string, environment: Record<string, string> = {}): Program {
    const { NODE_ENV: _, ...inherited } = process.env;
    const child = spawn(command, {
      cwd: this.folder,
      shell: true,
      // A group of its own: a signal is for the program, not for the shell around it.
      detached: true,
      env: {
        ...inherited,
        NODE_OPTIONS: '',
        NEXT_TELEMETRY_DISABLED: '1',
        NO_COLOR: '1',
        npm_config_offline: 'true',
        npm_config_update_notifier: 'false',
        ...environment,
      } as never,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#programs.add(child);
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk;
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const exited = once(child, 'close').then(([code, signal]) => {
      this.#programs.delete(child);
      return (signal ?? code) as number | string;
    });
    const printed = async (pattern: RegExp): Promise<RegExpExecArray> => {
      for (;;) {
        const match = pattern.exec(output);
        if (match) return match;
        const more = Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')]);
        const end = exited.then((code) => {
          throw new Error(`\`${command}\` ended with ${code} and never printed ${pattern}:\n${output}`);
        });
        await Promise.race([more, end]);
      }
    };
    return {
      child,
      output: () => output,
      printed,
      exited,
      end(signal = 'SIGTERM') {
        process.kill(-child.pid!, signal);
        return exited;
      },
    };
  }

  /** Ends what still runs, and removes the folder. */
  async remove(): Promise<void> {
    const ends = [...this.#programs].map((child) => once(child, 'close'));
    for (const child of this.#programs) process.kill(-child.pid!, 'SIGKILL');
    await Promise.all(ends);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
