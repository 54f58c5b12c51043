import type { Namespace, Server } from 'socket.io';
import type { Context } from '../../support/compat/context.js';
import type { Scenario } from '../../support/compat/types.js';

/** A parent namespace, with the member that only its own class declares. */
type Parent = Namespace & { createChild(name: string): Namespace };

/** A namespace that was removed is made again when it is asked for: the event shows it. */
function recordNew(context: Context, io: Server): void {
  io.on('new_namespace', (namespace) => context.record('server', 'new_namespace', namespace.name));
}

export const scenarios: Scenario[] = [
  {
    name: 'a regular expression makes namespaces as they are asked for',
    touches: ['Server.of', 'Server event:new_namespace', 'Socket.nsp'],
    async run(context) {
      const io = await context.server();
      io.on('new_namespace', (namespace) => context.record('server', 'new_namespace', namespace.name));
      const parent = io.of(/^\/dynamic-\d+$/).on('connection', (socket) => {
        context.record('server', 'connection', socket.nsp.name, socket.nsp === parent);
      });
      await context.connect(io, { namespace: '/dynamic-1' });
      await context.connect(io, { namespace: '/dynamic-2' });
      await context.connect(io, { namespace: '/dynamic-1' });
      const stranger = context.client(io, { namespace: '/dynamic-x' });
      const [error] = await context.once(stranger, 'connect_error');
      context.record('client', 'connect_error', error);
    },
  },
  {
    name: 'a function decides with the name and the credentials',
    touches: ['Server.of'],
    async run(context) {
      const io = await context.server();
      io.of((name, auth, next) => {
        context.record('server', 'asked', name, auth);
        next(null, auth.token === 'yes');
      }).on('connection', (socket) => context.record('server', 'connection', socket.nsp.name, socket.handshake.auth));
      await context.connect(io, { namespace: '/any', auth: { token: 'yes' } });
      const refused = context.client(io, { namespace: '/other', auth: { token: 'no' } });
      const [error] = await context.once(refused, 'connect_error');
      context.record('client', 'connect_error', error);
    },
  },
  {
    name: 'a function that answers later, and one that fails',
    touches: ['Server.of'],
    async run(context) {
      const io = await context.server();
      io.of((name, _auth, next) => {
        setImmediate(() => next(name === '/fails' ? new Error('broken') : null, name === '/later'));
      });
      const later = await context.connect(io, { namespace: '/later' });
      context.record('client', 'connected', later.client.connected);
      const failing = context.client(io, { namespace: '/fails' });
      const [error] = await context.once(failing, 'connect_error');
      context.record('client', 'connect_error', error);
    },
  },
  {
    name: 'several parents are asked in turn, static names first',
    touches: ['Server.of'],
    async run(context) {
      const io = await context.server();
      io.of(/^\/a/).on('connection', (socket) => context.record('first', 'connection', socket.nsp.name));
      io.of(/^\/ab/).on('connection', (socket) => context.record('second', 'connection', socket.nsp.name));
      io.of((name, _auth, next) => next(null, name === '/function')).on('connection', (socket) => {
        context.record('third', 'connection', socket.nsp.name);
      });
      io.of('/about').on('connection', (socket) => context.record('static', 'connection', socket.nsp.name));
      for (const namespace of ['/abc', '/about', '/function', '/a']) await context.connect(io, { namespace });
    },
  },
  {
    name: 'a parent emits to all its children',
    touches: ['ParentNamespace.emit', 'Namespace.emit'],
    async run(context) {
      const io = await context.server();
      const parent = io.of(/^\/dynamic-/);
      const one = await context.connect(io, { namespace: '/dynamic-1' });
      const two = await context.connect(io, { namespace: '/dynamic-2' });
      const main = await context.connect(io);
      context.listen('one', one.client);
      context.listen('two', two.client);
      context.listen('main', main.client);
      context.record('server', 'emit', parent.emit('all', 1));
      io.of('/dynamic-1').emit('only one');
      for (const each of [one, two, main]) await context.delivered(each.socket, each.client);
    },
  },
  {
    name: 'a parent with rooms, flags and exclusions reaches its children',
    touches: ['ParentNamespace.emit', 'Namespace.to', 'Namespace.except'],
    async run(context) {
      const io = await context.server();
      const parent = io.of(/^\/dynamic-/);
      const one = await context.connect(io, { namespace: '/dynamic-1' });
      const two = await context.connect(io, { namespace: '/dynamic-2' });
      one.socket.join('room');
      context.listen('one', one.client);
      context.listen('two', two.client);
      context.attempt('server', 'to', () => parent.to('room').emit('to room'));
      context.attempt('server', 'except', () => parent.except('room').emit('except room'));
      context.attempt('server', 'volatile', () => parent.volatile.emit('volatile'));
      for (const each of [one, two]) await context.delivered(each.socket, each.client);
    },
  },
  {
    name: 'middlewares and listeners of a parent are those of its children',
    touches: ['Namespace.use', 'Server.of'],
    async run(context) {
      const io = await context.server();
      const parent = io.of(/^\/dynamic-/);
      parent.use((socket, next) => {
        context.record('server', 'use', socket.nsp.name);
        next(socket.handshake.auth.token === 'no' ? new Error('refused') : undefined);
      });
      parent.on('connection', (socket) => context.record('server', 'connection', socket.nsp.name));
      await context.connect(io, { namespace: '/dynamic-1' });
      const refused = context.client(io, { namespace: '/dynamic-1', auth: { token: 'no' } });
      const [error] = await context.once(refused, 'connect_error');
      context.record('client', 'connect_error', error);
    },
  },
  {
    name: 'what is added to a parent later is not in the children it has',
    touches: ['Namespace.use', 'Namespace.on'],
    async run(context) {
      const io = await context.server();
      const parent = io.of(/^\/dynamic-/);
      await context.connect(io, { namespace: '/dynamic-1' });
      parent.on('connection', (socket) => context.record('server', 'connection', socket.nsp.name));
      parent.use((socket, next) => {
        context.record('server', 'use', socket.nsp.name);
        next();
      });
      await context.connect(io, { namespace: '/dynamic-1' });
      await context.connect(io, { namespace: '/dynamic-2' });
      context.record('server', 'done');
    },
  },
  {
    name: 'of with a string that a regular expression matches makes a child',
    touches: ['Server.of', 'Server event:new_namespace'],
    async run(context) {
      const io = await context.server();
      io.on('new_namespace', (namespace) => context.record('server', 'new_namespace', namespace.name));
      io.of(/^\/dynamic-/).on('connection', (socket) => context.record('server', 'connection', socket.nsp.name));
      const child = io.of('/dynamic-1');
      context.record('server', 'child', child.name, io.of('/dynamic-1') === child);
      await context.connect(io, { namespace: '/dynamic-1' });
    },
  },
  {
    name: 'a child made by hand',
    touches: ['ParentNamespace.createChild'],
    async run(context) {
      const io = await context.server();
      const parent = io.of((_name, _auth, next) => next(null, false)) as Parent;
      parent.on('connection', (socket) => context.record('server', 'connection', socket.nsp.name));
      const child = parent.createChild('/by-hand');
      context.record('server', 'child', child.name, io.of('/by-hand') === child);
      const { client } = await context.connect(io, { namespace: '/by-hand' });
      context.listen('client', client);
      parent.emit('hello');
      await context.recorded('client', 1);
    },
  },
  {
    name: 'fetchSockets of a parent',
    touches: ['ParentNamespace.fetchSockets'],
    async run(context) {
      const io = await context.server();
      const parent = io.of(/^\/dynamic-/);
      await context.connect(io, { namespace: '/dynamic-1' });
      try {
        const sockets = await parent.fetchSockets();
        context.record('server', 'resolved', sockets.length);
      } catch (error) {
        context.record('server', 'rejected', error);
      }
    },
  },
  {
    name: 'empty children are kept by default',
    touches: ['Server.of'],
    async run(context) {
      const io = await context.server();
      recordNew(context, io);
      io.of(/^\/dynamic-/);
      const child = io.of('/dynamic-1');
      const { client, socket } = await context.connect(io, { namespace: '/dynamic-1' });
      const gone = context.once(socket, 'disconnect');
      client.disconnect();
      await gone;
      await new Promise((resolve) => setImmediate(resolve));
      await context.connect(io, { namespace: '/dynamic-1' });
      context.record('server', 'the same', io.of('/dynamic-1') === child, child.sockets.size);
    },
  },
  {
    name: 'cleanupEmptyChildNamespaces removes children that nobody is in',
    touches: ['option:cleanupEmptyChildNamespaces'],
    async run(context) {
      const io = await context.server({ cleanupEmptyChildNamespaces: true });
      const fixed = io.of('/static');
      io.of(/^\/dynamic-/);
      recordNew(context, io);
      const one = await context.connect(io, { namespace: '/dynamic-1' });
      const child = io.of('/dynamic-1');
      const two = await context.connect(io, { namespace: '/dynamic-1' });
      const lasting = await context.connect(io, { namespace: '/static' });
      const leave = async ({ client, socket }: typeof one) => {
        const gone = context.once(socket, 'disconnect');
        client.disconnect();
        await gone;
        await new Promise((resolve) => setImmediate(resolve));
      };
      await leave(one);
      context.record('server', 'one left', io.of('/dynamic-1') === child);
      await leave(two);
      await leave(lasting);
      await context.connect(io, { namespace: '/dynamic-1' });
      context.record('server', 'both left', io.of('/dynamic-1') === child, io.of('/static') === fixed);
    },
  },
  {
    name: 'cleanupEmptyChildNamespaces and a client that a middleware refuses',
    touches: ['option:cleanupEmptyChildNamespaces', 'Namespace.use'],
    async run(context) {
      const io = await context.server({ cleanupEmptyChildNamespaces: true });
      recordNew(context, io);
      io.of(/^\/dynamic-/).use((_socket, next) => next(new Error('refused')));
      for (let count = 0; count < 2; count++) {
        const client = context.client(io, { namespace: '/dynamic-1' });
        const [error] = await context.once(client, 'connect_error');
        context.record('client', 'connect_error', error);
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  },
];
