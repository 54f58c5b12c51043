// The browser's side: says where it was tapped, and draws what anybody tapped, in the colour of the node that heard it.
import { io } from '/socket.io/socket.io.esm.min.js';

const element = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search).get('transport');
const transport = asked === 'polling' ? 'polling' : 'websocket';
let taps = 0;
const socket = io({ transports: [transport], upgrade: false });

for (const link of document.querySelectorAll('nav a')) {
  if (link.search === `?transport=${transport}`) link.setAttribute('aria-current', 'page');
}

socket.on('welcome', (node) => {
  document.body.dataset.node = node;
  element('status').textContent = `at node ${node}, over ${transport === 'polling' ? 'long-polling' : 'WebSocket'}`;
});
socket.on('disconnect', () => {
  element('status').textContent = 'away, coming back …';
});
socket.on('people', (people) => {
  for (const item of element('nodes').children) item.querySelector('b').textContent = people[item.dataset.node] ?? 0;
});
socket.on('ripple', ({ x, y, node }) => {
  const ripple = document.createElement('i');
  ripple.dataset.node = node;
  ripple.style.left = `${x * 100}%`;
  ripple.style.top = `${y * 100}%`;
  ripple.onanimationend = () => ripple.remove();
  element('pond').append(ripple);
  element('hint').hidden = true;
  taps++;
  element('last').textContent = `${taps === 1 ? '1 tap' : `${taps} taps`}, the last heard by node ${node}`;
});

element('pond').onpointerdown = ({ clientX, clientY, currentTarget }) => {
  const { left, top, width, height } = currentTarget.getBoundingClientRect();
  socket.emitWithAck('tap', (clientX - left) / width, (clientY - top) / height);
};
// By keyboard there is no place: anywhere will do.
element('pond').onclick = ({ detail }) => {
  if (detail === 0) socket.emitWithAck('tap', Math.random(), Math.random());
};
