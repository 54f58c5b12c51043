// Programs out of Debian's packages without installing them: downloaded and unpacked into a folder, by any user, once.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const run = (command, args) =>
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 10 * 60_000 });

/** The program of this name on the PATH, if there is one. */
export const onPath = (name) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));

/** The first line of a program's output; `undefined` when it does not run. */
export function answerOf(path, args, options = {}) {
  try {
    return execFileSync(path, args, { encoding: 'utf8', stdio: 'pipe', timeout: 30_000, ...options }).split('\n')[0];
  } catch {
    return undefined;
  }
}

/** The line of a failed command's output that says why. */
export function reasonOf(error) {
  const lines = String(error.stderr || error.message).split('\n');
  return (lines.find((line) => /error|^E:/i.test(line)) ?? lines[0]).trim();
}

/**
 * Unpacks a package, and those it depends on that are not installed, into `tree`. The folder appears when it is complete.
 *
 * @throws {Error} when there is no apt-get, or it cannot get the package.
 */
export function unpackPackage(name, tree) {
  if (onPath('apt-get') === undefined) throw new Error('there is no apt-get');
  mkdirSync(dirname(tree), { recursive: true });
  const unfinished = mkdtempSync(`${tree}-`);
  const state = mkdtempSync(join(tmpdir(), 'carillon-apt-'));
  try {
    for (const folder of ['lists/partial', 'archives/partial']) mkdirSync(join(state, folder), { recursive: true });
    const download = (...options) => {
      const all = [`Dir::Cache=${state}`, 'Debug::NoLocking=true', 'APT::Sandbox::User=root', ...options];
      const apt = (...args) => run('apt-get', ['-q', ...all.flatMap((option) => ['-o', option]), ...args]);
      if (options.length > 0) apt('update');
      apt('install', '-y', '--reinstall', '--no-install-recommends', '--download-only', name);
    };
    try {
      download();
    } catch {
      // The machine has no lists of packages, or old ones: get our own.
      download(`Dir::State::lists=${state}/lists`);
    }
    const archives = join(state, 'archives');
    for (const file of readdirSync(archives)) {
      if (file.endsWith('.deb')) run('dpkg', ['-x', join(archives, file), unfinished]);
    }
    run('chmod', ['755', unfinished]);
    rmSync(tree, { recursive: true, force: true });
    renameSync(unfinished, tree);
  } finally {
    rmSync(state, { recursive: true, force: true });
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** The folders with shared libraries in an unpacked tree, as LD_LIBRARY_PATH wants them. */
export function librariesIn(tree) {
  const parents = [join(tree, 'lib'), join(tree, 'usr/lib')].filter((folder) => existsSync(folder));
  const ofArchitecture = (parent) => readdirSync(parent).filter((name) => name.endsWith('-linux-gnu'));
  return parents.flatMap((parent) => [parent, ...ofArchitecture(parent).map((name) => join(parent, name))]).join(':');
}

/** Does something in one process at a time; one that died while it held the lock does not hold it any more. */
export async function exclusively(lock, action) {
  mkdirSync(dirname(lock), { recursive: true });
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!isAlive(lock)) rmSync(lock, { force: true });
    else await delay(200);
  }
  try {
    return await action();
  } finally {
    rmSync(lock, { force: true });
  }
}

function isAlive(lock) {
  let pid;
  try {
    pid = Number(readFileSync(lock, 'utf8'));
  } catch {
    return false;
  }
  if (!pid) return true; // just being written
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
