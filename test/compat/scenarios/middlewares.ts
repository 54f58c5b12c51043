import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExtendedError } from 'socket.io';
import type { Scenario } from '../../support/compat/types.js';

export const scenarios: Scenario[] = [
  {
    name: 'namespace middlewares run in order, before the connection',
    touches: ['Server.use', 'Namespace.use'],
    async run(context) {
      const io = await context.server();
      context.record(
        'server',
        'returns',
        io.use((socket, next) => {
          context.record('server', 'first', socket.connected, socket.rooms.size, io.sockets.sockets.size);
          setImmediate(next);
        }) === io,
      );
      io.of('/').use((_socket, next) => {
        context.record('server', 'second');
        next();
      });
      io.on('connection', (socket) => context.record('server', 'connection', socket.connected));
      io.of('/chat').use((_socket, next) => {
        context.record('server', 'chat');
        next();
      });
      await context.connect(io);
      await context.connect(io, { namespace: '/chat' });
    },
  },
  {
    name: 'a middleware refuses with an error and its data',
    touches: ['Server.use', 'ExtendedError.data'],
    async run(context) {
      const io = await context.server();
      io.use((_socket, next) => {
        const error: ExtendedError = new Error('not allowed');
        error.data = { code: 42, reasons: ['a', 'b'] };
        next(error);
      });
      io.use(() => context.record('server', 'never'));
      io.on('connection', () => context.record('server', 'never'));
      const client = context.client(io);
      const [error] = await context.once(client, 'connect_error');
      context.record('client', 'connect_error', error, client.connected, client.active, client.id);
      context.record('server', 'sockets', io.sockets.sockets.size, io.of('/').adapter.sids.size);
    },
  },
  {
    name: 'the wire of a refusal by a middleware',
    touches: ['Server.use'],
    async run(context) {
      const io = await context.server();
      io.use((socket, next) => {
        const error: ExtendedError = new Error('no "way"');
        if (socket.handshake.auth.data) error.data = socket.handshake.auth.data;
        next(error);
      });
      const peer = await context.peer(io);
      for (const packet of ['40', '40{"data":{"a":1}}']) {
        await peer.send(packet);
        context.record('peer', packet, await peer.receive());
      }
    },
  },
  {
    name: 'errors of odd kinds given to next',
    touches: ['Server.use'],
    async run(context) {
      const io = await context.server();
      const oddities: Record<string, unknown> = {
        empty: new Error(''),
        type: new TypeError('type'),
        string: 'a string',
        object: { message: 'looks like one', data: 1 },
        false: false,
        null: null,
        zero: 0,
      };
      io.use((socket, next) => next(oddities[socket.handshake.auth.name] as Error));
      for (const name of Object.keys(oddities)) {
        const peer = await context.peer(io);
        await peer.send(`40{"name":"${name}"}`);
        const answer = String(await peer.receive());
        context.record('peer', name, answer);
      }
    },
  },
  {
    name: 'a refused client tries again and is let in',
    touches: ['Server.use', 'Socket.handshake'],
    async run(context) {
      const io = await context.server();
      io.use((socket, next) => next(socket.handshake.auth.token === 2 ? undefined : new Error('again')));
      const client = context.client(io, { auth: { token: 1 } });
      const [error] = await context.once(client, 'connect_error');
      context.record('client', 'connect_error', error);
      client.auth = { token: 2 };
      client.connect();
      await context.once(client, 'connect');
      context.record('client', 'connected', client.connected);
    },
  },
  {
    name: 'a middleware that waits, while the client goes away',
    touches: ['Server.use'],
    async run(context) {
      const io = await context.server();
      let proceed = () => {};
      io.use((socket, next) => {
        proceed = next;
        context.record('server', 'waiting');
        socket.conn.on('close', (reason) => context.record('server', 'closed', reason));
      });
      io.on('connection', () => context.record('server', 'connection'));
      const client = context.client(io);
      await context.recorded('server', 1);
      client.io.engine.close();
      await context.recorded('server', 2);
      proceed();
      await new Promise((resolve) => setImmediate(resolve));
      context.record('server', 'sockets', io.sockets.sockets.size, io.of('/').adapter.rooms.size);
    },
  },
  {
    name: 'what a middleware leaves on the socket is there afterwards',
    touches: ['Server.use', 'Socket.data', 'Socket.join'],
    async run(context) {
      const io = await context.server();
      io.use((socket, next) => {
        socket.data.user = 'alice';
        socket.join('early');
        next();
      });
      const { client, socket } = await context.connect(io);
      context.listen('client', client);
      context.record('server', 'data', socket.data, [...socket.rooms].length, socket.rooms.has('early'));
      io.to('early').emit('to early');
      await context.delivered(socket, client);
    },
  },
  {
    name: 'a middleware that emits before the client is connected',
    touches: ['Server.use', 'Socket.emit'],
    async run(context) {
      const io = await context.server();
      io.use((socket, next) => {
        context.attempt('server', 'emit', () => socket.emit('early'));
        next();
      });
      const client = context.client(io);
      context.listen('client', client);
      client.on('connect', () => context.record('client', 'connect'));
      await context.recorded('client', 1);
      io.emit('late');
      await context.once(client, 'late');
    },
  },
  {
    name: 'an async middleware that refuses with next',
    touches: ['Server.use'],
    async run(context) {
      const io = await context.server();
      io.use(async (_socket, next) => {
        await Promise.resolve();
        next(new Error('after a while'));
      });
      const client = context.client(io);
      const [error] = await context.once(client, 'connect_error');
      context.record('client', 'connect_error', error);
    },
  },
  {
    name: 'socket middlewares see and change every event',
    touches: ['Socket.use'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const returned = socket.use((event, next) => {
        context.record('server', 'first', ...event.filter((value) => typeof value !== 'function'));
        event.push('added');
        setImmediate(next);
      });
      socket.use((event, next) => {
        if (event[0] === 'renamed') event[0] = 'renamed here';
        next();
      });
      socket.on('x', (...args) => context.record('server', 'x', ...args));
      socket.on('renamed here', (...args) => context.record('server', 'renamed here', ...args));
      context.record('server', 'returns', returned === socket);
      client.emit('x', 1);
      await context.recorded('server', 3);
      client.emit('renamed', 2);
      await context.recorded('server', 5);
    },
  },
  {
    name: 'a socket middleware that refuses raises an error on the socket',
    touches: ['Socket.use', 'Socket event:error'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.use(([name], next) => next(name === 'bad' ? new Error('refused') : undefined));
      socket.on('error', (error) => context.record('server', 'error', error));
      socket.on('bad', () => context.record('server', 'never'));
      socket.on('good', () => context.record('server', 'good', socket.connected));
      client.emit('bad');
      client.emit('good');
      await context.recorded('server', 2);
    },
  },
  {
    name: 'a socket middleware that refuses without a listener for the error',
    touches: ['Socket.use'],
    async run(context) {
      const { error } = console;
      console.error = (...args: unknown[]) => context.record('console', 'error', ...args);
      context.defer(() => {
        console.error = error;
      });
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.use(([name], next) => next(name === 'bad' ? new Error('refused') : undefined));
      socket.on('good', () => context.record('server', 'good', socket.connected));
      client.emit('bad');
      client.emit('good');
      await context.recorded('server', 1);
    },
  },
  {
    name: 'a socket middleware may keep an event and its ack',
    touches: ['Socket.use', 'Socket.emitWithAck'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.use((event, next) => {
        if (event[0] !== 'kept') return next();
        const acknowledge = event.at(-1);
        acknowledge('answered by the middleware');
      });
      socket.on('kept', () => context.record('server', 'never'));
      context.record('client', 'answer', await context.bounded(client.emitWithAck('kept', 1), 'the ack'));
    },
  },
  {
    name: 'engine middlewares see every request and answer in its place',
    modes: ['polling', 'websocket'],
    touches: ['Engine.use'],
    async run(context) {
      const io = await context.server();
      io.engine.use(
        (
          request: IncomingMessage & { _query?: Record<string, string> },
          response: ServerResponse,
          next: () => void,
        ) => {
          const handshake = request._query?.sid === undefined;
          context.record('engine', 'request', request.method, handshake, typeof response.setHeader);
          response.setHeader('x-middleware', 'here');
          next();
        },
      );
      const answer = await context.http(io, '/socket.io/?EIO=4&transport=polling');
      context.record('peer', 'header', answer.headers['x-middleware']);
      const peer = await context.peer(io);
      context.record('peer', 'opened', peer.open.upgrades);
    },
  },
  {
    name: 'an engine middleware that ends the response',
    modes: ['polling', 'websocket'],
    touches: ['Engine.use'],
    async run(context) {
      const io = await context.server();
      io.engine.use((_request: IncomingMessage, response: ServerResponse) => {
        response.writeHead(503, { 'content-type': 'text/plain' });
        response.end('closed for today');
      });
      if (context.mode === 'polling') {
        const answer = await context.http(io, '/socket.io/?EIO=4&transport=polling');
        context.record('peer', 'answer', answer.status, answer.headers['content-type'], answer.text);
      } else {
        const peer = context.webSocket(io, '/socket.io/?EIO=4&transport=websocket');
        context.record('peer', 'answer', await peer.receive());
      }
      context.record('server', 'clients', io.engine.clientsCount);
    },
  },
  {
    name: 'an engine middleware that gives an error to next',
    modes: ['polling', 'websocket'],
    touches: ['Engine.use'],
    async run(context) {
      const io = await context.server();
      io.engine.on('connection_error', ({ code, message }) =>
        context.record('engine', 'connection_error', code, message),
      );
      io.engine.use((_request: IncomingMessage, _response: ServerResponse, next: (error?: Error) => void) => {
        next(new Error('not today'));
      });
      if (context.mode === 'polling') {
        const answer = await context.http(io, '/socket.io/?EIO=4&transport=polling');
        context.record('peer', 'answer', answer.status, answer.headers['content-type'], answer.text);
      } else {
        const peer = context.webSocket(io, '/socket.io/?EIO=4&transport=websocket');
        context.record('peer', 'answer', await peer.receive());
      }
    },
  },
  {
    name: 'an engine middleware tells handshakes from the rest by the query',
    touches: ['Engine.use'],
    async run(context) {
      const io = await context.server();
      // As the documentation shows it, for sessions of the web framework.
      io.engine.use(
        (request: { method: string; _query: Record<string, string> }, _response: unknown, next: () => void) => {
          const { _query: query } = request;
          context.record(
            'engine',
            'request',
            request.method,
            query.EIO,
            query.transport,
            query.sid === undefined,
            query.custom,
          );
          next();
        },
      );
      const [peer] = await context.joinedPeer(io, { query: '&custom=1' });
      context.record('peer', 'sent', await peer.send('42["x"]'));
    },
  },
  {
    name: 'several engine middlewares run in order, and later',
    touches: ['Engine.use'],
    async run(context) {
      const io = await context.server();
      io.engine.use((_request: IncomingMessage, response: ServerResponse, next: () => void) => {
        response.setHeader('x-first', '1');
        setImmediate(next);
      });
      io.engine.use((_request: IncomingMessage, response: ServerResponse, next: () => void) => {
        context.record('engine', 'second', response.getHeader('x-first'));
        next();
      });
      const peer = await context.peer(io, {}, context.mode === 'upgrade' ? 'polling' : context.mode);
      context.record('peer', 'opened', peer.open.upgrades);
    },
  },
];
