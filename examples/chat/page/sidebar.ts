// Rooms to go to, and who is here.
import { limits, type Person, type RoomSummary } from '../contract.js';
import { avatar, create, find } from './dom.js';

const side = find('side');
const newRoom = find('new-room', HTMLInputElement);

export function startSidebar(on: { go(room: string): void }): void {
  newRoom.maxLength = limits.name;
  const go = (room: string): void => {
    if (side.matches(':popover-open')) side.hidePopover();
    on.go(room);
  };
  find('rooms').addEventListener('click', ({ target }) => {
    const room = target instanceof Element && target.closest('button')?.dataset.room;
    if (room) go(room);
  });
  find('open-room').addEventListener('submit', (event) => {
    event.preventDefault();
    const room = newRoom.value.trim();
    newRoom.value = '';
    if (room !== '') go(room);
  });
}

export function showRooms(rooms: RoomSummary[], current: string): void {
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.room : undefined;
  const list = find('rooms');
  list.replaceChildren(
    ...rooms.map(({ name, people }) => {
      const count = create('span', { className: 'badge', title: `${people} here` }, people === 0 ? '' : String(people));
      const button = create('button', { type: 'button' }, create('span', { className: 'name' }, name), count);
      button.dataset.room = name;
      if (name === current) button.ariaCurrent = 'true';
      return create('li', {}, button);
    }),
  );
  if (focused) [...list.querySelectorAll('button')].find((button) => button.dataset.room === focused)?.focus();
}

export function showPeople(people: Person[], me: Person): void {
  const sorted = [...people].sort((a, b) => Number(b.id === me.id) - Number(a.id === me.id) || compare(a, b));
  find('people').replaceChildren(
    ...sorted.map((person) => {
      const you = person.id === me.id ? [create('span', { className: 'muted' }, 'you')] : [];
      return create('li', {}, avatar(person), create('span', { className: 'name' }, person.nickname), ...you);
    }),
  );
  find('count').textContent = people.length === 1 ? 'Only you so far' : `${people.length} people here`;
}

const compare = (a: Person, b: Person): number => a.nickname.localeCompare(b.nickname);

export function showMe(me: Person): void {
  find('me').replaceChildren(avatar(me), create('span', { className: 'name' }, me.nickname));
}
