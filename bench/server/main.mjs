/**
 * The server under test, alone in its process. Started by `load/server-process.mjs`; it answers questions about its own
 * cost over the IPC channel and does nothing else besides serving.
 *
 * Arguments: the implementation's name and the workload's name.
 */
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { loadWorkload } from '../workloads/index.mjs';
import { frameworks } from './frameworks.mjs';
import { implementations } from './implementations.mjs';
import { startProfile, stopProfile } from './profile.mjs';

// Connections of the reconnect storm arrive faster than any server accepts them: the queue must not be what is measured.
const BACKLOG = 4096;

const [implementation, workloadName] = process.argv.slice(2);
const workload = await loadWorkload(workloadName);
const http = createServer();
await (implementations[implementation] ?? frameworks[implementation]).attach(
  http,
  { ...workload.serverOptions },
  workload,
);

/** Resident memory once everything that can be collected is collected, in bytes. */
async function residentMemory() {
  let smallest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 4; round++) {
    globalThis.gc();
    await delay(100);
    smallest = Math.min(smallest, process.memoryUsage().rss);
  }
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return { rss: smallest, heapUsed, external, arrayBuffers };
}

/** @type {Record<string, (argument: any) => any>} */
const questions = {
  usage: () => process.cpuUsage(),
  memory: residentMemory,
  startProfile,
  stopProfile,
};

process.on('message', async ({ id, question, argument }) => {
  const answer = await questions[question](argument);
  process.send({ id, answer });
});
process.on('disconnect', () => process.exit());

http.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, () => process.send({ port: http.address().port }));
