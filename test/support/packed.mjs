// The package as `npm pack` makes it, installed once as `npm install` does, for all tests that want what users get.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dist = join(root, 'dist');
const run = promisify(execFile);

/**
 * Packs what was built and installs it into an empty project, offline: of what it depends on, the project gets links to
 * the packages of this one. It is done once per build, and kept in `dist`.
 *
 * @returns {Promise<{ tarball: string, clientTarball: string, serverTarball: string, modules: string }>} paths of the tarball,
 * of those of `carillon-client` and `carillon-socket.io`, and of a `node_modules` with them and what they depend on.
 */
export async function packed() {
  if (!existsSync(join(dist, 'browser'))) throw new Error('Not built: run `npm run build` first.');
  const folder = join(dist, 'packed', String(await newest([dist, join(root, 'package.json')])));
  const found = {
    tarball: join(folder, 'carillon.tgz'),
    clientTarball: join(folder, 'carillon-client.tgz'),
    serverTarball: join(folder, 'carillon-socket.io.tgz'),
    modules: join(folder, 'node_modules'),
  };
  if (existsSync(folder)) return found;
  await mkdir(dirname(folder), { recursive: true });
  // What was packed from earlier builds.
  for (const name of await readdir(dirname(folder))) {
    if (!name.startsWith(basename(folder))) await rm(join(dirname(folder), name), { recursive: true, force: true });
  }
  const work = await mkdtemp(`${folder}-`);
  try {
    for (const [name, source] of [
      ['carillon', root],
      ['carillon-client', join(dist, 'packages', 'carillon-client')],
      ['carillon-socket.io', join(dist, 'packages', 'carillon-socket.io')],
    ]) {
      await npm(source, 'pack', '--ignore-scripts', '--pack-destination', work);
      const made = (await readdir(work)).find((each) => /-\d.*\.tgz$/.test(each));
      await rename(join(work, made), join(work, `${name}.tgz`));
    }
    const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const links = Object.keys(dependencies).map((each) => [each, `file:${join(root, 'node_modules', each)}`]);
    await writeFile(join(work, 'package.json'), JSON.stringify({ dependencies: Object.fromEntries(links) }));
    const cache = join(work, 'cache');
    const flags = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--cache', cache];
    await npm(work, 'install', ...flags, './carillon.tgz', './carillon-client.tgz', './carillon-socket.io.tgz');
    await rm(cache, { recursive: true, force: true });
    // Another process may have been faster.
    await rename(work, folder).catch(() => rm(work, { recursive: true, force: true }));
  } catch (error) {
    await rm(work, { recursive: true, force: true });
    throw error;
  }
  return found;
}

/** Through a shell, because npm is a script with another name on Windows. */
function npm(cwd, ...args) {
  return run('npm', args, { cwd, shell: process.platform === 'win32' });
}

/** The time of the last change below these paths, in milliseconds. */
async function newest(paths) {
  const times = await Promise.all(
    paths.map(async (path) => {
      if (path === join(dist, 'packed')) return 0;
      const found = await stat(path);
      if (!found.isDirectory()) return found.mtimeMs;
      return newest((await readdir(path)).map((name) => join(path, name)));
    }),
  );
  return Math.max(0, ...times);
}
