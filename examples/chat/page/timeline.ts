// The conversation on the screen: messages, what became of one's own, and notes between them.
import type { Message, Person } from '../contract.js';
import { avatar, create, find, hue, icon } from './dom.js';

type State = 'sending' | 'delivered' | 'seen' | 'failed';

interface Entry {
  message: Message;
  element: HTMLElement;
  mine: boolean;
  /** Nicknames, by id. */
  seenBy: Map<string, string>;
}

const maxShown = 300;
const groupWithin = 3 * 60_000;
const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });

const scroller = find('timeline');
const list = find('messages');
const latest = find('latest');
const viewer = find('viewer', HTMLDialogElement);
const viewerPicture = find('viewer-picture', HTMLImageElement);

const entries = new Map<string, Entry>();
let atEnd = true;

export function startTimeline(on: { reachEnd(): void }): void {
  scroller.addEventListener('scroll', () => {
    const wasAtEnd = atEnd;
    atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;
    if (!atEnd) return;
    latest.hidden = true;
    if (!wasAtEnd) on.reachEnd();
  });
  latest.addEventListener('click', scrollToEnd);
  // The keyboard of a phone, or a line more in the composer, takes room from the conversation.
  new ResizeObserver(() => atEnd && scrollToEnd()).observe(scroller);
  list.addEventListener('click', ({ target }) => {
    const picture = target instanceof Element && target.closest('button.picture')?.querySelector('img');
    if (!picture) return;
    viewerPicture.src = picture.src;
    viewerPicture.alt = picture.alt;
    viewer.showModal();
  });
}

export const isAtEnd = (): boolean => atEnd;

/** The last message that somebody else wrote. */
export function lastFromOthers(): Message | undefined {
  return [...entries.values()].findLast((entry) => !entry.mine)?.message;
}

export function clear(): void {
  for (const element of [...list.children]) forget(element);
  entries.clear();
  latest.hidden = true;
  atEnd = true;
}

/** Shows a message; one that is here already (history after a reconnection) only counts as delivered. Tells whether it is new. */
export function show(message: Message, mine: boolean, state: State = 'delivered'): boolean {
  if (entries.has(message.id)) {
    if (mine) mark(message.id, 'delivered');
    return false;
  }
  const element = render(message, mine);
  entries.set(message.id, { message, element, mine, seenBy: new Map() });
  if (mine) mark(message.id, state);
  append(element, mine);
  return true;
}

/** What became of a message of one's own. `seen` is never taken back by a late `delivered`. */
export function mark(id: string, state: State, detail = '', retry?: () => void): void {
  const entry = entries.get(id);
  const tick = entry?.element.querySelector('.tick');
  if (!entry || !tick || (state === 'delivered' && entry.seenBy.size > 0)) return;
  const says = { sending: 'Sending', delivered: 'Delivered', seen: `Seen by ${detail}`, failed: 'Not sent' }[state];
  entry.element.dataset.state = state;
  tick.replaceChildren(icon(state), create('span', { className: 'hidden' }, says));
  tick.setAttribute('title', says);
  entry.element.querySelector('.failure')?.remove();
  if (state !== 'failed') return;
  const again = create('button', { type: 'button', className: 'quiet' }, 'Try again');
  again.addEventListener('click', () => retry?.());
  entry.element.querySelector('.body')?.append(create('p', { className: 'failure problem' }, detail, again));
}

/** Somebody has read up to this message: all of one's own before it too. */
export function markSeen(by: Person, id: string): void {
  if (!entries.has(id)) return;
  for (const entry of entries.values()) {
    if (entry.mine && entry.element.dataset.state !== 'failed' && entry.element.dataset.state !== 'sending') {
      entry.seenBy.set(by.id, by.nickname);
      mark(entry.message.id, 'seen', [...entry.seenBy.values()].join(', '));
    }
    if (entry.message.id === id) return;
  }
}

export function note(text: string): void {
  append(create('li', { className: 'note' }, text), false);
}

/** Takes a note back if nothing came after it: whoever drops out and is back at once has not left. */
export function takeBack(text: string): boolean {
  const last = list.lastElementChild;
  if (!last?.matches('.note') || last.textContent !== text) return false;
  last.remove();
  return true;
}

function render(message: Message, mine: boolean): HTMLElement {
  const { from, at, text, picture } = message;
  const previous = [...entries.values()].at(-1);
  const follows =
    previous?.message.from.id === from.id &&
    at - previous.message.at < groupWithin &&
    list.lastElementChild === previous.element;
  const element = create('li', { className: `message ${mine ? 'mine' : 'theirs'}${follows ? ' follows' : ''}` });
  element.style.setProperty('--hue', String(hue(from)));
  const time = create('time', { dateTime: new Date(at).toISOString() }, clock.format(at));
  const meta = create('span', { className: 'meta' }, time, ...(mine ? [create('span', { className: 'tick' })] : []));
  const bubble = create('div', { className: 'bubble' });
  if (picture) bubble.append(renderPicture(picture, from));
  if (text) bubble.append(create('p', { className: 'text' }, text));
  bubble.append(meta);
  const author = create('p', { className: mine || follows ? 'author hidden' : 'author' }, mine ? 'You' : from.nickname);
  element.append(...(mine ? [] : [avatar(from)]), create('div', { className: 'body' }, author, bubble));
  return element;
}

function renderPicture({ bytes, type, width, height }: NonNullable<Message['picture']>, from: Person): HTMLElement {
  const image = create('img', { width, height, alt: `Picture from ${from.nickname}` });
  image.src = URL.createObjectURL(new Blob([bytes], { type }));
  const button = create('button', { type: 'button', className: 'picture', ariaLabel: 'Show the picture large' }, image);
  // Its place is known before it is decoded, so the conversation does not jump.
  button.style.setProperty('--width', `${Math.round(width * Math.min(1, 352 / width, 320 / height))}px`);
  return button;
}

function append(element: HTMLElement, always: boolean): void {
  list.append(element);
  while (list.children.length > maxShown) forget(list.firstElementChild!);
  if (always || atEnd) scrollToEnd();
  else latest.hidden = false;
}

function forget(element: Element): void {
  const image = element.querySelector('img');
  if (image) URL.revokeObjectURL(image.src);
  for (const [id, entry] of entries) if (entry.element === element) entries.delete(id);
  element.remove();
}

function scrollToEnd(): void {
  scroller.scrollTop = scroller.scrollHeight;
  atEnd = true;
  latest.hidden = true;
}
