import type { Scenario } from '../../support/compat/types.js';

export const scenarios: Scenario[] = [
  {
    name: 'joining and leaving, as the socket and the adapter see it',
    touches: ['Socket.join', 'Socket.leave', 'Socket.rooms', 'Namespace.adapter', 'Adapter.rooms', 'Adapter.sids'],
    async run(context) {
      const io = await context.server();
      const { socket } = await context.connect(io);
      const { adapter } = io.of('/');
      const show = (label: string) => {
        const rooms = [...adapter.rooms].map(([room, members]) => [room, [...members]]);
        context.record('server', label, [...socket.rooms], rooms, [...(adapter.sids.get(socket.id) ?? [])]);
      };
      show('alone');
      context.record('server', 'join', socket.join('a'));
      show('in a');
      socket.join(['b', 'c', 'a']);
      show('in a, b, c');
      context.record('server', 'leave', socket.leave('b'));
      socket.leave('nowhere');
      show('left b');
      context.record('server', 'a set', socket.rooms instanceof Set);
    },
  },
  {
    name: 'every socket is in the room of its id, and may leave it',
    touches: ['Socket.rooms', 'Socket.leave', 'Server.to'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      context.listen('client', client);
      io.to(socket.id).emit('direct', 1);
      socket.leave(socket.id);
      io.to(socket.id).emit('direct', 2);
      await context.delivered(socket, client);
      context.record('server', 'rooms', [...socket.rooms]);
    },
  },
  {
    name: 'rooms of odd names',
    touches: ['Socket.join', 'Server.to'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      context.listen('client', client);
      for (const room of ['', ' ', '__proto__', 'constructor', 'ü', 1 as unknown as string]) {
        socket.join(room);
        io.to(room).emit('hello', room);
      }
      await context.delivered(socket, client);
      context.record('server', 'rooms', [...socket.rooms].slice(1));
    },
  },
  {
    name: 'the events of the adapter, in order',
    touches: [
      'Adapter event:create-room',
      'Adapter event:join-room',
      'Adapter event:leave-room',
      'Adapter event:delete-room',
    ],
    async run(context) {
      const io = await context.server();
      const { adapter } = io.of('/');
      for (const event of ['create-room', 'join-room', 'leave-room', 'delete-room']) {
        adapter.on(event, (...args) => context.record('adapter', event, ...args));
      }
      const one = await context.connect(io);
      const two = await context.connect(io);
      one.socket.join('a');
      one.socket.join('a');
      two.socket.join(['a', 'b']);
      one.socket.leave('a');
      one.socket.leave('a');
      two.socket.leave('a');
      two.socket.disconnect();
      one.client.disconnect();
      await context.once(one.socket, 'disconnect');
    },
  },
  {
    name: 'rooms while disconnecting, and after',
    touches: ['Socket event:disconnecting', 'Socket event:disconnect', 'Socket.rooms'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.join(['a', 'b']);
      socket.on('disconnecting', (reason) =>
        context.record('server', 'disconnecting', reason, [...socket.rooms], socket.connected),
      );
      socket.on('disconnect', (reason) =>
        context.record('server', 'disconnect', reason, [...socket.rooms], socket.connected),
      );
      client.disconnect();
      await context.recorded('server', 2);
      context.record('server', 'adapter', io.of('/').adapter.rooms.size, io.of('/').adapter.sids.size);
    },
  },
  {
    name: 'joining after the disconnect',
    touches: ['Socket.join'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const gone = context.once(socket, 'disconnect');
      client.disconnect();
      await gone;
      context.attempt('server', 'join', () => socket.join('late'));
      context.record('server', 'rooms', [...socket.rooms], [...io.of('/').adapter.rooms.keys()]);
    },
  },
  {
    name: 'rooms belong to their namespace',
    touches: ['Namespace.to', 'Namespace.in', 'Namespace.adapter'],
    async run(context) {
      const io = await context.server();
      const chat = io.of('/chat');
      const manager = context.manager(io);
      const main = await context.connected(io, manager.socket('/'));
      const other = await context.connected(io, manager.socket('/chat'), '/chat');
      main.socket.join('room');
      other.socket.join('room');
      context.listen('main', main.client);
      context.listen('chat', other.client);
      io.to('room').emit('from main');
      chat.to('room').emit('from chat');
      chat.in('room').emit('in chat');
      await context.delivered(main.socket, main.client);
      await context.delivered(other.socket, other.client);
      context.record('server', 'adapters', io.of('/').adapter !== chat.adapter, chat.adapter.rooms.size);
    },
  },
  {
    name: 'joining inside the connection handler counts for what follows',
    touches: ['Socket.join', 'Socket.to', 'Server.to'],
    async run(context) {
      const io = await context.server();
      io.on('connection', async (socket) => {
        await socket.join('lobby');
        io.to('lobby').emit('joined', socket.handshake.auth.name);
      });
      for (const name of ['alice', 'bob']) {
        const client = context.client(io, { auth: { name } });
        context.listen(name, client);
        await context.recorded(name, 1);
      }
      await context.recorded('alice', 2);
    },
  },
  {
    name: 'many rooms at once, left at once',
    touches: ['Socket.join', 'Socket.disconnect', 'Adapter.rooms'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const { adapter } = io.of('/');
      socket.join(Array.from({ length: 500 }, (_, index) => `room ${index}`));
      context.record('server', 'rooms', socket.rooms.size, adapter.rooms.size);
      client.disconnect();
      await context.once(socket, 'disconnect');
      context.record('server', 'rooms', socket.rooms.size, adapter.rooms.size, adapter.sids.size);
    },
  },
  {
    name: 'questions to the adapter about rooms',
    touches: ['Adapter.sockets', 'Adapter.socketRooms', 'Adapter.serverCount', 'Adapter.nsp', 'Adapter.fetchSockets'],
    async run(context) {
      const io = await context.server();
      const one = await context.connect(io);
      const two = await context.connect(io);
      one.socket.join('a');
      two.socket.join(['a', 'b']);
      const { adapter } = io.of('/');
      context.record(
        'adapter',
        'sockets',
        [...(await adapter.sockets(new Set(['a'])))],
        (await adapter.sockets(new Set())).size,
      );
      context.record(
        'adapter',
        'rooms',
        [...(adapter.socketRooms(two.socket.id) ?? [])],
        adapter.socketRooms('nobody'),
      );
      context.record('adapter', 'servers', await adapter.serverCount(), adapter.nsp === io.of('/'));
      const fetched = await adapter.fetchSockets({ rooms: new Set(['b']), except: new Set() });
      context.record(
        'adapter',
        'fetched',
        fetched.map(({ id }) => id),
      );
    },
  },
  {
    name: 'changes of rooms through the adapter',
    touches: [
      'Adapter.addAll',
      'Adapter.del',
      'Adapter.delAll',
      'Adapter.addSockets',
      'Adapter.delSockets',
      'Adapter.disconnectSockets',
    ],
    async run(context) {
      const io = await context.server();
      const one = await context.connect(io);
      const two = await context.connect(io);
      const { adapter } = io.of('/');
      const show = (label: string) => context.record('adapter', label, [...one.socket.rooms], [...two.socket.rooms]);
      adapter.addAll(one.socket.id, new Set(['a', 'b']));
      show('added');
      adapter.del(one.socket.id, 'b');
      show('deleted');
      adapter.addSockets({ rooms: new Set(), except: new Set(['a']) }, ['c']);
      show('sockets added');
      adapter.delSockets({ rooms: new Set(['c']) }, ['c', 'd']);
      show('sockets deleted');
      adapter.delAll(one.socket.id);
      show('all deleted');
      two.client.on('disconnect', (reason) => context.record('two', 'disconnect', reason));
      adapter.disconnectSockets({ rooms: new Set([two.socket.id]) }, false);
      await context.recorded('two', 1);
    },
  },
  {
    name: 'what collectors of metrics read of the adapter, and put around it',
    touches: ['Adapter.rooms', 'Adapter.sids', 'Adapter.nsp', 'Adapter.broadcast', 'Adapter.addAll', 'Adapter.del'],
    async run(context) {
      const io = await context.server();
      const { adapter } = io.of('/');
      const calls: string[] = [];
      for (const method of ['broadcast', 'broadcastWithAck', 'addAll', 'del', 'delAll'] as const) {
        const inner = adapter[method] as (...args: unknown[]) => unknown;
        Object.assign(adapter, {
          [method](this: unknown, ...args: unknown[]) {
            calls.push(method);
            return inner.apply(this, args);
          },
        });
      }
      const one = await context.connect(io);
      const two = await context.connect(io);
      one.socket.join(['a', 'b']);
      two.socket.join('a');
      const show = (label: string) => {
        const own: string[] = [];
        const shared: [string, number][] = [];
        adapter.rooms.forEach((members, room) => {
          if (adapter.sids.has(room)) own.push(room);
          else shared.push([room, members.size]);
        });
        context.record('adapter', label, own.length, shared, adapter.sids.size);
        const counts = Array.from(adapter.sids.values(), (rooms) => rooms.size);
        context.record(
          'adapter',
          'per socket',
          counts,
          Math.max(0, ...[...adapter.rooms.values()].map(({ size }) => size)),
        );
        context.record('adapter', 'maps', adapter.rooms instanceof Map, adapter.sids instanceof Map);
        context.record(
          'adapter',
          'json',
          JSON.stringify([...adapter.rooms.entries()].map(([, ids]) => [...ids].length)),
        );
        context.record('adapter', 'namespace', adapter.nsp.name, adapter.nsp.sockets.size);
      };
      show('together');
      io.to('a').emit('x');
      one.socket.broadcast.emit('x');
      two.socket.leave('a');
      show('one left a room');
      two.client.disconnect();
      await context.once(two.socket, 'disconnect');
      show('one left');
      context.record('adapter', 'calls', calls);
    },
  },
];
