import type { Scenario } from '../../support/compat/types.js';
import { answering, closedPort, fast, puppet, watch, watchManager } from './support.js';

const once: Scenario['modes'] = ['websocket'];

export const scenarios: Scenario[] = [
  {
    name: 'client: an auth function may return anything, and call back with nothing',
    touches: [],
    modes: once,
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => context.record('server', 'auth', socket.handshake.auth));
      // An arrow function returns what setTimeout does, which is none of the client's business.
      const later = context.client(io, { auth: (give: any) => setTimeout(() => give({ token: 1 }), 1) });
      await context.connected(io, later);
      const nothing = context.client(io, { auth: (give: any) => give() });
      await context.connected(io, nothing);
    },
  },
  {
    name: 'client: a query as text',
    touches: [],
    modes: once,
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) =>
        context.record('server', 'query', socket.handshake.query.a, socket.handshake.query.b),
      );
      await context.connected(io, context.client(io, { query: 'a=1&b=x%20y' as any }));
    },
  },
  {
    name: 'client: what a socket says about itself',
    touches: [],
    async run(context) {
      const io = await context.server();
      const client = context.client(io);
      const say = (when: string) =>
        context.record(
          'client',
          when,
          client.connected,
          client.disconnected,
          client.active,
          Boolean(client.recovered),
          typeof client.id,
          client.io.engine.readyState,
        );
      say('at once');
      await context.connected(io, client);
      say('connected');
      client.disconnect();
      say('disconnected');
    },
  },
  {
    name: 'client: connect events come in order',
    touches: [],
    async run(context) {
      const io = await context.server();
      const client = context.client(io, { autoConnect: false });
      watch(context, client);
      watchManager(context, client.io, 'client');
      client.connect();
      await context.connected(io, client);
      client.disconnect();
      await context.recorded('client', 4);
    },
  },
  {
    name: 'client: autoConnect off',
    touches: [],
    async run(context) {
      const io = await context.server();
      const client = context.client(io, { autoConnect: false });
      context.record('client', 'before', client.active, client.connected, client.io.engine === undefined);
      context.record('client', 'open returns', client.open() === client, client.active);
      await context.connected(io, client);
      context.record('client', 'connect again returns', client.connect() === client);
      context.record('server', 'sockets', io.engine.clientsCount);
    },
  },
  {
    name: 'client: connect twice is one connection',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.on('connection', () => context.record('server', 'connection'));
      const client = context.client(io, { autoConnect: false });
      client.connect().connect();
      client.open();
      await context.connected(io, client);
      client.connect();
      await context.delivered(client, [...io.sockets.sockets.values()][0]!);
    },
  },
  {
    name: 'client: disconnect and connect again',
    touches: [],
    async run(context) {
      const io = await context.server();
      const client = context.client(io);
      watch(context, client);
      const { socket } = await context.connected(io, client);
      const first = client.id;
      const gone = context.once(socket, 'disconnect');
      client.disconnect();
      context.record('server', 'disconnect', ...(await gone));
      client.connect();
      await context.connected(io, client);
      context.record('client', 'new id', client.id !== first);
    },
  },
  {
    name: 'client: disconnect before it is connected',
    touches: [],
    async run(context) {
      const io = await context.server();
      const client = context.client(io);
      watch(context, client);
      client.disconnect();
      context.record('client', 'after', client.active, client.connected);
      const other = await context.connect(io);
      await context.delivered(other.client, other.socket);
      context.record('server', 'sockets', io.sockets.sockets.size);
    },
  },
  {
    name: 'client: disconnect twice',
    touches: [],
    modes: once,
    async run(context) {
      const io = await context.server();
      const { client } = await context.connect(io);
      watch(context, client);
      context.record('client', 'returns', client.disconnect() === client, client.close() === client);
    },
  },
  {
    name: 'client: disconnect in the connect listener',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => socket.on('disconnect', (reason) => context.record('server', 'gone', reason)));
      const client = context.client(io);
      watch(context, client);
      client.on('connect', () => client.disconnect());
      await context.recorded('server', 1);
      await context.recorded('client', 2);
    },
  },
  {
    name: 'client: connect in the disconnect listener',
    touches: [],
    async run(context) {
      const io = await context.server();
      const client = context.client(io);
      watch(context, client);
      await context.connected(io, client);
      client.once('disconnect', () => client.connect());
      const again = context.once(client, 'connect');
      client.disconnect();
      await again;
    },
  },
  {
    name: 'client: an unknown namespace',
    touches: [],
    async run(context) {
      const io = await context.server();
      const client = context.client(io, { namespace: '/nowhere' });
      watch(context, client);
      await context.recorded('client', 1);
      context.record('client', 'after', client.connected, client.active);
    },
  },
  {
    name: 'client: refused by a middleware, then let in',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.use((socket, next) => {
        if (socket.handshake.auth.token === 'right') return next();
        next(Object.assign(new Error('not you'), { data: { code: 7, list: [1] } }));
      });
      const client = context.client(io, { auth: { token: 'wrong' } });
      watch(context, client);
      await context.recorded('client', 1);
      client.auth = { token: 'right' };
      client.connect();
      await context.connected(io, client);
    },
  },
  {
    name: 'client: credentials from a callback, asked for at each attempt',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.use((socket, next) => next(socket.handshake.auth.attempt < 3 ? new Error('again') : undefined));
      let attempt = 0;
      const client = context.client(io, {
        auth: (callback) => {
          attempt++;
          context.record('client', 'asked', attempt);
          setImmediate(() => callback({ attempt }));
        },
      });
      client.on('connect_error', (error) => {
        context.record('client', 'connect_error', error);
        client.connect();
      });
      await context.once(client, 'connect');
      context.record('server', 'auth', [...io.sockets.sockets.values()][0]!.handshake.auth);
    },
  },
  {
    name: 'client: credentials as an object, read at each attempt',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => context.record('server', 'auth', socket.handshake.auth));
      const auth = { n: 1, nested: { list: [null, true] } };
      const client = context.client(io, { auth });
      const { socket } = await context.connected(io, client);
      auth.n = 2;
      const gone = context.once(socket, 'disconnect');
      client.disconnect();
      await gone;
      client.connect();
      await context.recorded('server', 2);
    },
  },
  {
    name: 'client: no credentials',
    touches: [],
    modes: once,
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => context.record('server', 'auth', socket.handshake.auth));
      await context.connect(io);
      await context.recorded('server', 1);
    },
  },
  {
    name: 'client: the query of the URL and of the options',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.of('/ns').on('connection', (socket) => {
        const { n, from, word } = socket.handshake.query;
        context.record('server', 'query', { n, from, word });
      });
      await context.connect(io, { namespace: '/ns?n=1&from=url&word=b' });
      await context.connect(io, { namespace: '/ns', query: { n: 2, from: 'option', word: 'ä b&c' } });
      await context.connect(io, { namespace: '/ns?n=1&from=url', query: { n: 3, from: 'both' } });
    },
  },
  {
    name: 'client: the path and its slash',
    touches: [],
    async run(context) {
      const custom = await context.server({ path: '/custom/' });
      const { client } = await context.connect(custom, { path: '/custom/' });
      context.record('client', 'with', client.connected);
      const bare = await context.server({ path: '/bare', addTrailingSlash: false });
      const other = await context.connect(bare, { path: '/bare', addTrailingSlash: false });
      context.record('client', 'without', other.client.connected);
    },
  },
  {
    name: 'client: headers of the application',
    touches: [],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) =>
        context.record('server', 'header', socket.handshake.headers['x-token'], socket.handshake.headers['x-mode']),
      );
      await context.connect(io, {
        extraHeaders: { 'X-Token': 'secret' },
        transportOptions: {
          polling: { extraHeaders: { 'X-Token': 'secret', 'X-Mode': 'polling' } },
          websocket: { extraHeaders: { 'X-Token': 'secret', 'X-Mode': 'websocket' } },
        },
      });
    },
  },
  {
    name: 'client: cookies are kept when credentials may go along',
    touches: [],
    async run(context) {
      const io = await context.server({ cookie: { name: 'sticky', path: '/', httpOnly: true, sameSite: 'lax' } });
      io.on('connection', (socket) => context.record('server', 'at first', socket.handshake.headers.cookie));
      const connected = await context.connect(io, { withCredentials: true });
      await context.upgraded(connected);
      const { cookie } = connected.socket.conn.request.headers;
      context.record(
        'server',
        'in the end',
        context.mode === 'upgrade' ? /^sticky=[\w-]{20}$/.test(cookie ?? '') : cookie,
      );
    },
  },
  {
    name: 'client: sub-protocols',
    touches: [],
    modes: once,
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) =>
        context.record('server', 'protocols', socket.request.headers['sec-websocket-protocol']),
      );
      await context.connect(io, { protocols: ['one', 'two'] });
    },
  },
  {
    name: 'client: the manager opens with a callback',
    touches: [],
    async run(context) {
      const io = await context.server();
      const manager = context.manager(io, { autoConnect: false });
      watchManager(context, manager);
      const outcome = await new Promise((resolve) => manager.open(resolve));
      context.record('manager', 'callback', outcome);
      context.record('manager', 'again', manager.connect() === manager);
    },
  },
  {
    name: 'client: the manager fails to open, with a callback and without another try',
    touches: [],
    async run(context) {
      const manager = context.manager(await closedPort(context), { ...fast, autoConnect: false });
      watchManager(context, manager);
      const outcome = await new Promise((resolve) => manager.open(resolve));
      context.record('manager', 'callback', outcome instanceof Object, manager._readyState);
    },
  },
  {
    name: 'client: settings of a manager are read and set',
    touches: [],
    modes: once,
    async run(context) {
      const manager = context.manager(await closedPort(context), {
        autoConnect: false,
        reconnectionDelay: 7,
        timeout: 123,
        reconnection: true,
      });
      const say = (when: string) =>
        context.record(
          'manager',
          when,
          manager.reconnection(),
          manager.reconnectionAttempts(),
          manager.reconnectionDelay(),
          manager.reconnectionDelayMax(),
          manager.randomizationFactor(),
          manager.timeout(),
        );
      say('options and defaults');
      const returned = [
        manager.reconnection(false),
        manager.reconnectionAttempts(3),
        manager.reconnectionDelay(50),
        manager.reconnectionDelayMax(70),
        manager.randomizationFactor(0.1),
        manager.timeout(false),
      ];
      context.record(
        'manager',
        'all return the manager',
        returned.every((each) => each === manager),
      );
      say('set');
    },
  },
  {
    name: 'client: an attempt that takes too long',
    touches: [],
    modes: once,
    async run(context) {
      const server = await context.httpServer();
      server.on('upgrade', (_request, socket) => context.defer(() => socket.destroy()));
      const client = context.client(server, { timeout: 50 });
      watch(context, client);
      await context.recorded('client', 1);
      context.record('client', 'engine', client.io.engine.readyState);
    },
  },
  {
    name: 'client: a namespace is never confirmed',
    touches: [],
    modes: once,
    async run(context) {
      const seen = new Promise<string>((resolve) => {
        void puppet(context, (socket) => socket.once('message', (data) => resolve(String(data)))).then((server) => {
          const client = context.client(server, { auth: { a: 1 } });
          watch(context, client);
        });
      });
      context.record('server', 'received', await seen);
    },
  },
  {
    name: 'client: the server closes right after the handshake',
    touches: [],
    modes: once,
    async run(context) {
      const server = await puppet(context, (socket) => socket.close());
      const client = context.client(server);
      watch(context, client);
      watchManager(context, client.io, 'client');
      await context.recorded('client', 3);
    },
  },
  {
    name: 'client: the server answers CONNECT without a session id',
    touches: [],
    modes: once,
    async run(context) {
      const server = await puppet(context, (socket) => socket.once('message', () => socket.send('40')));
      const client = context.client(server);
      client.on('connect_error', (error) => context.record('client', 'connect_error', error instanceof Object));
      await context.recorded('client', 1);
      context.record('client', 'after', client.connected);
    },
  },
  {
    name: 'client: no transport by that name',
    touches: [],
    modes: once,
    async run(context) {
      const io = await context.server();
      const client = context.client(io, { transports: [], reconnection: false });
      client.on('connect_error', (error) => context.record('client', 'connect_error', error?.message ?? error));
      await context.recorded('client', 1);
    },
  },
  {
    name: 'client: a transport that does not exist',
    touches: [],
    modes: once,
    async run(context) {
      const io = await context.server();
      const attempt = (name: string, transports: string[]) => {
        const client = context.client(io, { transports, autoConnect: false });
        let outcome = 'connects';
        try {
          client.connect();
        } catch {
          outcome = 'throws';
        }
        client.disconnect();
        context.record('client', name, outcome);
      };
      attempt('alone', ['carrier pigeon']);
      attempt('second', ['websocket', 'carrier pigeon']);
      attempt('not there yet', ['websocket', 'webtransport']);
    },
  },
  {
    name: 'client: the first transport is refused, and all may be tried',
    touches: [],
    modes: ['polling', 'websocket'],
    async run(context) {
      const io = answering(await context.server({ transports: [context.mode as 'polling'] }));
      const other = context.mode === 'polling' ? 'websocket' : 'polling';
      const client = context.client(io, { transports: [other, context.mode], tryAllTransports: true });
      watch(context, client);
      await context.connected(io, client);
      context.record('client', 'transport', client.io.engine.transport.name);
      context.record('client', 'answer', await client.emitWithAck('ask', 1));
    },
  },
  {
    name: 'client: the only transport is refused',
    touches: [],
    modes: ['polling', 'websocket'],
    async run(context) {
      const other = context.mode === 'polling' ? 'websocket' : 'polling';
      const io = await context.server({ transports: [other] });
      const client = context.client(io);
      client.on('connect_error', () => context.record('client', 'connect_error', client.active));
      await context.recorded('client', 1);
    },
  },
  {
    name: 'client: the handshake is refused by allowRequest',
    touches: [],
    modes: ['polling', 'websocket'],
    async run(context) {
      const io = await context.server({ allowRequest: (_request, callback) => callback('closed', false) });
      const client = context.client(io);
      client.on('connect_error', (error) =>
        context.record('client', 'connect_error', client.active, (error as Error & { type?: string }).type),
      );
      await context.recorded('client', 1);
    },
  },
];
