/** Runs the workloads, each server in turn, each in fresh processes. */
import { execSync, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { loadWorkload, names } from './workloads/index.mjs';

const LOAD = fileURLToPath(new URL('./load/main.mjs', import.meta.url));
// A run takes seconds; one that takes this long waits for something that will not come.
const RUN_TIMEOUT = 180_000;
// Standard streams, the IPC channel, the listening socket and what the runtime keeps open.
const OTHER_DESCRIPTORS = 100;

/**
 * @typedef {object} Plan one workload with the rows that were asked for
 * @property {import('./workloads/index.mjs').Workload} workload
 * @property {import('./workloads/index.mjs').Row[]} rows
 */

/**
 * @param {string[]} prefixes
 * @returns {Promise<Plan[]>}
 * @throws {Error} if a prefix matches nothing
 */
export async function plan(prefixes) {
  const workloads = await Promise.all(names.map(loadWorkload));
  const ids = new Set(workloads.flatMap(({ rows }) => rows.map(({ id }) => id)));
  const matches = ({ id }, prefix) => (ids.has(prefix) ? id === prefix : id.startsWith(prefix));
  for (const prefix of prefixes) {
    if (!workloads.some(({ rows }) => rows.some((row) => matches(row, prefix)))) {
      throw new Error(`no workload starts with ${prefix}; there are ${names.join(', ')}`);
    }
  }
  return workloads
    .map((workload) => ({
      workload,
      rows: workload.rows.filter((row) => prefixes.length === 0 || prefixes.some((prefix) => matches(row, prefix))),
    }))
    .filter(({ rows }) => rows.length > 0);
}

/** @param {Plan[]} plans @throws {Error} if this process may not open enough connections */
export function checkDescriptorLimit(plans) {
  const needed = Math.max(...plans.flatMap(({ rows }) => rows.map(({ connections = 0 }) => connections)));
  // Node raises the soft limit to the hard one by itself.
  const limit = Number(execSync('ulimit -Hn', { shell: '/bin/sh', encoding: 'utf8' }));
  if (needed + OTHER_DESCRIPTORS > limit) {
    throw new Error(
      `${needed} connections need ${needed + OTHER_DESCRIPTORS} file descriptors, and the hard limit (ulimit -Hn) is ${limit}: raise it, or name the workloads to run`,
    );
  }
}

/**
 * Every server in turn, then again: what drifts on the machine meets all of them.
 * @param {Plan[]} plans
 * @param {ReturnType<import('./options.mjs').parseOptions>} options
 * @param {(progress: {step: number, steps: number, run: number, implementation: string, row: import('./workloads/index.mjs').Row, metrics: import('./load/bench.mjs').Metrics}) => void} onRow
 * @param {(error: Error) => void} onFailure told of a turn that failed: the others go on
 * @returns {Promise<Record<string, Record<string, import('./load/bench.mjs').Metrics[]>>>} row, implementation, run
 */
export async function run(plans, options, onRow, onFailure) {
  const results = {};
  const turns = plans.flatMap(({ workload, rows }) => {
    const chosen = options.servers.filter((server) => workload.implementations?.includes(server) ?? true);
    const able = [...chosen, ...(workload.also ?? [])];
    return Array.from({ length: options.runs }, (_, index) =>
      able.map((server) => ({ workload, rows, server, index })),
    ).flat();
  });
  for (const [step, { workload, rows, server, index }] of turns.entries()) {
    const settings = {
      workload: workload.name,
      implementation: server,
      rows: rows.map(({ id }) => id),
      seconds: options.seconds,
      quick: options.quick,
      profiles: options.profile ? fileURLToPath(new URL('../test-output/profiles', import.meta.url)) : undefined,
    };
    await runOnce(settings, (id, metrics) => {
      results[id] ??= {};
      // A run that fails leaves its place empty: ratios are taken within a run.
      results[id][server] ??= new Array(options.runs).fill(null);
      results[id][server][index] = metrics;
      const row = rows.find((candidate) => candidate.id === id);
      onRow({ step: step + 1, steps: turns.length, run: index + 1, implementation: server, row, metrics });
    }).catch(onFailure);
  }
  return results;
}

function runOnce(settings, onRow) {
  return new Promise((resolve, reject) => {
    const child = fork(LOAD, [JSON.stringify(settings)]);
    const where = `${settings.workload}, ${settings.implementation}`;
    const timer = setTimeout(() => end(new Error(`${where}: nothing happened any more`)), RUN_TIMEOUT);
    const end = (error) => {
      clearTimeout(timer);
      child.removeAllListeners();
      // The load ends its server when the channel closes.
      if (child.connected) child.disconnect();
      if (error) reject(error);
      else resolve();
    };
    child.on('message', ({ row, metrics, error, done }) => {
      if (row) onRow(row, metrics);
      else if (error) end(new Error(`${where}: ${error}`));
      else if (done) end();
    });
    child.on('exit', (code) => end(new Error(`${where}: the load ended with code ${code}`)));
  });
}
