// The engine by itself: the same programs on the package `engine.io` and on `carillon/engine`, with `engine.io-client`.
import { createServer, type Server as HttpServer, type IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import * as official from 'engine.io';
import { Socket as Client, type SocketOptions } from 'engine.io-client';
import * as carillon from '../../core/engine-io.js';
import { bounded, once } from '../support/compat/wait.js';

const implementations = { official, carillon: carillon as unknown as typeof official };

const modes = {
  polling: { transports: ['polling'] },
  websocket: { transports: ['websocket'] },
  upgrade: { transports: ['polling', 'websocket'] },
} satisfies Record<string, Partial<SocketOptions>>;

type Mode = keyof typeof modes;

interface Run {
  engine: typeof official;
  mode: Mode;
  record(what: string, ...values: unknown[]): void;
  /** Starts one, to be closed at the end. */
  attach(options?: official.ServerOptions & official.AttachOptions): Promise<official.Server>;
  client(server: official.Server, options?: Partial<SocketOptions>): Client;
}

const next = (emitter: object, event: string): Promise<any[]> =>
  bounded(
    new Promise((resolve) => {
      (emitter as { once(event: string, listener: (...args: unknown[]) => void): void }).once(event, (...args) =>
        resolve(args),
      );
    }),
    event,
  );

/** The HTTP server below each engine: the official one knows it only when it made it. */
const below = new WeakMap<object, HttpServer>();

const httpOf = (server: official.Server): HttpServer => below.get(server) ?? server.httpServer!;
const portOf = (server: official.Server): number => (httpOf(server).address() as AddressInfo).port;

async function observe(engine: typeof official, mode: Mode, scenario: (run: Run) => Promise<void>): Promise<string[]> {
  const records: string[] = [];
  const servers: official.Server[] = [];
  const clients: Client[] = [];
  try {
    await scenario({
      engine,
      mode,
      record: (what, ...values) => records.push(`${what} ${JSON.stringify(values)}`),
      async attach(options = {}) {
        const http: HttpServer = createServer((_request, response) => response.end('application')).listen(
          0,
          '127.0.0.1',
        );
        await once(http, 'listening');
        const server = engine.attach(http, options);
        below.set(server, http);
        servers.push(server);
        return server;
      },
      client(server, options = {}) {
        const client = new Client(`ws://127.0.0.1:${portOf(server)}`, { ...modes[mode], ...options } as never);
        clients.push(client);
        return client;
      },
    });
  } finally {
    for (const client of clients) client.close();
    for (const server of servers) {
      server.close();
      httpOf(server).close();
      httpOf(server).closeAllConnections();
    }
  }
  return records;
}

async function open(client: Client, mode: Mode): Promise<Client> {
  await next(client, 'open');
  if (mode === 'upgrade' && client.transport!.name !== 'websocket') await next(client, 'upgrade');
  return client;
}

/** An empty text is `undefined` with the official package: see docs/differences.md. */
const shown = (data: unknown): unknown => (data instanceof Uint8Array ? [...data] : (data ?? ''));

const scenarios: Record<string, (run: Run) => Promise<void>> = {
  async 'messages both ways, text and binary'({ attach, client, mode, record }) {
    const server = await attach();
    server.on('connection', (socket) => {
      record(
        'connection',
        socket.readyState,
        socket.protocol,
        socket.upgraded,
        socket.transport.name,
        Object.keys(server['clients']).length,
      );
      socket.on('message', (data: unknown) => {
        record('server', shown(data));
        socket.send(data as string);
      });
    });
    const peer = await open(client(server), mode);
    record('count', server.clientsCount);
    for (const data of ['', 'text', 'é\u{1f600}', Buffer.from([1, 2, 255])]) {
      const echoed = next(peer, 'message');
      peer.send(data);
      record('client', shown((await echoed)[0]));
    }
  },
  async 'what a socket tells of its life'({ attach, client, mode, record }) {
    const server = await attach();
    const arrived = next(server, 'connection');
    const peer = client(server);
    const [socket] = (await arrived) as [official.Socket];
    const events: string[] = [];
    for (const event of ['upgrading', 'upgrade', 'message', 'data', 'flush', 'drain', 'close'])
      socket.on(event, (...args: unknown[]) => {
        if (event === 'close') events.push(`close ${args[0]}`);
        else if (!events.includes(event)) events.push(event);
      });
    await open(peer, mode);
    const said = next(socket, 'message');
    peer.send('hello');
    await said;
    const sent = bounded(new Promise<void>((resolve) => socket.send('answer', {}, () => resolve())), 'the callback');
    const heard = next(peer, 'message');
    await Promise.all([sent, heard]);
    const gone = next(socket, 'close');
    peer.close();
    record('close', (await gone)[0]);
    // Which of those that go together is told first is not compared.
    record('events', events.sort());
  },
  async 'the server closes one, and all'({ attach, client, mode, record }) {
    const server = await attach();
    const arrived = next(server, 'connection');
    const first = client(server);
    const [socket] = (await arrived) as [official.Socket];
    await open(first, mode);
    const gone = Promise.all([next(first, 'close'), next(socket, 'close')]);
    socket.send('before');
    socket.close();
    record('one', ...(await gone).map(([reason]) => reason), socket.readyState, server.clientsCount);
    const second = await open(client(server), mode);
    const over = next(second, 'close');
    server.close();
    const [reason] = await over;
    // Between two polls the official server cuts the client off: see docs/differences.md.
    if (mode === 'websocket') record('all', reason);
  },
  async 'a discarded socket'({ attach, client, mode, record }) {
    const server = await attach();
    const arrived = next(server, 'connection');
    const peer = client(server);
    const [socket] = (await arrived) as [official.Socket];
    await open(peer, mode);
    const gone = next(socket, 'close');
    socket.close(true);
    record('server', (await gone)[0]);
  },
  async 'options: path, initialPacket, cookie, generateId, allowRequest'({ attach, client, mode, record }) {
    const server = await attach({
      path: '/elsewhere',
      initialPacket: 'welcome',
      cookie: { name: 'io', httpOnly: true },
      allowRequest: (request, callback) => callback(null, !request.url!.includes('refuse')),
    });
    let count = 0;
    server.generateId = () => `id-${++count}`;
    const headers: string[] = [];
    server.on('initial_headers', (values: Record<string, string>, _request: IncomingMessage) =>
      headers.push(...Object.keys(values).map((name) => name.toLowerCase())),
    );
    server.on('connection_error', (error: { code: number; message: string }) =>
      record('refused', error.code, error.message),
    );
    const peer = client(server, { path: '/elsewhere' });
    const welcome = next(peer, 'message');
    await next(peer, 'open');
    record('welcome', ...(await welcome), (peer as unknown as { id: string }).id, headers.includes('set-cookie'));
    const refused = client(server, { path: '/elsewhere', query: { refuse: '1' } });
    await next(refused, 'error');
    void mode;
  },
  async 'middlewares, and the application beside it'({ attach, client, mode, record }) {
    const server = await attach();
    server.use(
      (
        request: IncomingMessage & { seen?: boolean },
        response: { setHeader(name: string, value: string): void },
        go: () => void,
      ) => {
        request.seen = true;
        response.setHeader('x-seen', 'yes');
        go();
      },
    );
    const arrived = next(server, 'connection');
    const peer = await open(client(server), mode);
    const [socket] = (await arrived) as [official.Socket];
    record('request', (socket.request as IncomingMessage & { seen?: boolean }).seen, peer.readyState);
    const answer = await fetch(`http://127.0.0.1:${portOf(server)}/`);
    record('application', answer.status, await answer.text());
    const unknown = await fetch(`http://127.0.0.1:${portOf(server)}/engine.io/?EIO=4&transport=polling&sid=nobody`);
    record('unknown', unknown.status, unknown.headers.get('x-seen'), await unknown.json());
  },
  async 'a server that is handed its requests'({ engine, client, mode, record }) {
    const server = new engine.Server({ pingInterval: 1000 });
    const http = createServer((request, response) => server.handleRequest(request as never, response));
    http.on('upgrade', (request, socket, head) => server.handleUpgrade(request as never, socket, head));
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    try {
      server.on('connection', (socket) => socket.send('hello'));
      const peer = client({ httpServer: http } as official.Server);
      const hello = next(peer, 'message');
      record('hello', ...(await hello));
      peer.close();
      void mode;
    } finally {
      server.close();
      http.close();
      http.closeAllConnections();
    }
  },
  async 'a port of its own'({ engine, client, mode, record }) {
    const server = await new Promise<official.Server>((resolve) => {
      const listening = engine.listen(0, {}, () => resolve(listening));
    });
    try {
      server.on('connection', (socket) => socket.send('hello'));
      const peer = client(server);
      record('hello', ...(await next(peer, 'message')));
      record('other', (await fetch(`http://127.0.0.1:${portOf(server)}/`)).status);
      peer.close();
      void mode;
    } finally {
      server.close();
      httpOf(server).close();
      httpOf(server).closeAllConnections();
    }
  },
};

describe.each(Object.keys(modes) as Mode[])('over %s', (mode) => {
  test.each(Object.keys(scenarios))('%s', async (name) => {
    const wanted = await observe(implementations.official, mode, scenarios[name]!);
    const actual = await observe(implementations.carillon, mode, scenarios[name]!);
    expect(wanted.length).toBeGreaterThan(0);
    expect(actual).toEqual(wanted);
  });
});

test('what the package exports', () => {
  const require = createRequire(import.meta.url);
  expect(carillon.protocol).toBe((require('engine.io') as typeof official).protocol);
  for (const name of ['Server', 'Socket', 'attach', 'listen'] as const) expect(typeof carillon[name]).toBe('function');
});
