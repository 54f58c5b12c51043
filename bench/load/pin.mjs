import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/**
 * Gives server and load a core each, where the system can (Linux with `taskset`). Where the scheduler is left to choose,
 * two processes that wake each other sometimes share a core and sometimes do not, and a round trip takes a third or three
 * times as long.
 * @param {number} server process id
 * @param {number} load process id
 */
export function pinToCores(server, load) {
  if (process.platform !== 'linux' || availableParallelism() < 2) return;
  try {
    execFileSync('taskset', ['-a', '-c', '-p', '0', String(server)], { stdio: 'ignore' });
    execFileSync('taskset', ['-a', '-c', '-p', '1', String(load)], { stdio: 'ignore' });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}
