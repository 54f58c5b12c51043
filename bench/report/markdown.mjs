/** The measured tables as Markdown, put between marks in the documents that show them. */
import { figure, medianOf, ratioOf, times, verdict } from './table.mjs';
import { targets } from './targets.mjs';

const BEGIN = '<!-- bench:begin -->';
const END = '<!-- bench:end -->';

/**
 * @param {string} document
 * @param {import('./charts.mjs').Report} report
 * @returns {string} the document with what stands between the marks replaced; unchanged if it has no marks
 */
export function insertTables(document, report) {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) return document;
  return `${document.slice(0, begin + BEGIN.length)}\n${tables(report)}\n${document.slice(end)}`;
}

/** @param {import('./charts.mjs').Report} report */
function tables({ machine, settings, rows, results }) {
  const servers = Object.keys(machine.versions);
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const conditions = `${machine.cpu}, ${machine.cores} cores, ${machine.memory}, ${machine.platform}, Node ${machine.node}; ${versions.join(', ')}; ${machine.date}; median of ${settings.runs} runs.`;
  return [
    conditions,
    '',
    ...targetTable(rows, results),
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
