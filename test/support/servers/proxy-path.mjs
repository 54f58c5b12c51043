// Where nginx and HAProxy are; unpacks them on a machine that has none. Plain JavaScript, because test/run.mjs needs it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answerOf, exclusively, librariesIn, onPath, reasonOf, unpackPackage } from './debian-packages.mjs';

const cache = fileURLToPath(new URL('../../../node_modules/.cache/carillon', import.meta.url));

/** @param {string} name */
function find(name) {
  const tree = join(cache, name, 'root');
  const runs = ({ path, env }) => answerOf(path, ['-v'], { env: { ...process.env, ...env } }) !== undefined;
  const candidates = [onPath(name), join('/usr/sbin', name)].map((path) => path && { path, env: {} });
  const unpacked = { path: join(tree, 'usr/sbin', name), env: { LD_LIBRARY_PATH: librariesIn(tree) } };
  return [...candidates, unpacked].find((found) => found && existsSync(found.path) && runs(found));
}

/**
 * A proxy that starts, and the environment it needs; unpacked from Debian's packages if there is none.
 *
 * @param {'nginx' | 'haproxy'} name
 * @param {(line: string) => void} [say] told what is being done, since it can take a moment
 * @returns {Promise<{ path: string, env: Record<string, string> }>}
 * @throws {Error} one line that says what to install
 */
export async function provideProxy(name, say = () => {}) {
  return (
    find(name) ??
    exclusively(join(cache, name, 'lock'), () => {
      const found = find(name); // Somebody else may have unpacked it while we waited.
      if (found) return found;
      say(`No ${name} found: unpacking one …`);
      let reason = 'it does not start';
      try {
        unpackPackage(name, join(cache, name, 'root'));
      } catch (error) {
        reason = reasonOf(error);
      }
      const proxy = find(name);
      if (proxy) return proxy;
      throw new Error(`These tests need ${name} (${reason}): install it (Debian: apt-get install ${name}).`);
    })
  );
}
