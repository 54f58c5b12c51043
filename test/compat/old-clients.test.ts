// Clients of Socket.IO 2 (Engine.IO 3), with `allowEIO3`: what they and the server observe, with the official server and with
// ours.
import { createServer, type Server as HttpServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { Server as OfficialServer, type Socket } from 'socket.io';
import { io as connect4 } from 'socket.io-client';
import { Server } from '../../core/index.js';
import { bounded, once } from '../support/compat/wait.js';

/** What is used of a client of Socket.IO 2, which has no types of its own. */
interface OldClient {
  id: string;
  connected: boolean;
  on(event: string, listener: (...args: any[]) => void): this;
  once(event: string, listener: (...args: any[]) => void): this;
  emit(event: string, ...args: unknown[]): this;
  close(): this;
  io: {
    engine: { id: string; transport: { name: string }; close(): void; once(event: string, listener: () => void): void };
  };
}

const connect2 = createRequire(import.meta.url)('socket.io-client-2') as (url: string, options?: object) => OldClient;

const modes = {
  polling: { transports: ['polling'] },
  'polling as base64': { transports: ['polling'], forceBase64: true },
  websocket: { transports: ['websocket'] },
  'websocket as base64': { transports: ['websocket'], forceBase64: true },
  upgrade: { transports: ['polling', 'websocket'] },
};

/** One run against one server; `record` takes what is compared. */
interface Run {
  io: OfficialServer;
  url: string;
  record(what: string, ...values: unknown[]): void;
  client(namespace?: string, options?: object): OldClient;
}

const implementations = { official: OfficialServer, carillon: Server as unknown as typeof OfficialServer };

async function observe(
  Implementation: typeof OfficialServer,
  mode: keyof typeof modes,
  serverOptions: object,
  scenario: (run: Run) => Promise<void>,
): Promise<string[]> {
  const http: HttpServer = createServer().listen(0, '127.0.0.1');
  await once(http, 'listening');
  const io = new Implementation(http, { allowEIO3: true, ...serverOptions });
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const clients: OldClient[] = [];
  const records: string[] = [];
  try {
    await scenario({
      io,
      url,
      record: (what, ...values) => records.push(`${what} ${JSON.stringify(values)}`),
      client(namespace = '', options = {}) {
        const client = connect2(url + namespace, { forceNew: true, reconnection: false, ...modes[mode], ...options });
        clients.push(client);
        return client;
      },
    });
  } finally {
    for (const client of clients) {
      client.close();
      // A socket that was refused leaves its connection open.
      client.io.engine.close();
    }
    await io.close();
    http.closeAllConnections();
  }
  return records;
}

const next = (emitter: { once(event: string, listener: (...args: any[]) => void): unknown }, event: string) =>
  bounded(new Promise<any[]>((resolve) => void emitter.once(event, (...args) => resolve(args))), event);

async function connected(client: OldClient, mode: string): Promise<OldClient> {
  await next(client, 'connect');
  if (mode === 'upgrade' && client.io.engine.transport.name !== 'websocket')
    await bounded(new Promise<void>((resolve) => client.io.engine.once('upgrade', resolve)), 'the upgrade');
  return client;
}

const bytes = (value: Uint8Array) => Buffer.from(value).toString('hex');
const text = 'grüße \u{1f600} € ';

const scenarios: Record<string, { options?: object; run(run: Run, mode: string): Promise<void> }> = {
  'the connection, and who is who': {
    async run({ io, client, record }, mode) {
      const arrived = next(io, 'connection');
      const old = await connected(client(), mode);
      const [socket] = (await arrived) as [Socket];
      record('ids', socket.id === old.id, socket.id === old.io.engine.id, socket.conn.protocol, socket.recovered);
      record('handshake', socket.handshake.query.EIO, socket.handshake.auth, [...socket.rooms].length);
      record('transport', socket.conn.transport.name, old.io.engine.transport.name);
    },
  },
  'events and acknowledgements both ways': {
    async run({ io, client, record }, mode) {
      io.on('connection', (socket) => {
        socket.on('echo', (...args) => args.pop()(...args));
        socket.on('ask', (question) =>
          socket.emit('question', question, (...answer: unknown[]) => socket.emit('answered', ...answer)),
        );
      });
      const old = await connected(client(), mode);
      old.on('question', (question, answer) => answer(question, { text }));
      for (const value of [1, text, { nested: [null, text] }, 'x'.repeat(100_000)]) {
        const answer = await bounded(new Promise((resolve) => void old.emit('echo', value, resolve)), 'the echo');
        record('echo', answer);
      }
      old.emit('ask', 'why');
      record('answered', ...(await next(old, 'answered')));
    },
  },
  'binary both ways, between texts': {
    async run({ io, client, record }, mode) {
      io.on('connection', (socket) => {
        socket.on('data', (...args) => {
          record(
            'server',
            args.map((arg) => (arg instanceof Uint8Array ? bytes(arg) : arg)),
          );
          socket.emit('before', text);
          socket.emit('data', ...args, Buffer.from([250, 0, 4]));
          socket.emit('after', text);
        });
        socket.on('binary ack', (answer) => answer(Buffer.from([1, 2]), 'and text'));
      });
      const old = await connected(client(), mode);
      const received: unknown[] = [];
      for (const event of ['before', 'data'])
        old.on(event, (...args) =>
          received.push(
            event,
            args.map((arg) => (arg instanceof Uint8Array ? bytes(arg) : arg)),
          ),
        );
      const after = next(old, 'after');
      old.emit('data', Buffer.from([0, 4, 255]), text, Buffer.alloc(0), Buffer.alloc(300, 7));
      record('after', ...(await after));
      record('client', received);
      const answer = await bounded(
        new Promise<unknown[]>((resolve) => void old.emit('binary ack', (...args: unknown[]) => resolve(args))),
        'the acknowledgement',
      );
      record('ack', bytes(answer[0] as Uint8Array), answer[1]);
    },
  },
  'rooms with clients of both kinds': {
    async run({ io, client, record, url }, mode) {
      io.on('connection', (socket) => {
        socket.join('room');
        socket.on('all', (...args) => io.to('room').emit('all', ...args));
      });
      const old = await connected(client(), mode);
      const young = connect4(url, { forceNew: true, reconnection: false, transports: ['websocket'] });
      try {
        await next(young, 'connect');
        for (const sender of [old, young]) {
          const heard = Promise.all([next(old, 'all'), next(young, 'all')]);
          sender.emit('all', Buffer.from([1, 2, 3]), text);
          record(
            'heard',
            (await heard).map(([data, words]) => [bytes(data), words]),
          );
        }
      } finally {
        young.disconnect();
      }
    },
  },
  namespaces: {
    async run({ io, client, record }, mode) {
      io.of('/chat').use((socket, go) => {
        record('auth', socket.handshake.auth, socket.nsp.name);
        const { token } = socket.handshake.auth;
        if (token === 'good') go();
        else if (token === 'data') go(Object.assign(new Error('no'), { data: { code: 7 } }));
        else go(new Error('no entry'));
      });
      io.of('/chat').on('connection', (socket) => {
        record('id', socket.id.startsWith('/chat#'));
        socket.emit('welcome', socket.nsp.name, Buffer.from([9]));
      });
      const good = client('/chat?token=good');
      record(
        'welcome',
        ...(await next(good, 'welcome')).map((value) => (value instanceof Uint8Array ? bytes(value) : value)),
      );
      record('id', good.id === `/chat#${good.io.engine.id}`);
      record('data', ...(await next(client('/chat?token=data'), 'error')));
      record('error', ...(await next(client('/chat'), 'error')));
      record('unknown', ...(await next(client('/nowhere'), 'error')));
      void mode;
    },
  },
  'both sides part': {
    async run({ io, client, record }, mode) {
      io.on('connection', (socket) => {
        socket.on('disconnect', (reason) => record('server', reason));
        socket.on('put me out', () => socket.disconnect());
        socket.on('close me', () => socket.disconnect(true));
      });
      for (const event of ['put me out', 'close me']) {
        const old = await connected(client(), mode);
        const gone = next(old, 'disconnect');
        old.emit(event);
        record('client', event, ...(await gone));
      }
      const arrived = next(io, 'connection');
      const old = await connected(client(), mode);
      const [socket] = (await arrived) as [Socket];
      const gone = next(socket, 'disconnect');
      old.close();
      await gone;
    },
  },
  'the heartbeat of the client': {
    options: { pingInterval: 100, pingTimeout: 60_000 },
    async run({ io, client, record }, mode) {
      const arrived = next(io, 'connection');
      const old = await connected(client(), mode);
      const [socket] = (await arrived) as [Socket];
      await next(socket.conn as never, 'heartbeat');
      await next(old as never, 'pong');
      record('alive', old.connected, socket.connected);
    },
  },
  'with connection state recovery on': {
    options: { connectionStateRecovery: {} },
    async run({ io, client, record }, mode) {
      io.on('connection', (socket) => {
        socket.emit('hello', 'to you');
        record('recovered', socket.recovered);
      });
      const hello = next(client(), 'hello');
      record('hello', (await hello)[0]);
      void mode;
    },
  },
};

describe.each(Object.keys(modes) as (keyof typeof modes)[])('over %s', (mode) => {
  test.each(Object.keys(scenarios))('%s', async (name) => {
    const { options = {}, run } = scenarios[name]!;
    const [wanted, actual] = [
      await observe(implementations.official, mode, options, (context) => run(context, mode)),
      await observe(implementations.carillon, mode, options, (context) => run(context, mode)),
    ];
    expect(wanted.length).toBeGreaterThan(0);
    expect(actual).toEqual(wanted);
  });
});
