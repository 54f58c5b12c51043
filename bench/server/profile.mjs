/** CPU profiles of the server under test (`--profile`): one file per row, and the functions that cost most as text. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { dirname } from 'node:path';

/** @type {Session | undefined} */
let session;

export async function startProfile() {
  session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
}

/**
 * Writes the profile to a file.
 * @param {string} path ends in `.cpuprofile`; Chromium's developer tools open it
 * @returns {Promise<string>} the most expensive functions by their own time, a line each
 */
export async function stopProfile(path) {
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(profile));
  return summary(profile);
}

/** @param {import('node:inspector').Profiler.Profile} profile */
function summary({ nodes, samples, timeDeltas }) {
  const frames = new Map(nodes.map((node) => [node.id, node.callFrame]));
  const selfTime = new Map();
  let busy = 0;
  samples.forEach((id, index) => {
    const { functionName, url, lineNumber } = frames.get(id);
    if (functionName === '(idle)') return;
    const place = url ? ` ${url.split('/').slice(-3).join('/')}:${lineNumber + 1}` : '';
    const key = `${functionName || '(anonymous)'}${place}`;
    selfTime.set(key, (selfTime.get(key) ?? 0) + timeDeltas[index]);
    busy += timeDeltas[index];
  });
  return [...selfTime]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 20)
    .map(([key, time]) => `${((100 * time) / busy).toFixed(1).padStart(6)}%  ${key}`)
    .join('\n');
}
