/** `npm run bench`: carillon, Socket.IO and bare `ws` doing the same work side by side. See docs/performance.md. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseOptions, usage } from './options.mjs';
import { drawCharts } from './report/charts.mjs';
import { frameworkTable } from './report/frameworks.mjs';
import { insertTables } from './report/markdown.mjs';
import { costTable, disturbance, figure, latencyTable, targetTable } from './report/table.mjs';
import { checkDescriptorLimit, plan, run } from './runner.mjs';
import { implementations } from './server/implementations.mjs';

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));

async function main() {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) return console.log(usage);
  if (options.draw) return draw(JSON.parse(readFileSync(options.draw, 'utf8')));
  const plans = await plan(options.names);
  const rows = plans.flatMap((one) => one.rows);
  if (options.list) return console.log(rows.map(({ id, title }) => `${id.padEnd(22)} ${title}`).join('\n'));
  for (const server of options.servers) {
    const missing = implementations[server].missing();
    if (missing) throw new Error(missing);
  }
  checkDescriptorLimit(plans);

  const machine = describeMachine(options.servers);
  console.log(`${machine.cpu}, ${machine.cores} cores, ${machine.memory}, Node ${machine.node}, ${machine.date}`);
  console.log(
    `${Object.entries(machine.versions)
      .map((pair) => pair.join('@'))
      .join(', ')}; ${options.runs} run(s)\n`,
  );

  const start = performance.now();
  const failures = [];
  const onFailure = (error) => {
    failures.push(error.message.split('\n')[0]);
    console.error(`failed: ${error.message}`);
  };
  const onRow = ({ step, steps, run, implementation, row, metrics }) => {
    const elapsed = Math.round((performance.now() - start) / 1000);
    const latency = metrics.p99 === undefined ? '' : `, p50 ${figure(metrics.p50)} ms, p99 ${figure(metrics.p99)} ms`;
    const place = `${String(elapsed).padStart(4)} s  [${step}/${steps}] run ${run}`;
    console.log(`${place}  ${implementation.padEnd(9)}  ${row.title}: ${figure(metrics.cost)} ${row.unit}${latency}`);
  };
  const results = await run(plans, options, onRow, onFailure);

  console.log(`\nCost (median of ${options.runs}; the ratio is Socket.IO's divided by carillon's)\n`);
  console.log(costTable(results, rows, options.servers));
  console.log('\nLatency in milliseconds, and throughput; busy: CPU time of the server and of the load, per second\n');
  console.log(latencyTable(results, rows, options.servers));
  const inFrameworks = frameworkTable(results, rows);
  if (inFrameworks) console.log(`\nThrough frameworks\n\n${inFrameworks}`);
  const verdicts = targetTable(results, rows);
  if (verdicts) console.log(`\n${verdicts}`);
  const disturbed = disturbance(results);
  if (disturbed) console.log(`\n${disturbed}`);
  if (options.profile) console.log('\nTaken with the profiler on: do not compare the figures.');

  const report = {
    machine,
    settings: { runs: options.runs, seconds: options.seconds, quick: options.quick },
    rows,
    results,
  };
  write(folder('../test-output'), 'bench.json', report);
  if (options.save) {
    write(folder('./results'), `${machine.date}.json`, report);
    draw(report);
  }
  if (failures.length > 0) throw new Error(`these turns failed, the figures are without them: ${failures.join('; ')}`);
}

function describeMachine(servers) {
  return {
    cpu: cpus()[0].model,
    cores: cpus().length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    date: new Date().toISOString().slice(0, 10),
    versions: Object.fromEntries(servers.map((server) => [server, implementations[server].version()])),
  };
}

function write(directory, name, report) {
  mkdirSync(directory, { recursive: true });
  writeFileSync(`${directory}/${name}`, `${JSON.stringify(report, null, 2)}\n`);
}

/** Charts and tables of the documents. */
function draw(report) {
  const directory = folder('../docs/images');
  mkdirSync(directory, { recursive: true });
  for (const [name, svg] of drawCharts(report)) {
    writeFileSync(`${directory}/${name}`, svg);
    console.log(`drew docs/images/${name}`);
  }
  for (const name of ['README.md', 'docs/performance.md']) {
    const path = folder(`../${name}`);
    if (!existsSync(path)) continue;
    const document = readFileSync(path, 'utf8');
    const updated = insertTables(document, report);
    if (updated === document) continue;
    writeFileSync(path, updated);
    console.log(`put the tables into ${name}`);
  }
}

await main().catch((error) => {
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
});
