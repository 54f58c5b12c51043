import type { Scenario } from '../../support/compat/types.js';

export const scenarios: Scenario[] = [
  {
    name: 'two namespaces share one connection',
    touches: ['Server.of', 'Namespace.name', 'Namespace.server', 'Socket.nsp', 'Socket.conn', 'Namespace.on'],
    async run(context) {
      const io = await context.server();
      const chat = io.of('/chat');
      chat.on('connection', (socket) => context.record('server', 'connection', socket.nsp.name, socket.nsp === chat));
      io.on('connection', (socket) => context.record('main', 'connection', socket.nsp.name));
      const manager = context.manager(io);
      const main = await context.connected(io, manager.socket('/'));
      const other = await context.connected(io, manager.socket('/chat'), '/chat');
      context.record(
        'server',
        'same connection',
        main.socket.conn === other.socket.conn,
        main.socket.client === other.socket.client,
      );
      context.record('server', 'ids differ', main.socket.id !== other.socket.id, main.client.id !== other.client.id);
      context.record('server', 'server', chat.server === io, io.engine.clientsCount);
    },
  },
  {
    name: 'of gives the same namespace again, with or without the slash',
    touches: ['Server.of', 'Server event:new_namespace', 'Namespace.name'],
    async run(context) {
      const io = await context.server();
      io.on('new_namespace', (namespace) => context.record('server', 'new_namespace', namespace.name));
      context.record('server', 'same', io.of('/a') === io.of('a'), io.of('') === io.sockets);
      context.record('server', 'names', io.of('/').name, io.of('b').name, io.of('/b/').name, io.of('/B').name);
    },
  },
  {
    name: 'of takes a connection listener',
    touches: ['Server.of', 'Namespace event:connection'],
    async run(context) {
      const io = await context.server();
      io.of('/chat', (socket) => context.record('server', 'first', socket.nsp.name));
      io.of('/chat', (socket) => context.record('server', 'second', socket.nsp.name));
      await context.connect(io, { namespace: '/chat' });
    },
  },
  {
    name: 'an unknown namespace is refused, and the connection lives on',
    touches: ['Server.of'],
    async run(context) {
      const io = await context.server();
      const manager = context.manager(io);
      const main = await context.connected(io, manager.socket('/'));
      const unknown = manager.socket('/nowhere');
      const [error] = await context.once(unknown, 'connect_error');
      context.record('client', 'connect_error', error, unknown.connected, unknown.active);
      context.listen('main', main.client);
      main.socket.emit('still here');
      await context.delivered(main.socket, main.client);
    },
  },
  {
    name: 'a query in the namespace of the URL is not part of its name',
    touches: ['Namespace.name', 'Socket.handshake'],
    async run(context) {
      const io = await context.server();
      io.of('/chat').on('connection', (socket) => {
        context.record('server', 'connection', socket.nsp.name, socket.handshake.query.token);
      });
      const { client } = await context.connect(io, { namespace: '/chat?token=abc' });
      context.record('client', 'connected', client.connected);
    },
  },
  {
    name: 'names of namespaces that need care',
    touches: ['Server.of', 'Namespace.name'],
    async run(context) {
      const io = await context.server();
      const manager = context.manager(io);
      for (const name of ['/a/b', '/with space', '/ünï', '/1', '/a-b_c.d', '/__proto__', '/constructor']) {
        io.of(name).on('connection', (socket) => context.record('server', 'connection', socket.nsp.name));
        const { client, socket } = await context.connected(io, manager.socket(name), name);
        context.listen('client', client);
        socket.emit('hello', name);
        await context.delivered(socket, client);
      }
    },
  },
  {
    name: 'an emit reaches its own namespace only',
    touches: ['Namespace.emit', 'Server.emit', 'Namespace.send', 'Namespace.write', 'Server.send', 'Server.write'],
    async run(context) {
      const io = await context.server();
      const chat = io.of('/chat');
      const manager = context.manager(io);
      const main = await context.connected(io, manager.socket('/'));
      const other = await context.connected(io, manager.socket('/chat'), '/chat');
      context.listen('main', main.client);
      context.listen('chat', other.client);
      context.record('server', 'emit', io.emit('to main', 1), chat.emit('to chat', 2));
      context.record('server', 'send', io.send('a') === io, io.write('b') === io);
      context.record('server', 'send', chat.send('c') === chat, chat.write('d') === chat);
      await context.delivered(main.socket, main.client);
      await context.delivered(other.socket, other.client);
    },
  },
  {
    name: 'leaving one namespace keeps the other',
    touches: ['Socket.disconnect', 'Socket event:disconnect', 'Namespace.sockets'],
    async run(context) {
      const io = await context.server();
      const chat = io.of('/chat');
      const manager = context.manager(io);
      const main = await context.connected(io, manager.socket('/'));
      const other = await context.connected(io, manager.socket('/chat'), '/chat');
      other.socket.on('disconnect', (reason) => context.record('server', 'chat', reason));
      main.socket.on('disconnect', (reason) => context.record('server', 'main', reason));
      other.client.disconnect();
      await context.recorded('server', 1);
      context.listen('main', main.client);
      main.socket.emit('still here');
      await context.delivered(main.socket, main.client);
      context.record('server', 'sockets', chat.sockets.size, io.sockets.sockets.size);
      const again = await context.connected(io, other.client.connect(), '/chat');
      context.record('server', 'again', again.socket.id !== other.socket.id, chat.sockets.size);
    },
  },
  {
    name: 'the server puts a client out of one namespace',
    touches: ['Socket.disconnect', 'Socket event:disconnecting'],
    async run(context) {
      const io = await context.server();
      io.of('/chat');
      const manager = context.manager(io);
      const main = await context.connected(io, manager.socket('/'));
      const other = await context.connected(io, manager.socket('/chat'), '/chat');
      other.socket.on('disconnecting', (reason) =>
        context.record('server', 'disconnecting', reason, other.socket.rooms.size),
      );
      other.socket.on('disconnect', (reason) =>
        context.record('server', 'disconnect', reason, other.socket.rooms.size),
      );
      other.client.on('disconnect', (reason) => context.record('chat', 'disconnect', reason, other.client.active));
      context.record('server', 'returns', other.socket.disconnect() === other.socket, other.socket.connected);
      await context.recorded('chat', 1);
      context.listen('main', main.client);
      main.socket.emit('still here');
      await context.delivered(main.socket, main.client);
    },
  },
  {
    name: 'closing through one namespace ends them all',
    touches: ['Socket.disconnect'],
    async run(context) {
      const io = await context.server();
      io.of('/chat');
      const manager = context.manager(io);
      const main = await context.connected(io, manager.socket('/'));
      const other = await context.connected(io, manager.socket('/chat'), '/chat');
      main.socket.on('disconnect', (reason) => context.record('server', 'main', reason));
      other.socket.on('disconnect', (reason) => context.record('server', 'chat', reason));
      main.client.on('disconnect', (reason) => context.record('client main', 'disconnect', reason));
      other.client.on('disconnect', (reason) => context.record('client chat', 'disconnect', reason));
      other.socket.disconnect(true);
      await context.recorded('client main', 1);
      await context.recorded('client chat', 1);
      await context.recorded('server', 2);
    },
  },
  {
    name: 'joining a namespace without the main one',
    touches: ['Namespace.sockets', 'Server.sockets'],
    async run(context) {
      const io = await context.server();
      io.of('/chat');
      io.on('connection', () => context.record('server', 'main'));
      const { socket } = await context.connect(io, { namespace: '/chat' });
      context.record('server', 'sockets', io.sockets.sockets.size, io.of('/chat').sockets.size);
      context.record('server', 'known', io.of('/chat').sockets.get(socket.id) === socket);
    },
  },
  {
    name: 'the wire of joining and leaving namespaces',
    touches: ['Server.of'],
    async run(context) {
      const io = await context.server();
      io.of('/chat');
      const peer = await context.peer(io);
      for (const packet of ['40', '40/nowhere,', '40/chat,{"token":1}']) {
        await peer.send(packet);
        context.record('peer', packet, await peer.receive());
      }
      io.emit('main');
      io.of('/chat').emit('chat', 1);
      context.record('peer', 'received', await peer.receive());
      context.record('peer', 'received', await peer.receive());
      await peer.send('41/chat,');
      io.of('/').sockets.forEach((socket) => {
        socket.disconnect();
      });
      context.record('peer', 'received', await peer.receive());
    },
  },
  {
    name: 'listeners of a namespace come and go',
    touches: ['Namespace.on', 'Namespace.off', 'Namespace.once', 'Namespace.listeners', 'Server.off', 'Server.once'],
    async run(context) {
      const io = await context.server();
      const chat = io.of('/chat');
      const listener = () => context.record('server', 'on');
      chat.on('connection', listener);
      chat.once('connection', () => context.record('server', 'once'));
      io.once('connection', () => context.record('main', 'once'));
      io.on('connection', listener);
      io.off('connection', listener);
      context.record('server', 'count', chat.listenerCount('connection'), chat.listeners('connection').length);
      await context.connect(io, { namespace: '/chat' });
      chat.off('connection', listener);
      await context.connect(io, { namespace: '/chat' });
      await context.connect(io);
      await context.connect(io);
    },
  },
  {
    name: 'reserved names cannot be emitted by a namespace or a server',
    touches: ['Namespace.emit', 'Server.emit'],
    async run(context) {
      const io = await context.server();
      for (const event of [
        'connect',
        'connection',
        'new_namespace',
        'disconnect',
        'disconnecting',
        'error',
        'newListener',
      ]) {
        context.attempt('server', `io ${event}`, () => io.emit(event));
        context.attempt('server', `chat ${event}`, () => io.of('/chat').emit(event));
      }
    },
  },
  {
    name: 'a client joins a namespace that is made later',
    touches: ['Server.of'],
    async run(context) {
      const io = await context.server();
      const manager = context.manager(io);
      const client = manager.socket('/later');
      const [error] = await context.once(client, 'connect_error');
      context.record('client', 'connect_error', error);
      io.of('/later');
      client.connect();
      await context.once(client, 'connect');
      context.record('client', 'connected', client.connected);
    },
  },
];
