import type { Scenario } from '../../support/compat/types.js';

export const scenarios: Scenario[] = [
  {
    name: 'a client connects and both sides agree on the id',
    touches: [
      'Server.constructor',
      'Server.on',
      'Server event:connection',
      'Socket.id',
      'Socket.connected',
      'Socket.disconnected',
    ],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => {
        context.record('server', 'connection', socket.id, socket.connected, socket.disconnected);
      });
      const { client, socket } = await context.connect(io);
      context.record('client', 'connect', client.id, client.connected, client.disconnected, client.recovered);
      context.record('client', 'same id', client.id === socket.id, client.id?.length);
    },
  },
  {
    name: 'connect is an alias of connection, and both fire',
    touches: [
      'Server event:connect',
      'Server event:connection',
      'Namespace event:connect',
      'Namespace event:connection',
    ],
    async run(context) {
      const io = await context.server();
      for (const event of ['connect', 'connection'] as const) {
        io.on(event, (socket) => context.record('server', event, socket.connected));
        io.of('/chat').on(event, (socket) => context.record('namespace', event, socket.nsp.name));
      }
      await context.connect(io);
      await context.connect(io, { namespace: '/chat' });
      context.record('server', 'listeners', io.listenerCount('connection'), io.sockets.listenerCount('connection'));
    },
  },
  {
    name: 'an event with every kind of JSON value arrives unchanged, both ways',
    touches: ['Socket.emit', 'Socket.on'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const values = [
        0,
        -1,
        1.5,
        1e21,
        true,
        false,
        null,
        undefined,
        '',
        'héllo wörld ☃ 💩',
        '\u2028\u2029\u0000\u001e"\\',
        [],
        [1, [2, [3]]],
        {},
        { a: { b: { c: null } } },
        { undefined: undefined },
        Number.NaN,
        new Date(0),
        new Map([[1, 2]]),
      ];
      socket.on('up', (...args) => context.record('server', 'up', ...args));
      context.listen('client', client);
      client.emit('up', ...values);
      socket.emit('down', ...values);
      await context.delivered(client, socket);
      await context.delivered(socket, client);
    },
  },
  {
    name: 'an event without arguments, with a numeric name and with odd names',
    touches: ['Socket.emit', 'Socket.on'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      context.listen('client', client);
      socket.onAny((...args) => {
        if (!String(args[0]).startsWith('compat')) context.record('server', 'event', ...args);
      });
      for (const name of ['plain', '', ' ', 'with "quotes"', 'toString', '__proto__', 'error', 'message', '☃']) {
        client.emit(name);
        socket.emit(name, 1);
      }
      client.emit(7 as unknown as string, 'number');
      socket.emit(7 as unknown as string, 'number');
      await context.delivered(client, socket);
      await context.delivered(socket, client);
    },
  },
  {
    name: 'emit returns, and send and write are message events',
    touches: ['Socket.emit', 'Socket.send', 'Socket.write', 'Socket event:message'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      context.listen('client', client);
      socket.on('message', (...args) => context.record('server', 'message', ...args));
      context.record('server', 'emit', socket.emit('x'), socket.send('a', 1) === socket, socket.write('b') === socket);
      client.send('c', 2);
      await context.delivered(client, socket);
      await context.delivered(socket, client);
    },
  },
  {
    name: 'what is emitted inside the connection handler comes first',
    touches: ['Server event:connection', 'Socket.emit'],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => {
        socket.emit('first');
        socket.emit('second', Buffer.from([1]));
        io.emit('third');
      });
      const client = context.client(io);
      context.listen('client', client);
      client.on('connect', () => context.record('client', 'connect'));
      await context.recorded('client', 4);
    },
  },
  {
    name: 'what the client emits before it is connected arrives once it is',
    touches: ['Server event:connection', 'Socket.on'],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => {
        socket.onAny((...args) => context.record('server', 'event', ...args));
      });
      const client = context.client(io);
      for (let index = 0; index < 5; index++) client.emit('early', index);
      await context.recorded('server', 5);
    },
  },
  {
    name: 'many clients at once each get their own id',
    touches: ['Server.sockets', 'Namespace.sockets', 'Engine.clientsCount'],
    async run(context) {
      const io = await context.server();
      const all = await Promise.all(Array.from({ length: 8 }, () => context.connect(io)));
      context.record('server', 'ids', new Set(all.map(({ client }) => client.id)).size, io.sockets.sockets.size);
      context.record('server', 'clients', io.engine.clientsCount, io.sockets === io.of('/'));
    },
  },
  {
    name: 'listeners come and go on the server socket as on any emitter',
    touches: ['Socket.once', 'Socket.off', 'Socket.on', 'Socket.listeners', 'Socket.removeAllListeners'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const listener = (value: number) => context.record('server', 'on', value);
      socket.on('x', listener);
      socket.once('x', (value) => context.record('server', 'once', value));
      context.record(
        'server',
        'count',
        socket.listenerCount('x'),
        socket.listeners('x').length,
        socket.eventNames().includes('x'),
      );
      client.emit('x', 1);
      client.emit('x', 2);
      await context.delivered(client, socket);
      socket.off('x', listener);
      client.emit('x', 3);
      await context.delivered(client, socket);
      socket.on('x', listener);
      socket.removeAllListeners('x');
      client.emit('x', 4);
      await context.delivered(client, socket);
    },
  },
  {
    name: 'a second connection by the same page is a second socket',
    touches: ['Namespace.sockets', 'Socket.client', 'Client.conn', 'Client.request'],
    async run(context) {
      const io = await context.server();
      const one = await context.connect(io);
      const two = await context.connect(io);
      context.record('server', 'different', one.socket.client !== two.socket.client, one.socket.id !== two.socket.id);
      context.record(
        'server',
        'client',
        one.socket.client.conn === one.socket.conn,
        one.socket.client.request === one.socket.request,
      );
    },
  },
  {
    name: 'a client that asks again after its own disconnect gets a new socket',
    touches: ['Socket event:disconnect', 'Server event:connection'],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => {
        context.record('server', 'connection', socket.id);
        socket.on('disconnect', (reason) => context.record('server', 'disconnect', socket.id, reason));
      });
      const { client } = await context.connect(io);
      client.disconnect();
      await context.recorded('server', 2);
      client.connect();
      await context.once(client, 'connect');
      context.record('client', 'again', client.id, client.recovered);
    },
  },
];
