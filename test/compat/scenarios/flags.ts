import type { Scenario } from '../../support/compat/types.js';

export const scenarios: Scenario[] = [
  {
    name: 'volatile events reach a client that is ready',
    modes: ['websocket', 'upgrade'],
    touches: ['Socket.volatile', 'Server.volatile', 'Namespace.volatile', 'BroadcastOperator.volatile'],
    async run(context) {
      const io = await context.server();
      const connected = await context.connect(io);
      await context.upgraded(connected);
      const { client, socket } = connected;
      context.listen('client', client);
      const emits: Record<string, () => unknown> = {
        socket: () => socket.volatile.emit('from the socket', 1),
        io: () => io.volatile.emit('from io', 2),
        namespace: () => io.of('/').volatile.emit('from the namespace', 3),
        room: () => io.to(socket.id).volatile.emit('from a room', 4),
        send: () => socket.volatile.send('sent'),
      };
      for (const [name, emit] of Object.entries(emits)) {
        const arrived = new Promise<void>((resolve) => client.onAny(() => resolve()));
        const result = emit();
        context.record('server', name, typeof result);
        await context.bounded(arrived, `the volatile event of ${name}`);
        client.offAny();
        context.listen('client', client);
      }
      context.record('server', 'volatile is the socket', socket.volatile === socket);
    },
  },
  {
    name: 'of two volatile events in one turn one arrives',
    modes: ['websocket'],
    touches: ['Socket.volatile'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      context.listen('client', client);
      for (let index = 1; index <= 3; index++) socket.volatile.emit('volatile', index);
      socket.emit('certain');
      await context.delivered(socket, client);
    },
  },
  {
    name: 'a volatile event behind one that waits is dropped',
    modes: ['websocket'],
    touches: ['Socket.volatile', 'Server.volatile'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      context.listen('client', client);
      socket.emit('certain', 1);
      socket.volatile.emit('volatile', 2);
      io.volatile.emit('volatile broadcast', 3);
      socket.emit('certain', 4);
      await context.delivered(socket, client);
    },
  },
  {
    name: 'a volatile event to a polling client that is not waiting is dropped',
    modes: ['polling'],
    touches: ['Socket.volatile'],
    async run(context) {
      const io = await context.server();
      const [peer] = await context.joinedPeer(io);
      const [socket] = io.of('/').sockets.values();
      socket!.volatile.emit('volatile');
      socket!.emit('certain');
      context.record('peer', 'received', await peer.receive());
    },
  },
  {
    name: 'a volatile event to a socket that is gone',
    touches: ['Socket.volatile'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const gone = context.once(socket, 'disconnect');
      client.disconnect();
      await gone;
      context.attempt('server', 'volatile', () => socket.volatile.emit('x'));
      context.attempt('server', 'emit', () => socket.emit('x'));
    },
  },
  {
    name: 'a volatile event with an ack',
    modes: ['websocket'],
    touches: ['Socket.volatile', 'Socket.timeout'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      client.on('ask', (answer) => answer('here'));
      socket
        .timeout(60_000)
        .volatile.emit('ask', (error: Error | null, answer: unknown) => context.record('server', 'ack', error, answer));
      await context.recorded('server', 1);
    },
  },
  {
    name: 'the compress flag changes nothing that an application sees',
    touches: ['Socket.compress', 'Server.compress', 'Namespace.compress', 'BroadcastOperator.compress'],
    async run(context) {
      const io = await context.server({ perMessageDeflate: { threshold: 10 }, httpCompression: { threshold: 10 } });
      const { client, socket } = await context.connect(io);
      context.listen('client', client);
      const text = 'compress me '.repeat(100);
      for (const compress of [true, false]) {
        socket.compress(compress).emit('socket', text);
        io.compress(compress).emit('io', text);
        io.of('/').compress(compress).emit('namespace', text);
        io.to(socket.id).compress(compress).emit('room', Buffer.from(text));
      }
      await context.delivered(socket, client);
      context.record('server', 'compress is the socket', socket.compress(true) === socket);
    },
  },
  {
    name: 'the local flag reaches the clients of this server',
    touches: ['Socket.local', 'Server.local', 'Namespace.local', 'BroadcastOperator.local'],
    async run(context) {
      const io = await context.server();
      const one = await context.connect(io);
      const two = await context.connect(io);
      context.listen('one', one.client);
      context.listen('two', two.client);
      io.local.emit('io');
      io.of('/').local.emit('namespace');
      io.to(two.socket.id).local.emit('room');
      one.socket.local.emit('socket');
      one.socket.local.to(two.socket.id).emit('socket to room');
      for (const { client, socket } of [one, two]) await context.delivered(socket, client);
    },
  },
  {
    name: 'flags may be chained in any order',
    modes: ['websocket'],
    touches: ['BroadcastOperator.compress', 'BroadcastOperator.local', 'BroadcastOperator.volatile'],
    async run(context) {
      const io = await context.server();
      const one = await context.connect(io);
      const two = await context.connect(io);
      context.listen('one', one.client);
      context.listen('two', two.client);
      io.compress(true).local.volatile.to(one.socket.id).emit('a');
      await context.once(one.client, 'a');
      io.local.volatile.except(one.socket.id).compress(false).emit('b');
      await context.once(two.client, 'b');
      one.socket.compress(true).volatile.broadcast.emit('c');
      await context.once(two.client, 'c');
    },
  },
];
