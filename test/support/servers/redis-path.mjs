// Where a redis-server (7 or later) is; unpacks one on a machine that has none. Plain JavaScript, because test/run.mjs needs it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answerOf, exclusively, librariesIn, onPath, reasonOf, unpackPackage } from './debian-packages.mjs';

const cache = fileURLToPath(new URL('../../../node_modules/.cache/carillon/redis', import.meta.url));
const tree = join(cache, 'root');

/** Sharded channels are what asks for Redis 7. */
function isRecent({ path, env }) {
  const version = answerOf(path, ['--version'], { env: { ...process.env, ...env } });
  return Number(/v=(\d+)/.exec(version ?? '')?.[1]) >= 7;
}

function unpacked() {
  const path = join(tree, 'usr/bin/redis-server');
  return existsSync(path) ? { path, env: { LD_LIBRARY_PATH: librariesIn(tree) } } : undefined;
}

/** The first of: CARILLON_REDIS, the PATH, what we unpacked before; undefined if there is none that runs. */
function findRedis() {
  if (process.env.CARILLON_REDIS) return { path: process.env.CARILLON_REDIS, env: {} };
  const installed = onPath('redis-server');
  return [installed && { path: installed, env: {} }, unpacked()].find((found) => found && isRecent(found));
}

/**
 * A redis-server that starts, and the environment it needs; unpacked from Debian's packages if there is none.
 *
 * @param {(line: string) => void} [say] told what is being done, since it can take a moment
 * @returns {Promise<{ path: string, env: Record<string, string> }>}
 * @throws {Error} one line that says what to install
 */
export async function provideRedis(say = () => {}) {
  return (
    findRedis() ??
    exclusively(join(cache, 'lock'), () => {
      const found = findRedis(); // Somebody else may have unpacked it while we waited.
      if (found) return found;
      say('No Redis 7 found: unpacking one …');
      let reason = 'it does not start';
      try {
        unpackPackage('redis-server', tree);
      } catch (error) {
        reason = reasonOf(error);
      }
      const redis = findRedis();
      if (redis) return redis;
      throw new Error(
        `These tests need Redis 7 or later (${reason}): install it (Debian: apt-get install redis-server), or set CARILLON_REDIS to the path of a redis-server.`,
      );
    })
  );
}
