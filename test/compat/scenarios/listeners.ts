import { AsyncLocalStorage } from 'node:async_hooks';
import type { Scenario } from '../../support/compat/types.js';

export const scenarios: Scenario[] = [
  {
    name: 'reserved names cannot be emitted by a socket',
    touches: ['Socket.emit', 'Socket.emitWithAck'],
    async run(context) {
      const io = await context.server();
      const { socket } = await context.connect(io);
      for (const event of [
        'connect',
        'connect_error',
        'disconnect',
        'disconnecting',
        'newListener',
        'removeListener',
      ]) {
        context.attempt('server', event, () => socket.emit(event));
        context.attempt('server', `broadcast ${event}`, () => socket.broadcast.emit(event));
      }
      context.attempt('server', 'error', () => socket.emit('error', 1));
    },
  },
  {
    name: 'names that begin with carillon:',
    touches: ['Socket.emit', 'Socket.on', 'Namespace.emit'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      context.attempt('server', 'socket', () => socket.emit('carillon:x'));
      context.attempt('server', 'namespace', () => io.emit('carillon:x'));
      socket.on('carillon:x', (ack) => ack('heard'));
      const answer = await client.emitWithAck('carillon:x');
      context.record('client', 'answer', answer);
    },
  },
  {
    name: 'what the client may not emit',
    touches: ['Socket.on'],
    async run(context) {
      const io = await context.server();
      const { client } = await context.connect(io);
      for (const event of [
        'connect',
        'connect_error',
        'disconnect',
        'disconnecting',
        'newListener',
        'removeListener',
      ]) {
        context.attempt('client', event, () => client.emit(event) === client);
      }
    },
  },
  {
    name: 'a listener that is added while the event is on its way',
    touches: ['Socket.on'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.on('x', () => {
        context.record('server', 'first');
        socket.on('x', () => context.record('server', 'added'));
      });
      client.emit('x');
      await context.delivered(client, socket);
      client.emit('x');
      await context.delivered(client, socket);
    },
  },
  {
    name: 'an error event from the client with a listener',
    touches: ['Socket event:error'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.on('error', (...args) => context.record('server', 'error', ...args));
      client.emit('error', 'text', 1);
      await context.recorded('server', 1);
    },
  },
  {
    name: 'an error in the middleware of a socket goes to its error listeners',
    touches: ['Socket event:error', 'Socket.use'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const error: Error & { data?: object } = new Error('refused');
      error.data = { a: 1 };
      socket.use((_event, next) => next(error));
      socket.on('error', (received) => context.record('server', 'error', received, received === error));
      client.emit('x');
      await context.recorded('server', 1);
    },
  },
  {
    name: 'emitting inside a listener, deeply',
    touches: ['Socket.on', 'Socket.emit'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.on('count', (value) => {
        context.record('server', 'count', value);
        socket.emit('count', value + 1);
      });
      client.on('count', (value) => {
        context.record('client', 'count', value);
        if (value < 10) client.emit('count', value + 1);
      });
      client.emit('count', 1);
      await context.recorded('client', 5);
    },
  },
  {
    name: 'listeners of the server hear only its own events',
    touches: ['Server.on', 'Server.emit'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      io.on('x', () => context.record('server', 'never'));
      io.of('/').on('x', () => context.record('server', 'never'));
      socket.on('x', () => context.record('server', 'socket'));
      client.emit('x');
      io.emit('x');
      await context.recorded('server', 1);
      await context.delivered(socket, client);
    },
  },
  {
    name: 'the emitter of the server, as Node.js knows it',
    touches: ['Server.listeners', 'Server.listenerCount', 'Server.removeAllListeners', 'Server.off', 'Server.once'],
    async run(context) {
      const io = await context.server();
      const listener = () => context.record('server', 'connection');
      io.on('connection', listener);
      io.on('connect', listener);
      context.record(
        'server',
        'counts',
        io.listenerCount('connection'),
        io.listeners('connect').length,
        io.sockets.listenerCount('connect'),
      );
      io.removeAllListeners('connect');
      await context.connect(io);
      io.off('connection', listener);
      context.record('server', 'counts', io.listenerCount('connection'), io.listenerCount('connect'));
      await context.connect(io);
    },
  },
  {
    name: 'a context that a listener enters is not seen by later events',
    touches: ['Socket.on', 'Socket.use'],
    async run(context) {
      const io = await context.server();
      // By event: middlewares of one packet and listeners of another may take turns.
      const seen: Record<string, unknown[]> = { a: [], b: [], end: [] };
      const storage = new AsyncLocalStorage<string>();
      const done = new Promise<void>((resolve) => {
        io.on('connection', (socket) => {
          storage.enterWith('connection');
          socket.use(([event], next) => {
            seen[event]?.push(storage.getStore());
            if (event === 'a') storage.enterWith('middleware');
            next();
          });
          socket.on('a', async () => {
            seen.a?.push(storage.getStore());
            storage.enterWith('a');
            await null;
            seen.a?.push(storage.getStore());
          });
          socket.on('b', (ack: () => void) => {
            seen.b?.push(storage.getStore());
            storage.enterWith('b');
            ack();
          });
          socket.on('end', () => {
            seen.end?.push(storage.getStore());
            resolve();
          });
        });
      });
      const client = context.client(io);
      await context.once(client, 'connect');
      client.emit('a');
      // In one packet of the network, and in one of its own.
      await client.emitWithAck('b');
      client.emit('end');
      await done;
      context.record('server', 'contexts', seen);
    },
  },
];
