import type { Scenario } from '../../support/compat/types.js';
import { answering, closedPort, fast, puppet, watch, watchManager } from './support.js';

const once: Scenario['modes'] = ['websocket'];

export const scenarios: Scenario[] = [
  {
    name: 'client: it comes back after the connection is lost',
    touches: [],
    async run(context) {
      const io = await context.server();
      const { client } = await context.connect(io, fast);
      const first = client.id;
      watch(context, client);
      watchManager(context, client.io);
      client.io.engine.close();
      await context.recorded('client', 2);
      context.record('client', 'new id', client.id !== first);
    },
  },
  {
    name: 'client: it comes back when the server drops the connection',
    touches: [],
    async run(context) {
      const io = await context.server();
      const connected = await context.connect(io, fast);
      await context.upgraded(connected);
      watch(context, connected.client);
      watchManager(context, connected.client.io);
      connected.socket.conn.close();
      await context.recorded('client', 2);
    },
  },
  {
    name: 'client: it comes back once the server is there again',
    touches: [],
    async run(context) {
      const http = await context.httpServer();
      const address = http.address() as { port: number };
      const io = await context.server({}, http);
      const { client } = await context.connect(io, fast);
      client.on('disconnect', () => context.record('client', 'disconnect'));
      client.on('connect', () => context.record('client', 'connect'));
      const failed = context.once(client.io, 'reconnect_error');
      await io.close();
      await failed;
      const second = await context.httpServer();
      await new Promise((resolve) => second.close(resolve));
      const again = new context.module.Server(address.port);
      context.own(again);
      await context.recorded('client', 2);
    },
  },
  {
    name: 'client: attempts are counted, and at the end it gives up',
    touches: [],
    async run(context) {
      const manager = context.manager(await closedPort(context), {
        ...fast,
        reconnectionAttempts: 3,
        autoConnect: false,
      });
      watchManager(context, manager);
      const socket = manager.socket('/');
      let errors = 0;
      socket.on('connect_error', () => {
        errors++;
      });
      socket.connect();
      await context.once(manager, 'reconnect_failed');
      context.record('client', 'errors', errors, socket.active);
    },
  },
  {
    name: 'client: after it gave up it can be told to try again',
    touches: [],
    modes: once,
    async run(context) {
      const manager = context.manager(await closedPort(context), {
        ...fast,
        reconnectionAttempts: 1,
        autoConnect: false,
      });
      const socket = manager.socket('/');
      socket.connect();
      await context.once(manager, 'reconnect_failed');
      watchManager(context, manager);
      socket.connect();
      await context.once(manager, 'reconnect_failed');
    },
  },
  {
    name: 'client: no attempt without the option',
    touches: [],
    async run(context) {
      const io = await context.server();
      const { client } = await context.connect(io, { ...fast, reconnection: false });
      watch(context, client);
      watchManager(context, client.io);
      client.io.engine.close();
      await context.recorded('client', 1);
      context.record('client', 'state', client.io._readyState, client.active);
    },
  },
  {
    name: 'client: reconnection is switched off while connected',
    touches: [],
    async run(context) {
      const io = await context.server();
      const { client } = await context.connect(io, fast);
      watchManager(context, client.io);
      client.io.reconnection(false);
      const gone = context.once(client, 'disconnect');
      client.io.engine.close();
      await gone;
      context.record('client', 'state', client.io._readyState);
    },
  },
  {
    name: 'client: disconnect ends the attempts',
    touches: [],
    async run(context) {
      const client = context.client(await closedPort(context), { ...fast, reconnectionDelay: 30 });
      watchManager(context, client.io);
      await context.once(client, 'connect_error');
      client.disconnect();
      context.record('client', 'state', client.active, client.io._readyState);
    },
  },
  {
    name: 'client: disconnect in the listener of an attempt',
    touches: [],
    modes: once,
    async run(context) {
      const client = context.client(await closedPort(context), fast);
      watchManager(context, client.io);
      const attempted = new Promise<void>((resolve) => {
        client.io.on('reconnect_attempt', () => {
          client.disconnect();
          resolve();
        });
      });
      await context.bounded(attempted, 'an attempt');
      context.record('client', 'state', client.active, client.io._readyState);
    },
  },
  {
    name: 'client: put out by the server it stays away, until it is told to come back',
    touches: [],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io, fast);
      watch(context, client);
      watchManager(context, client.io);
      socket.disconnect();
      await context.recorded('client', 1);
      context.record('client', 'state', client.io._readyState);
      client.connect();
      await context.connected(io, client);
    },
  },
  {
    name: 'client: put out with the whole connection it stays away',
    touches: [],
    async run(context) {
      const io = await context.server();
      const connected = await context.connect(io, fast);
      await context.upgraded(connected);
      const { client, socket } = connected;
      watch(context, client);
      socket.disconnect(true);
      await context.recorded('client', 1);
      context.record('client', 'state', client.active, client.io._readyState);
    },
  },
  {
    name: 'client: all namespaces come back',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.of('/a');
      const manager = context.manager(io, fast);
      const [main, a] = [manager.socket('/'), manager.socket('/a')];
      await Promise.all([context.connected(io, main as never), context.connected(io, a as never, '/a')]);
      watch(context, main as never, 'main');
      watch(context, a as never, 'a');
      manager.engine.close();
      await Promise.all([context.recorded('main', 2), context.recorded('a', 2)]);
    },
  },
  {
    name: 'client: a namespace that was left does not come back',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.of('/a');
      const manager = context.manager(io, fast);
      const [main, a] = [manager.socket('/'), manager.socket('/a')];
      await Promise.all([context.connected(io, main as never), context.connected(io, a as never, '/a')]);
      a.disconnect();
      watch(context, main as never, 'main');
      watch(context, a as never, 'a');
      manager.engine.close();
      await context.recorded('main', 2);
      context.record('a', 'state', a.connected, a.active);
    },
  },
  {
    name: 'client: events of the last connection are not heard twice',
    touches: [],
    async run(context) {
      const io = answering(await context.server());
      const { client } = await context.connect(io, fast);
      client.on('hello', () => context.record('client', 'hello'));
      for (let round = 0; round < 2; round++) {
        const back = context.once(client, 'connect');
        client.io.engine.close();
        await back;
      }
      io.emit('hello');
      context.record('client', 'answer', await client.emitWithAck('ask', 1));
    },
  },
  {
    name: 'client: refused at first, it tries until it is let in',
    touches: [],
    modes: ['polling', 'websocket'],
    async run(context) {
      let requests = 0;
      const io = await context.server({ allowRequest: (_request, callback) => callback(null, ++requests > 2) });
      const client = context.client(io, fast);
      client.on('connect_error', () => context.record('client', 'connect_error'));
      client.on('connect', () => context.record('client', 'connect'));
      watchManager(context, client.io);
      await context.recorded('client', 3);
    },
  },
  {
    name: 'client: pings stop, and it comes back',
    timed: true,
    touches: [],
    modes: once,
    async run(context) {
      const server = await puppet(
        context,
        (socket) => socket.on('message', (data) => String(data) === '40' && socket.send('40{"sid":"abc"}')),
        { pingInterval: context.time(30), pingTimeout: context.time(20) },
      );
      const client = context.client(server, fast);
      watch(context, client);
      await context.recorded('client', 3);
    },
  },
  {
    name: 'client: nonsense on the wire, and it comes back',
    touches: [],
    modes: once,
    async run(context) {
      const server = await puppet(context, (socket, number) =>
        socket.on('message', (data) => {
          if (String(data) === '40') socket.send('40{"sid":"abc"}');
          else if (number === 0) socket.send('42{"not":"an event"}');
        }),
      );
      const client = context.client(server, fast);
      client.on('connect', () => client.emit('hello'));
      watch(context, client);
      await context.recorded('client', 3);
    },
  },
];
