import type { Scenario } from '../../support/compat/types.js';
import { watch } from './support.js';

const once: Scenario['modes'] = ['websocket'];

export const scenarios: Scenario[] = [
  {
    name: 'client: namespaces of one server share a connection',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.of('/a');
      io.of('/b');
      const options = { ...context.clientOptions(), forceNew: false };
      const a = context.clientModule.io(`${context.url(io)}/a`, options);
      const b = context.clientModule.io(`${context.url(io)}/b`, options);
      context.defer(() => [a.disconnect(), b.disconnect()]);
      context.record('client', 'shared', a.io === b.io);
      await Promise.all([context.connected(io, a, '/a'), context.connected(io, b, '/b')]);
      context.record('server', 'connections', io.engine.clientsCount);
      context.record('client', 'ids', a.id !== b.id, a.io.engine === b.io.engine);
    },
  },
  {
    name: 'client: the same namespace twice is two connections',
    touches: [],
    modes: once,
    async run(context) {
      const io = await context.server();
      const options = { ...context.clientOptions(), forceNew: false };
      const a = context.clientModule.io(context.url(io), options);
      const b = context.clientModule.io(context.url(io), options);
      context.defer(() => [a.disconnect(), b.disconnect()]);
      await Promise.all([context.connected(io, a), context.connected(io, b)]);
      context.record('client', 'shared', a.io === b.io);
      context.record('server', 'connections', io.engine.clientsCount);
    },
  },
  {
    name: 'client: forceNew and multiplex',
    touches: [],
    modes: once,
    async run(context) {
      const io = await context.server();
      io.of('/a');
      const url = context.url(io);
      const base = { ...context.clientOptions(), autoConnect: false, forceNew: false };
      // The official client remembers the namespaces of every port there ever was: these names are new.
      const name = crypto.randomUUID();
      const first = context.clientModule.io(`${url}/${name}`, base);
      const usual = context.clientModule.io(`${url}/${name}-a`, { ...base, path: '/socket.io' });
      const other = context.clientModule.io(`${url}/${name}-b`, { ...base, path: '/other' });
      context.record('client', 'same manager', usual.io === first.io, other.io === first.io);
    },
  },
  {
    name: 'client: a manager gives the same socket for the same namespace',
    touches: [],
    async run(context) {
      const io = await context.server();
      const manager = context.manager(io);
      const socket = manager.socket('/');
      context.record('client', 'same', manager.socket('/') === socket, socket.io === manager);
      await context.connected(io, socket as never);
      socket.disconnect();
      context.record('client', 'inactive', socket.active);
      const again = manager.socket('/');
      context.record('client', 'active again', again === socket, again.active);
      await context.connected(io, again as never);
    },
  },
  {
    name: 'client: leaving one namespace keeps the others',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.of('/a').on('connection', (socket) => socket.on('disconnect', (why) => context.record('server', 'a', why)));
      io.of('/b').on('connection', (socket) => socket.on('disconnect', (why) => context.record('server', 'b', why)));
      const manager = context.manager(io);
      const [a, b] = [manager.socket('/a'), manager.socket('/b')];
      watch(context, a as never, 'a');
      watch(context, b as never, 'b');
      await Promise.all([context.connected(io, a as never, '/a'), context.connected(io, b as never, '/b')]);
      a.disconnect();
      await context.recorded('server', 1);
      context.record('client', 'still', b.connected, manager._readyState);
      b.disconnect();
      await context.recorded('server', 2);
      context.record('client', 'closed', manager._readyState);
    },
  },
  {
    name: 'client: a namespace joins later, and one comes back',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.of('/late');
      const manager = context.manager(io);
      const main = manager.socket('/');
      await context.connected(io, main as never);
      const late = manager.socket('/late');
      const { socket } = await context.connected(io, late as never, '/late');
      context.record('server', 'connections', io.engine.clientsCount);
      const gone = context.once(socket, 'disconnect');
      late.disconnect();
      await gone;
      late.connect();
      await context.connected(io, late as never, '/late');
      context.record('client', 'both', main.connected, late.connected);
    },
  },
  {
    name: 'client: one namespace is refused and the other is not',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.of('/closed').use((_socket, next) => next(new Error('closed')));
      const manager = context.manager(io);
      const [main, closed] = [manager.socket('/'), manager.socket('/closed')];
      watch(context, main as never, 'main');
      watch(context, closed as never, 'closed');
      await Promise.all([context.recorded('main', 1), context.recorded('closed', 1)]);
      context.record('manager', 'state', manager._readyState);
    },
  },
  {
    name: 'client: the connection is lost for all namespaces',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.of('/a');
      const manager = context.manager(io);
      const [main, a] = [manager.socket('/'), manager.socket('/a')];
      await Promise.all([context.connected(io, main as never), context.connected(io, a as never, '/a')]);
      watch(context, main as never, 'main');
      watch(context, a as never, 'a');
      manager.engine.close();
      await Promise.all([context.recorded('main', 1), context.recorded('a', 1)]);
    },
  },
  {
    name: 'client: events go to the namespace they are for',
    touches: [],
    async run(context) {
      const io = await context.server();
      for (const name of ['/a', '/a/b', '/ab']) {
        io.of(name).on('connection', (socket) => {
          socket.on('say', (text) => context.record('server', name, text));
          socket.emit('hello', name);
        });
      }
      const manager = context.manager(io);
      for (const name of ['/a', '/a/b', '/ab']) {
        const socket = manager.socket(name);
        socket.on('hello', (text) => context.record(name, 'hello', text));
        socket.emit('say', `to ${name}`);
        await context.recorded(name, 1);
      }
      await context.recorded('server', 3);
    },
  },
  {
    name: 'client: what the package exports',
    touches: [],
    modes: once,
    async run(context) {
      const module = context.clientModule;
      context.record('client', 'kinds', typeof module.io, typeof module.connect, typeof module.default);
      context.record('client', 'classes', typeof module.Manager, typeof module.Socket, module.protocol);
      context.record('client', 'same', module.io === module.connect, module.io === module.default);
      const io = module.io as typeof module.io & { Manager: unknown; Socket: unknown; io: unknown; connect: unknown };
      context.record('client', 'on io', io.Manager === module.Manager, io.Socket === module.Socket);
      context.record('client', 'io on io', io.io === io, io.connect === io);
      const socket = module.io('http://127.0.0.1:1', { autoConnect: false, forceNew: true });
      context.record('client', 'instances', socket instanceof module.Socket, socket.io instanceof module.Manager);
    },
  },
  {
    name: 'client: where a URL leads',
    touches: [],
    modes: once,
    async run(context) {
      const urls = [
        'http://h.test',
        'http://h.test/',
        'http://h.test:3000/ns',
        'https://h.test/a/b?x=1',
        'ws://h.test:8080/ns?x=1&y=2',
        'wss://h.test',
        'http://[::1]:3000/ns',
        'http://h.test/ns#fragment',
        'http://h.test/a%20b',
        'http://h.test/ünï',
        'http://h.test?x=1',
      ];
      for (const url of urls) {
        const socket = context.clientModule.io(url, { autoConnect: false, forceNew: true });
        context.record('client', url, (socket as unknown as { nsp: string }).nsp);
      }
    },
  },
];
