import type { Server } from 'socket.io';
import type { Connected, Context } from '../../support/compat/context.js';
import type { Scenario } from '../../support/compat/types.js';

/** Connects clients by name, each recording what it gets, and joins them to their rooms. */
async function crowd(
  context: Context,
  io: Server,
  rooms: Record<string, string[]>,
): Promise<Record<string, Connected>> {
  const all: Record<string, Connected> = {};
  for (const [name, joined] of Object.entries(rooms)) {
    const connected = await context.connect(io);
    connected.socket.join(joined);
    context.listen(name, connected.client);
    all[name] = connected;
  }
  return all;
}

async function settled(context: Context, all: Record<string, Connected>): Promise<void> {
  for (const { client, socket } of Object.values(all)) await context.delivered(socket, client);
}

const people = { alice: ['red', 'all'], bob: ['red', 'blue', 'all'], carol: ['blue', 'all'], dave: [] };

export const scenarios: Scenario[] = [
  {
    name: 'io.emit reaches everybody, with all arguments',
    touches: ['Server.emit'],
    async run(context) {
      const io = await context.server();
      const all = await crowd(context, io, people);
      context.record('server', 'emit', io.emit('news', 1, 'two', { three: [3] }, null));
      await settled(context, all);
    },
  },
  {
    name: 'to and in choose rooms; a client in several gets one message',
    touches: ['Server.to', 'Server.in', 'BroadcastOperator.to', 'BroadcastOperator.in', 'BroadcastOperator.emit'],
    async run(context) {
      const io = await context.server();
      const all = await crowd(context, io, people);
      context.record('server', 'emit', io.to('red').emit('red'));
      io.in('blue').emit('blue');
      io.to('red').to('blue').emit('red or blue');
      io.to('red').in('blue').in('all').emit('three rooms');
      io.to(['red', 'blue']).emit('array');
      io.to('nowhere').emit('nobody');
      io.to([]).emit('empty array');
      await settled(context, all);
    },
  },
  {
    name: 'except takes rooms out',
    touches: ['Server.except', 'BroadcastOperator.except', 'Namespace.except'],
    async run(context) {
      const io = await context.server();
      const all = await crowd(context, io, people);
      io.except('red').emit('not red');
      io.except(['red', 'blue']).emit('neither');
      io.except('red').except('blue').emit('neither, chained');
      io.to('all').except('red').emit('all but red');
      io.except('red').to('all').emit('except first');
      io.of('/').except('blue').emit('namespace');
      io.except(all.dave!.socket.id).emit('not dave');
      io.to('red').except('red').emit('nobody');
      await settled(context, all);
    },
  },
  {
    name: 'a socket broadcasts to the others',
    touches: ['Socket.broadcast', 'Socket.to', 'Socket.in', 'Socket.except'],
    async run(context) {
      const io = await context.server();
      const all = await crowd(context, io, people);
      const { socket } = all.alice!;
      context.record('server', 'emit', socket.broadcast.emit('others'));
      socket.to('red').emit('red but me');
      socket.in('blue').emit('blue');
      socket.to(['red', 'blue']).emit('both');
      socket.to('red').to('blue').except('blue').emit('chained');
      socket.except('blue').emit('except blue');
      socket.broadcast.to('all').emit('broadcast to');
      socket.broadcast.except('blue').emit('broadcast except');
      socket.to(socket.id).emit('to myself');
      await settled(context, all);
    },
  },
  {
    name: 'an operator may be kept and used again',
    touches: ['BroadcastOperator.to', 'BroadcastOperator.emit'],
    async run(context) {
      const io = await context.server();
      const all = await crowd(context, io, people);
      const red = io.to('red');
      const both = red.to('blue');
      red.emit('one');
      both.emit('two');
      red.emit('three');
      red.except('blue').emit('four');
      red.emit('five');
      context.record('server', 'new values', red !== both, red !== red.except('x'));
      await settled(context, all);
    },
  },
  {
    name: 'flags of the server socket do not stick',
    touches: ['Socket.broadcast', 'Socket.emit'],
    async run(context) {
      const io = await context.server();
      const all = await crowd(context, io, people);
      const { socket } = all.alice!;
      socket.broadcast.emit('others');
      socket.emit('mine');
      socket.to('red').emit('red');
      socket.emit('mine again');
      await settled(context, all);
    },
  },
  {
    name: 'a broadcast with binary arguments',
    touches: ['BroadcastOperator.emit', 'Server.emit'],
    async run(context) {
      const io = await context.server();
      const all = await crowd(context, io, people);
      io.emit('binary', Buffer.from([1, 2]), { deep: [new Uint8Array([3])] });
      io.to('red').emit('text');
      io.to('red').emit('binary', new ArrayBuffer(2));
      io.emit('text');
      await settled(context, all);
    },
  },
  {
    name: 'what is changed after the emit does not change what was sent',
    touches: ['Server.emit', 'Socket.emit'],
    async run(context) {
      const io = await context.server();
      const all = await crowd(context, io, { alice: [], bob: [] });
      const value = { count: 1, list: [1] };
      io.emit('broadcast', value);
      all.alice!.socket.emit('direct', value);
      value.count = 2;
      value.list.push(2);
      await settled(context, all);
    },
  },
  {
    name: 'the selection is made when the emit is called',
    touches: ['Server.to', 'Socket.join', 'Socket.leave'],
    async run(context) {
      const io = await context.server();
      const all = await crowd(context, io, { alice: ['room'], bob: [] });
      io.to('room').emit('one');
      all.alice!.socket.leave('room');
      all.bob!.socket.join('room');
      io.to('room').emit('two');
      all.bob!.socket.leave('room');
      io.to('room').emit('three');
      await settled(context, all);
    },
  },
  {
    name: 'reserved names cannot be broadcast',
    touches: ['BroadcastOperator.emit'],
    async run(context) {
      const io = await context.server();
      for (const event of [
        'connect',
        'connect_error',
        'disconnect',
        'disconnecting',
        'newListener',
        'removeListener',
      ]) {
        context.attempt('server', event, () => io.to('room').emit(event));
      }
      context.attempt('server', 'error', () => io.to('room').emit('error', 1));
    },
  },
  {
    name: 'a broadcast from inside a listener of another socket',
    touches: ['Socket.on', 'Server.emit', 'Socket.broadcast'],
    async run(context) {
      const io = await context.server();
      const all = await crowd(context, io, { alice: [], bob: [] });
      all.alice!.socket.on('say', (text) => {
        io.emit('said', text);
        all.alice!.socket.broadcast.emit('heard', text);
        all.alice!.socket.emit('sent', text);
      });
      all.alice!.client.emit('say', 'hello');
      await context.recorded('alice', 2);
      await context.recorded('bob', 2);
    },
  },
  {
    name: 'allSockets gives the ids',
    touches: ['Server.allSockets', 'Namespace.allSockets', 'BroadcastOperator.allSockets'],
    async run(context) {
      const io = await context.server();
      const all = await crowd(context, io, people);
      for (const [name, { socket }] of Object.entries(all)) context.name(socket.id, name);
      context.record('server', 'all', await io.allSockets());
      context.record('server', 'red', await io.to('red').allSockets());
      context.record('server', 'namespace', (await io.of('/').allSockets()).size, await io.of('/chat').allSockets());
      context.record('server', 'nowhere', await io.in('nowhere').allSockets());
    },
  },
  {
    name: 'the wire of a broadcast is the wire of an emit',
    touches: ['Server.emit', 'Socket.emit'],
    async run(context) {
      const io = await context.server();
      const [peer] = await context.joinedPeer(io);
      const [socket] = io.of('/').sockets.values();
      socket!.emit('x', 1, { a: 'é' });
      io.emit('x', 1, { a: 'é' });
      io.to(socket!.id).emit('b', Buffer.from([1]));
      socket!.emit('b', Buffer.from([1]));
      for (let count = 0; count < 6; count++) context.record('peer', 'received', await peer.receive());
    },
  },
];
