// The few helpers that stand in for a framework. Text always goes in as text: nothing a visitor wrote is ever markup.
import type { Person } from '../contract.js';

/** The element with this id; throws if the page has none, or another kind. */
export function find<T extends Element = HTMLElement>(id: string, kind?: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof (kind ?? HTMLElement))) throw new Error(`The page has no ${kind?.name ?? 'element'} #${id}`);
  return element as Element as T;
}

export function create<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

export function icon(name: string): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `#icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  svg.append(use);
  return svg;
}

/** Everybody gets a colour of their own: the same one on every screen. */
export function hue({ id }: Person): number {
  let hash = 0;
  for (const character of id) hash = (hash * 31 + character.charCodeAt(0)) % 360;
  return hash;
}

export function avatar(person: Person): HTMLElement {
  const initials = person.nickname
    .split(' ')
    .slice(0, 2)
    .map((word) => [...word][0]?.toUpperCase() ?? '')
    .join('');
  const circle = create('span', { className: 'avatar', ariaHidden: 'true' }, initials);
  circle.style.setProperty('--hue', String(hue(person)));
  return circle;
}
