/** The results as text. */
import { median } from './statistics.mjs';
import { targets } from './targets.mjs';

/**
 * @typedef {Record<string, Record<string, import('../load/bench.mjs').Metrics[]>>} Results row, implementation, run
 */

/** @param {number | undefined} value three significant digits */
export function figure(value) {
  if (value === undefined || Number.isNaN(value)) return '–';
  if (value >= 1000) return Math.round(value).toLocaleString('en');
  return value.toPrecision(3);
}

/**
 * @param {Results} results
 * @param {string} row
 * @param {string} implementation
 * @param {string} metric
 * @returns {number | undefined}
 */
export function medianOf(results, row, implementation, metric) {
  const values = (results[row]?.[implementation] ?? [])
    .map((run) => run?.[metric])
    .filter((value) => value !== undefined);
  return values.length > 0 ? median(values) : undefined;
}

/**
 * How many times less carillon needs: the ratio of each run, then the median of the ratios.
 * @param {Results} results
 * @param {string} row
 * @param {string} against
 * @param {string} metric
 * @returns {number | undefined}
 */
export function ratioOf(results, row, against, metric) {
  const ours = results[row]?.carillon ?? [];
  const theirs = results[row]?.[against] ?? [];
  const ratios = ours.flatMap((run, index) => (run && theirs[index] ? [theirs[index][metric] / run[metric]] : []));
  return ratios.length > 0 ? median(ratios) : undefined;
}

/**
 * @param {Results} results
 * @param {import('../workloads/index.mjs').Row[]} rows
 * @param {string[]} servers
 */
export function costTable(results, rows, servers) {
  const lines = [['work', 'unit', ...servers, 'ratio', 'target', '']];
  for (const { id, title, unit } of rows) {
    const goal = targets.find(({ row, metric, against }) => row === id && metric === 'cost' && against === 'socket.io');
    const ratio = ratioOf(results, id, 'socket.io', 'cost');
    lines.push([
      title,
      unit,
      ...servers.map((server) => figure(medianOf(results, id, server, 'cost'))),
      times(ratio),
      goal ? `≥ ${times(goal.atLeast)}` : '',
      verdict(ratio, goal),
    ]);
  }
  return layOut(lines);
}

/** @param {Results} results @param {import('../workloads/index.mjs').Row[]} rows @param {string[]} servers */
export function latencyTable(results, rows, servers) {
  const lines = [['work', ...servers.flatMap((server) => [`${server} p50`, 'p99', 'per s', 'busy'])]];
  for (const { id, title } of rows) {
    const cells = servers.flatMap((server) => {
      const of = (metric) => medianOf(results, id, server, metric);
      const busy = of('serverBusy') === undefined ? '' : `${percent(of('serverBusy'))}/${percent(of('loadBusy'))}`;
      return [...['p50', 'p99', 'throughput'].map((metric) => figure(of(metric))), busy];
    });
    if (cells.some((cell) => cell !== '–' && cell !== '')) lines.push([title, ...cells]);
  }
  return layOut(lines);
}

/** The targets as their issue lists them, those that were measured. @param {Results} results @param {import('../workloads/index.mjs').Row[]} rows */
export function targetTable(results, rows) {
  const lines = [['target', 'measured', 'wanted', '']];
  for (const target of targets) {
    const row = rows.find(({ id }) => id === target.row);
    const ratio = row && ratioOf(results, target.row, target.against, target.metric);
    if (ratio === undefined) continue;
    const what =
      target.metric === 'cost' ? row.unit.split('/')[0].replace('µs', 'CPU').replace('KiB', 'RSS') : target.metric;
    lines.push([
      `${row.title}: ${what} against ${target.against}`,
      times(ratio),
      `≥ ${times(target.atLeast)}`,
      verdict(ratio, target),
    ]);
  }
  return lines.length > 1 ? layOut(lines) : '';
}

// What else ran may have taken a core away, and with it the meaning of the row.
const DISTURBED = 0.15;

/** Names the rows during which other processes kept the machine busy. @param {Results} results */
export function disturbance(results) {
  const rows = Object.entries(results).flatMap(([row, servers]) => {
    const shares = Object.values(servers).flatMap((runs) => runs.map((run) => run?.othersBusy ?? 0));
    const largest = Math.max(...shares);
    return largest > DISTURBED ? [`${row} (${percent(largest)})`] : [];
  });
  return rows.length > 0 ? `Other processes took CPU time while these were measured: ${rows.join(', ')}` : '';
}

const percent = (share) => `${Math.round(share * 100)}%`;

export const times = (ratio) => (ratio === undefined ? '' : `${ratio.toPrecision(3)}x`);

export function verdict(ratio, target) {
  if (!target || ratio === undefined) return '';
  return ratio >= target.atLeast ? 'pass' : 'miss';
}

export function layOut(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const text = lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd(),
  );
  return [text[0], '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2)), ...text.slice(1)].join('\n');
}
