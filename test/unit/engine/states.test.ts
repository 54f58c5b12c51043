import { canMove, type ReadyState } from '../../../core/engine/states.js';

const states: ReadyState[] = ['opening', 'open', 'closing', 'closed'];
const arrows = new Set(['opening open', 'opening closed', 'open closing', 'open closed', 'closing closed']);

test.each(states.flatMap((from) => states.map((to) => [from, to] as const)))('from %s to %s', (from, to) => {
  expect(canMove(from, to)).toBe(arrows.has(`${from} ${to}`));
});
