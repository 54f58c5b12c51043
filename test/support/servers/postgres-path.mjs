// Where PostgreSQL's programs are; unpacks them on a machine that has none. Plain JavaScript, because test/run.mjs needs it.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answerOf, exclusively, librariesIn, onPath, reasonOf, unpackPackage } from './debian-packages.mjs';

const isRoot = process.getuid?.() === 0;
// PostgreSQL does not run as root: what it is started as must be able to read the programs, wherever the project lies.
const cache = isRoot
  ? join(tmpdir(), 'carillon-postgres')
  : fileURLToPath(new URL('../../../node_modules/.cache/carillon/postgres', import.meta.url));
const tree = join(cache, 'root');

/** Who runs it: we, or, when we are root, a user without rights. */
function owner() {
  if (!isRoot) return {};
  const number = (flag, name) => Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }));
  const name = ['postgres', 'nobody'].find((user) => answerOf('id', ['-u', user]) !== undefined);
  return name === undefined ? {} : { uid: number('-u', name), gid: number('-g', name) };
}

/** Debian keeps the programs of each version in a folder of its own, and only some of them on the PATH. */
function versionsIn(root) {
  const folder = join(root, 'usr/lib/postgresql');
  if (!existsSync(folder)) return [];
  const versions = readdirSync(folder).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(folder, version, 'bin'));
}

function works({ bin, env, user }) {
  const version = answerOf(join(bin, 'postgres'), ['--version'], {
    env: { ...process.env, ...env },
    ...user,
    cwd: '/',
  });
  return Number(/ (\d+)/.exec(version ?? '')?.[1]) >= 13 && existsSync(join(bin, 'initdb'));
}

/** The first of: CARILLON_POSTGRES, Debian's folders, the PATH, what we unpacked before; undefined if there is none that runs. */
function findPostgres() {
  const user = owner();
  if (process.env.CARILLON_POSTGRES) return { bin: process.env.CARILLON_POSTGRES, env: {}, user };
  const onOurPath = onPath('postgres');
  const installed = [...versionsIn('/'), ...(onOurPath ? [join(onOurPath, '..')] : [])];
  const candidates = [
    ...installed.map((bin) => ({ bin, env: {}, user })),
    ...versionsIn(tree).map((bin) => ({ bin, env: { LD_LIBRARY_PATH: librariesIn(tree) }, user })),
  ];
  return candidates.find(works);
}

/**
 * PostgreSQL's programs, the environment and the user they need; unpacked from Debian's packages if there are none.
 *
 * @param {(line: string) => void} [say] told what is being done, since it can take a moment
 * @returns {Promise<{ bin: string, env: Record<string, string>, user: { uid?: number, gid?: number } }>}
 * @throws {Error} one line that says what to install
 */
export async function providePostgres(say = () => {}) {
  return (
    findPostgres() ??
    exclusively(join(cache, 'lock'), () => {
      const found = findPostgres(); // Somebody else may have unpacked it while we waited.
      if (found) return found;
      say('No PostgreSQL found: unpacking one …');
      let reason = 'it does not start';
      try {
        unpackPackage('postgresql', tree);
      } catch (error) {
        reason = reasonOf(error);
      }
      const postgres = findPostgres();
      if (postgres) return postgres;
      throw new Error(
        `These tests need PostgreSQL 13 or later (${reason}): install it (Debian: apt-get install postgresql), or set CARILLON_POSTGRES to the folder of its programs.`,
      );
    })
  );
}
