/**
 * 1,000 clients in 10 rooms each; a turn holds 10 events, each to two rooms without the members of a third. Receivers
 * differ from event to event, so hardly two clients wait with the same sequence.
 */
import { textFrame } from '../load/frames.mjs';
import { Rounds } from '../load/rounds.mjs';
import { argument, serveMessages } from './serve-ws.mjs';

const CLIENTS = 1000;
const ROOMS = 100;
const ROOMS_PER_CLIENT = 10;
const EVENTS = 10;

export const rows = [
  {
    id: 'rooms',
    title: '10 rooms each, to two except a third, 10 per turn',
    unit: 'µs/delivery',
    connections: CLIENTS,
  },
];

/** The same numbers in the server and in the load (a linear congruential generator). */
function generator(seed) {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** @param {(limit: number) => number} random @param {number} count @returns {number[]} different numbers of rooms */
function pickRooms(random, count) {
  const picked = new Set();
  while (picked.size < count) picked.add(random(ROOMS));
  return [...picked];
}

const roomsOf = (client) => pickRooms(generator(client + 1), ROOMS_PER_CLIENT);

/** To the first two rooms, except the third. */
const selections = (round) => {
  const random = generator(100_000 + (round % 10));
  return Array.from({ length: EVENTS }, () => pickRooms(random, 3));
};

const clientOf = (url) => Number(new URLSearchParams(url.slice(url.indexOf('?') + 1)).get('client'));
const EVENT = { kind: 'position', unit: 17, x: 104.25, y: 88.5, heading: 271, at: 1753000000000 };

export function serveSocketIo(io) {
  io.on('connection', (socket) => {
    socket.join(roomsOf(clientOf(socket.request.url)).map((room) => `room:${room}`));
    socket.on('go', (round) => {
      for (const [one, two, except] of selections(round)) {
        io.to(`room:${one}`).to(`room:${two}`).except(`room:${except}`).emit('update', EVENT);
      }
    });
  });
}

export function serveWs(wss) {
  const members = Array.from({ length: ROOMS }, () => new Set());
  serveMessages(wss, (data) => {
    for (const [one, two, except] of selections(argument(data))) {
      const text = `42${JSON.stringify(['update', EVENT])}`;
      const receivers = new Set([...members[one], ...members[two]]);
      for (const socket of receivers) if (!members[except].has(socket)) socket.send(text);
    }
  });
  wss.on('connection', (socket, request) => {
    for (const room of roomsOf(clientOf(request.url))) members[room].add(socket);
  });
}

export async function drive(bench) {
  await bench.connect(CLIENTS, { query: (index) => `&client=${index}` });
  const memberships = bench.clients.map(({ index }) => new Set(roomsOf(index)));
  const expected = Array.from({ length: 10 }, (_, round) =>
    memberships.map(
      (rooms) =>
        selections(round).filter(([one, two, except]) => (rooms.has(one) || rooms.has(two)) && !rooms.has(except))
          .length,
    ),
  );
  const ask = expected.map((_, round) => textFrame(`42["go",${round}]`));
  const rounds = new Rounds({
    bench,
    counts: 'text',
    ask: (round) => ask[round % 10],
    expected: (round, client) => expected[round % 10][client],
  });
  await bench.measure('rooms', rounds.run);
}
