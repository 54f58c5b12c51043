import { numberedBothWays, ranges } from '../../support/compat/numbered.js';
import type { Scenario } from '../../support/compat/types.js';

export const scenarios: Scenario[] = [
  {
    name: 'direct emits and broadcasts, binary and text, arrive as they were emitted',
    touches: ['Socket.emit', 'Server.emit', 'BroadcastOperator.emit'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      context.listen('client', client);
      socket.join('room');
      for (let index = 0; index < 40; index += 8) {
        socket.emit('direct', index);
        io.emit('broadcast', index + 1);
        io.to('room').emit('room', index + 2, Buffer.from([index]));
        socket.emit('direct binary', index + 3, Buffer.from([1]), Buffer.from([2]));
        io.local.emit('local', index + 4);
        socket.emit('with ack', index + 5, () => {});
        socket.compress(false).emit('uncompressed', index + 6);
        socket.send(index + 7);
      }
      await context.delivered(socket, client);
    },
  },
  {
    name: 'what comes in, in one go, is heard in order',
    touches: ['Socket.on'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const heard: number[] = [];
      const done = new Promise<void>((resolve) => {
        socket.on('x', (index: number) => {
          heard.push(index);
          if (heard.length === 1000) resolve();
        });
      });
      for (let index = 0; index < 1000; index++) {
        if (index % 5 === 0) client.emit('x', index, Buffer.from([index % 256]));
        else client.emit('x', index);
      }
      await context.bounded(done, '1000 events');
      context.record('server', 'heard', ranges(heard));
    },
  },
  {
    name: 'numbered messages each way while the client upgrades',
    touches: ['Socket.emit', 'Socket.on'],
    run: (context) => numberedBothWays(context, 2000, 20),
  },
  {
    name: 'two namespaces on one connection keep their order, each and together',
    touches: ['Namespace.emit', 'Socket.emit'],
    async run(context) {
      const io = await context.server();
      const chat = io.of('/chat');
      const manager = context.manager(io);
      const main = await context.connected(io, manager.socket('/'));
      const other = await context.connected(io, manager.socket('/chat'), '/chat');
      for (const client of [main.client, other.client]) {
        client.on('x', (...args) => context.record('client', 'x', ...args));
      }
      for (let index = 0; index < 20; index += 4) {
        main.socket.emit('x', index);
        other.socket.emit('x', index + 1, Buffer.from([index]));
        chat.emit('x', index + 2);
        io.emit('x', index + 3);
      }
      await context.delivered(main.socket, main.client);
    },
  },
  {
    name: 'acks keep their place among events',
    touches: ['Socket.on', 'Socket.emit'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.on('ask', (index, answer) => {
        socket.emit('before', index);
        answer(index);
        socket.emit('after', index);
      });
      client.on('before', (index) => context.record('client', 'before', index));
      client.on('after', (index) => context.record('client', 'after', index));
      for (const index of [1, 2, 3])
        client.emit('ask', index, (answer: number) => context.record('client', 'answer', answer));
      await context.recorded('client', 9);
    },
  },
];
