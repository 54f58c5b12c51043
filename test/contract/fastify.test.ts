// What carillon/fastify promises about the app's hooks, bodies, headers and log, against Fastify itself.
import { connect } from 'node:net';
import { Writable } from 'node:stream';
import cookie from '@fastify/cookie';
import cors from '@fastify/cors';
import jwt from '@fastify/jwt';
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { WebSocket } from 'ws';
import { carillon } from '../../integrations/fastify/index.js';
import { http } from '../support/compat/http.js';
import { engineUrl, openPeer } from '../support/compat/peers.js';
import { bounded, once } from '../support/compat/wait.js';
import { cleanUp, client, connected, defer, ioOf, knock, listen } from '../support/fastify.js';

afterEach(cleanUp);

const transports = ['polling', 'websocket'] as const;

/** An app that writes its log here, one object per line. */
function loggingApp(options: FastifyServerOptions = {}): { app: FastifyInstance; log: any[]; logged: Logged } {
  const log: any[] = [];
  const waiting: (() => void)[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      for (const line of String(chunk).trim().split('\n')) log.push(JSON.parse(line));
      for (const check of [...waiting]) check();
      done();
    },
  });
  const logged: Logged = (isWanted) =>
    bounded(
      new Promise((resolve) => {
        const check = () => {
          const found = log.find(isWanted);
          if (found) resolve(found);
        };
        waiting.push(check);
        check();
      }),
      () => `a log line; there were ${JSON.stringify(log)}`,
    );
  return { app: Fastify({ logger: { level: 'debug', stream }, ...options }), log, logged };
}
type Logged = (isWanted: (line: any) => boolean) => Promise<any>;

it('has app.io when register has resolved', async () => {
  const app = Fastify();
  await app.register(carillon, { pingInterval: 1234 });
  const connection = once(ioOf(app), 'connection');
  const url = await listen(app);
  const socket = await connected(url);
  expect((await connection)[0].id).toBe(socket.id);
  expect(ioOf(app).opts.pingInterval).toBe(1234);
});

it('tells onResponse with which status a WebSocket was refused', async () => {
  const app = Fastify();
  const statuses: number[] = [];
  const responded = new Promise<void>((resolve) => {
    app.addHook('onResponse', async (_request, reply) => {
      if (statuses.push(reply.statusCode) === 2) resolve();
    });
  });
  await app.register(carillon, { maxConnectionsPerAddress: 1 });
  const url = await listen(app);
  await connected(url, { transports: ['websocket'] });
  expect(await knock(url)).toMatch(/^end: refused 429/);
  await bounded(responded, 'onResponse');
  expect(statuses).toEqual([101, 429]);
});

describe.each(transports)('hooks, over %s', (transport) => {
  it('run all, in order, and see what hooks before them left', async () => {
    const app = Fastify();
    const calls: string[] = [];
    app.decorateRequest('member', '');
    app.addHook('onRequest', async (request) => {
      calls.push('onRequest');
      (request as any).member = 'ada';
    });
    await app.register(carillon, {
      route: {
        onRequest: async (request) => void calls.push(`route onRequest ${(request as any).member}`),
        onSend: async () => void calls.push('route onSend'),
      },
    });
    // Also those that are added later, as with any route of the app.
    app.addHook('preParsing', async () => void calls.push('preParsing'));
    app.addHook('preValidation', (_request, _reply, done) => {
      calls.push('preValidation');
      setImmediate(done);
    });
    app.addHook('preHandler', async () => void calls.push('preHandler'));
    app.addHook('onSend', async () => void calls.push('onSend'));
    const responded = new Promise<number>((resolve) => {
      app.addHook('onResponse', async (_request, reply) => resolve(reply.statusCode));
    });
    const url = await listen(app);
    const user = new Promise((resolve) => {
      ioOf(app).on('connection', (socket) => resolve((socket.request.fastify as any).member));
    });
    await openPeerAndJoin(url, transport);
    expect(await user).toBe('ada');
    expect(calls.slice(0, 8)).toEqual([
      'onRequest',
      'route onRequest ada',
      'preParsing',
      'preValidation',
      'preHandler',
      'onSend',
      'route onSend',
      ...(transport === 'polling' ? ['onRequest'] : []),
    ]);
    expect(await bounded(responded, 'onResponse')).toBe(transport === 'polling' ? 200 : 101);
  });

  it.each(['onRequest', 'preParsing', 'preValidation', 'preHandler', 'onSend'] as const)(
    'refuse with the status of an error thrown in %s',
    async (name) => {
      const app = Fastify();
      app.addHook(name as 'onRequest', async (request) => {
        if (request.headers['x-member'] === undefined)
          throw Object.assign(new Error('members only'), { statusCode: 401 });
      });
      await app.register(carillon);
      const url = await listen(app);
      const body = '{"statusCode":401,"error":"Unauthorized","message":"members only"}';
      if (transport === 'polling') {
        const answer = await http(engineUrl(url, 'polling'));
        expect([answer.status, answer.text]).toEqual([401, body]);
      } else {
        expect(await knock(url)).toBe(`end: refused 401 application/json; charset=utf-8 ${body}`);
      }
      await connected(url, { transports: [transport], extraHeaders: { 'x-member': 'yes' } });
      expect(ioOf(app).engine.clientsCount).toBe(1);
    },
  );

  it('refuse by answering themselves', async () => {
    const app = Fastify();
    app.addHook('onRequest', async (_request, reply) => reply.code(429).header('retry-after', '3').send('slow down'));
    await app.register(carillon);
    const url = await listen(app);
    if (transport === 'polling') {
      const answer = await http(engineUrl(url, 'polling'));
      expect([answer.status, answer.headers['retry-after'], answer.text]).toEqual([429, '3', 'slow down']);
    } else {
      expect(await knock(url)).toBe('end: refused 429 text/plain; charset=utf-8 slow down');
    }
    expect(ioOf(app).engine.clientsCount).toBe(0);
  });

  it('authenticate with @fastify/jwt from a cookie, and the user is on the socket', async () => {
    const app = Fastify();
    await app.register(cookie);
    await app.register(jwt, { secret: 'a secret for tests', cookie: { cookieName: 'token', signed: false } });
    await app.register(carillon, { route: { onRequest: (request) => request.jwtVerify() } });
    const url = await listen(app);
    const refused = client(url, { transports: [transport] });
    const [error] = await once(refused, 'connect_error');
    expect(error.message).toMatch(/xhr poll error|websocket error/);
    const seen = once(ioOf(app), 'connection');
    const token = app.jwt.sign({ name: 'ada' });
    await connected(url, { transports: [transport], extraHeaders: { cookie: `token=${token}` } });
    expect((await seen)[0].request.fastify.user).toMatchObject({ name: 'ada' });
  });

  it('set headers that go out with the handshake, cookies included', async () => {
    const app = Fastify();
    await app.register(cors, { origin: 'https://example.com', credentials: true });
    await app.register(cookie);
    app.addHook('onRequest', async (_request, reply) => {
      reply.header('x-one', '1').setCookie('session', 'abc', { path: '/' });
    });
    await app.register(carillon, { cookie: { name: 'sticky' } });
    const url = await listen(app);
    let headers: Record<string, unknown>;
    if (transport === 'polling') {
      const answer = await http(engineUrl(url, 'polling'), { headers: { origin: 'https://example.com' } });
      const { sid } = JSON.parse(answer.text.slice(1));
      headers = { ...answer.headers, sid };
    } else {
      const peer = new WebSocket(engineUrl(url.replace('http', 'ws'), 'websocket'), { origin: 'https://example.com' });
      defer(() => peer.terminate());
      const [[response], [message]] = await Promise.all([once(peer, 'upgrade'), once(peer, 'message')]);
      headers = { ...response.headers, sid: JSON.parse(String(message).slice(1)).sid };
    }
    expect(headers['access-control-allow-origin']).toBe('https://example.com');
    expect(headers['access-control-allow-credentials']).toBe('true');
    expect(headers['x-one']).toBe('1');
    // The session cookie is for sticky polling: over WebSocket there is none.
    const sticky = transport === 'polling' ? [`sticky=${headers.sid}; Path=/; HttpOnly; SameSite=Lax`] : [];
    expect(headers['set-cookie']).toEqual(['session=abc; Path=/; SameSite=Lax', ...sticky]);
  });

  it('may be slow: a client that goes away meanwhile harms nothing', async () => {
    const app = Fastify();
    let release = () => {};
    const arrived = new Promise<void>((resolve) => {
      app.addHook('onRequest', (request, _reply, done) => {
        if (request.headers['x-slow'] === undefined) return done();
        release = done;
        resolve();
      });
    });
    await app.register(carillon);
    const url = await listen(app);
    const closed = new Promise((resolve) => {
      app.server.once('connection', (socket) => socket.once('close', resolve));
    });
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==';
    const path = engineUrl('', transport);
    const slow = connect(Number(new URL(url).port), '127.0.0.1');
    slow.write(
      `GET ${path} HTTP/1.1\r\nHost: a\r\nX-Slow: yes\r\n${transport === 'websocket' ? upgrade : 'A: b'}\r\n\r\n`,
    );
    await bounded(arrived, 'the hook');
    slow.resetAndDestroy();
    release();
    await bounded(closed, 'the connection to end');
    const other = await connected(url, { transports: [transport] });
    expect(other.connected).toBe(true);
  });
});

it('an upgrade behind a request that waits for its answer ends the connection, and nothing else', async () => {
  const app = Fastify();
  app.get('/slow', () => new Promise(() => {}));
  await app.register(carillon);
  const url = await listen(app);
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const closed = once(socket, 'close');
  const upgrade =
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==';
  socket.write(
    `GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET ${engineUrl('', 'websocket')} HTTP/1.1\r\nHost: a\r\n${upgrade}\r\n\r\n`,
  );
  await bounded(closed, 'the connection to end');
  expect((await connected(url)).connected).toBe(true);
});

describe('preflight requests', () => {
  const headers = { origin: 'https://example.com', 'access-control-request-method': 'POST' };

  it('are answered by @fastify/cors', async () => {
    const app = Fastify();
    await app.register(cors, { origin: 'https://example.com' });
    await app.register(carillon);
    const answer = await http(engineUrl(await listen(app), 'polling'), { method: 'OPTIONS', headers });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([204, 'https://example.com']);
  });

  it('are answered by the cors option', async () => {
    const app = Fastify();
    await app.register(carillon, { cors: { origin: 'https://example.com' } });
    const answer = await http(engineUrl(await listen(app), 'polling'), { method: 'OPTIONS', headers });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([204, 'https://example.com']);
  });
});

describe('bodies of polling requests', () => {
  const parsers: Record<string, (app: FastifyInstance) => void> = {
    'no parsers at all': (app) => app.removeAllContentTypeParsers(),
    'a parser for everything': (app) =>
      app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body)),
    'a text parser that fails': (app) => {
      app.removeContentTypeParser('text/plain');
      app.addContentTypeParser('text/plain', { parseAs: 'buffer' }, (_request, _body, done) => done(new Error('no')));
    },
    'a body limit of ten bytes': () => {},
  };

  it.each(Object.keys(parsers))('reach carillon unparsed with %s', async (name) => {
    const app = Fastify({ bodyLimit: 10 });
    parsers[name]!(app);
    await app.register(carillon);
    ioOf(app).on('connection', (socket) => socket.on('echo', (value, ack) => ack(value)));
    const url = await listen(app);
    const socket = await connected(url, { transports: ['polling'] });
    const text = 'ä'.repeat(200_000);
    expect(await socket.timeout(60_000).emitWithAck('echo', text)).toBe(text);
    const peer = await openPeer('polling', url, { headers: { 'content-type': 'application/json' } });
    expect(await peer.send('40')).toBe('200 ok');
  });

  it('are cut at maxHttpBufferSize, however high the body limit is', async () => {
    const app = Fastify({ bodyLimit: 10_000_000 });
    await app.register(carillon, { maxHttpBufferSize: 100 });
    const peer = await openPeer('polling', await listen(app));
    expect(await peer.send('x'.repeat(101))).toMatch(/^413/);
  });

  it('of other routes are parsed and limited as ever', async () => {
    const app = Fastify({ bodyLimit: 30 });
    await app.register(carillon);
    app.post('/json', async (request) => request.body);
    const url = await listen(app);
    const headers = { 'content-type': 'application/json' };
    expect((await http(`${url}/json`, { method: 'POST', headers, body: '{"a":1}' })).text).toBe('{"a":1}');
    const long = JSON.stringify('x'.repeat(50));
    expect((await http(`${url}/json`, { method: 'POST', headers, body: long })).status).toBe(413);
  });

  it('are shown to hooks with the headers they came with once the handler has run', async () => {
    const app = Fastify();
    const types: unknown[] = [];
    app.addHook('onSend', async (request) => {
      if (request.method === 'POST') types.push(request.headers['content-type'], request.headers['content-length']);
    });
    await app.register(carillon);
    const peer = await openPeer('polling', await listen(app), { headers: { 'content-type': 'text/plain' } });
    await peer.send('40');
    expect(types).toEqual(['text/plain', '2']);
  });
});

describe('the log', () => {
  it('tells of requests over both transports and of what they came to', async () => {
    const { app, logged } = loggingApp();
    await app.register(carillon);
    const url = await listen(app);
    await connected(url, { transports: ['websocket'] });
    const { reqId } = await logged((line) => line.msg === 'incoming request');
    expect(await logged((line) => line.msg === 'request completed' && line.reqId === reqId)).toMatchObject({
      res: { statusCode: 101 },
    });
    await http(engineUrl(url, 'polling'));
    await logged((line) => line.msg === 'request completed' && line.res.statusCode === 200);
  });

  it('tells why a handshake was refused', async () => {
    const { app, logged } = loggingApp();
    await app.register(carillon);
    const url = await listen(app);
    expect(await knock(url, {}, '/socket.io/?EIO=3&x=')).toMatch(/^end: refused 400/);
    const line = await logged(({ msg }) => /^carillon refused/.test(msg));
    expect(line).toMatchObject({
      level: 30,
      code: 5,
      msg: 'carillon refused a handshake: Unsupported protocol version',
    });
    expect(await logged(({ msg, reqId }) => msg === 'request completed' && reqId === line.reqId)).toMatchObject({
      res: { statusCode: 400 },
    });
  });

  it('gets the errors of listeners, under the request of the handshake', async () => {
    const { app, logged } = loggingApp();
    await app.register(carillon);
    ioOf(app).on('connection', (socket) => {
      socket.on('fail', () => {
        throw new Error('deliberate');
      });
    });
    const socket = await connected(await listen(app), { transports: ['websocket'] });
    socket.emit('fail');
    const line = await logged(({ level }) => level === 50);
    expect(line).toMatchObject({ event: 'fail', msg: 'a listener of "fail" failed', err: { message: 'deliberate' } });
    expect(line.socket).toBe(socket.id);
    expect(line.reqId).toBe((await logged(({ msg }) => msg === 'incoming request')).reqId);
  });

  it('can be quieter for our requests', async () => {
    const { app, log } = loggingApp();
    await app.register(carillon, { logLevel: 'warn' });
    const url = await listen(app);
    await http(engineUrl(url, 'polling'));
    await http(`${url}/other`);
    expect(log.filter(({ msg }) => msg === 'incoming request').map(({ req }) => req.url)).toEqual(['/other']);
  });
});

it.each(transports)('limits per address count by what trustProxy says, over %s', async (transport) => {
  const app = Fastify({ trustProxy: true });
  await app.register(carillon, { maxConnectionsPerAddress: 1 });
  const url = await listen(app);
  const from = (address: string) => ({
    transports: [transport],
    extraHeaders: { 'x-forwarded-for': address },
  });
  await connected(url, from('192.0.2.1'));
  await connected(url, from('192.0.2.2'));
  await once(client(url, from('192.0.2.1')), 'connect_error');
  expect(ioOf(app).engine.clientsCount).toBe(2);
});

it('is not cut short by a handler timeout, a long poll is meant to wait', async () => {
  const app = Fastify({ handlerTimeout: 50 });
  await app.register(carillon, { pingInterval: 200 });
  const peer = await openPeer('polling', await listen(app));
  expect(await peer.receive()).toBe('2');
});

async function openPeerAndJoin(url: string, transport: 'polling' | 'websocket'): Promise<void> {
  const peer = await openPeer(transport, url);
  defer(() => peer.drop());
  await peer.send('40');
  await peer.receive();
}
