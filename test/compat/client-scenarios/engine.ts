import type { Socket as ClientSocket } from 'socket.io-client';
import type { Context } from '../../support/compat/context.js';
import type { Scenario } from '../../support/compat/types.js';
import { answering, puppet } from './support.js';

const once: Scenario['modes'] = ['websocket'];

/** Records packets as `type data`; ids are named by the recorder. */
function packets(context: Context, client: ClientSocket): void {
  const { engine } = client.io;
  engine.on('packet', ({ type, data }) => context.record('in', type, type === 'open' ? typeof data : data));
  engine.on('packetCreate', ({ type, data }) => context.record('out', type, data));
}

export const scenarios: Scenario[] = [
  {
    name: 'client: the engine, before and after',
    touches: [],
    async run(context) {
      const io = await context.server();
      const client = context.client(io);
      const { engine } = client.io;
      context.record('engine', 'before', engine.readyState, engine.id || 'none', engine.writeBuffer.length);
      await context.connected(io, client);
      context.record('engine', 'connected', engine.readyState, engine.id !== client.id, typeof engine.id);
      context.record('engine', 'binaryType', engine.binaryType);
      const closed = context.once(engine, 'close');
      client.disconnect();
      context.record('engine', 'closed', ...(await closed), engine.readyState);
    },
  },
  {
    name: 'client: packets of the engine',
    touches: [],
    modes: ['polling', 'websocket'],
    async run(context) {
      const io = answering(await context.server());
      const client = context.client(io);
      packets(context, client);
      await context.connected(io, client);
      context.record('client', 'answer', await client.emitWithAck('ask', 'a'));
      context.record('client', 'answer', await client.emitWithAck('ask', Buffer.from([1, 2])));
    },
  },
  {
    name: 'client: events of the engine while it opens',
    touches: [],
    modes: ['polling', 'websocket'],
    async run(context) {
      const io = await context.server();
      const client = context.client(io);
      const { engine } = client.io;
      engine.once('handshake', (data) =>
        context.record('engine', 'handshake', Object.keys(data), data.pingInterval, data.pingTimeout, data.maxPayload),
      );
      engine.once('open', () => context.record('engine', 'open', engine.readyState));
      engine.once('message', (data) => context.record('engine', 'message', data));
      await context.connected(io, client);
      await context.recorded('engine', 3);
    },
  },
  {
    name: 'client: messages of the engine',
    touches: [],
    async run(context) {
      const io = await context.server();
      const connected = await context.connect(io);
      await context.upgraded(connected);
      const { client, socket } = connected;
      const { engine } = client.io;
      engine.on('data', (data) => context.record('engine', 'data', data));
      engine.on('message', (data) => context.record('engine', 'message', data));
      socket.emit('text', 1);
      socket.emit('binary', Buffer.from([1]));
      await context.recorded('engine', 6);
    },
  },
  {
    name: 'client: the engine writes by itself',
    touches: [],
    async run(context) {
      const io = await context.server();
      const connected = await context.connect(io);
      await context.upgraded(connected);
      const { client, socket } = connected;
      socket.on('raw', (...args) => context.record('server', 'raw', ...args));
      const { engine } = client.io;
      let flushed = 0;
      engine.on('flush', () => {
        flushed++;
      });
      const drained = context.once(engine, 'drain');
      context.record('engine', 'returns', engine.write('2["raw",1]') === engine);
      engine.send('2["raw",2]', { compress: false }, () => context.record('engine', 'callback'));
      await context.recorded('server', 2);
      await drained;
      context.record('engine', 'after', engine.writeBuffer.length, flushed > 0);
    },
  },
  {
    name: 'client: options as the engine holds them, and an empty path',
    touches: [],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io, {
        path: '',
        query: { a: 'b' },
        extraHeaders: { 'x-y': 'z' },
      });
      // Protected by its type; programs read it all the same.
      const { opts } = client.io.engine as unknown as { opts: Record<string, unknown> };
      context.record(
        'engine',
        'options',
        opts.path,
        opts.hostname,
        typeof opts.port,
        opts.secure,
        opts.query,
        opts.extraHeaders,
      );
      context.record('server', 'handshake', socket.handshake.query.a, socket.handshake.headers['x-y']);
    },
  },
  {
    name: 'client: pings and heartbeats',
    touches: [],
    async run(context) {
      const io = await context.server({ pingInterval: 30 });
      const connected = await context.connect(io);
      await context.upgraded(connected);
      const { engine } = connected.client.io;
      let beats = 0;
      engine.on('heartbeat', () => {
        beats++;
      });
      const [ping] = [
        context.once(engine, 'ping'),
        context.once(engine, 'pong'),
        context.once(connected.client.io, 'ping'),
      ];
      await ping;
      context.record('engine', 'beats', beats > 0, engine.readyState);
      await context.delivered(connected.client, connected.socket);
    },
  },
  {
    name: 'client: an upgrade, step by step',
    touches: [],
    modes: ['upgrade'],
    async run(context) {
      const io = await context.server();
      const client = context.client(io);
      const { engine } = client.io;
      context.record('engine', 'transport', engine.transport.name);
      engine.on('upgrading', (transport) => context.record('engine', 'upgrading', transport.name));
      engine.on('upgrade', (transport) =>
        context.record('engine', 'upgrade', transport.name, engine.transport === transport),
      );
      await context.upgraded(await context.connected(io, client));
      await context.recorded('engine', 3);
    },
  },
  {
    name: 'client: no upgrade when it is not wanted',
    touches: [],
    modes: ['upgrade'],
    async run(context) {
      const io = answering(await context.server());
      const { client } = await context.connect(io, { upgrade: false });
      for (let n = 0; n < 5; n++) await client.emitWithAck('ask', n);
      context.record('client', 'transport', client.io.engine.transport.name);
    },
  },
  {
    name: 'client: no upgrade when the server has none',
    touches: [],
    modes: ['upgrade'],
    async run(context) {
      const io = answering(await context.server({ allowUpgrades: false }));
      const { client } = await context.connect(io);
      for (let n = 0; n < 5; n++) await client.emitWithAck('ask', n);
      context.record('client', 'transport', client.io.engine.transport.name);
    },
  },
  {
    name: 'client: an upgrade that fails leaves the session as it is',
    touches: [],
    modes: ['upgrade'],
    async run(context) {
      const io = answering(await context.server());
      const http = io.httpServer;
      const [upgrade] = http.listeners('upgrade');
      http.removeAllListeners('upgrade');
      http.on('upgrade', (_request, socket) => socket.destroy());
      const client = context.client(io);
      const failed = context.once(client.io.engine, 'upgradeError');
      await context.connected(io, client);
      context.record('engine', 'error', (await failed)[0] instanceof Object, client.io.engine.transport.name);
      context.record('client', 'answer', await client.emitWithAck('ask', 'still here'));
      http.on('upgrade', upgrade as never);
    },
  },
  {
    name: 'client: messages during an upgrade arrive once and in order',
    touches: [],
    modes: ['upgrade'],
    async run(context) {
      const io = await context.server();
      const received: number[] = [];
      io.on('connection', (socket) => socket.on('n', (n) => received.push(n)));
      const client = context.client(io);
      const { engine } = client.io;
      let n = 0;
      const some = () => {
        for (let i = 0; i < 20; i++) client.emit('n', n++);
      };
      some();
      engine.on('upgrading', some);
      engine.on('upgrade', some);
      const connected = await context.connected(io, client);
      await context.upgraded(connected);
      some();
      await context.delivered(client, connected.socket);
      context.record(
        'server',
        'received',
        received.length,
        received.every((each, index) => each === index),
      );
    },
  },
  {
    name: 'client: rememberUpgrade starts where the last connection ended',
    touches: [],
    modes: ['upgrade'],
    async run(context) {
      const io = await context.server();
      const first = await context.connect(io, { rememberUpgrade: true });
      await context.upgraded(first);
      const second = context.client(io, { rememberUpgrade: true });
      context.record('client', 'second', second.io.engine.transport.name);
      await context.connected(io, second);
      const third = context.client(io);
      context.record('client', 'without the option', third.io.engine.transport.name);
    },
  },
  {
    name: 'client: polling keeps bodies below what the server takes',
    touches: [],
    modes: ['polling'],
    async run(context) {
      const io = await context.server({ maxHttpBufferSize: 2000 });
      const { client, socket } = await context.connect(io);
      const lengths: number[] = [];
      socket.on('text', (text) => lengths.push(text.length));
      for (let n = 0; n < 30; n++) client.emit('text', 'é'.repeat(200 + n * 10));
      await context.delivered(client, socket);
      context.record('server', 'lengths', lengths);
    },
  },
  {
    name: 'client: base64 instead of binary frames',
    touches: [],
    async run(context) {
      const io = answering(await context.server());
      const connected = await context.connect(io, { forceBase64: true });
      await context.upgraded(connected);
      const { client } = connected;
      context.record('client', 'answer', await client.emitWithAck('ask', Buffer.from([1, 2, 3]), 'text'));
      client.emit('ask', Buffer.alloc(10_000, 9), (bytes: Buffer) => context.record('client', 'long', bytes));
      await context.recorded('client', 2);
    },
  },
  {
    name: 'client: what is written before the end is sent',
    touches: [],
    modes: ['polling'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.on('last', () => context.record('server', 'last'));
      const gone = context.once(socket, 'disconnect');
      client.emit('last');
      client.disconnect();
      context.record('server', 'disconnect', ...(await gone));
    },
  },
  {
    name: 'client: requests carry what the protocol wants',
    touches: [],
    async run(context) {
      const io = await context.server();
      const requests: string[] = [];
      io.engine.on('initial_headers', (_headers: object, request: { url: string }) => requests.push(request.url));
      const client = context.client(io, { query: { mine: 1 } });
      await context.connected(io, client);
      const url = new URL(requests[0] ?? '/?', 'http://h');
      context.record('server', 'query', url.searchParams.get('EIO'), url.searchParams.get('mine'));
      context.record('server', 'request', url.pathname, url.searchParams.get('transport'), url.searchParams.has('sid'));
    },
  },
  {
    name: 'client: requests are stamped, under a name of choice',
    touches: [],
    async run(context) {
      const io = await context.server();
      const seen: boolean[] = [];
      io.engine.on('headers', (_headers: object, request: { url: string }) =>
        seen.push(/[?&]stamp=[^&]/.test(request.url)),
      );
      const client = context.client(io, { timestampRequests: true, timestampParam: 'stamp' });
      const connected = await context.connected(io, client);
      await context.upgraded(connected);
      await context.delivered(connected.client, connected.socket);
      context.record('server', 'stamped', seen.length > 0, seen.every(Boolean));
    },
  },
  {
    name: 'client: a closed engine takes nothing',
    touches: [],
    modes: once,
    async run(context) {
      const io = await context.server();
      const { client } = await context.connect(io);
      const { engine } = client.io;
      const closed = context.once(engine, 'close');
      engine.close();
      await closed;
      engine.write('2["lost"]');
      context.record('engine', 'buffer', engine.writeBuffer.length, engine.readyState);
    },
  },
  {
    name: 'client: packets of a manager',
    touches: [],
    modes: once,
    async run(context) {
      const server = await puppet(context, (socket) =>
        socket.on('message', () => {
          socket.send('40{"sid":"abc"}');
          socket.send('42/other,["x",1]');
          socket.send('42["y",2]');
        }),
      );
      const client = context.client(server);
      client.io.on('packet', (packet) => context.record('manager', 'packet', packet.type, packet.nsp, packet.data));
      await context.recorded('manager', 3);
    },
  },
];
