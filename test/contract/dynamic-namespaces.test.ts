// A namespace of a pattern goes with its last client, but not from under one that is still being let in.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { io as connect } from 'socket.io-client';
import { Server } from '../../core/index.js';

it('stays while a middleware thinks about somebody, whoever is refused or leaves meanwhile', async () => {
  const io = new Server(0, { cleanupEmptyChildNamespaces: true });
  const { port } = (io.httpServer as unknown as { address(): AddressInfo }).address();
  const waiting: (() => void)[] = [];
  io.of(/^\/room-\d+$/).use((socket, next) => {
    const { name } = socket.handshake.auth;
    if (name === 'slow') waiting.push(next);
    else next(name === 'bad' ? new Error('no') : undefined);
    if (name === 'slow') io.emit('thinking');
  });
  const client = (name: string) =>
    connect(`http://127.0.0.1:${port}/room-1`, { auth: { name }, transports: ['websocket'], forceNew: true });
  const hears = (emitter: unknown, event: string) => once(emitter as NodeJS.EventEmitter, event);
  const main = connect(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true });
  await hears(main, 'connect');

  const slow = client('slow');
  await hears(main, 'thinking');
  const bad = client('bad');
  await hears(bad, 'connect_error');
  const quick = client('quick');
  await hears(quick, 'connect');
  const [left] = [...io.of('/room-1').sockets.values()];
  quick.disconnect();
  await hears(left, 'disconnect');

  const namespace = io._nsps.get('/room-1');
  expect(namespace).toBeDefined();
  const arrived = hears(slow, 'connect');
  waiting[0]!();
  await arrived;
  expect(io._nsps.get('/room-1')).toBe(namespace);
  const heard = hears(slow, 'news');
  io.of('/room-1').emit('news', 1);
  expect(await heard).toEqual([1]);
  const [last] = [...namespace!.sockets.values()];
  slow.disconnect();
  await hears(last, 'disconnect');
  expect(io._nsps.has('/room-1')).toBe(false);
  for (const each of [bad, main]) each.disconnect();
  await io.close();
});
