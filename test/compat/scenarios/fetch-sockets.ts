import type { Server } from 'socket.io';
import type { Connected, Context } from '../../support/compat/context.js';
import type { Scenario } from '../../support/compat/types.js';

async function two(context: Context, io: Server): Promise<[Connected, Connected]> {
  const one = await context.connect(io, { auth: { name: 'one' } });
  const other = await context.connect(io, { auth: { name: 'two' } });
  context.name(one.socket.id, 'one');
  context.name(other.socket.id, 'two');
  one.socket.join(['a', 'both']);
  other.socket.join(['b', 'both']);
  one.socket.data.number = 1;
  other.socket.data.number = 2;
  return [one, other];
}

export const scenarios: Scenario[] = [
  {
    name: 'fetchSockets gives what is known of each socket',
    touches: [
      'Server.fetchSockets',
      'RemoteSocket.id',
      'RemoteSocket.handshake',
      'RemoteSocket.rooms',
      'RemoteSocket.data',
    ],
    async run(context) {
      const io = await context.server();
      await two(context, io);
      for (const socket of await io.fetchSockets()) {
        context.record('server', 'socket', socket.id, socket.handshake.auth, socket.rooms, socket.data);
        context.record('server', 'types', typeof socket.emit, typeof socket.join, socket.rooms instanceof Set);
      }
    },
  },
  {
    name: 'fetchSockets of rooms and namespaces',
    touches: ['BroadcastOperator.fetchSockets', 'Namespace.fetchSockets'],
    async run(context) {
      const io = await context.server();
      const [one] = await two(context, io);
      const ids = (sockets: { id: string }[]) => sockets.map(({ id }) => id);
      context.record('server', 'in a', ids(await io.in('a').fetchSockets()));
      context.record('server', 'in both', ids(await io.in('both').fetchSockets()));
      context.record('server', 'except a', ids(await io.except('a').fetchSockets()));
      context.record('server', 'nowhere', ids(await io.in('nowhere').fetchSockets()));
      context.record(
        'server',
        'namespace',
        ids(await io.of('/').fetchSockets()),
        ids(await io.of('/chat').fetchSockets()),
      );
      context.record('server', 'broadcast', ids(await one.socket.broadcast.fetchSockets()));
      context.record('server', 'local', ids(await io.local.fetchSockets()));
    },
  },
  {
    name: 'fetched sockets can be worked with',
    touches: ['RemoteSocket.emit', 'RemoteSocket.join', 'RemoteSocket.leave', 'RemoteSocket.disconnect'],
    async run(context) {
      const io = await context.server();
      const [one, other] = await two(context, io);
      context.listen('one', one.client);
      one.client.on('disconnect', (reason) => context.record('one', 'disconnect', reason));
      const [fetched] = await io.in('a').fetchSockets();
      context.record('server', 'emit', fetched!.emit('hello', 1));
      fetched!.join('new');
      fetched!.join(['newer', 'newest']);
      fetched!.leave('a');
      context.record('server', 'rooms', [...one.socket.rooms]);
      io.to('new').emit('to the new room');
      await context.delivered(one.socket, one.client);
      context.record('server', 'disconnect', typeof fetched!.disconnect());
      await context.recorded('one', 3);
      context.record('server', 'other', other.socket.connected);
    },
  },
  {
    name: 'a fetched socket closes the connection',
    touches: ['RemoteSocket.disconnect'],
    async run(context) {
      const io = await context.server();
      io.of('/chat');
      const manager = context.manager(io);
      const main = await context.connected(io, manager.socket('/'));
      const chat = await context.connected(io, manager.socket('/chat'), '/chat');
      main.client.on('disconnect', (reason) => context.record('main', 'disconnect', reason));
      chat.client.on('disconnect', (reason) => context.record('chat', 'disconnect', reason));
      const [fetched] = await io.of('/chat').fetchSockets();
      fetched!.disconnect(true);
      await context.recorded('main', 1);
      await context.recorded('chat', 1);
    },
  },
  {
    name: 'a fetched socket is asked with a timeout',
    touches: ['RemoteSocket.timeout'],
    async run(context) {
      const io = await context.server();
      const [one] = await two(context, io);
      one.client.on('ask', (answer) => answer('here'));
      const [fetched] = await io.in('a').fetchSockets();
      fetched!
        .timeout(60_000)
        .emit('ask', (error: unknown, ...answers: unknown[]) => context.record('server', 'met', error, ...answers));
      await context.recorded('server', 1);
      fetched!
        .timeout(10)
        .emit('ignored', (error: unknown, ...answers: unknown[]) =>
          context.record('server', 'not met', error, ...answers),
        );
      await context.recorded('server', 2);
      await context.settle('server', 'emitWithAck', fetched!.timeout(60_000).emitWithAck('ask'));
    },
  },
  {
    name: 'data of a fetched socket',
    touches: ['RemoteSocket.data', 'Socket.data'],
    async run(context) {
      const io = await context.server();
      const [one] = await two(context, io);
      const [fetched] = await io.in('a').fetchSockets();
      one.socket.data.number = 10;
      context.record('server', 'data', fetched!.data, fetched!.id === one.socket.id);
    },
  },
  {
    name: 'many sockets join rooms at once',
    touches: ['Server.socketsJoin', 'Namespace.socketsJoin', 'BroadcastOperator.socketsJoin'],
    async run(context) {
      const io = await context.server();
      const [one, other] = await two(context, io);
      context.record('server', 'returned', io.socketsJoin('all'));
      io.in('a').socketsJoin(['x', 'y']);
      io.except('a').socketsJoin('z');
      io.of('/').socketsJoin('namespace');
      io.in('nowhere').socketsJoin('never');
      context.record('server', 'rooms', [...one.socket.rooms], [...other.socket.rooms]);
    },
  },
  {
    name: 'many sockets leave rooms at once',
    touches: ['Server.socketsLeave', 'Namespace.socketsLeave', 'BroadcastOperator.socketsLeave'],
    async run(context) {
      const io = await context.server();
      const [one, other] = await two(context, io);
      io.socketsJoin(['p', 'q', 'r', 's']);
      context.record('server', 'returned', io.socketsLeave('p'));
      io.in('a').socketsLeave(['q', 'r']);
      io.except('a').socketsLeave('a');
      io.of('/').socketsLeave('s');
      context.record('server', 'rooms', [...one.socket.rooms], [...other.socket.rooms]);
    },
  },
  {
    name: 'many sockets are disconnected at once',
    touches: ['Server.disconnectSockets', 'BroadcastOperator.disconnectSockets', 'Namespace.disconnectSockets'],
    async run(context) {
      const io = await context.server();
      const all = await Promise.all([1, 2, 3, 4].map(() => context.connect(io)));
      all[0]!.socket.join('a');
      all[1]!.socket.join('b');
      for (const [index, { client, socket }] of all.entries()) {
        socket.on('disconnect', (reason) => context.record(`socket ${index}`, 'disconnect', reason));
        client.on('disconnect', (reason) => context.record(`client ${index}`, 'disconnect', reason));
      }
      context.record('server', 'returned', io.in('a').disconnectSockets());
      await context.recorded('client 0');
      io.in('b').disconnectSockets(true);
      await context.recorded('client 1');
      io.of('/').except(all[3]!.socket.id).disconnectSockets();
      await context.recorded('client 2');
      io.disconnectSockets(true);
      await context.recorded('client 3');
      context.record('server', 'left', io.sockets.sockets.size);
    },
  },
  {
    name: 'disconnecting the sockets of one namespace keeps the connection',
    touches: ['Namespace.disconnectSockets'],
    async run(context) {
      const io = await context.server();
      io.of('/chat');
      const manager = context.manager(io);
      const main = await context.connected(io, manager.socket('/'));
      const chat = await context.connected(io, manager.socket('/chat'), '/chat');
      chat.client.on('disconnect', (reason) => context.record('chat', 'disconnect', reason));
      context.listen('main', main.client);
      io.of('/chat').disconnectSockets();
      await context.recorded('chat', 1);
      main.socket.emit('still here');
      await context.delivered(main.socket, main.client);
    },
  },
];
