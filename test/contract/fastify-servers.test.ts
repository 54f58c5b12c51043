// carillon/fastify on every kind of server Fastify makes, and next to others.
import { execFileSync } from 'node:child_process';
import dns from 'node:dns';
import { createServer } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import websocket from '@fastify/websocket';
import { jest } from '@jest/globals';
import Fastify, { type FastifyInstance } from 'fastify';
import { WebSocket } from 'ws';
import { carillon } from '../../integrations/fastify/index.js';
import { certificate } from '../support/compat/certificate.js';
import { http } from '../support/compat/http.js';
import { engineUrl, openPeer } from '../support/compat/peers.js';
import { bounded, once, promptly } from '../support/compat/wait.js';
import { cleanUp, connected, defer, ioOf, knock, listen } from '../support/fastify.js';
import { requestHttp2 } from '../support/http2.js';

afterEach(cleanUp);

const transports = ['polling', 'websocket'] as const;
const echo = (app: FastifyInstance<any, any, any, any>) =>
  ioOf(app).on('connection', (socket) => socket.on('echo', (value, ack) => ack(value)));

/** Both transports, each with a message there and back. */
async function expectService(url: string, options: Parameters<typeof connected>[1] = {}): Promise<void> {
  for (const transport of transports) {
    const socket = await connected(url, { transports: [transport], ...options });
    expect(await socket.timeout(60_000).emitWithAck('echo', transport)).toBe(transport);
  }
}

describe('localhost', () => {
  const real = dns.lookup;

  // Which addresses the name has differs from machine to machine; Fastify asks for all of them like this.
  beforeEach(() => {
    jest.spyOn(dns, 'lookup').mockImplementation(((name: string, options: any, callback: any) => {
      if (name !== 'localhost' || !options.all) return real(name, options, callback);
      callback(null, [
        { address: '127.0.0.1', family: 4 },
        { address: '::1', family: 6 },
      ]);
    }) as typeof dns.lookup);
  });

  afterEach(() => jest.restoreAllMocks());

  async function listenEverywhere(app: FastifyInstance): Promise<string[]> {
    await listen(app, 'localhost');
    const urls = app
      .addresses()
      .map((each) => each as AddressInfo)
      .map(({ address, family, port }) => `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`);
    expect(urls.map((url) => new URL(url).hostname).sort()).toEqual(['127.0.0.1', '[::1]']);
    return urls;
  }

  it('is served on every address Fastify binds, hooks included', async () => {
    const app = Fastify();
    let requests = 0;
    app.addHook('onRequest', async () => void requests++);
    await app.register(carillon);
    echo(app);
    for (const url of await listenEverywhere(app)) {
      const before = requests;
      await expectService(url);
      expect(requests).toBeGreaterThan(before);
    }
  });

  it('is closed without waiting for connections to all addresses', async () => {
    const app = Fastify();
    await app.register(carillon);
    const urls = await listenEverywhere(app);
    const sockets = await Promise.all(
      urls.flatMap((url) => transports.map((transport) => connected(url, { transports: [transport] }))),
    );
    const gone = sockets.map((socket) => once(socket, 'disconnect'));
    await promptly(app.close(), 'the app to close');
    await Promise.all(gone);
    for (const url of urls) await expect(http(url)).rejects.toThrow('ECONNREFUSED');
  });
});

it('serves a server from a serverFactory', async () => {
  const app = Fastify({ serverFactory: (handler) => createServer((request, response) => handler(request, response)) });
  await app.register(carillon);
  echo(app);
  await expectService(await listen(app));
});

describe('a prefix', () => {
  it('of the context it is registered in counts', async () => {
    const app = Fastify();
    await app.register(
      async (v1) => {
        await v1.register(carillon);
        echo(v1);
      },
      { prefix: '/v1' },
    );
    const url = await listen(app);
    await expectService(url, { path: '/v1/socket.io' });
    expect((await http(engineUrl(url, 'polling'))).status).toBe(404);
    expect(await knock(url)).toMatch(/^end: /);
  });

  it('given at registration counts, together with a path', async () => {
    const app = Fastify();
    await app.register(carillon, { prefix: '/v2/', path: 'live/' });
    echo(app);
    await expectService(await listen(app), { path: '/v2/live' });
    expect(ioOf(app).path()).toBe('/v2/live');
  });

  it('keeps two apart, with hooks of their own', async () => {
    const app = Fastify();
    for (const name of ['open', 'closed']) {
      await app.register(
        async (child) => {
          if (name === 'closed') child.addHook('onRequest', async (_request, reply) => reply.code(401).send());
          await child.register(carillon);
          echo(child);
        },
        { prefix: `/${name}` },
      );
    }
    const url = await listen(app);
    await expectService(url, { path: '/open/socket.io' });
    expect(await knock(url, {}, '/closed/socket.io/')).toMatch(/^end: refused 401/);
  });
});

it('works without a trailing slash', async () => {
  const app = Fastify();
  await app.register(carillon, { addTrailingSlash: false });
  echo(app);
  await expectService(await listen(app), { addTrailingSlash: false });
});

it('works where slashes at the end are ignored', async () => {
  const app = Fastify({ routerOptions: { ignoreTrailingSlash: true } });
  await app.register(carillon);
  echo(app);
  await expectService(await listen(app));
});

describe('the browser bundle', () => {
  it('is served, also to those whom a hook of our routes would refuse', async () => {
    const app = Fastify();
    await app.register(carillon, { route: { onRequest: async (_request, reply) => reply.code(401).send('no') } });
    const url = await listen(app);
    const answer = await http(`${url}/socket.io/socket.io.min.js`);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/javascript; charset=utf-8']);
    expect(answer.text.length).toBeGreaterThan(10_000);
  });

  it('is no way around the hooks', async () => {
    const app = Fastify();
    await app.register(carillon, {
      serveClient: false,
      route: { onRequest: async (_request, reply) => reply.code(401).send('no') },
    });
    const url = await listen(app);
    for (const file of ['socket.io.js', 'socket.io.min.js', 'socket.io.other.js', 'socket.io.js.map']) {
      const path = `/socket.io/${file}`;
      expect((await http(engineUrl(url, 'polling', { path }))).status).toBe(404);
      expect((await http(engineUrl(url, 'polling', { path }), { method: 'POST', body: '40' })).status).toBe(401);
      expect(await knock(url, {}, path)).toMatch(/^end: refused 404/);
    }
    expect(ioOf(app).engine.clientsCount).toBe(0);
  });
});

it('serves HTTP/2 with allowHTTP1: polling over both, WebSocket over HTTP/1', async () => {
  const app = Fastify({ http2: true, https: { allowHTTP1: true, ...certificate } });
  await app.register(carillon as never);
  echo(app);
  const url = await listen(app);
  await expectService(url, { rejectUnauthorized: false });

  const session = connectHttp2(url, { rejectUnauthorized: false });
  defer(() => session.close());
  const opened = await requestHttp2(session, engineUrl('', 'polling'));
  expect(opened).toMatchObject({ status: 200 });
  const path = `${engineUrl('', 'polling')}&sid=${JSON.parse(opened.text.slice(1)).sid}`;
  expect(await requestHttp2(session, path, '40')).toEqual({ status: 200, text: 'ok' });
  expect((await requestHttp2(session, path)).text).toMatch(/^40\{"sid"/);
});

it('answers app.inject of a whole session', () => {
  const answers = runScript(`
    const plugin = require('carillon/fastify');
    const app = require('fastify')();
    app.register(plugin);
    app.ready().then(async () => {
      app.io.on('connection', (socket) => socket.on('echo', (value, ack) => ack(value)));
      const answers = [];
      const inject = async (request) => {
        const { statusCode, body } = await app.inject(request);
        answers.push([statusCode, body]);
        return body;
      };
      const base = '${engineUrl('', 'polling')}';
      const url = base + '&sid=' + JSON.parse((await inject(base)).slice(1)).sid;
      await inject({ method: 'POST', url, payload: '40' });
      await inject(url);
      await inject({ method: 'POST', url, payload: '420["echo","hi"]', headers: { 'content-type': 'application/json' } });
      await inject(url);
      await app.close();
      process.stdout.write(JSON.stringify(answers));
    });
  `);
  expect(JSON.parse(answers)).toEqual([
    [200, expect.stringMatching(/^0\{"sid"/)],
    [200, 'ok'],
    [200, expect.stringMatching(/^40\{"sid"/)],
    [200, 'ok'],
    [200, '430["hi"]'],
  ]);
});

describe.each(['before', 'after'])('@fastify/websocket, registered %s', (when) => {
  it('keeps its routes, and leaves ours to us', async () => {
    const app = Fastify();
    const upgradesSeen: string[] = [];
    app.addHook('onRequest', async (request) => {
      if (request.headers.upgrade) upgradesSeen.push(request.url.split('?')[0]!);
    });
    if (when === 'before') await app.register(websocket);
    await app.register(carillon);
    if (when === 'after') await app.register(websocket);
    await app.register(async (child) => {
      child.get('/other', { websocket: true }, (peer) => {
        peer.on('message', (data) => peer.send(`other: ${data}`));
      });
    });
    echo(app);
    const url = await listen(app);
    const other = new WebSocket(`${url.replace('http', 'ws')}/other`);
    defer(() => other.terminate());
    await once(other, 'open');
    const answer = once(other, 'message');
    other.send('hi');
    expect(String((await answer)[0])).toBe('other: hi');
    await expectService(url);
    // Each upgrade went through the hooks once.
    expect(upgradesSeen).toEqual(['/other', '/socket.io/']);

    const gone = once(other, 'close');
    await promptly(app.close(), 'the app to close');
    await gone;
  });
});

describe('the end', () => {
  it('comes before onClose hooks, with every socket told', async () => {
    const app = Fastify();
    await app.register(carillon);
    const order: string[] = [];
    app.addHook('onClose', async () => void order.push('onClose'));
    ioOf(app).on('connection', (socket) => socket.on('disconnect', (reason) => order.push(reason)));
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    await Promise.all(transports.map((transport) => connected(url, { transports: [transport] })));
    await app.close();
    expect(order).toEqual(['server shutting down', 'server shutting down', 'onClose']);
  });

  it('of io alone leaves the app running', async () => {
    const app = Fastify();
    app.get('/hello', async () => 'hello');
    await app.register(carillon);
    const url = await listen(app);
    const socket = await connected(url);
    const gone = once(socket, 'disconnect');
    await ioOf(app).close();
    await gone;
    expect((await http(`${url}/hello`)).text).toBe('hello');
  });

  it('does not wait for an upgrade whose hook is still busy longer than the hook', async () => {
    const app = Fastify();
    let release = () => {};
    const arrived = new Promise<void>((resolve) => {
      app.addHook('onRequest', (_request, _reply, done) => {
        release = done;
        resolve();
      });
    });
    await app.register(carillon);
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const answer = knock(url);
    await bounded(arrived, 'the hook');
    const closed = app.close();
    release();
    await bounded(closed, 'the app to close');
    expect(await answer).toMatch(/^(end: |0)/);
  });
});

it('is the plugin itself for require()', () => {
  const kind = runScript(`process.stdout.write(typeof require('carillon/fastify'))`);
  expect(kind).toBe('function');
});

it('keeps a long poll through a whole ping over a real connection', async () => {
  const app = Fastify();
  await app.register(carillon, { pingInterval: 100, pingTimeout: 60_000 });
  const peer = await openPeer('polling', await listen(app));
  expect([await peer.receive(), await peer.send('3'), await peer.receive()]).toEqual(['2', '200 ok', '2']);
});

/** Standard output of a CommonJS script that uses the built package, under Node's own loader instead of Jest's. */
function runScript(script: string): string {
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  const env = { ...process.env, NODE_OPTIONS: '' };
  return execFileSync(process.execPath, ['-e', script], { cwd, env, encoding: 'utf8', timeout: 120_000 });
}
