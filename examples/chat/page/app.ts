// The page: one connection, and what is drawn when something arrives on it.
import type { ClientToServer, Draft, Introduction, Message, Person, Reply, ServerToClient } from '../contract.js';
import { limits } from '../contract.js';
import { io, type Socket } from './client.js';
import { focusComposer, startComposer, type Written } from './composer.js';
import { find } from './dom.js';
import { showMe, showPeople, showRooms, startSidebar } from './sidebar.js';
import * as timeline from './timeline.js';
import { nobodyTypes, resetThrottle, startsTyping, stopsTyping, throttle } from './typing.js';

const door = find('enter', HTMLFormElement);
const nickname = find('nickname', HTMLInputElement);
const firstRoom = find('first-room', HTMLInputElement);
const status = find('status');
const banner = find('banner');

let me: Person | undefined;
let room = '';
let people: Person[] | undefined;
let unread = 0;

const token = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

const introduction: Introduction = { nickname: '', room: '', key: sessionStorage.getItem('key') ?? token() };
sessionStorage.setItem('key', introduction.key);

const socket: Socket<ServerToClient, ClientToServer> = io({
  autoConnect: false,
  auth: (give) => give(introduction),
  // What is emitted waits for its answer and is sent again, in order, until it has one: also across a lost connection.
  retries: 30,
  ackTimeout: 10_000,
  reconnectionDelay: 300,
  reconnectionDelayMax: 3_000,
});

// --- The door ---

nickname.maxLength = limits.name;
firstRoom.maxLength = limits.name;
nickname.value = localStorage.getItem('nickname') ?? '';
firstRoom.value = roomInAddress() || 'Belfry';

door.addEventListener('submit', (event) => {
  event.preventDefault();
  find('door-problem').textContent = '';
  introduction.nickname = nickname.value;
  introduction.room = firstRoom.value;
  socket.connect();
});

// A reload goes straight back in.
if (sessionStorage.getItem('inside') && nickname.value) door.requestSubmit();
else nickname.focus();

function showDoor(problem = ''): void {
  find('chat').hidden = true;
  find('door').hidden = false;
  find('door-problem').textContent = problem;
  sessionStorage.removeItem('inside');
  nickname.focus();
}

find('leave').addEventListener('click', () => {
  socket.disconnect();
  me = undefined;
  enterRoom('');
  showDoor();
});

// --- The connection, and how it shows ---

function showState(state: 'connecting' | 'connected' | 'lost' | 'elsewhere'): void {
  const label = { connecting: 'Connecting', connected: 'Connected', lost: 'Reconnecting', elsewhere: 'Disconnected' };
  const explanation = {
    connecting: '',
    connected: '',
    lost: 'The connection is lost. What you write now is sent as soon as it is back.',
    elsewhere: 'You have been disconnected: perhaps this chat is open in another tab.',
  };
  status.textContent = label[state];
  status.dataset.state = state;
  banner.hidden = explanation[state] === '';
  find('banner-text').textContent = explanation[state];
  find('banner-action').hidden = state !== 'elsewhere';
}

find('banner-action').addEventListener('click', () => socket.connect());

socket.on('connect', () => showState('connected'));

socket.on('disconnect', (reason) => {
  nobodyTypes();
  if (reason !== 'io client disconnect') showState(socket.active ? 'lost' : 'elsewhere');
});

socket.on('connect_error', (error) => {
  // Active: the server cannot be reached and the client tries again by itself. Otherwise the server has said no.
  if (!socket.active) showDoor(error.message);
  else if (me) showState('lost');
  else find('door-problem').textContent = 'The server cannot be reached. Trying again …';
});

// --- What arrives ---

socket.on('welcome', (person, name) => {
  me = person;
  introduction.room = name;
  localStorage.setItem('nickname', person.nickname);
  sessionStorage.setItem('inside', 'yes');
  showMe(person);
  find('door').hidden = true;
  find('chat').hidden = false;
  if (name !== room) enterRoom(name);
});

socket.on('rooms', (rooms) => showRooms(rooms, room));

socket.on('people', (name, now) => {
  if (name !== room || !me) return;
  const before = people;
  people = now;
  showPeople(now, me);
  if (!before) return;
  const missing = (from: Person[], others: Person[]) =>
    from.filter(({ id }) => !others.some((other) => other.id === id));
  for (const person of missing(before, now)) {
    stopsTyping(person.id);
    timeline.note(`${person.nickname} left`);
  }
  for (const person of missing(now, before)) {
    if (!timeline.takeBack(`${person.nickname} left`)) timeline.note(`${person.nickname} came in`);
  }
});

socket.on('message', (message) => {
  if (message.room !== room || !me) return;
  stopsTyping(message.from.id);
  const isNew = timeline.show(message, message.from.id === me.id);
  if (isNew && document.hidden) unread += 1;
  readAll();
});

socket.on('seen', timeline.markSeen);
socket.on('typing', startsTyping);

// --- What is sent ---

async function answered<T>(request: Promise<Reply<T>>): Promise<void> {
  const reply = await request;
  if (!reply.ok) throw new Error(reply.reason);
}

function write({ text, picture }: Written): void {
  if (!me) return;
  resetThrottle();
  const message: Message = { id: token(), room, from: me, at: Date.now(), text, ...(picture && { picture }) };
  timeline.show(message, true, 'sending');
  send({ id: message.id, room, text, ...(picture && { picture: picture.bytes }) });
}

async function send(draft: Draft): Promise<void> {
  timeline.mark(draft.id, 'sending');
  try {
    await answered(socket.emitWithAck('say', draft));
    timeline.mark(draft.id, 'delivered');
  } catch (error) {
    timeline.mark(draft.id, 'failed', (error as Error).message, () => send(draft));
  }
}

/** Tells the others what has been read: only what was on the screen of somebody who is looking. */
let reading = '';
function readAll(): void {
  showTitle();
  const last = timeline.lastFromOthers();
  if (document.hidden || !timeline.isAtEnd() || !last || last.id === reading) return;
  reading = last.id;
  socket.emit('seen', last.id, () => {});
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) unread = 0;
  readAll();
});

// --- Rooms ---

function roomInAddress(): string {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return '';
  }
}

async function go(name: string): Promise<void> {
  const problem = find('problem');
  problem.textContent = '';
  try {
    await answered(socket.emitWithAck('join', name));
    focusComposer();
  } catch (error) {
    problem.textContent = (error as Error).message;
  }
}

addEventListener('hashchange', () => {
  const name = roomInAddress();
  if (me && name && name !== room) go(name);
});

/** The screen of another room, empty: its people and messages arrive next. */
function enterRoom(name: string): void {
  room = name;
  people = undefined;
  unread = 0;
  timeline.clear();
  nobodyTypes();
  find('room').textContent = name;
  if (name) history.replaceState(null, '', `#${encodeURIComponent(name)}`);
  showTitle();
  focusComposer();
}

function showTitle(): void {
  document.title = `${unread > 0 ? `(${unread}) ` : ''}${room ? `${room} · ` : ''}Carillon chat`;
}

timeline.startTimeline({ reachEnd: readAll });
startSidebar({ go });
startComposer({ write, typing: () => throttle(() => socket.volatile.emit('typing')) });
