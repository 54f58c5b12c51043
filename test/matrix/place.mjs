import { execFile, spawn } from 'node:child_process';
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
import { promisify } from 'node:util';
import { packed } from '../support/packed.mjs';

const root = realpathSync(fileURLToPath(new URL('../..', import.meta.url)));
const packages = join(root, 'node_modules');
const run = promisify(execFile);

/** Milliseconds a command may take. */
const LIMIT = 240_000;

/**
 * A temporary folder outside of the project in which a row of the matrix runs, as the folder of somebody who installed
 * the packed tarball. What is installed is noted with its version, for the table.
 */
export class Place {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'carillon-matrix-')));
  /** Names and versions of what was installed and used. */
  versions = {};
  #programs = new Set();

  /** Writes a file; an object becomes JSON. */
  write(file, content) {
    const path = join(this.folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  }

  read(file) {
    return readFileSync(join(this.folder, file), 'utf8');
  }

  /**
   * `npm install` from the registry. `carillon` (and `socket.io@carillon`, `socket.io-client@carillon`: an alias of
   * that name) is what this project packs; everything else is what npm takes, such as `next@15.1.0`. Peer conflicts are
   * errors, as they are for users.
   *
   * @throws Error with npm's output when it fails.
   */
  async install(...names) {
    const { tarball, clientTarball, serverTarball } = await packed();
    const own = { carillon: tarball, 'carillon-client': clientTarball, 'carillon-socket.io': serverTarball };
    if (!existsSync(join(this.folder, 'package.json'))) this.write('package.json', { private: true });
    const specifiers = names.map((name) => {
      if (own[name]) return own[name];
      const alias = /^(.+)@(carillon|carillon-client|carillon-socket\.io)$/.exec(name);
      return alias ? `${alias[1]}@file:${own[alias[2]]}` : name;
    });
    await this.run(
      `npm install --no-audit --no-fund --prefer-offline ${specifiers.map((each) => `"${each}"`).join(' ')}`,
    );
    for (const name of names) this.#note(/^(@?[^@]+)/.exec(name)[1]);
  }

  /**
   * Installs the packed tarball without the network, and links to packages this project has installed itself: for rows
   * of the share. `alias=name` links a package under another name.
   */
  async link(...names) {
    const { modules } = await packed();
    const target = join(this.folder, 'node_modules');
    cpSync(modules, target, { recursive: true, verbatimSymlinks: false });
    for (const each of names) {
      const [name, source = name] = each.split('=');
      if (source.startsWith('carillon') && name !== source)
        cpSync(join(target, source), join(target, name), { recursive: true });
      else if (name !== 'carillon') this.#link(name, join(packages, source), target);
      this.#note(name);
    }
  }

  #link(name, source, target) {
    if (!existsSync(source)) throw new Error(`${source} is not installed: add it to the devDependencies`);
    mkdirSync(dirname(join(target, name)), { recursive: true });
    rmSync(join(target, name), { recursive: true, force: true });
    symlinkSync(source, join(target, name), 'junction');
    const { bin = {} } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
    const commands = typeof bin === 'string' ? { [name]: bin } : bin;
    mkdirSync(join(target, '.bin'), { recursive: true });
    for (const [command, file] of Object.entries(commands)) {
      const link = join(target, '.bin', command);
      if (!existsSync(link)) symlinkSync(join(source, file), link);
    }
  }

  #note(name) {
    const file = join(this.folder, 'node_modules', name, 'package.json');
    if (!existsSync(file)) return;
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    if (!manifest.name.startsWith('carillon')) this.versions[name] = manifest.version;
  }

  /**
   * Runs a command line to its end, with the commands of installed packages in its path.
   *
   * @param {{ node?: string, env?: Record<string, string>, limit?: number }} [options] `node` is the binary that `node`
   * means in the command: see {@link nodeBinary}.
   * @returns {Promise<string>} what it printed. @throws Error with that when it fails or takes too long.
   */
  async run(command, options = {}) {
    const { exited, output } = this.start(command, options);
    const code = await exited;
    if (code !== 0) throw new Error(`\`${command}\` ended with ${code}:\n${output()}`);
    return output();
  }

  /** Starts a command line; it is ended with the row at the latest. */
  start(command, { node, env = {}, limit = LIMIT } = {}) {
    const { NODE_ENV: _env, NODE_OPTIONS: _options, ...inherited } = process.env;
    const path = [join(this.folder, 'node_modules', '.bin'), ...(node ? [dirname(node)] : []), inherited.PATH].join(
      ':',
    );
    const child = spawn(command, {
      cwd: this.folder,
      shell: true,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...inherited, NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1', ...env, PATH: path },
    });
    this.#programs.add(child);
    let output = '';
    const collect = (chunk) => {
      output += chunk;
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const timer = setTimeout(() => {
      output += `\nnot done after ${limit / 1000} s`;
      this.#kill(child);
    }, limit);
    const exited = once(child, 'close').then(([code, signal]) => {
      clearTimeout(timer);
      this.#programs.delete(child);
      return signal ?? code;
    });
    const printed = async (pattern) => {
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
    const end = () => {
      this.#kill(child);
      return exited;
    };
    return { child, exited, output: () => output, printed, end };
  }

  #kill(child) {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  }

  /** Ends what still runs, and removes the folder. */
  async remove() {
    const ends = [...this.#programs].map((child) => once(child, 'close'));
    for (const child of this.#programs) this.#kill(child);
    await Promise.all(ends);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/**
 * The binary of another version of Node.js, from the npm packages that carry them; kept in `node_modules/.cache`.
 *
 * @param {string} version as npm takes it: `20.19`, `22`.
 */
export async function nodeBinary(version) {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(packages, '.cache', 'carillon-matrix', `${name}@${version}`);
  const find = () => {
    const bin = join(folder, 'node_modules', name, 'bin');
    return existsSync(bin)
      ? join(
          bin,
          readdirSync(bin).find((each) => /^node(\.exe)?$/.test(each)),
        )
      : undefined;
  };
  if (find() === undefined) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true }');
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', `${name}@${version}`], { cwd: folder });
  }
  const binary = find();
  if (binary === undefined) throw new Error(`${name}@${version} has no binary`);
  const { stdout } = await run(binary, ['--version']);
  return { binary, version: stdout.trim().slice(1) };
}
