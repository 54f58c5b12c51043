// The browser's side: come in under a name, be in one room at a time, see what the validation has to say.
import { io } from '/socket.io/socket.io.esm.min.js';

const element = (id) => document.getElementById(id);
const socket = io({ autoConnect: false });
let current;

/** Resolves to the answer; what went wrong is shown. */
async function ask(event, body) {
  const answer = await socket.emitWithAck(event, body);
  const failed = answer?.status === 'error';
  element('problem').textContent = failed ? [answer.message].flat().join(', ') : '';
  return failed ? undefined : answer;
}

async function enter(room) {
  if (current !== undefined && room !== current) await ask('leave', { room: current });
  current = room;
  element('lines').replaceChildren();
  for (const button of element('rooms').children) button.ariaCurrent = String(button.textContent === room);
  await ask('enter', { room });
}

function show(from, text, kind) {
  const line = document.createElement('li');
  const name = document.createElement('b');
  name.textContent = from;
  line.className = kind;
  line.append(name, text);
  element('lines').append(line);
  line.scrollIntoView();
}

socket.on('connect', async () => {
  const { name } = socket.auth;
  element('door').hidden = true;
  element('house').hidden = false;
  element('status').textContent = `${name}, connected`;
  const rooms = await ask('rooms');
  element('rooms').replaceChildren(
    ...rooms.map((room) => {
      const button = document.createElement('button');
      button.textContent = room;
      button.onclick = () => enter(room);
      return button;
    }),
  );
  await enter(current ?? rooms[0]);
});

socket.on('connect_error', (error) => {
  element('refusal').textContent = error.message;
});

socket.on('disconnect', () => {
  element('status').textContent = 'connecting …';
});

socket.on('members', ({ room, names }) => {
  if (room === current) element('members').textContent = `Here: ${names.join(', ')}`;
});

socket.on('line', ({ room, from, text }) => {
  if (room === current) show(from, text, from === socket.auth.name ? 'mine' : '');
});

socket.on('notice', (text) => show('Notice', text, 'notice'));

element('door').onsubmit = (event) => {
  event.preventDefault();
  socket.auth = { name: event.target.elements.name.value };
  socket.disconnect().connect();
};

element('say').onsubmit = async (event) => {
  event.preventDefault();
  const { text } = event.target.elements;
  if ((await ask('say', { room: current, text: text.value })) !== undefined) text.value = '';
};
