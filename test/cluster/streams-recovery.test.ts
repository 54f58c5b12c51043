import { createAdapter } from '@socket.io/redis-streams-adapter';
import { io as connect, type Socket } from 'socket.io-client';
import type { AdapterCluster } from '../contract/adapter/node.js';
import { until } from '../contract/adapter/node.js';
import { overRedis } from './support/redis.js';

let cluster: AdapterCluster;

beforeAll(async () => {
  cluster = await overRedis({
    libraries: ['carillon', 'official', 'carillon'],
    by: 'node-redis',
    makeAdapter: (client) => createAdapter(client),
    options: { connectionStateRecovery: { maxDisconnectionDuration: 60_000 } },
  });
});
afterAll(() => cluster.stop());

/** A client that loses its connection to one node and comes back to another: what it heard, and whether it was recovered. */
async function roam(from: number, to: number): Promise<{ recovered: boolean; sameId: boolean; heard: unknown[][] }> {
  const [away, back] = [cluster.nodes[from]!, cluster.nodes[to]!];
  const client: Socket = connect(`http://127.0.0.1:${away.port}`, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
  });
  const heard: unknown[][] = [];
  client.onAny((...args) => heard.push(args));
  await new Promise<void>((resolve) => client.once('connect', resolve));
  const id = client.id!;
  await away.run((io, sid) => {
    const socket = io.of('/').sockets.get(sid);
    socket.join('travellers');
    socket.data.name = 'Ada';
  }, id);
  await until(async () => {
    await back.run((io) => void io.to('travellers').emit('warm-up'));
    return heard.length > 0;
  });
  // The node it comes back to must have read as much of the log as the client: the official adapter sends again what it reads late.
  const neighbour = connect(`http://127.0.0.1:${back.port}`, { transports: ['websocket'], forceNew: true });
  let isRead = false;
  neighbour.once('before', () => {
    isRead = true;
  });
  await new Promise<void>((resolve) => neighbour.once('connect', resolve));
  await away.run((io) => void io.emit('before'));
  await until(() => isRead && heard.some(([event]) => event === 'before'));
  neighbour.disconnect();

  client.io.engine.close();
  await until(() => away.run((io, sid) => !io.of('/').sockets.has(sid), id));
  await back.run((io, sid) => {
    io.emit('missed', 1);
    io.to('travellers').emit('missed', 2);
    io.to('somebody else').emit('missed', 'not ours');
    io.to(sid).emit('missed', 3);
  }, id);
  // The log is complete when another client has heard the end of it.
  const witness = connect(`http://127.0.0.1:${back.port}`, { transports: ['websocket'], forceNew: true });
  await new Promise<void>((resolve) => witness.once('connect', resolve));
  await until(async () => {
    const end = new Promise<void>((resolve) => witness.once('end', () => resolve()));
    await back.run((io) => void io.to('nobody').emit('end'));
    await back.run((io, sid) => void io.to(sid).emit('end'), witness.id);
    await end;
    return true;
  });
  witness.disconnect();

  heard.length = 0;
  (client.io as any).uri = `http://127.0.0.1:${back.port}`;
  client.connect();
  await new Promise<void>((resolve) => client.once('connect', resolve));
  await until(() => heard.length >= 3);
  await back.run((io) => void io.emit('after'));
  await until(() => heard.some(([event]) => event === 'after'));
  const state = await back.run((io, sid) => {
    const socket = io.of('/').sockets.get(sid);
    return { rooms: [...socket.rooms].sort(), data: socket.data, recovered: socket.recovered };
  }, client.id);
  expect(state).toEqual({ rooms: [id, 'travellers'].sort(), data: { name: 'Ada' }, recovered: true });
  const { recovered } = client;
  client.disconnect();
  const events = heard.filter(([event]) => event !== 'warm-up');
  return { recovered, sameId: client.id === undefined || client.id === id, heard: events };
}

test.each([
  ['ours to ours', 0, 2],
  ['the same node of ours', 0, 0],
  ['an official node to ours', 1, 0],
  ['ours to an official node', 2, 1],
])('with @socket.io/redis-streams-adapter a client recovers: from %s', async (_, from, to) => {
  const { recovered, heard } = await roam(from, to);
  expect(recovered).toBe(true);
  // Each event has its place in the log as last argument, as with the official server.
  const offset = expect.stringMatching(/^\d+-\d+$/);
  expect(heard).toEqual([
    ['missed', 1, offset],
    ['missed', 2, offset],
    ['missed', 3, offset],
    ['after', offset],
  ]);
});
