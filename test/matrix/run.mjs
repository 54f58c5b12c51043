// `npm run test:matrix`: the packed tarball in the projects, runtimes and tools that people have, each in a temporary
// folder, with npm installing from the registry. When all have run, docs/compatibility.md gets the results.
//
//   npm run test:matrix                    everything
//   npm run test:matrix -- types nest      rows whose area is, or whose name contains, one of the words
//   npm run test:matrix -- --share         what `npm test` runs of it
//   npm run test:matrix -- --list          names only
//   npm run test:matrix -- types --record  writes the results of some rows into docs/compatibility.md, too
import { allRows, runRow } from './rows.mjs';
import { record } from './table.mjs';

const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const flags = new Set(process.argv.slice(2).filter((word) => word.startsWith('--')));
const print = (text) => process.stdout.write(`${text}\n`);

const matches = ({ name, area }) =>
  words.length === 0 || words.some((word) => area === word || name.toLowerCase().includes(word.toLowerCase()));

const all = await allRows();
const chosen = all.filter((row) => matches(row) && (!flags.has('--share') || row.share));
if (chosen.length === 0) {
  print(`No such row: ${words.join(', ')}. See them with --list.`);
  process.exitCode = 1;
}
if (flags.has('--list')) {
  for (const { area, name, share } of chosen) print(`${area}: ${name}${share ? ' (share)' : ''}`);
} else {
  await runAll();
}

async function runAll() {
  const results = {};
  let failed = 0;
  for (const row of chosen) {
    const start = performance.now();
    const seconds = () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
    try {
      const { versions, note } = await runRow(row);
      results[row.name] = { passed: true, versions, note };
      print(`✓ ${row.area}: ${row.name} (${seconds()})`);
    } catch (error) {
      failed++;
      results[row.name] = { passed: false, versions: {}, note: 'fails' };
      print(`✗ ${row.area}: ${row.name} (${seconds()})\n${String(error?.stack ?? error).replace(/^/gm, '    ')}`);
    }
  }
  if (chosen.length === all.length || flags.has('--record')) record(all, results);
  print(`\n${chosen.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
