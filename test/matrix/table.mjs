import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const resultsFile = new URL('results.json', import.meta.url);
const page = new URL('../../docs/compatibility.md', import.meta.url);
const markers = ['<!-- matrix:begin -->', '<!-- matrix:end -->'];

/** Areas in the order of the page, with their headings. */
const AREAS = {
  install: 'Installing',
  modules: 'Module systems and test runners',
  types: 'Types',
  alias: 'In the place of socket.io and socket.io-client',
  bundlers: 'Bundlers',
  runtimes: 'Runtimes',
  frameworks: 'Frameworks',
  languages: 'Clients in other languages',
};

/**
 * Keeps the results of a run, beside those of rows that did not run now, and writes the page's table from all of them.
 * Rows that no longer exist are forgotten.
 */
export function record(rows, results, today = new Date().toISOString().slice(0, 10)) {
  const earlier = existsSync(resultsFile) ? JSON.parse(readFileSync(resultsFile, 'utf8')) : {};
  const known = {};
  for (const { name } of rows) {
    if (results[name]) known[name] = { ...results[name], node: process.version.slice(1), date: today };
    else if (earlier[name]) known[name] = earlier[name];
  }
  const sorted = Object.fromEntries(Object.entries(known).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(resultsFile, `${JSON.stringify(sorted, null, 2)}\n`);
  const text = readFileSync(page, 'utf8');
  const [before, rest] = text.split(markers[0]);
  const after = rest.split(markers[1])[1];
  writeFileSync(page, `${before}${markers[0]}\n${table(rows, known)}${markers[1]}${after}`);
}

/** The tables, an area each. */
export function table(rows, known) {
  const unknown = rows.find(({ area }) => !(area in AREAS));
  if (unknown)
    throw new Error(`"${unknown.name}" has the area "${unknown.area}"; there are ${Object.keys(AREAS).join(', ')}`);
  let text = '';
  for (const [area, heading] of Object.entries(AREAS)) {
    const own = rows.filter((row) => row.area === area && known[row.name]);
    if (own.length === 0) continue;
    text += `\n### ${heading}\n\n| what | with | result | when |\n|---|---|---|---|\n`;
    for (const { name } of own) {
      const { passed, versions, note, node, date } = known[name];
      const runtime = Object.keys(versions).some((each) => /^(node|bun|deno)$/i.test(each)) ? {} : { node };
      const list = Object.entries({ ...versions, ...runtime }).map(([each, version]) => `${each} ${version}`);
      const result = passed ? `works${note ? `; ${note}` : ''}` : 'fails';
      text += `| ${name} | ${list.join(', ')} | ${result} | ${date} |\n`;
    }
  }
  return `${text}\n`;
}
