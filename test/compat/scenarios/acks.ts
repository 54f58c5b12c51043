import type { Scenario } from '../../support/compat/types.js';

export const scenarios: Scenario[] = [
  {
    name: 'the server answers the client',
    touches: ['Socket.on'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.on('ask', (question, answer) => {
        context.record('server', 'asked', question, typeof answer);
        answer('one', 2, { three: true }, null);
      });
      socket.on('nothing', (answer) => answer());
      client.emit('ask', 'how', (...args: unknown[]) => context.record('client', 'answer', ...args));
      client.emit('nothing', (...args: unknown[]) => context.record('client', 'answer', ...args));
      await context.recorded('client', 2);
    },
  },
  {
    name: 'the client answers the server',
    touches: ['Socket.emit', 'Socket.emitWithAck'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      client.on('ask', (question, answer) => answer(question, 'and more'));
      client.on('nothing', (answer) => answer());
      socket.emit('ask', 'how', (...args: unknown[]) => context.record('server', 'answer', ...args));
      socket.emit('nothing', (...args: unknown[]) => context.record('server', 'answer', ...args));
      await context.recorded('server', 2);
      await context.settle('server', 'emitWithAck', socket.emitWithAck('ask', 'again'));
      await context.settle('server', 'emitWithAck of nothing', socket.emitWithAck('nothing'));
    },
  },
  {
    name: 'an ack is answered once',
    touches: ['Socket.on', 'Socket.emit'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.on('ask', (answer) => {
        answer('first');
        answer('second');
      });
      client.on('ask', (answer) => {
        answer('first');
        answer('second');
      });
      client.emit('ask', (answer: string) => context.record('client', 'answer', answer));
      socket.emit('ask', (answer: string) => context.record('server', 'answer', answer));
      await context.delivered(client, socket);
      await context.delivered(socket, client);
      await context.delivered(client, socket);
    },
  },
  {
    name: 'acks come back in the order of the answers',
    touches: ['Socket.emit'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const waiting: (() => void)[] = [];
      client.on('ask', (index, answer) => {
        waiting.push(() => answer(index));
        if (waiting.length === 3) for (const answerLater of waiting.reverse()) answerLater();
      });
      for (const index of [1, 2, 3])
        socket.emit('ask', index, (answer: number) => context.record('server', 'answer', answer));
      await context.recorded('server', 3);
    },
  },
  {
    name: 'binary in acks, both ways',
    touches: ['Socket.emitWithAck', 'Socket.on'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const echo = (...args: any[]) => args.pop()(...args);
      client.on('echo', echo);
      socket.on('echo', echo);
      const values = [Buffer.from([1, 2]), { deep: [new Uint8Array([3])] }, 'text'];
      socket.emit('echo', ...values, (...args: unknown[]) => context.record('server', 'answer', ...args));
      client.emit('echo', ...values, (...args: unknown[]) => context.record('client', 'answer', ...args));
      await context.recorded('server', 1);
      await context.recorded('client', 1);
    },
  },
  {
    name: 'a timeout on the server that is met, and one that is not',
    touches: ['Socket.timeout', 'Socket.emit', 'Socket.emitWithAck'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      client.on('ask', (answer) => answer('here'));
      socket
        .timeout(60_000)
        .emit('ask', (error: unknown, answer: unknown) => context.record('server', 'met', error, answer));
      await context.recorded('server', 1);
      socket.timeout(10).emit('ignored', (...args: unknown[]) => context.record('server', 'not met', ...args));
      await context.recorded('server', 2);
      await context.settle('server', 'met', socket.timeout(60_000).emitWithAck('ask'));
      await context.settle('server', 'not met', socket.timeout(10).emitWithAck('ignored'));
    },
  },
  {
    name: 'an answer after the timeout is not heard',
    touches: ['Socket.timeout'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      let answerLate = (_text: string) => {};
      client.on('ask', (answer) => {
        answerLate = answer;
      });
      socket.timeout(10).emit('ask', (...args: unknown[]) => context.record('server', 'ack', ...args));
      await context.recorded('server', 1);
      await context.delivered(socket, client);
      answerLate('too late');
      await context.delivered(client, socket);
    },
  },
  {
    name: 'the timeout holds for one emit',
    touches: ['Socket.timeout'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      client.on('ask', (answer) => answer('here'));
      socket.timeout(60_000).emit('ask', (...args: unknown[]) => context.record('server', 'with timeout', ...args));
      socket.emit('ask', (...args: unknown[]) => context.record('server', 'without', ...args));
      await context.recorded('server', 2);
      context.record('server', 'timeout is the socket', socket.timeout(5) === (socket as unknown));
    },
  },
  {
    name: 'acks that are open when the client goes away',
    timed: true,
    touches: ['Socket.emit', 'Socket.emitWithAck', 'Socket.timeout', 'Socket event:disconnect'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.emit('ignored', (...args: unknown[]) => context.record('server', 'callback', ...args));
      socket
        .timeout(context.time(250))
        .emit('ignored', (...args: unknown[]) => context.record('server', 'with timeout', ...args));
      const promise = socket.timeout(context.time(250)).emitWithAck('ignored');
      const gone = context.once(socket, 'disconnect');
      client.disconnect();
      await gone;
      await context.settle('server', 'promise', promise);
    },
  },
  {
    name: 'an emit with an ack on a socket that is gone',
    touches: ['Socket.emit', 'Socket.timeout'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const gone = context.once(socket, 'disconnect');
      client.disconnect();
      await gone;
      context.attempt('server', 'emit', () => socket.emit('x', () => context.record('server', 'never')));
      await context.settle('server', 'emitWithAck', socket.timeout(10).emitWithAck('x'));
    },
  },
  {
    name: 'answers to acks that nobody asked for',
    touches: ['Socket.on'],
    async run(context) {
      const io = await context.server();
      const [peer] = await context.joinedPeer(io);
      const [socket] = io.of('/').sockets.values();
      socket!.on('hello', () => context.record('server', 'hello', socket!.connected));
      socket!.emit('ask', (...args: unknown[]) => context.record('server', 'answer', ...args));
      context.record('peer', 'received', await peer.receive());
      await peer.send('437[]', '430["first"]', '430["second"]', '42["hello"]');
      await context.recorded('server', 2);
    },
  },
  {
    name: 'the wire of acks',
    touches: ['Socket.emit', 'Socket.on'],
    async run(context) {
      const io = await context.server();
      io.of('/chat').on('connection', (socket) => {
        socket.on('ask', (...args) => args.at(-1)(...args.slice(0, -1)));
        socket.emit('first', 1, (...args: unknown[]) => context.record('server', 'first', ...args));
        socket.emit('second', (...args: unknown[]) => context.record('server', 'second', ...args));
      });
      const [peer, answer] = await context.joinedPeer(io, { connect: '40/chat,' });
      context.record('peer', 'received', answer);
      context.record('peer', 'received', await peer.receive());
      context.record('peer', 'received', await peer.receive());
      await peer.send('43/chat,1["to the second"]', '43/chat,0["to the first",2]');
      await context.recorded('server', 2);
      await peer.send(
        '42/chat,12["ask","text"]',
        '451-/chat,13["ask",{"_placeholder":true,"num":0}]',
        Buffer.from([1]),
      );
      await peer.send('42/chat,14["ask"]');
      for (let count = 0; count < 4; count++) context.record('peer', 'received', await peer.receive());
    },
  },
  {
    name: 'an ack id that is large, and one that is zero',
    touches: ['Socket.on'],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => {
        socket.on('ask', (answer) => answer('yes'));
      });
      const [peer] = await context.joinedPeer(io);
      for (const id of ['0', '007', '123456789', '9007199254740991', '9007199254740993']) {
        await peer.send(`42${id}["ask"]`);
        context.record('peer', id, await peer.receive());
      }
    },
  },
  {
    name: 'the client waits with a timeout, and gives up',
    touches: ['Socket.on'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.on('ask', (answer) => answer('here'));
      await context.settle('client', 'met', client.timeout(60_000).emitWithAck('ask'));
      await context.settle('client', 'not met', client.timeout(10).emitWithAck('ignored'));
    },
  },
  {
    name: 'a client with retries sends again until it is acknowledged',
    timed: true,
    touches: ['Socket.on'],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => {
        let count = 0;
        socket.on('ask', (value, answer) => {
          context.record('server', 'ask', value);
          count += 1;
          if (count > 2) answer('at last');
        });
      });
      const client = context.client(io, { retries: 3, ackTimeout: context.time(150) });
      await context.once(client, 'connect');
      client.emit('ask', 1, (error: unknown, answer: unknown) => context.record('client', 'answer', error, answer));
      await context.recorded('client', 1);
    },
  },
];
