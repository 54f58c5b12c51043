import type { Socket } from 'socket.io';

import type { Scenario } from '../../support/compat/types.js';

const polling = ['polling'] as const;
const handshake = '/socket.io/?EIO=4&transport=polling';

/** Values of options and arguments as programs give them, in every form that Socket.IO takes. */
export const scenarios: Scenario[] = [
  {
    name: 'the cookie, in every form',
    modes: polling,
    touches: ['option:cookie'],
    async run(context) {
      for (const cookie of [
        true,
        'io',
        { name: 'a' },
        { name: 'a', httpOnly: false },
        { name: 'a', path: '/x', sameSite: 'strict', secure: true, maxAge: 5, domain: 'example.com' },
        false,
      ]) {
        const io = await context.server({ cookie: cookie as boolean });
        const { headers } = await context.http(io, handshake);
        context.record('peer', JSON.stringify(cookie), `${headers['set-cookie']}`.replace(/=[\w-]{20}/, '=<sid>'));
      }
    },
  },
  {
    name: 'cors, in every form',
    modes: polling,
    touches: ['option:cors'],
    async run(context) {
      const origin = 'http://a.example';
      for (const cors of [
        true,
        {},
        { origin: '*' },
        { origin: true, credentials: true },
        { origin: false },
        { origin },
        { origin: 'http://b.example' },
        { origin: [origin, /b/] },
        { origin: /^http:\/\/a/ },
        { origin: ['http://b.example'] },
        { origin, methods: 'GET,POST', allowedHeaders: 'x-a,x-b', exposedHeaders: ['x-c', 'x-d'], maxAge: 5 },
        { origin, methods: ['GET'], allowedHeaders: ['x-a'], exposedHeaders: 'x-c', credentials: true },
        { origin, optionsSuccessStatus: 200 },
      ]) {
        const io = await context.server({ cors: cors as { origin: string } });
        for (const method of ['GET', 'OPTIONS']) {
          const answer = await context.http(io, handshake, {
            method,
            headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-q' },
          });
          const shown = Object.entries(answer.headers)
            .filter(([name]) => /^access-control|^vary/.test(name))
            .sort();
          context.record('peer', `${method} ${JSON.stringify(cors)}`, answer.status, shown);
        }
      }
    },
  },
  {
    name: 'cors on the client files',
    modes: polling,
    touches: ['option:cors', 'option:serveClient'],
    async run(context) {
      const origin = 'http://a.example';
      for (const cors of [undefined, { origin: '*' }, { origin }, { origin: 'http://b.example', credentials: true }]) {
        const io = await context.server(cors === undefined ? {} : { cors });
        const { status, headers } = await context.http(io, '/socket.io/socket.io.js', { headers: { origin } });
        const names = ['access-control-allow-origin', 'access-control-allow-credentials'];
        context.record('peer', JSON.stringify(cors ?? null), status, ...names.map((name) => headers[name]));
      }
    },
  },
  {
    name: 'what a middleware may refuse with',
    touches: ['Namespace.use', 'ExtendedError.data'],
    async run(context) {
      const io = await context.server();
      const reasons: Record<string, unknown> = {
        object: { message: 'not you', data: 5 },
        error: new Error('not you'),
        errorWithData: Object.assign(new Error('not you'), { data: { code: 1 } }),
        errorWithNull: Object.assign(new Error('not you'), { data: null }),
        errorWithZero: Object.assign(new Error('not you'), { data: 0 }),
        typeError: new TypeError('not you'),
        emptyMessage: new Error(''),
      };
      for (const [name, reason] of Object.entries(reasons))
        io.of(`/${name}`).use((_socket, next) => next(reason as Error));
      for (const name of Object.keys(reasons)) {
        const client = context.client(io, { namespace: `/${name}` });
        const [error] = await context.once(client, 'connect_error');
        context.record('client', name, error.message, error.data);
        client.disconnect();
      }
    },
  },
  {
    name: 'a middleware refuses with a text',
    touches: ['Namespace.use'],
    async run(context) {
      const io = await context.server();
      io.use((_socket, next) => next('not you' as unknown as Error));
      const [error] = await context.once(context.client(io), 'connect_error');
      context.record('client', 'refused', error.message, error.data);
    },
  },
  {
    name: 'what a middleware may go on with',
    touches: ['Namespace.use'],
    async run(context) {
      const io = await context.server();
      const values = [undefined, null, false, 0, ''];
      for (const [index, value] of values.entries())
        io.of(`/n${index}`).use((_socket, next) => next(value as undefined));
      for (const index of values.keys()) {
        const client = context.client(io, { namespace: `/n${index}` });
        await context.once(client, 'connect');
        context.record('client', `${values[index]}`, client.connected);
        client.disconnect();
      }
    },
  },
  {
    name: 'what a middleware of events may refuse with',
    touches: ['Socket.use', 'Socket event:error'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.on('error', (error: unknown) =>
        context.record('server', 'error', error instanceof Error ? error.message : error),
      );
      socket.use(([event], next) => {
        if (event === 'text') next('not this' as unknown as Error);
        else if (event === 'object') next({ message: 'not this' } as Error);
        else if (event === 'error') next(new Error('not this'));
        else next(null as unknown as undefined);
      });
      socket.on('other', () => context.record('server', 'other'));
      for (const event of ['text', 'object', 'error', 'other']) {
        client.emit(event);
        await context.delivered(client, socket);
      }
    },
  },
  {
    name: 'what the connection sends',
    touches: ['Conn.send', 'Conn.write'],
    async run(context) {
      const io = await context.server();
      const connections: Socket['conn'][] = [];
      io.engine.on('connection', (conn: Socket['conn']) => connections.push(conn));
      const peer = await context.peer(io);
      const conn = connections[0]!;
      const values: unknown[] = ['text', '', 1, 0, true, false, null, undefined, Number.NaN, Buffer.from([1, 2])];
      for (const value of values) {
        conn.send(value as string);
        const got = await peer.receive();
        context.record('peer', 'got', got);
      }
      context.record('server', 'open', conn.readyState);
    },
  },
  {
    name: 'the engine tells of flush and drain',
    touches: ['Engine event:flush', 'Engine event:drain', 'Conn event:flush', 'Conn event:drain'],
    async run(context) {
      const io = await context.server();
      const peer = await context.peer(io);
      const [conn] = Object.values((io.engine as unknown as { clients: Record<string, Socket['conn']> }).clients);
      io.engine.on('flush', (socket: unknown, packets: { type: string; data: string }[]) =>
        context.record(
          'flush',
          'engine',
          socket === conn,
          packets.map(({ type, data }) => [type, data]),
        ),
      );
      io.engine.on('drain', (socket: unknown) => context.record('drain', 'engine', socket === conn));
      conn!.on('flush', (packets: { type: string; data: string }[]) =>
        context.record(
          'connection',
          'flush',
          packets.map(({ type, data }) => [type, data]),
        ),
      );
      conn!.send('hello');
      await peer.receive();
      await context.recorded('drain');
      conn!.close();
    },
  },
  {
    name: 'a malformed packet is an error of the sockets before it disconnects them',
    // Over polling, the oracle waits for half a minute for somebody to fetch its goodbye.
    modes: ['websocket', 'upgrade'],
    touches: ['Socket event:error', 'Socket event:disconnect'],
    async run(context) {
      const io = await context.server();
      for (const name of ['/', '/x']) {
        io.of(name).on('connection', (socket) => {
          socket.on('error', (error) => context.record(name, 'error', error instanceof Error, socket.connected));
          socket.on('disconnect', () => context.record(name, 'disconnect'));
        });
      }
      const [peer] = await context.joinedPeer(io);
      await peer.send('40/x,');
      await peer.receive();
      await peer.send('4abc');
      await context.recorded('/', 2);
      await context.recorded('/x', 2);
    },
  },
  {
    name: 'timeouts of no length, and of any',
    touches: ['Socket.timeout', 'BroadcastOperator.timeout'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      client.on('answer', (ack) => ack('yes'));
      for (const timeout of [1000, 2 ** 31 - 1]) {
        await context.settle('server', `${timeout}`, socket.timeout(timeout).emitWithAck('answer'));
        await context.settle('server', `all, ${timeout}`, io.timeout(timeout).emitWithAck('answer'));
      }
      for (const timeout of [0, -5])
        await context.settle('server', `${timeout}`, socket.timeout(timeout).emitWithAck('silence'));
    },
  },
  {
    name: 'rooms in every form',
    touches: ['Socket.join', 'Socket.to', 'Socket.leave'],
    async run(context) {
      const io = await context.server();
      const { socket } = await context.connect(io);
      context.name(socket.id, 'id');
      const forms: unknown[] = ['a', ['b', 'c'], [], '', new String('d')];
      for (const form of forms) {
        await socket.join(form as string);
        context.record('server', JSON.stringify(form), [...socket.rooms]);
      }
    },
  },
  {
    name: 'the client files and engine answer HEAD and OPTIONS',
    modes: polling,
    touches: ['option:serveClient'],
    async run(context) {
      const io = await context.server();
      for (const method of ['HEAD', 'OPTIONS', 'PUT', 'DELETE']) {
        const { status, text } = await context.http(io, handshake, { method });
        context.record('peer', method, status, text);
      }
    },
  },
];
