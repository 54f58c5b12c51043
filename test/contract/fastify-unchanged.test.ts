// What a Fastify app may ask of its server and hooks, and what holds for carillon's routes then.
import { connect as connectTcp } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { carillon } from '../../integrations/fastify/index.js';
import { http } from '../support/compat/http.js';
import { engineUrl } from '../support/compat/peers.js';
import { bounded, once, promptly } from '../support/compat/wait.js';
import { cleanUp, connected, defer, ioOf, listen } from '../support/fastify.js';

afterEach(cleanUp);

const transports = ['polling', 'websocket'] as const;

async function start(
  settings: FastifyServerOptions,
  options: object = {},
): Promise<{ app: FastifyInstance; url: string }> {
  const app = Fastify(settings) as FastifyInstance;
  await app.register(carillon, options);
  ioOf(app).on('connection', (socket) => socket.on('echo', (value, ack) => ack(value)));
  return { app, url: await listen(app) };
}

async function expectService(url: string, path: string): Promise<void> {
  for (const transport of transports) {
    const socket = await connected(url, { transports: [transport], path });
    expect(await socket.timeout(60_000).emitWithAck('echo', transport)).toBe(transport);
  }
}

describe('addresses mean the same for upgrades as for polling', () => {
  it.each([
    ['rewriteUrl', { rewriteUrl: (request) => request.url!.replace(/^\/api/, '') }, '/api/socket.io'],
    ['caseSensitive: false', { caseSensitive: false }, '/Socket.IO'],
    ['ignoreDuplicateSlashes', { ignoreDuplicateSlashes: true }, '//socket.io'],
    ['ignoreTrailingSlash', { ignoreTrailingSlash: true }, '/socket.io'],
    ['percent-encoding', {}, '/socket%2Eio'],
  ] as [string, FastifyServerOptions, string][])('%s', async (_name, settings, path) => {
    const { url } = await start(settings);
    await expectService(url, path);
  });

  it('a rewriteUrl that throws is the answer of the app, and no more', async () => {
    const { url } = await start({
      rewriteUrl: (request) => {
        if (request.url!.includes('EIO=5')) throw new Error('no such version');
        return request.url!;
      },
    });
    await expectService(url, '/socket.io');
  });
});

it('connectionTimeout does not cut polls that wait', async () => {
  const { app, url } = await start({ connectionTimeout: 50 }, { pingInterval: 300 });
  const socket = await connected(url, { transports: ['polling'] });
  let polls = 0;
  socket.io.engine.on('packet', ({ type }: { type: string }) => {
    if (type === 'ping') polls++;
  });
  await bounded(
    (async () => {
      while (polls < 2) await once(socket.io.engine as never, 'packet');
    })(),
    'two heartbeats',
  );
  expect(socket.connected).toBe(true);
  expect(app.server.timeout).toBe(50);
});

describe('hooks', () => {
  it('that set a header which cannot be sent: it is left out and logged, over both transports', async () => {
    const lines: any[] = [];
    const logger = { level: 'error', stream: { write: (line: string) => void lines.push(JSON.parse(line)) } };
    const app = Fastify({ logger });
    app.addHook('onRequest', async (_request, reply) => {
      reply.header('x-good', 'yes').header('x-bad', 'a\r\nset-cookie: b');
    });
    await app.register(carillon);
    const url = await listen(app as never);
    const answer = await http(engineUrl(url, 'polling'));
    expect([answer.status, answer.headers['x-good'], answer.headers['x-bad'], answer.headers['set-cookie']]).toEqual([
      200,
      'yes',
      undefined,
      undefined,
    ]);
    await connected(url, { transports: ['websocket'] });
    expect(lines.map(({ msg }) => msg)).toEqual([
      expect.stringContaining('"x-bad"'),
      expect.stringContaining('"x-bad"'),
    ]);
  });

  /** Opens an upgrade; resolves to what came until the connection ended. */
  function upgrade(url: string): { sent: Promise<void>; ended: Promise<string> } {
    const { port } = new URL(url);
    const socket = connectTcp(Number(port), '127.0.0.1');
    defer(() => socket.destroy());
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    const sent = new Promise<void>((resolve) => {
      socket.write(
        'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
        () => resolve(),
      );
    });
    const ended = bounded(new Promise<string>((resolve) => socket.on('close', () => resolve(text))), 'the end');
    return { sent, ended };
  }

  async function hanging(handshakeTimeout: number, prefix = '') {
    const app = Fastify();
    let release: () => void = () => {};
    const called = new Promise<void>((resolve) => {
      app.addHook('onRequest', (_request, _reply, done) => {
        release = done;
        resolve();
      });
    });
    await app.register(carillon, { handshakeTimeout, prefix });
    const url = await listen(app as never);
    return { app, url, called, release: () => release() };
  }

  it('that hang keep no upgrade beyond handshakeTimeout, and may come back later', async () => {
    const { app, url, release } = await hanging(50);
    expect(await upgrade(url).ended).toMatch(/^HTTP\/1\.1 408 /);
    release();
    expect(app.io.engine.clientsCount).toBe(0);
  });

  it('that hang do not keep the app from closing', async () => {
    const { app, url, called } = await hanging(60_000);
    const { ended } = upgrade(url);
    await called;
    await promptly(app.close(), 'the app to close');
    expect(await ended).toMatch(/^HTTP\/1\.1 503 /);
  });

  const poll = (url: string, prefix = '') => fetch(`${url}${prefix}/socket.io/?EIO=4&transport=polling`);

  it.each(['', '/api'])(
    'that hang keep no poll (%j) beyond handshakeTimeout, and may come back later',
    async (prefix) => {
      const { app, url, release } = await hanging(50, prefix);
      expect((await bounded(poll(url, prefix), 'the answer')).status).toBe(408);
      release();
      expect(app.io.engine.clientsCount).toBe(0);
      await promptly(app.close(), 'the app to close');
    },
  );

  it('that hang with a poll do not keep the app from closing', async () => {
    const { app, url, called } = await hanging(60_000);
    const answer = poll(url);
    await called;
    await promptly(app.close(), 'the app to close');
    expect((await answer).status).toBe(503);
  });

  it('that take long, but not too long, hold a poll and a publication up, no more', async () => {
    const app = Fastify();
    app.addHook('onRequest', async () => {
      await new Promise((resolve) => setImmediate(resolve));
    });
    await app.register(carillon, { publishEndpoint: { token: 'a-token-of-the-test' } });
    const url = await listen(app as never);
    expect((await poll(url)).status).toBe(200);
    const published = await fetch(`${url}/socket.io/publish`, {
      method: 'POST',
      headers: { authorization: 'Bearer a-token-of-the-test', 'content-type': 'application/json' },
      body: JSON.stringify({ event: 'x' }),
    });
    expect(published.status).toBe(200);
  });
});

describe('the end', () => {
  it('closes ports that were opened beside the app', async () => {
    const { app, url } = await start({});
    const io = ioOf(app);
    const others = [0, 0].map((port) => {
      io.listen(port);
      return io.httpServer as unknown as { address(): { port: number }; listening: boolean };
    });
    for (const other of others) await expectService(`http://127.0.0.1:${other.address().port}`, '/socket.io');
    await expectService(url, '/socket.io');
    await promptly(app.close(), 'the app to close');
    expect(others.map(({ listening }) => listening)).toEqual([false, false]);
  });

  it.each([
    [
      'a callback',
      (app: () => FastifyInstance) => (done: () => void) => {
        ioOf(app()).emit('goodbye');
        done();
      },
    ],
    [
      'a promise',
      (app: () => FastifyInstance) => async () => {
        ioOf(app()).emit('goodbye');
      },
    ],
  ])('preClose with %s is a last word to clients', async (_name, make) => {
    let app!: FastifyInstance;
    const started = await start({}, { preClose: make(() => app) });
    app = started.app;
    const socket = await connected(started.url, { transports: ['websocket'] });
    const goodbye = once(socket, 'goodbye');
    const disconnected = once(socket, 'disconnect');
    await promptly(app.close(), 'the app to close');
    await goodbye;
    await disconnected;
  });

  it('as fastify-socket.io ends: preClose may disconnect everybody itself', async () => {
    let app!: FastifyInstance;
    const preClose = (done: () => void) => {
      ioOf(app).local.disconnectSockets(true);
      done();
    };
    const started = await start({}, { preClose });
    app = started.app;
    const socket = await connected(started.url, { transports: ['websocket'] });
    const disconnected = once(socket, 'disconnect');
    await promptly(app.close(), 'the app to close');
    expect((await disconnected)[0]).toBe('io server disconnect');
  });

  it('refuses a preClose that is none', async () => {
    await expect(Fastify().register(carillon, { preClose: 'soon' as never })).rejects.toThrow('preClose');
  });
});
