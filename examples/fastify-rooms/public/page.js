// The browser's side: sign in for a cookie, connect with it, be in one room at a time.
import { io } from '/socket.io/socket.io.esm.min.js';

const element = (id) => document.getElementById(id);
const socket = io({ autoConnect: false });
let me;
let current;

async function post(path, body) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
}

function show({ name, rooms }) {
  me = name;
  element('login').hidden = true;
  element('house').hidden = false;
  element('rooms').replaceChildren(
    ...rooms.map((room) => {
      const button = document.createElement('button');
      button.textContent = room;
      button.onclick = () => enter(room);
      return button;
    }),
  );
  current = rooms[0];
  socket.connect();
}

async function enter(room) {
  if (room !== current) {
    socket.emit('leave', current);
    element('lines').replaceChildren();
  }
  current = room;
  element('room').textContent = room;
  for (const button of element('rooms').children) {
    button.setAttribute('aria-current', String(button.textContent === room));
  }
  const error = await socket.emitWithAck('enter', room);
  if (error) element('members').textContent = error;
}

function showStatus(text, isAway) {
  element('status').textContent = text;
  element('status').classList.toggle('away', isAway);
}

socket.on('connect', () => {
  showStatus(`${me}, connected`, false);
  enter(current);
});
socket.on('disconnect', () => showStatus('not connected', true));
socket.on('connect_error', async () => {
  showStatus('not connected', true);
  // The token may be too old, or of a server that is no more.
  if ((await fetch('/me')).status === 401) location.reload();
});
socket.on('members', (room, names) => {
  if (room === current) element('members').textContent = `Here: ${names.join(', ')}`;
});
socket.on('line', (room, { from, text }) => {
  if (room !== current) return;
  const item = document.createElement('li');
  const author = document.createElement('b');
  author.textContent = from;
  item.append(author, text);
  item.classList.toggle('mine', from === me);
  element('lines').append(item);
  item.scrollIntoView();
});

element('login').onsubmit = async (event) => {
  event.preventDefault();
  const name = new FormData(event.target).get('name').trim();
  try {
    show(await post('/login', { name }));
  } catch (error) {
    element('refusal').textContent = error.message;
  }
};
element('say').onsubmit = async (event) => {
  event.preventDefault();
  const field = event.target.elements.text;
  const text = field.value;
  field.value = '';
  const error = await socket.emitWithAck('say', current, text);
  if (error) field.value = text;
};
element('logout').onclick = async () => {
  socket.disconnect();
  await post('/logout', {});
  location.reload();
};

const known = await fetch('/me');
if (known.ok) show(await known.json());
else element('login').hidden = false;
