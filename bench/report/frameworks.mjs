/** What a framework adds, as text. */
import { frameworks } from '../server/frameworks.mjs';
import { figure, layOut, medianOf } from './table.mjs';

/**
 * Costs of the rows that ran through frameworks, with what each adds to the engine below it.
 *
 * @param {import('./table.mjs').Results} results
 * @param {import('../workloads/index.mjs').Row[]} rows
 * @returns {string} empty when there are none
 */
export function frameworkTable(results, rows) {
  const measured = rows.filter(({ id }) => Object.keys(frameworks).some((name) => results[id]?.[name]));
  if (measured.length === 0) return '';
  const lines = [
    ['work', 'unit', 'carillon', 'in Fastify', 'in Nest', 'Socket.IO', 'in Nest', 'Nest adds', 'to Socket.IO'],
  ];
  for (const { id, title, unit } of measured) {
    const cost = (name) => medianOf(results, id, name, 'cost');
    const names = ['carillon', 'fastify', 'nest', 'socket.io', 'nest-socket.io'];
    const added = (above, below) => figure((cost(above) ?? Number.NaN) - (cost(below) ?? Number.NaN));
    lines.push([
      title,
      unit,
      ...names.map((name) => figure(cost(name))),
      added('nest', 'carillon'),
      added('nest-socket.io', 'socket.io'),
    ]);
  }
  return layOut(lines);
}
