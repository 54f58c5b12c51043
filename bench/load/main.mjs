/** The load, alone in its process: runs one workload against one implementation, whose server it starts. */
import { loadWorkload } from '../workloads/index.mjs';
import { Bench } from './bench.mjs';

/** @type {import('./bench.mjs').Settings} */
const settings = JSON.parse(process.argv[2]);
const workload = await loadWorkload(settings.workload);

/** @param {Error} error */
function fail(error) {
  bench.stopServer();
  process.send({ error: error.stack }, () => process.exit(1));
}

const bench = new Bench(settings, (row, metrics) => process.send({ row, metrics }), fail);

process.on('disconnect', () => {
  bench.stopServer();
  process.exit();
});
process.on('uncaughtException', fail);

if (!workload.standalone) await bench.startServer();
if (workload.pinned) bench.pin();
await workload.drive(bench);
bench.stopServer();
process.send({ done: true }, () => process.exit());
