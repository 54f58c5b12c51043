import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import type { Server } from 'socket.io';
import type { PollingPeer, WebSocketPeer } from '../../support/compat/peers.js';
import { describe } from '../../support/compat/peers.js';
import type { Scenario } from '../../support/compat/types.js';

const polling = ['polling'] as const;
const websocket = ['websocket'] as const;

export const scenarios: Scenario[] = [
  {
    name: 'a message as large as maxHttpBufferSize, and one larger',
    modes: ['websocket', 'upgrade'],
    touches: ['option:maxHttpBufferSize', 'Socket event:disconnect'],
    async run(context) {
      const io = await context.server({ maxHttpBufferSize: 1000 });
      io.on('connection', (socket) => {
        socket.on('x', (text) => context.record('server', 'x', text.length));
        socket.on('disconnect', (reason) => context.record('server', 'disconnect', reason));
      });
      const [peer] = await context.joinedPeer(io);
      // 42["x",""] takes ten characters.
      await peer.send(`42["x","${'a'.repeat(990)}"]`);
      await context.recorded('server', 1);
      const end = peer.receive();
      await peer.send(`42["x","${'a'.repeat(991)}"]`);
      await context.recorded('server', 2);
      context.record('peer', 'end', await end);
    },
  },
  {
    name: 'a body as large as maxHttpBufferSize, and one larger',
    modes: polling,
    touches: ['option:maxHttpBufferSize'],
    async run(context) {
      const io = await context.server({ maxHttpBufferSize: 100 });
      io.on('connection', (socket) => {
        socket.on('x', (text) => context.record('server', 'x', text.length));
        socket.on('disconnect', (reason) => context.record('server', 'disconnect', reason));
      });
      const [peer] = (await context.joinedPeer(io)) as [PollingPeer, string];
      const poll = peer.request({});
      // 42["x",""] takes ten characters.
      for (const length of [90, 91]) {
        const answer = await peer.request({ method: 'POST', body: `42["x","${'a'.repeat(length)}"]` });
        context.record('peer', 'answer', answer.status, answer.text);
      }
      io.disconnectSockets(true);
      context.record('poll', 'answer', describe(await poll));
      await context.recorded('server', 2);
    },
  },
  {
    name: 'large answers are compressed as the client accepts',
    modes: polling,
    touches: ['option:httpCompression'],
    async run(context) {
      const io = await context.server({ httpCompression: { threshold: 100 } });
      const [peer] = (await context.joinedPeer(io)) as [PollingPeer, string];
      const unpack: Record<string, (body: Buffer) => Buffer> = {
        gzip: gunzipSync,
        deflate: inflateSync,
        br: brotliDecompressSync,
      };
      for (const accepted of [
        'gzip',
        'deflate',
        'gzip, deflate',
        'deflate, gzip',
        'br',
        'br, gzip',
        'identity',
        '*',
        'gzip;q=0',
        '',
      ]) {
        io.emit('x', 'compress me '.repeat(50));
        const answer = await peer.request({ headers: accepted ? { 'accept-encoding': accepted } : {} });
        const encoding = answer.headers['content-encoding'] ?? '';
        const length = answer.headers['content-length'];
        const consistent = length === undefined || Number(length) === answer.body.length;
        const text = encoding ? unpack[encoding]!(answer.body).toString() : answer.text;
        context.record('peer', accepted, encoding, text, consistent);
      }
    },
  },
  {
    name: 'small answers are not compressed, nor those that say so',
    modes: polling,
    touches: ['option:httpCompression', 'Socket.compress'],
    async run(context) {
      const io = await context.server();
      const [peer] = (await context.joinedPeer(io)) as [PollingPeer, string];
      const [socket] = io.of('/').sockets.values();
      const encoding = async (label: string) => {
        const answer = await peer.request({ headers: { 'accept-encoding': 'gzip' } });
        context.record('peer', label, answer.headers['content-encoding']);
      };
      socket!.emit('x', 'a'.repeat(1000));
      await encoding('below the default threshold');
      socket!.emit('x', 'a'.repeat(1100));
      await encoding('above it');
      socket!.compress(false).emit('x', 'a'.repeat(1100));
      await encoding('compress(false)');
      io.compress(false).emit('x', 'a'.repeat(1100));
      await encoding('broadcast with compress(false)');
      socket!.emit('x', 'a');
      await encoding('small');
    },
  },
  {
    name: 'httpCompression can be turned off',
    modes: polling,
    touches: ['option:httpCompression'],
    async run(context) {
      const io = await context.server({ httpCompression: false });
      const [peer] = (await context.joinedPeer(io)) as [PollingPeer, string];
      io.emit('x', 'a'.repeat(5000));
      const answer = await peer.request({ headers: { 'accept-encoding': 'gzip, deflate' } });
      context.record('peer', 'answer', answer.headers['content-encoding'], answer.text);
    },
  },
  {
    name: 'perMessageDeflate is off by default and negotiated when asked for',
    modes: websocket,
    touches: ['option:perMessageDeflate'],
    async run(context) {
      const { WebSocket } = await import('ws');
      for (const perMessageDeflate of [
        undefined,
        false,
        true,
        { threshold: 10 },
        { threshold: 10, serverNoContextTakeover: true },
      ]) {
        const io = await context.server(perMessageDeflate === undefined ? {} : { perMessageDeflate });
        io.on('connection', (socket) => {
          socket.on('x', (text) => socket.emit('x', text));
        });
        const peer = new WebSocket(`${context.url(io).replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
        context.defer(() => peer.terminate());
        const messages: string[] = [];
        const arrived = new Promise<void>((resolve) => {
          peer.on('message', (data) => {
            messages.push(data.toString());
            if (messages.length === 1) peer.send('40');
            if (messages.length === 2) peer.send(`42["x","${'compress me '.repeat(100)}"]`);
            if (messages.length === 3) resolve();
          });
        });
        await context.bounded(arrived, 'the echo');
        context.record('peer', 'extensions', perMessageDeflate, peer.extensions, messages[2]);
      }
    },
  },
  {
    name: 'only one transport is allowed',
    touches: ['option:transports'],
    async run(context) {
      const only = context.mode === 'polling' ? 'polling' : 'websocket';
      const io = await context.server({ transports: [only] });
      const peer = await context.peer(io, {}, only);
      context.record('peer', 'upgrades', peer.open.upgrades);
      for (const transport of ['polling', 'websocket']) {
        if (transport === only) continue;
        const answer = await context.http(io, `/socket.io/?EIO=4&transport=${transport}`);
        context.record('peer', transport, describe(answer));
      }
      if (only === 'polling') {
        context.record(
          'peer',
          'upgrade',
          await context.webSocket(io, '/socket.io/?EIO=4&transport=websocket').receive(),
        );
      }
    },
  },
  {
    name: 'a client falls back to the transport that is allowed',
    modes: ['websocket'],
    touches: ['option:transports'],
    async run(context) {
      const io = await context.server({ transports: ['polling'] });
      const { client } = await context.connect(io, { transports: ['websocket', 'polling'], tryAllTransports: true });
      context.record('client', 'transport', client.io.engine.transport.name);
    },
  },
  {
    name: 'allowUpgrades off keeps a client on polling',
    modes: ['upgrade'],
    touches: ['option:allowUpgrades', 'Conn.transport'],
    async run(context) {
      const io = await context.server({ allowUpgrades: false });
      const { client, socket } = await context.connect(io);
      await context.delivered(socket, client);
      await context.delivered(client, socket);
      context.record('client', 'transport', client.io.engine.transport.name, socket.conn.transport.name);
      const peer = await context.peer(io, {}, 'polling');
      context.record('peer', 'upgrades', peer.open.upgrades);
      const direct = await context.peer(io, {}, 'websocket');
      context.record('peer', 'direct', direct.open.upgrades);
    },
  },
  {
    name: 'an initial packet travels with the open packet',
    modes: polling,
    touches: ['option:initialPacket'],
    async run(context) {
      const io = await context.server({ initialPacket: 'hello' });
      const answer = await context.http(io, '/socket.io/?EIO=4&transport=polling');
      context.record('peer', 'payload', answer.text);
    },
  },
  {
    name: 'another WebSocket engine',
    modes: websocket,
    touches: ['option:wsEngine'],
    async run(context) {
      const { WebSocketServer } = await import('ws');
      class Spy extends WebSocketServer {
        constructor(options: ConstructorParameters<typeof WebSocketServer>[0]) {
          super(options);
          context.record('engine', 'made', options?.noServer);
        }
        override handleUpgrade(...args: Parameters<InstanceType<typeof WebSocketServer>['handleUpgrade']>) {
          context.record('engine', 'handleUpgrade');
          super.handleUpgrade(...args);
        }
      }
      const server = await context.httpServer();
      let io: Server | undefined;
      context.attempt('server', 'constructor', () => {
        io = context.own(new context.module.Server(server, { wsEngine: Spy as never }));
      });
      if (!io) return;
      const { client } = await context.connect(io);
      context.record('client', 'connected', client.connected);
    },
  },
  {
    name: 'an upgrade that is not finished in upgradeTimeout is dropped, and polling goes on',
    timed: true,
    modes: polling,
    touches: ['option:upgradeTimeout'],
    async run(context) {
      const io = await context.server({ upgradeTimeout: context.time(250) });
      io.on('connection', (socket) => {
        socket.on('disconnect', (reason) => context.record('server', 'disconnect', reason));
      });
      const [peer] = await context.joinedPeer(io);
      const probe = context.webSocket(
        io,
        `/socket.io/?EIO=4&transport=websocket&sid=${peer.open.sid}`,
      ) as WebSocketPeer;
      await context.once(probe.socket, 'open');
      await probe.send('2probe');
      context.record('probe', 'received', await probe.receive());
      context.record('probe', 'received', await probe.receive());
      io.emit('still polling');
      let packet = await peer.receive();
      while (packet === '6') packet = await peer.receive();
      context.record('peer', 'received', packet);
    },
  },
  {
    name: 'an unknown option is ignored',
    touches: ['Server.constructor'],
    async run(context) {
      const io = await context.server({ somethingElse: true } as never);
      const { client } = await context.connect(io);
      context.record('client', 'connected', client.connected);
    },
  },
  {
    name: 'the options that the engine works with',
    modes: polling,
    touches: ['Engine.opts'],
    async run(context) {
      for (const options of [
        {},
        { pingInterval: 5000, maxHttpBufferSize: 10, transports: ['polling' as const], allowUpgrades: false },
      ]) {
        const io = await context.server({ ...options });
        const { pingInterval, pingTimeout, upgradeTimeout, maxHttpBufferSize, transports, allowUpgrades } =
          io.engine.opts;
        context.record('engine', 'opts', {
          pingInterval,
          pingTimeout,
          upgradeTimeout,
          maxHttpBufferSize,
          transports,
          allowUpgrades,
        });
      }
    },
  },
];
