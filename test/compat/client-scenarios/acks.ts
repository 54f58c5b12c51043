import type { Context } from '../../support/compat/context.js';
import type { Scenario } from '../../support/compat/types.js';
import { answering, fast, watch } from './support.js';

const once: Scenario['modes'] = ['websocket'];

/** An error by its message (ours carry a code, too); the rest of an answer as it is. */
const plain = (args: unknown[]) =>
  args.map((each) => (each instanceof Object && 'message' in each ? each.message : each));

const settle = (context: Context, label: string, promise: Promise<unknown>) =>
  promise.then(
    (value) => context.record('client', label, 'resolved', value),
    (error) => context.record('client', label, 'rejected', error.message),
  );

export const scenarios: Scenario[] = [
  {
    name: 'client: an answer with any number of arguments',
    touches: [],
    async run(context) {
      const io = answering(await context.server());
      const { client } = await context.connect(io);
      client.emit('ask', (...answer: unknown[]) => context.record('client', 'none', ...plain(answer)));
      client.emit('ask', 1, 'two', [3], (...answer: unknown[]) => context.record('client', 'three', ...plain(answer)));
      client.emit('ask', { b: Buffer.from([1]) }, (...answer: unknown[]) =>
        context.record('client', 'bin', ...plain(answer)),
      );
      await context.recorded('client', 3);
      context.record('client', 'first only', await client.emitWithAck('ask', 'a', 'b'));
      context.record('client', 'nothing', await client.emitWithAck('ask'));
    },
  },
  {
    name: 'client: the server answers twice',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) =>
        socket.on('ask', (answer) => {
          answer(1);
          answer(2);
        }),
      );
      const { client, socket } = await context.connect(io);
      client.emit('ask', (n: number) => context.record('client', 'answer', n));
      context.record('client', 'promise', await client.emitWithAck('ask'));
      await context.delivered(socket, client);
    },
  },
  {
    name: 'client: it answers the server, once',
    touches: [],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      client.on('ask', (...args) => {
        const answer = args.pop();
        answer(...args, 'done');
        answer('again');
      });
      socket.emit('ask', 1, Buffer.from([2]), (...answer: unknown[]) =>
        context.record('server', 'answer', ...plain(answer)),
      );
      context.record('server', 'promise', await socket.emitWithAck('ask'));
      await context.delivered(client, socket);
    },
  },
  {
    name: 'client: an answer in time',
    touches: [],
    async run(context) {
      const io = answering(await context.server());
      const { client } = await context.connect(io);
      client
        .timeout(60_000)
        .emit('ask', 1, (...answer: unknown[]) => context.record('client', 'callback', ...plain(answer)));
      await context.recorded('client', 1);
      context.record('client', 'promise', await client.timeout(60_000).emitWithAck('ask', 2));
    },
  },
  {
    name: 'client: no answer in time',
    touches: [],
    async run(context) {
      const io = await context.server();
      let late: (answer: string) => void = () => {};
      io.on('connection', (socket) =>
        socket.on('slow', (answer) => {
          late = answer;
        }),
      );
      const { client, socket } = await context.connect(io);
      client.timeout(30).emit('slow', (...answer: unknown[]) => context.record('client', 'callback', ...plain(answer)));
      await context.recorded('client', 1);
      late('too late');
      await settle(context, 'promise', client.timeout(10).emitWithAck('slow'));
      await context.delivered(socket, client);
    },
  },
  {
    name: 'client: timeout is for one event',
    touches: [],
    modes: once,
    async run(context) {
      const io = answering(await context.server());
      const { client } = await context.connect(io);
      client
        .timeout(60_000)
        .emit('ask', 'with', (...answer: unknown[]) => context.record('client', 'cb', ...plain(answer)));
      client.emit('ask', 'without', (...answer: unknown[]) => context.record('client', 'cb', ...plain(answer)));
      await context.recorded('client', 2);
      context.record('client', 'chain', client.timeout(5) === (client as unknown), client.volatile === client);
    },
  },
  {
    name: 'client: ackTimeout is the default, and the callback takes the error first',
    timed: true,
    touches: [],
    async run(context) {
      const io = answering(await context.server());
      io.on('connection', (socket) => socket.on('never', () => {}));
      const { client } = await context.connect(io, { ackTimeout: context.time(40) });
      client.emit('ask', 1, (...answer: unknown[]) => context.record('client', 'answered', ...plain(answer)));
      await context.recorded('client', 1);
      client.emit('never', (...answer: unknown[]) => context.record('client', 'default', ...plain(answer)));
      await context.recorded('client', 2);
      client.timeout(5).emit('never', (...answer: unknown[]) => context.record('client', 'own', ...plain(answer)));
      await context.recorded('client', 3);
      await settle(context, 'promise', client.emitWithAck('never'));
    },
  },
  {
    name: 'client: the connection is lost before the answer',
    touches: [],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.on('never', () => context.record('server', 'asked'));
      client.on('disconnect', () => context.record('client', 'disconnect'));
      client.emit('never', () => context.record('client', 'plain callback'));
      client.timeout(60_000).emit('never', (error: Error) => context.record('client', 'timed callback', error.message));
      const promise = client.emitWithAck('never');
      const timed = client.timeout(60_000).emitWithAck('never');
      await context.recorded('server', 4);
      client.disconnect();
      await settle(context, 'promise', promise);
      await settle(context, 'timed promise', timed);
    },
  },
  {
    name: 'client: the server puts it out before the answer',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => socket.on('leave', () => socket.disconnect()));
      const { client } = await context.connect(io);
      watch(context, client);
      await settle(context, 'promise', client.emitWithAck('leave'));
    },
  },
  {
    name: 'client: a question that waits for the connection is answered after it',
    touches: [],
    async run(context) {
      const io = answering(await context.server());
      const client = context.client(io, { autoConnect: false });
      const promise = client.emitWithAck('ask', 'early');
      client.emit('ask', 'callback', (answer: string) => context.record('client', 'callback', answer));
      client.connect();
      context.record('promise', 'resolved', await promise);
      await context.recorded('client', 1);
    },
  },
  {
    name: 'client: a question that waits too long is not asked at all',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => socket.onAny((event) => context.record('server', event)));
      const client = context.client(io, { autoConnect: false });
      client.timeout(10).emit('too long', (error: Error) => context.record('client', 'callback', error.message));
      client.emit('patient');
      await context.recorded('client', 1);
      context.record('client', 'waiting', client.sendBuffer.length);
      client.connect();
      await context.recorded('server', 1);
    },
  },
  {
    name: 'client: a waiting question survives a lost connection',
    touches: [],
    async run(context) {
      const io = answering(await context.server());
      const { client } = await context.connect(io, fast);
      const answers: Promise<unknown>[] = [];
      client.once('disconnect', () => answers.push(client.emitWithAck('ask', 'in between')));
      client.io.engine.close();
      await context.once(client, 'connect');
      context.record('client', 'answer', await answers[0]);
    },
  },
  {
    name: 'client: answers come in the order in which they were given',
    touches: [],
    modes: once,
    async run(context) {
      const io = await context.server();
      const waiting: (() => void)[] = [];
      io.on('connection', (socket) =>
        socket.on('n', (n, answer) => {
          waiting.push(() => answer(n));
          if (waiting.length === 3) for (const each of waiting.reverse()) each();
        }),
      );
      const { client } = await context.connect(io);
      for (const n of [1, 2, 3]) client.emit('n', n, (answer: number) => context.record('client', 'answer', answer));
      await context.recorded('client', 3);
    },
  },
  {
    name: 'client: an acknowledgement in an acknowledgement',
    touches: [],
    modes: once,
    async run(context) {
      const io = answering(await context.server());
      const { client } = await context.connect(io);
      client.emit('ask', 1, (one: number) => {
        client.emit('ask', one + 1, (two: number) => context.record('client', 'two', two));
      });
      await context.recorded('client', 1);
    },
  },
];
