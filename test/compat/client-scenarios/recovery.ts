import type { Scenario } from '../../support/compat/types.js';
import { fast } from './support.js';

const on = { connectionStateRecovery: {} };

/** Comes back so late that the scenario has done before what it has to do. */
const slowly = (milliseconds: number) => ({
  ...fast,
  reconnectionDelay: milliseconds,
  reconnectionDelayMax: milliseconds,
});

export const scenarios: Scenario[] = [
  {
    name: 'client: it gets what it missed, before the connect event',
    timed: true,
    touches: [],
    async run(context) {
      const io = await context.server(on);
      const connected = await context.connect(io, slowly(context.time(50)));
      await context.upgraded(connected);
      const { client, socket } = connected;
      const { id } = client;
      client.on('connect', () => context.record('client', 'connect', client.recovered, client.id === id));
      client.on('n', (n) => context.record('client', 'n', n, client.connected));
      socket.emit('n', 0);
      await context.recorded('client', 1);
      const gone = context.once(socket, 'disconnect');
      client.io.engine.close();
      await gone;
      io.emit('n', 1);
      io.emit('n', Buffer.from([2]));
      await context.recorded('client', 4);
    },
  },
  {
    name: 'client: an offset stands behind the arguments',
    touches: [],
    async run(context) {
      const io = await context.server(on);
      const { client, socket } = await context.connect(io);
      client.on('e', (...args) => context.record('client', 'e', args.length, typeof args.at(-1)));
      socket.emit('e', 1);
      socket.emit('e');
      socket.volatile.emit('e', 1);
      socket.emit('e', (_answer: unknown) => {});
      await context.delivered(socket, client);
    },
  },
  {
    name: 'client: it is not recovered after it left',
    touches: [],
    async run(context) {
      const io = await context.server(on);
      const { client, socket } = await context.connect(io);
      const gone = context.once(socket, 'disconnect');
      client.disconnect();
      await gone;
      client.connect();
      await context.connected(io, client);
      context.record('client', 'recovered', client.recovered);
    },
  },
  {
    name: 'client: it is not recovered by a server that does not know it',
    timed: true,
    touches: [],
    async run(context) {
      const http = await context.httpServer();
      const { port } = http.address() as { port: number };
      const io = await context.server(on, http);
      const { client, socket } = await context.connect(io, slowly(context.time(30)));
      const heard = context.once(client, 'e');
      socket.emit('e');
      await heard;
      const { id } = client;
      client.on('connect', () => context.record('client', 'connect', client.recovered, client.id === id));
      const gone = context.once(client, 'disconnect');
      await io.close();
      await gone;
      context.own(new context.module.Server(port, on));
      await context.recorded('client', 1);
    },
  },
  {
    name: 'client: credentials go along when it is recovered',
    touches: [],
    async run(context) {
      const io = await context.server(on);
      io.on('connection', (socket) =>
        context.record('server', 'connection', socket.recovered, socket.handshake.auth.token, socket.connected),
      );
      const connected = await context.connect(io, { ...fast, auth: { token: 'abc' } });
      await context.upgraded(connected);
      const { client, socket } = connected;
      const heard = context.once(client, 'e');
      socket.emit('e');
      await heard;
      client.io.engine.close();
      await context.recorded('server', 2);
    },
  },
  {
    name: 'client: what waited is sent after the recovery, once',
    touches: [],
    async run(context) {
      const io = await context.server(on);
      io.on('connection', (socket) => socket.on('n', (n) => context.record('server', 'n', n)));
      const connected = await context.connect(io, fast);
      await context.upgraded(connected);
      const { client, socket } = connected;
      const heard = context.once(client, 'e');
      socket.emit('e');
      await heard;
      client.on('disconnect', () => {
        client.emit('n', 1);
        client.emit('n', 2);
      });
      client.io.engine.close();
      await context.recorded('server', 2);
    },
  },
  {
    name: 'client: namespaces are recovered each for itself',
    touches: [],
    async run(context) {
      const io = await context.server(on);
      io.of('/a');
      const manager = context.manager(io, fast);
      const [main, a] = [manager.socket('/'), manager.socket('/a')];
      await Promise.all([context.connected(io, main as never), context.connected(io, a as never, '/a')]);
      const heard = Promise.all([context.once(a, 'e'), context.once(main, 'e')]);
      io.of('/a').emit('e');
      io.emit('e');
      await heard;
      main.on('connect', () => context.record('main', 'connect', main.recovered));
      a.on('connect', () => context.record('a', 'connect', a.recovered));
      manager.engine.close();
      await Promise.all([context.recorded('main', 1), context.recorded('a', 1)]);
    },
  },
];
