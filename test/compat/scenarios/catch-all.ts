import type { Scenario } from '../../support/compat/types.js';

export const scenarios: Scenario[] = [
  {
    name: 'onAny hears every incoming event, before its listeners',
    touches: ['Socket.onAny', 'Socket.prependAny'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const returned = socket.onAny((...args) => context.record('server', 'any one', ...args));
      socket.onAny((...args) => context.record('server', 'any two', ...args));
      socket.prependAny((...args) => context.record('server', 'prepended', ...args));
      socket.on('x', (...args) => context.record('server', 'on', ...args));
      context.record('server', 'returned', returned === socket);
      client.emit('nobody listens', Buffer.from([1]));
      client.emit('with ack', () => {});
      client.emit('x', 1, { a: 2 });
      await context.recorded('server', 11);
    },
  },
  {
    name: 'offAny takes one listener out, or all of them',
    touches: ['Socket.offAny', 'Socket.listenersAny'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const one = (...args: unknown[]) => context.record('server', 'one', ...args);
      const two = (...args: unknown[]) => context.record('server', 'two', ...args);
      context.record('server', 'listeners', socket.listenersAny());
      socket.onAny(one);
      socket.onAny(two);
      context.record('server', 'listeners', socket.listenersAny().length, socket.listenersAny()[0] === one);
      context.record('server', 'returned', socket.offAny(one) === socket);
      client.emit('x');
      await context.delivered(client, socket);
      socket.offAny(one);
      socket.onAny(one);
      socket.offAny();
      context.record('server', 'listeners', socket.listenersAny().length);
      client.emit('y');
      await context.delivered(client, socket);
    },
  },
  {
    name: 'onAnyOutgoing hears what is emitted to this client',
    touches: ['Socket.onAnyOutgoing', 'Socket.prependAnyOutgoing'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      context.listen('client', client);
      const returned = socket.onAnyOutgoing((...args) => context.record('server', 'outgoing', ...args));
      socket.prependAnyOutgoing((...args) => context.record('server', 'prepended', ...args));
      context.record('server', 'returned', returned === socket);
      socket.emit('x', 1, { a: 2 });
      socket.emit('with ack', () => {});
      socket.send('hello');
      socket.emit('binary', Buffer.from([1]));
      await context.delivered(socket, client);
    },
  },
  {
    name: 'onAnyOutgoing hears broadcasts that reach this client',
    touches: ['Socket.onAnyOutgoing', 'Server.emit', 'BroadcastOperator.emit'],
    async run(context) {
      const io = await context.server();
      const one = await context.connect(io);
      const two = await context.connect(io);
      one.socket.onAnyOutgoing((...args) => context.record('one', 'outgoing', ...args));
      two.socket.onAnyOutgoing((...args) => context.record('two', 'outgoing', ...args));
      io.emit('all', 1);
      one.socket.broadcast.emit('others', 2);
      io.to(one.socket.id).emit('one', 3);
      await context.settle('server', 'with ack', io.to('nowhere').timeout(10).emitWithAck('ask'));
      context.record('one', 'end');
    },
  },
  {
    name: 'offAnyOutgoing takes one listener out, or all of them',
    touches: ['Socket.offAnyOutgoing', 'Socket.listenersAnyOutgoing'],
    async run(context) {
      const io = await context.server();
      const { socket } = await context.connect(io);
      const one = (...args: unknown[]) => context.record('server', 'one', ...args);
      const two = (...args: unknown[]) => context.record('server', 'two', ...args);
      context.record('server', 'listeners', socket.listenersAnyOutgoing());
      socket.onAnyOutgoing(one);
      socket.onAnyOutgoing(two);
      context.record(
        'server',
        'listeners',
        socket.listenersAnyOutgoing().length,
        socket.listenersAnyOutgoing()[1] === two,
      );
      context.record('server', 'returned', socket.offAnyOutgoing(one) === socket);
      socket.emit('x');
      socket.offAnyOutgoing();
      socket.emit('y');
      context.record('server', 'listeners', socket.listenersAnyOutgoing().length);
    },
  },
  {
    name: 'catch-all listeners do not hear the reserved events',
    touches: ['Socket.onAny', 'Socket.onAnyOutgoing'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.onAny((...args) => context.record('server', 'any', ...args));
      socket.onAnyOutgoing((...args) => context.record('server', 'outgoing', ...args));
      socket.on('disconnect', (reason) => context.record('server', 'disconnect', reason));
      client.emit('last');
      client.disconnect();
      await context.recorded('server', 2);
    },
  },
  {
    name: 'a catch-all listener that takes itself out',
    touches: ['Socket.onAny', 'Socket.offAny'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const once = (event: string) => {
        context.record('server', 'once', event);
        socket.offAny(once);
      };
      socket.onAny(once);
      socket.onAny((event) => {
        if (!event.startsWith('compat')) context.record('server', 'always', event);
      });
      client.emit('x');
      client.emit('y');
      await context.delivered(client, socket);
    },
  },
  {
    name: 'a middleware refuses, and the catch-all listeners have heard it or not',
    touches: ['Socket.onAny', 'Socket.use'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.use(([event], next) => next(event === 'refused' ? new Error('no') : undefined));
      socket.onAny((event) => context.record('server', 'any', event));
      client.emit('refused');
      client.emit('accepted');
      await context.recorded('server', 2);
    },
  },
  {
    name: 'the client has catch-all listeners, too',
    touches: ['Socket.emit'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const incoming = (...args: unknown[]) => context.record('client', 'any', ...args);
      client.onAny(incoming);
      client.prependAny(() => context.record('client', 'first'));
      client.onAnyOutgoing((...args) => context.record('client', 'outgoing', ...args));
      client.prependAnyOutgoing(() => context.record('client', 'outgoing first'));
      socket.emit('x', 1);
      await context.recorded('client', 2);
      client.emit('y', 2);
      context.record('client', 'listeners', client.listenersAny().length, client.listenersAnyOutgoing().length);
      client.offAny(incoming);
      client.offAnyOutgoing();
      client.emit('z');
      await context.delivered(socket, client);
    },
  },
];
