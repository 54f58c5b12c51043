// "Ada is typing": told by the others every now and then, forgotten when they stop.
import type { Person } from '../contract.js';
import { create, find } from './dom.js';

const forgetAfter = 3_000;
const tellEvery = 1_500;

const line = find('typing');
const writers = new Map<string, { nickname: string; timer: ReturnType<typeof setTimeout> }>();
let toldAt = Number.NEGATIVE_INFINITY;

/** Calls `tell` no more than once in a while, however fast one types. */
export function throttle(tell: () => void): void {
  if (performance.now() - toldAt < tellEvery) return;
  toldAt = performance.now();
  tell();
}

/** After sending, the next key is news again. */
export function resetThrottle(): void {
  toldAt = Number.NEGATIVE_INFINITY;
}

export function startsTyping({ id, nickname }: Person): void {
  clearTimeout(writers.get(id)?.timer);
  writers.set(id, { nickname, timer: setTimeout(() => stopsTyping(id), forgetAfter) });
  refresh();
}

export function stopsTyping(id: string): void {
  clearTimeout(writers.get(id)?.timer);
  if (writers.delete(id)) refresh();
}

export function nobodyTypes(): void {
  for (const id of [...writers.keys()]) stopsTyping(id);
}

function refresh(): void {
  const names = [...writers.values()].map(({ nickname }) => nickname);
  line.replaceChildren();
  if (names.length === 0) return;
  const who = names.length > 2 ? 'Several people are' : `${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'}`;
  const dots = create('span', { className: 'dots', ariaHidden: 'true' }, create('i'), create('i'), create('i'));
  line.append(dots, `${who} typing`);
}
