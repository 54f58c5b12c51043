/** The charts of the README and of docs/performance.md, from a report that `npm run bench` wrote. */
import { barChart, lineChart } from './svg.mjs';
import { figure, medianOf, ratioOf } from './table.mjs';
import { targets } from './targets.mjs';

/** @typedef {{machine: any, settings: any, rows: import('../workloads/index.mjs').Row[], results: import('./table.mjs').Results}} Report */

/**
 * Draws what the report has the rows for.
 * @param {Report} report
 * @returns {Generator<[string, string]>} file name and SVG
 */
export function* drawCharts(report) {
  const charts = {
    'bench-ratios.svg': ratios,
    'bench-chat.svg': chat,
    'bench-chat-latency.svg': chatLatency,
    'bench-memory.svg': memory,
    'bench-growth.svg': growth,
  };
  for (const [name, chart] of Object.entries(charts)) {
    const svg = chart(report);
    if (svg) yield [name, svg];
  }
}

const conditions = ({ machine, settings }) =>
  `median of ${settings.runs}, ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${machine.date}`;

/** @param {Report} report @param {string[]} ids @param {string} metric */
function groupsOf({ machine, rows, results }, ids, metric, unit = '') {
  return ids.flatMap((id) => {
    const row = rows.find((candidate) => candidate.id === id);
    const bars = Object.keys(machine.versions).flatMap((series) => {
      const value = medianOf(results, id, series, metric);
      return value === undefined ? [] : [{ series, value, label: `${figure(value)}${unit}` }];
    });
    return row && bars.length > 0 ? [{ label: row.title, bars }] : [];
  });
}

/** @param {Report} report */
function ratios(report) {
  const groups = report.rows.flatMap(({ id, title }) => {
    if (/^(growth|codec|scale|frameworks)-/.test(id)) return [];
    const value = ratioOf(report.results, id, 'socket.io', 'cost');
    if (value === undefined) return [];
    const target = targets.find(
      ({ row, metric, against }) => row === id && metric === 'cost' && against === 'socket.io',
    );
    const label = `${value.toPrecision(3)}x`;
    return [{ label: title, bars: [{ series: 'carillon', value, label, mark: target?.atLeast }] }];
  });
  if (groups.length === 0) return;
  return barChart({
    title: 'How many times less carillon needs than Socket.IO',
    subtitle: `CPU time of the server, or resident memory; ${conditions(report)}`,
    groups,
    logarithmic: true,
    footnote: 'Logarithmic. The mark is the target of the project.',
  });
}

const CHATS = ['chat-50', 'chat-200', 'chat-1000', 'chat-200-paced'];

/** @param {Report} report */
function chat(report) {
  const groups = groupsOf(report, CHATS, 'cost', ' µs');
  if (groups.length === 0) return;
  return barChart({
    title: 'Chat: server CPU time per delivered message',
    subtitle: `microseconds; ${conditions(report)}`,
    groups,
  });
}

/** @param {Report} report */
function chatLatency(report) {
  const groups = groupsOf(report, CHATS, 'p99', ' ms');
  if (groups.length === 0) return;
  return barChart({
    title: 'Chat: latency, 99th percentile',
    subtitle: `milliseconds; ${conditions(report)}`,
    groups,
    logarithmic: true,
    footnote: 'Logarithmic.',
  });
}

/** @param {Report} report */
function memory(report) {
  const groups = groupsOf(report, ['memory-1000', 'memory-5000', 'memory-15000'], 'cost', ' KiB');
  if (groups.length === 0) return;
  return barChart({
    title: 'Resident memory per idle WebSocket connection',
    subtitle: `KiB; ${conditions(report)}`,
    groups,
  });
}

/** @param {Report} report */
function growth(report) {
  const rows = report.rows.filter(({ id }) => id.startsWith('growth-'));
  const series = Object.keys(report.machine.versions).flatMap((name) => {
    const points = rows.flatMap(({ id, connections }) => {
      const value = medianOf(report.results, id, name, 'cost');
      return value === undefined ? [] : [[connections, value]];
    });
    return points.length > 0 ? [{ name, points }] : [];
  });
  if (series.length === 0) return;
  return lineChart({
    title: 'Broadcast, 10 per turn: server CPU time per delivered message',
    subtitle: `microseconds, both axes logarithmic; ${conditions(report)}`,
    xLabel: 'connections',
    series,
    format: (value) => `${Number(value.toPrecision(3))} µs`,
  });
}
