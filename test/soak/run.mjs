// `npm run soak`: a mixed load with churn, slow and hostile clients, for a while; draws docs/images/soak.svg, brings
// the table in docs/reliability.md up to date, and fails when something grows that must not.
//
//   npm run soak                        two minutes
//   npm run soak -- --seconds 3600      an hour
//   npm run soak -- --dry               without touching docs/
import { fork } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine } from '../load/machine.mjs';
import { HonestClients, startAttacks, startSlowReaders } from './load.mjs';
import { plot } from './plot.mjs';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '120' }, dry: { type: 'boolean', default: false } },
});
const seconds = Number(values.seconds);
const at = (path) => fileURLToPath(new URL(path, import.meta.url));

const child = fork(at('server.mjs'), { execArgv: ['--expose-gc'], stdio: ['ignore', 'inherit', 'ignore', 'ipc'] });
const samples = [];
let ended = null;
child.on('exit', (code, signal) => {
  ended = `code ${code}, signal ${signal}`;
});
const port = await new Promise((resolve) => child.once('message', (message) => resolve(message.port)));
child.on('message', (sample) => samples.push(sample));

const honest = new HonestClients(port, 100);
const stopAttacks = startAttacks(port, 50);
const stopSlowReaders = startSlowReaders(port, 2000);
await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
stopAttacks();
stopSlowReaders();
honest.stop();
// Everybody is gone: what is left is what leaked. Sessions without a goodbye end with the heartbeat.
const quietFrom = samples.length;
const isQuiet = () => samples.length > quietFrom && samples.at(-1).connections === 0;
for (let i = 0; i < 60 && !isQuiet() && ended === null; i++) await new Promise((resolve) => setTimeout(resolve, 1000));
const last = samples.at(-1);
child.removeAllListeners('exit');
child.disconnect();

/** Of the time after the warm-up, the halves must be alike. */
const steady = samples.slice(Math.floor(quietFrom / 4), quietFrom);
const median = (list, value) => list.map(value).sort((a, b) => a - b)[Math.floor(list.length / 2)];
const half = Math.floor(steady.length / 2);
const growth = (value) => median(steady.slice(half), value) / median(steady.slice(0, half), value) - 1;
const percent = (ratio) => `${ratio >= 0 ? '+' : ''}${(ratio * 100).toFixed(1)} %`;

const results = [
  ['Process', ended === null ? 'alive' : `ended: ${ended}`, ended === null],
  ['Heap, second half against first', percent(growth((each) => each.heap)), growth((each) => each.heap) < 0.1],
  [
    'Resources (sockets, timers), second half against first',
    percent(growth((each) => each.handles)),
    growth((each) => each.handles) < 0.1,
  ],
  [
    'Event-loop delay, 99th percentile, median',
    `${median(steady, (each) => each.delay).toFixed(1)} ms`,
    median(steady, (each) => each.delay) < 50,
  ],
  ['Connections left when everybody is gone', String(last.connections), last.connections === 0],
  ['Namespaces left', String(last.namespaces), last.namespaces === 1],
  ['Messages handled', last.delivered.toLocaleString('en'), last.delivered > 0],
  ['Errors of listeners, contained', String(last.failures), true],
];
for (const [what, result, isFine] of results) console.log(`${isFine ? 'ok  ' : 'FAIL'} ${what}: ${result}`);

if (!values.dry) {
  mkdirSync(at('../../docs/images'), { recursive: true });
  writeFileSync(
    at('../../docs/images/soak.svg'),
    plot(samples, [
      { title: 'Heap after collection', unit: 'MB', value: (each) => each.heap / 1e6 },
      { title: 'Resident memory', unit: 'MB', value: (each) => each.rss / 1e6 },
      { title: 'Connections', unit: '', value: (each) => each.connections },
      { title: 'Resources', unit: '', value: (each) => each.handles },
      { title: 'Event-loop delay, 99th percentile', unit: 'ms', value: (each) => each.delay },
    ]),
  );
  const file = at('../../docs/reliability.md');
  const table = `| measure | result |\n|---|---|\n${results.map(([what, result]) => `| ${what} | ${result} |`).join('\n')}`;
  const [before, rest] = readFileSync(file, 'utf8').split('<!-- soak:begin -->');
  const after = rest.split('<!-- soak:end -->')[1];
  const when = `${new Date().toISOString().slice(0, 10)}, ${seconds} seconds, ${machine()}.`;
  writeFileSync(file, `${before}<!-- soak:begin -->\n${when}\n\n${table}\n<!-- soak:end -->${after}`);
}
process.exit(results.every(([, , isFine]) => isFine) ? 0 : 1);
