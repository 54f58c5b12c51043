/** The measured tables as Markdown, put between marks in the documents that show them. */
import { figure, medianOf, ratioOf, times, verdict } from './table.mjs';
import { targets } from './targets.mjs';

/** What stands between which marks. */
const PARTS = { bench: tables, 'bench:targets': summary };

/**
 * @param {string} document
 * @param {import('./charts.mjs').Report} report
 * @returns {string} the document with what stands between the marks replaced; unchanged if it has no marks
 */
export function insertTables(document, report) {
  return Object.entries(PARTS).reduce((text, [name, part]) => {
    const mark = `<!-- ${name}:begin -->`;
    const begin = text.indexOf(mark);
    const end = text.indexOf(`<!-- ${name}:end -->`);
    if (begin < 0 || end < begin) return text;
    return `${text.slice(0, begin + mark.length)}\n${part(report)}\n${text.slice(end)}`;
  }, document);
}

/** @param {import('./charts.mjs').Report} report */
function conditionsOf({ machine, settings }) {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return `${machine.cpu}, ${machine.cores} cores, ${machine.memory}, ${machine.platform}, Node ${machine.node}; ${versions.join(', ')}; ${machine.date}; median of ${settings.runs} runs.`;
}

/** The targets alone. @param {import('./charts.mjs').Report} report */
function summary(report) {
  return [
    '![How many times less carillon needs than Socket.IO](docs/images/bench-ratios.svg)',
    '',
    ...targetTable(report.rows, report.results),
    '',
    `Measured on: ${conditionsOf(report)}`,
  ].join('\n');
}

/** @param {import('./charts.mjs').Report} report */
function tables(report) {
  const { machine, rows, results } = report;
  const servers = Object.keys(machine.versions);
  return [
    conditionsOf(report),
    '',
    ...targetTable(rows, results),
    '',
    '![How many times less carillon needs than Socket.IO](images/bench-ratios.svg)',
    '![Cost of a delivery in a chat](images/bench-chat.svg)',
    '![Latency in a chat](images/bench-chat-latency.svg)',
    '![How the cost of a delivery grows with the number of connections](images/bench-growth.svg)',
    '![Memory of an idle connection](images/bench-memory.svg)',
    '',
    '### Cost',
    '',
    'CPU time of the server process (user and system) or its resident memory. The ratio is Socket.IO divided by carillon.',
    '',
    line(['work', 'unit', ...servers, 'ratio']),
    line(['---', '---', ...servers.map(() => '--:'), '--:']),
    ...rows.map(({ id, title, unit }) =>
      line([
        title,
        unit,
        ...servers.map((server) => figure(medianOf(results, id, server, 'cost'))),
        times(ratioOf(results, id, 'socket.io', 'cost')),
      ]),
    ),
    '',
    '### Latency',
    '',
    'Milliseconds, 50th and 99th percentile.',
    '',
    line(['work', ...servers]),
    line(['---', ...servers.map(() => '--:')]),
    ...rows
      .filter(({ id }) => servers.some((server) => medianOf(results, id, server, 'p99') !== undefined))
      .map(({ id, title }) =>
        line([
          title,
          ...servers.map((server) =>
            ['p50', 'p99'].map((metric) => figure(medianOf(results, id, server, metric))).join(' / '),
          ),
        ]),
      ),
  ].join('\n');
}

function targetTable(rows, results) {
  const lines = targets.flatMap((target) => {
    const row = rows.find(({ id }) => id === target.row);
    const ratio = row && ratioOf(results, target.row, target.against, target.metric);
    if (ratio === undefined) return [];
    const metric = target.metric === 'cost' ? row.unit : `${target.metric} latency`;
    return [line([row.title, metric, target.against, times(ratio), times(target.atLeast), verdict(ratio, target)])];
  });
  if (lines.length === 0) return [];
  return [
    line(['work', 'measure', 'against', 'times less', 'target', '']),
    line(['---', '---', '---', '--:', '--:', '---']),
    ...lines,
  ];
}

const line = (cells) => `| ${cells.join(' | ')} |`;
