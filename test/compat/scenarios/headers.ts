import type { IncomingMessage, ServerResponse } from 'node:http';
import session from 'express-session';
import onHeaders from 'on-headers';
import type { Server } from 'socket.io';
import type { Context } from '../../support/compat/context.js';
import type { PollingPeer } from '../../support/compat/peers.js';
import type { Scenario } from '../../support/compat/types.js';

const polling = ['polling'] as const;
const handshake = '/socket.io/?EIO=4&transport=polling';

/** The headers about origins, of the answer to one handshake or preflight request. */
async function corsOf(
  context: Context,
  io: Server,
  label: string,
  init: Parameters<Context['http']>[2],
): Promise<void> {
  const answer = await context.http(io, handshake, init);
  const names = Object.keys(answer.headers).filter((name) => /^(access-control|vary)/.test(name));
  context.record(
    'peer',
    label,
    answer.status,
    Object.fromEntries(names.map((name) => [name, answer.headers[name]])),
    answer.text.length > 0,
  );
}

/** The headers of the response that opens a WebSocket. */
async function upgradeHeaders(
  context: Context,
  io: Server,
  headers?: Record<string, string>,
): Promise<IncomingMessage['headers']> {
  const peer = context.webSocket(io, '/socket.io/?EIO=4&transport=websocket', headers);
  const [response] = await context.once(peer.socket, 'upgrade');
  return (response as IncomingMessage).headers;
}

const origin = 'https://example.org';

export const scenarios: Scenario[] = [
  {
    name: 'initial_headers and headers may change the headers of the answers',
    modes: polling,
    touches: ['Engine event:initial_headers', 'Engine event:headers'],
    async run(context) {
      const io = await context.server();
      io.engine.on('initial_headers', (headers, request) => {
        context.record('engine', 'initial_headers', request.method, typeof headers);
        headers['x-initial'] = '1';
        headers['set-cookie'] = 'a=1';
      });
      io.engine.on('headers', (headers, request) => {
        context.record('engine', 'headers', request.method);
        headers['x-every'] = '2';
      });
      const first = await context.http(io, handshake);
      context.record(
        'peer',
        'first',
        first.headers['x-initial'],
        first.headers['x-every'],
        first.headers['set-cookie'],
      );
      const [peer] = (await context.joinedPeer(io)) as [PollingPeer, string];
      const post = await peer.request({ method: 'POST', body: '3' });
      context.record('peer', 'post', post.headers['x-initial'], post.headers['x-every']);
      io.emit('x');
      const get = await peer.request({});
      context.record('peer', 'get', get.headers['x-initial'], get.headers['x-every']);
    },
  },
  {
    name: 'initial_headers and headers of a WebSocket',
    modes: ['websocket'],
    touches: ['Engine event:initial_headers', 'Engine event:headers'],
    async run(context) {
      const io = await context.server();
      io.engine.on('initial_headers', (headers, request) => {
        context.record('engine', 'initial_headers', request.method, Array.isArray(headers));
        headers['x-initial'] = '1';
      });
      io.engine.on('headers', (headers, request) => {
        context.record('engine', 'headers', request.method, Array.isArray(headers));
        headers['x-every'] = '2';
      });
      const headers = await upgradeHeaders(context, io);
      context.record('peer', 'headers', headers['x-initial'], headers['x-every']);
    },
  },
  {
    name: 'headers of the upgrade of a session',
    modes: ['upgrade'],
    touches: ['Engine event:initial_headers', 'Engine event:headers'],
    async run(context) {
      const io = await context.server();
      io.engine.on('initial_headers', (_headers, request) =>
        context.record('engine', 'initial_headers', typeof request._query?.sid),
      );
      io.engine.on('headers', (_headers, request) => {
        if (request.headers.upgrade) context.record('engine', 'headers', request.method, typeof request._query?.sid);
      });
      await context.peer(io);
    },
  },
  {
    name: 'no cookie by default',
    modes: polling,
    touches: ['option:cookie'],
    async run(context) {
      const io = await context.server();
      const answer = await context.http(io, handshake);
      context.record('peer', 'set-cookie', answer.headers['set-cookie']);
    },
  },
  {
    name: 'a cookie with its default attributes',
    modes: polling,
    touches: ['option:cookie'],
    async run(context) {
      for (const cookie of [true, { name: 'session' }]) {
        const io = await context.server({ cookie });
        const answer = await context.http(io, handshake);
        context.record('peer', 'set-cookie', answer.headers['set-cookie']);
        const sid = /"sid":"([^"]+)"/.exec(answer.text)?.[1];
        context.record('peer', 'sid', answer.headers['set-cookie']?.[0]?.includes(`=${sid}`));
      }
    },
  },
  {
    name: 'a cookie whose attributes need a hand',
    modes: polling,
    touches: ['option:cookie'],
    async run(context) {
      for (const cookie of [{ maxAge: 1.5 }, { path: '' }, { sameSite: 'Lax' }, { expires: new Date(0) }]) {
        const io = await context.server({ cookie: cookie as never });
        const answer = await context.http(io, handshake);
        context.record(
          'peer',
          'set-cookie',
          answer.status,
          answer.headers['set-cookie']?.[0]?.replace(/=[^;]+/, '=id'),
        );
      }
    },
  },
  {
    name: 'a cookie with every attribute',
    modes: polling,
    touches: ['option:cookie'],
    async run(context) {
      const io = await context.server({
        cookie: {
          name: 'io',
          path: '/here',
          httpOnly: false,
          sameSite: 'strict',
          maxAge: 86400,
          secure: true,
          domain: 'example.org',
        },
      });
      const answer = await context.http(io, handshake);
      context.record('peer', 'set-cookie', answer.headers['set-cookie']);
    },
  },
  {
    name: 'a cookie on the WebSocket handshake',
    modes: ['websocket'],
    touches: ['option:cookie'],
    async run(context) {
      const io = await context.server({ cookie: { name: 'io', httpOnly: true } });
      const headers = await upgradeHeaders(context, io);
      context.record('peer', 'set-cookie', headers['set-cookie']);
    },
  },
  {
    name: 'no headers about origins by default',
    modes: polling,
    touches: ['option:cors'],
    async run(context) {
      const io = await context.server();
      await corsOf(context, io, 'get', { headers: { origin } });
    },
  },
  {
    name: 'cors for one origin',
    modes: polling,
    touches: ['option:cors'],
    async run(context) {
      const io = await context.server({ cors: { origin } });
      await corsOf(context, io, 'get', { headers: { origin } });
      await corsOf(context, io, 'get of another', { headers: { origin: 'https://elsewhere.org' } });
      await corsOf(context, io, 'get without', {});
      await corsOf(context, io, 'preflight', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
    },
  },
  {
    name: 'cors for any origin, for a list, for a pattern and for a function',
    modes: polling,
    touches: ['option:cors'],
    async run(context) {
      const decide = (asked: string | undefined, next: (error: Error | null, allow?: boolean) => void) =>
        next(null, asked === origin);
      for (const allowed of ['*', true, [origin, 'https://other.org'], /example\.org$/, decide, false]) {
        const io = await context.server({ cors: { origin: allowed as never } });
        await corsOf(context, io, `${allowed} get`, { headers: { origin } });
        await corsOf(context, io, `${allowed} get of another`, { headers: { origin: 'https://elsewhere.org' } });
      }
    },
  },
  {
    name: 'cors with every setting, on a preflight request',
    modes: polling,
    touches: ['option:cors'],
    async run(context) {
      const io = await context.server({
        cors: {
          origin,
          methods: ['GET', 'POST'],
          allowedHeaders: ['x-custom'],
          exposedHeaders: ['x-shown'],
          credentials: true,
          maxAge: 60,
          optionsSuccessStatus: 200,
        },
      });
      const headers = {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-custom, x-other',
      };
      await corsOf(context, io, 'preflight', { method: 'OPTIONS', headers });
      await corsOf(context, io, 'get', { headers: { origin } });
    },
  },
  {
    name: 'cors as a function of the request',
    modes: polling,
    touches: ['option:cors'],
    async run(context) {
      const io = await context.server({
        cors: ((request: IncomingMessage, next: (error: Error | null, options: object) => void) => {
          context.record('server', 'asked', request.method);
          next(null, { origin: request.headers.origin === origin ? origin : false });
        }) as never,
      });
      await corsOf(context, io, 'get', { headers: { origin } });
      await corsOf(context, io, 'another', { headers: { origin: 'https://elsewhere.org' } });
    },
  },
  {
    name: 'a refused request has the headers about origins, too',
    modes: polling,
    touches: ['option:cors'],
    async run(context) {
      const io = await context.server({ cors: { origin } });
      const answer = await context.http(io, '/socket.io/?EIO=4&transport=nothing', { headers: { origin } });
      context.record('peer', 'answer', answer.status, answer.headers['access-control-allow-origin'], answer.text);
    },
  },
  {
    name: 'allowRequest lets in and refuses, with its reason',
    touches: ['option:allowRequest', 'Engine event:connection_error'],
    async run(context) {
      const io = await context.server({
        allowRequest: (request, next) => {
          const answer = /answer=(\w+)/.exec(request.url ?? '')?.[1];
          if (answer === 'yes') next(null, true);
          else if (answer === 'later') setImmediate(() => next(null, true));
          else if (answer === 'reason') next('not on Sundays', false);
          else if (answer === 'reasonyes') next('odd', true);
          else next(null, false);
        },
      });
      io.engine.on('connection_error', ({ code, message, context: details }) =>
        context.record('engine', 'connection_error', code, message, details),
      );
      for (const answer of ['yes', 'later', 'reason', 'reasonyes', 'no']) {
        const query = `&answer=${answer}`;
        if (context.mode === 'websocket') {
          const first = String(await context.webSocket(io, `/socket.io/?EIO=4&transport=websocket${query}`).receive());
          context.record('peer', answer, first.startsWith('0{') ? 'opened' : first);
        } else {
          const { status, headers, text } = await context.http(io, `${handshake}${query}`);
          context.record('peer', answer, status, headers['content-type'], status === 200 ? 'opened' : text);
        }
      }
    },
  },
  {
    name: 'a client sees that it was refused',
    modes: ['polling', 'websocket'],
    touches: ['option:allowRequest'],
    async run(context) {
      const io = await context.server({ allowRequest: (_request, next) => next('no entry', false) });
      const client = context.client(io);
      const [error] = await context.once(client, 'connect_error');
      context.record('client', 'connect_error', error, error.description, error.type, client.active);
      context.record('server', 'clients', io.engine.clientsCount);
    },
  },
  {
    name: 'allowRequest is asked for each request of a session or only for the first',
    modes: ['polling', 'upgrade'],
    touches: ['option:allowRequest'],
    async run(context) {
      const io = await context.server({
        allowRequest: (request, next) => {
          const { searchParams } = new URL(request.url ?? '', 'http://host');
          context.record('server', 'asked', request.method, searchParams.get('transport'), searchParams.has('sid'));
          next(null, true);
        },
      });
      const peer = await context.peer(io);
      await peer.send('40');
      await peer.receive();
    },
  },
  {
    name: 'headers that a middleware adds when the head is written are on the answer',
    modes: ['polling', 'websocket'],
    touches: ['Engine.use'],
    async run(context) {
      const io = await context.server();
      io.engine.use((_request: IncomingMessage, response: ServerResponse, next: () => void) => {
        onHeaders(response, () => {
          response.setHeader('x-late', 'yes');
        });
        response.setHeader('x-early', 'yes');
        next();
      });
      io.engine.use(session({ secret: 'cat', resave: false, saveUninitialized: true, name: 'sid' }));
      const headers =
        context.mode === 'websocket' ? await upgradeHeaders(context, io) : (await context.http(io, handshake)).headers;
      const cookies = [headers['set-cookie'] ?? []].flat().map((cookie) => cookie.replace(/=.*/, ''));
      context.record('peer', 'headers', headers['x-early'], headers['x-late'], cookies);
    },
  },
  {
    name: 'a session of express-session is there for the socket, and the same for later requests',
    touches: ['Engine.use', 'Socket.request'],
    async run(context) {
      const io = await context.server();
      io.engine.use(session({ secret: 'cat', resave: false, saveUninitialized: true }));
      io.on('connection', (socket) => {
        const { session: stored, sessionID } = socket.request as unknown as {
          session: { visits?: number };
          sessionID: string;
        };
        stored.visits = 1;
        context.record('server', 'session', typeof sessionID, stored.visits, socket.request.headers.cookie);
      });
      await context.once(context.client(io), 'connect');
    },
  },
  {
    name: 'the request keeps its query, and has no response any more',
    touches: ['Socket.request', 'option:allowRequest'],
    async run(context) {
      type Seen = IncomingMessage & { res?: ServerResponse; _query?: Record<string, string> };
      const io = await context.server({
        allowRequest: (request, next) => {
          if (context.mode !== 'websocket')
            context.record('server', 'allowRequest', typeof (request as Seen).res?.setHeader);
          next(null, true);
        },
      });
      const record = (label: string, request: Seen): void => {
        const { EIO, transport, room } = request._query ?? {};
        context.record('server', label, EIO, transport, room, request.res ?? null);
      };
      io.on('connection', (socket) => {
        socket.on('later', (done: () => void) => {
          record('later', socket.request);
          done();
        });
      });
      const client = context.client(io, { query: { room: 'a' } });
      await context.once(client, 'connect');
      await client.emitWithAck('later');
    },
  },
];
