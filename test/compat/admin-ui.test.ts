import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { instrument } from '@socket.io/admin-ui';
import { Server as OfficialServer } from 'socket.io';
import { io as connect, type Socket } from 'socket.io-client';
import { Server } from '../../core/index.js';

// `instrument(io)` of @socket.io/admin-ui 0.5.1, as it is, and what its user interface is told and may ask for.

/** bcrypt of "changeit". */
const PASSWORD = '$2b$10$heqvAkYMez.Va6Et2uXInOnkCT6/uQj1brkrbyG3LpopDklcq7ZOS';

const opened: { disconnect?: () => unknown; close?: () => unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await (each.disconnect ?? each.close)!.call(each);
});

async function start(library: unknown, options: any): Promise<{ io: any; url: string }> {
  const http = createServer();
  const io: any = new (library as any)(http);
  instrument(io, options);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  // Its timer is started on the first tick, and there is no way to stop it.
  opened.push(io);
  return { io, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

function open(url: string, options: object = {}): { socket: Socket; next: (event: string) => Promise<any[]> } {
  const socket = connect(url, { transports: ['websocket'], forceNew: true, reconnection: false, ...options });
  opened.push(socket);
  const heard = new Map<string, any[][]>();
  const waiting = new Map<string, (args: any[]) => void>();
  socket.onAny((event, ...args) => {
    const resolve = waiting.get(event);
    if (resolve === undefined) heard.set(event, [...(heard.get(event) ?? []), args]);
    else {
      waiting.delete(event);
      resolve(args);
    }
  });
  const next = (event: string): Promise<any[]> => {
    const first = heard.get(event)?.shift();
    return first === undefined ? new Promise((resolve) => waiting.set(event, resolve)) : Promise.resolve(first);
  };
  return { socket, next };
}

const connected = (socket: Socket) =>
  new Promise<string>((resolve) => {
    socket.once('connect', () => resolve('connected')).once('connect_error', (error) => resolve(error.message));
  });

const libraries: [string, unknown][] = [
  ['carillon', Server],
  ['socket.io', OfficialServer],
];

describe.each(libraries)('admin-ui on %s', (_, library) => {
  test('is told of sockets, rooms and events, and acts on them', async () => {
    const { io, url } = await start(library, { auth: false, mode: 'development' });
    io.on('connection', (socket: any) => {
      socket.data = { name: 'Ada' };
      socket.on('question', (_value: number, answer: (text: string) => void) => answer('yes'));
    });
    const admin = open(`${url}/admin`);
    expect(await connected(admin.socket)).toBe('connected');
    const [config] = await admin.next('config');
    expect(config.supportedFeatures).toEqual(expect.arrayContaining(['EMIT', 'JOIN', 'DISCONNECT', 'ALL_EVENTS']));
    expect(await admin.next('all_sockets')).toEqual([
      [expect.objectContaining({ nsp: '/admin', id: admin.socket.id })],
    ]);

    const user = open(url);
    await connected(user.socket);
    const { id } = user.socket;
    let details: any;
    do [details] = await admin.next('socket_connected');
    while (details.id !== id);
    expect(details).toMatchObject({
      id,
      clientId: expect.stringMatching(/^.{12}$/),
      transport: 'websocket',
      nsp: '/',
      rooms: [id],
      handshake: { address: expect.stringContaining('127.0.0.1'), secure: false, xdomain: false },
    });

    expect(await user.socket.emitWithAck('question', 42)).toBe('yes');
    expect((await admin.next('event_received')).slice(0, 3)).toEqual(['/', id, ['question', 42]]);

    admin.socket.emit('join', '/', 'the room', id);
    let joined: any[] = [];
    do joined = await admin.next('room_joined');
    while (joined[1] !== 'the room');
    expect(joined.slice(0, 3)).toEqual(['/', 'the room', id]);
    expect([...io.sockets.adapter.rooms.get('the room')]).toEqual([id]);

    admin.socket.emit('emit', '/', 'the room', 'from the admin', 1);
    expect(await user.next('from the admin')).toEqual([1]);
    admin.socket.emit('leave', '/', 'the room', id);
    expect((await admin.next('room_left')).slice(0, 3)).toEqual(['/', 'the room', id]);

    const gone = new Promise((resolve) => user.socket.once('disconnect', resolve));
    admin.socket.emit('_disconnect', '/', false, id);
    expect(await gone).toBe('io server disconnect');
    expect((await admin.next('socket_disconnected')).slice(0, 3)).toEqual(['/', id, 'server namespace disconnect']);
  });

  test('counts in production, and lets nobody in without the password', async () => {
    const auth = { type: 'basic' as const, username: 'admin', password: PASSWORD };
    const { url } = await start(library, { auth, mode: 'production', readonly: true, serverId: 'node 1' });
    const stranger = open(`${url}/admin`, { auth: { username: 'admin', password: 'guessed' } });
    expect(await connected(stranger.socket)).toBe('invalid credentials');
    const user = open(url, { transports: ['polling'] });
    await connected(user.socket);

    const admin = open(`${url}/admin`, { auth: { username: 'admin', password: 'changeit' } });
    expect(await connected(admin.socket)).toBe('connected');
    const [session] = await admin.next('session');
    expect(await admin.next('config')).toEqual([{ supportedFeatures: ['AGGREGATED_EVENTS'] }]);
    let stats: any;
    do [stats] = await admin.next('server_stats');
    while (stats.clientsCount !== 2);
    expect(stats).toMatchObject({ serverId: 'node 1', clientsCount: 2, pollingClientsCount: 1 });
    expect(stats.namespaces).toEqual(
      expect.arrayContaining([
        { name: '/', socketsCount: 1 },
        { name: '/admin', socketsCount: 1 },
      ]),
    );
    admin.socket.disconnect();
    const again = open(`${url}/admin`, { auth: { sessionId: session } });
    expect(await connected(again.socket)).toBe('connected');
  });
});
