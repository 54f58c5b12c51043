import type { Server } from 'socket.io';
import type { Scenario } from '../../support/compat/types.js';
import { fast, puppet } from './support.js';

const once: Scenario['modes'] = ['websocket'];

export const scenarios: Scenario[] = [
  {
    name: 'client: with retries everything is acknowledged and in order',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) =>
        socket.on('n', (n, answer) => {
          context.record('server', 'n', n);
          answer(n * 2);
        }),
      );
      const { client } = await context.connect(io, { retries: 3, ackTimeout: 60_000 });
      client.emit('n', 1);
      client.emit('n', 2, (error: unknown, answer: number) => context.record('client', 'answer', error, answer));
      client.emit('n', 3);
      context.record('promise', 'resolved', await client.emitWithAck('n', 4));
      await context.recorded('server', 4);
    },
  },
  {
    name: 'client: an event with retries that nobody acknowledges',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => socket.on('never', () => {}));
      const { client } = await context.connect(io, { retries: 2, ackTimeout: 20 });
      let sent = 0;
      client.onAnyOutgoing(() => {
        sent++;
      });
      client.emit('never', (error: Error, ...answer: unknown[]) => {
        context.record('client', 'callback', error.message, answer.length, sent);
      });
      await context.recorded('client', 1);
    },
  },
  {
    name: 'client: an event with retries is acknowledged at the third try',
    timed: true,
    touches: [],
    modes: once,
    async run(context) {
      const tries: string[] = [];
      const server = await puppet(context, (socket) =>
        socket.on('message', (data) => {
          const text = String(data);
          if (text.startsWith('40')) socket.send('40{"sid":"abc"}');
          if (!text.startsWith('42')) return;
          tries.push(text.replace(/^42\d+/, ''));
          if (tries.length === 3) socket.send(`43${/^42(\d+)/.exec(text)![1]}["at last"]`);
        }),
      );
      const client = context.client(server, { retries: 5, ackTimeout: context.time(20) });
      client.emit('stubborn', 1, (error: unknown, answer: string) => context.record('client', 'answer', error, answer));
      await context.recorded('client', 1);
      context.record('server', 'tries', tries);
    },
  },
  {
    name: 'client: the next event with retries waits for the one before',
    touches: [],
    modes: once,
    async run(context) {
      const server = await puppet(context, (socket) =>
        socket.on('message', (data) => {
          const text = String(data);
          if (text.startsWith('40')) socket.send('40{"sid":"abc"}');
          const [, id, rest] = /^42(\d+)(.*)/.exec(text) ?? [];
          if (id === undefined) return;
          context.record('server', 'received', rest);
          setTimeout(() => socket.send(`43${id}[]`), 10);
        }),
      );
      const client = context.client(server, { retries: 5, ackTimeout: 60_000 });
      for (const n of [1, 2, 3]) {
        client.emit('n', n, (error: unknown) => context.record('server', 'acknowledged', n, error));
      }
      await context.recorded('server', 6);
    },
  },
  {
    name: 'client: volatile events are not repeated',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) =>
        socket.on('e', (...args) => {
          context.record('server', 'e', args.length, args[0]);
          args.at(-1)?.();
        }),
      );
      const client = context.client(io, { retries: 3, ackTimeout: 60_000, autoConnect: false });
      client.volatile.emit('e', 'dropped');
      client.emit('e', 'kept');
      client.connect();
      await context.recorded('server', 1);
    },
  },
  {
    name: 'client: events with retries wait for the connection',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) =>
        socket.on('n', (n, answer) => {
          context.record('server', 'n', n);
          answer();
        }),
      );
      const client = context.client(io, { retries: 3, ackTimeout: 60_000, autoConnect: false });
      client.on('connect', () => client.emit('n', 3));
      client.emit('n', 1);
      client.emit('n', 2);
      context.record('client', 'sendBuffer', client.sendBuffer.length);
      client.connect();
      await context.recorded('server', 3);
    },
  },
  {
    name: 'client: an event with retries survives the loss of the connection',
    touches: [],
    async run(context) {
      const io = await context.server();
      let seen = 0;
      io.on('connection', (socket) =>
        socket.on('n', (n, answer) => {
          context.record('server', 'n', n);
          // The first try is received, and its acknowledgement is lost with the connection.
          if (++seen === 1) socket.conn.close();
          else answer('done');
        }),
      );
      const { client } = await context.connect(io, { ...fast, retries: 3, ackTimeout: 60_000 });
      context.record('client', 'answer', await client.emitWithAck('n', 1));
    },
  },
  {
    name: 'client: with retries and no room for another try, the loss of the connection is final',
    touches: [],
    async run(context) {
      const io: Server = await context.server();
      io.on('connection', (socket) => socket.on('leave', () => socket.conn.close()));
      const { client } = await context.connect(io, { ...fast, retries: 1, ackTimeout: 60_000 });
      client.emit('leave', (error: Error) => context.record('client', 'callback', error.message));
      await context.recorded('client', 1);
    },
  },
  {
    name: 'client: timeout is for each try',
    touches: [],
    modes: once,
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => socket.on('never', () => {}));
      const { client } = await context.connect(io, { retries: 1 });
      client.timeout(10).emit('never', (error: Error) => context.record('client', 'callback', error.message));
      await context.recorded('client', 1);
    },
  },
];
