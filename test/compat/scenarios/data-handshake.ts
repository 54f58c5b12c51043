import type { Scenario } from '../../support/compat/types.js';

export const scenarios: Scenario[] = [
  {
    name: 'the handshake says who came how',
    touches: [
      'Socket.handshake',
      'Handshake.headers',
      'Handshake.query',
      'Handshake.url',
      'Handshake.address',
      'Handshake.secure',
      'Handshake.xdomain',
      'Handshake.auth',
    ],
    async run(context) {
      const io = await context.server();
      const { socket } = await context.connect(io, {
        query: { room: 'lobby', n: 1, odd: 'a&b=c é' },
        auth: { token: 'secret', nested: { a: [1] } },
        extraHeaders: { 'x-custom': 'yes' },
      });
      const { handshake } = socket;
      const { t: _time, ...query } = handshake.query;
      context.record('server', 'query', query);
      context.record('server', 'auth', handshake.auth);
      context.record('server', 'headers', handshake.headers['x-custom'], typeof handshake.headers.host);
      context.record('server', 'where', handshake.address, handshake.secure, handshake.xdomain);
      context.record('server', 'url', handshake.url.replace(/&t=[^&]*/, '').replace(/&sid=[^&]*/, ''));
    },
  },
  {
    name: 'the handshake says when',
    touches: ['Handshake.time', 'Handshake.issued'],
    async run(context) {
      const io = await context.server();
      const before = Date.now();
      const { socket } = await context.connect(io);
      const { time, issued } = socket.handshake;
      context.record('server', 'types', typeof time, typeof issued);
      context.record('server', 'plausible', issued >= before && issued <= Date.now(), Date.parse(time) - issued < 1000);
      context.record('server', 'format', time === `${new Date(issued)}`, Object.keys(socket.handshake).sort());
    },
  },
  {
    name: 'a page of another origin',
    touches: ['Handshake.xdomain', 'Handshake.headers'],
    async run(context) {
      const io = await context.server();
      const { socket } = await context.connect(io, { extraHeaders: { origin: 'https://example.org' } });
      context.record('server', 'origin', socket.handshake.xdomain, socket.handshake.headers.origin);
    },
  },
  {
    name: 'credentials of several kinds',
    touches: ['Handshake.auth'],
    async run(context) {
      const io = await context.server();
      for (const auth of [undefined, {}, { token: null }, { toJSON: 1 }, { ['__proto__']: 1 }]) {
        const { socket } = await context.connect(io, { auth });
        context.record('server', 'auth', socket.handshake.auth);
      }
      const { socket } = await context.connect(io, { auth: (give) => give({ from: 'a function' }) });
      context.record('server', 'auth', socket.handshake.auth);
    },
  },
  {
    name: 'each namespace has its own credentials and shares the rest',
    touches: ['Handshake.auth', 'Socket.handshake', 'Socket.request'],
    async run(context) {
      const io = await context.server();
      io.of('/chat');
      const manager = context.manager(io, { query: { a: '1' } });
      const main = await context.connected(io, manager.socket('/', { auth: { main: true } }));
      const chat = await context.connected(io, manager.socket('/chat', { auth: { chat: true } }), '/chat');
      context.record('server', 'auth', main.socket.handshake.auth, chat.socket.handshake.auth);
      context.record('server', 'query', main.socket.handshake.query.a, chat.socket.handshake.query.a);
      context.record('server', 'request', main.socket.request === chat.socket.request);
    },
  },
  {
    name: 'the query as bytes on the wire',
    touches: ['Handshake.query', 'Handshake.url'],
    async run(context) {
      const io = await context.server();
      for (const query of [
        '&a=1&a=2',
        '&empty=',
        '&flag',
        '&encoded=%20%C3%A9',
        '&bad=%zz',
        '&__proto__=x&constructor=y',
        '&list[]=1',
        '&plus=a+b',
      ]) {
        const connected = context.once(io, 'connection');
        await context.joinedPeer(io, { query });
        const [socket] = await connected;
        const { EIO, transport, ...rest } = socket.handshake.query;
        context.record('server', query, rest, EIO, typeof transport, Object.keys(rest));
      }
    },
  },
  {
    name: 'the first request stays readable',
    touches: ['Socket.request', 'Client.request', 'Conn.request'],
    async run(context) {
      const io = await context.server();
      const connected = await context.connect(io, { extraHeaders: { cookie: 'a=1; b=2' } });
      const { client, socket } = connected;
      const show = () => {
        const { request } = socket;
        context.record(
          'server',
          'request',
          request.method,
          request.headers.cookie,
          request.url?.startsWith('/socket.io/?EIO=4'),
        );
        context.record('server', 'the same', request === socket.client.request, request === socket.conn.request);
        context.record('server', 'address', request.socket?.remoteAddress ?? request.connection?.remoteAddress);
      };
      show();
      await context.upgraded(connected);
      context.record('server', 'cookie', socket.handshake.headers.cookie, socket.request.headers.cookie);
      const gone = context.once(socket, 'disconnect');
      client.disconnect();
      await gone;
      context.record('server', 'afterwards', socket.handshake.headers.cookie, socket.request.headers.cookie);
    },
  },
  {
    name: 'what an engine middleware puts on the request is on socket.request',
    touches: ['Socket.request', 'Engine.use'],
    async run(context) {
      const io = await context.server();
      io.engine.use((request: { user?: object; _query?: { sid?: string } }, _response: unknown, next: () => void) => {
        if (request._query?.sid === undefined) request.user = { name: 'alice' };
        next();
      });
      const { socket } = await context.connect(io);
      context.record('server', 'user', (socket.request as unknown as { user?: object }).user);
    },
  },
  {
    name: 'data on the socket belongs to the application',
    touches: ['Socket.data'],
    async run(context) {
      const io = await context.server();
      io.of('/chat');
      const manager = context.manager(io);
      const main = await context.connected(io, manager.socket('/'));
      const chat = await context.connected(io, manager.socket('/chat'), '/chat');
      context.record('server', 'empty', main.socket.data);
      main.socket.data.user = 'alice';
      chat.socket.data = { replaced: true };
      context.record('server', 'data', main.socket.data, chat.socket.data);
      const gone = context.once(main.socket, 'disconnect');
      main.client.disconnect();
      await gone;
      context.record('server', 'afterwards', main.socket.data);
    },
  },
  {
    name: 'the address behind the loopback interface',
    touches: ['Conn.remoteAddress', 'Handshake.address'],
    async run(context) {
      const io = await context.server();
      const { socket } = await context.connect(io, { extraHeaders: { 'x-forwarded-for': '1.2.3.4' } });
      context.record('server', 'address', socket.conn.remoteAddress, socket.handshake.address);
    },
  },
];
