import { createServer } from 'node:http';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import type { PollingPeer, WebSocketPeer } from '../../support/compat/peers.js';
import { describe } from '../../support/compat/peers.js';
import type { Scenario } from '../../support/compat/types.js';

const polling = ['polling'] as const;
const websocket = ['websocket'] as const;

/** Engine.IO over the paths that could be meant; says which of them are served. */
const candidates = ['/socket.io/', '/socket.io', '/socket.io/x', '/socket.iox/', '/socket', '/chat/', '/chat', '/'];

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
    name: 'the path, with and without its slash',
    modes: polling,
    touches: ['option:path', 'Server.path', 'option:addTrailingSlash'],
    async run(context) {
      for (const options of [
        {},
        { path: '/chat' },
        { path: '/chat/' },
        { addTrailingSlash: false },
        { path: '/chat', addTrailingSlash: false },
        { path: '/' },
      ]) {
        const label = JSON.stringify(options);
        const server = createServer((_request, response) => response.writeHead(404).end('not ours'));
        const io = await context.server(options, await context.httpServer(server));
        const served: string[] = [];
        for (const path of candidates) {
          const answer = await context.http(io, `${path}?EIO=4&transport=polling`);
          if (answer.status === 200) served.push(path);
        }
        context.record('peer', label, served, io.path());
      }
    },
  },
  {
    name: 'a client on a path of its own',
    touches: ['option:path', 'Server.path'],
    async run(context) {
      const io = await context.server({ path: '/a/b' });
      const { client } = await context.connect(io, { path: '/a/b' });
      context.record('client', 'connected', client.connected, io.path());
      context.record('server', 'set', io.path('/c') === io, io.path());
    },
  },
  {
    name: 'requests that are not ours go to the other listeners',
    modes: polling,
    touches: ['Server.attach'],
    async run(context) {
      const server = createServer((request, response) => {
        response.writeHead(200, { 'content-type': 'text/plain' });
        response.end(`the application: ${request.method} ${request.url}`);
      });
      const io = await context.server({}, await context.httpServer(server));
      context.record('peer', 'other', describe(await context.http(io, '/hello')));
      context.record('peer', 'prefix', describe(await context.http(io, '/socket.io.txt')));
      context.record('peer', 'ours', (await context.http(io, '/socket.io/?EIO=4&transport=polling')).status);
      context.record('peer', 'ours, but wrong', describe(await context.http(io, '/socket.io/?EIO=4')));
    },
  },
  {
    name: 'listeners added to the HTTP server later are asked, too',
    modes: polling,
    touches: ['Server.attach'],
    async run(context) {
      const io = await context.server();
      const server = io.httpServer as import('node:http').Server;
      const requests: string[] = [];
      server.on('request', (request, response) => {
        requests.push(request.url ?? '');
        if (!request.url?.startsWith('/socket.io/')) response.end('later');
      });
      context.record('peer', 'other', describe(await context.http(io, '/hello')));
      context.record('peer', 'ours', (await context.http(io, '/socket.io/?EIO=4&transport=polling')).status);
      context.record('server', 'requests', requests.length, server.listenerCount('upgrade'));
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
    name: 'an upgrade request on a path that is not ours is destroyed',
    modes: websocket,
    touches: ['option:destroyUpgrade', 'option:destroyUpgradeTimeout'],
    async run(context) {
      const io = await context.server({ destroyUpgradeTimeout: 20 });
      const peer = context.webSocket(io, '/elsewhere');
      context.record('peer', 'end', await peer.receive());
    },
  },
  {
    name: 'an upgrade request on a path that is not ours is left to others',
    modes: websocket,
    touches: ['option:destroyUpgrade'],
    async run(context) {
      const { WebSocketServer } = await import('ws');
      const io = await context.server({ destroyUpgradeTimeout: 10 });
      const other = new WebSocketServer({ noServer: true });
      context.defer(() => other.close());
      (io.httpServer as import('node:http').Server).on('upgrade', (request, socket, head) => {
        if (request.url === '/elsewhere') {
          other.handleUpgrade(request, socket, head, (accepted) => {
            setTimeout(() => accepted.send('from the other server'), 30);
          });
        }
      });
      const peer = context.webSocket(io, '/elsewhere');
      context.record('peer', 'received', await peer.receive());
    },
  },
  {
    name: 'destroyUpgrade off leaves the socket alone',
    modes: websocket,
    touches: ['option:destroyUpgrade'],
    async run(context) {
      const io = await context.server({ destroyUpgrade: false, destroyUpgradeTimeout: 5 });
      (io.httpServer as import('node:http').Server).on('upgrade', (request, socket) => {
        if (request.url === '/elsewhere')
          setTimeout(
            () => socket.end('HTTP/1.1 418 Teapot\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nhi'),
            40,
          );
      });
      const peer = context.webSocket(io, '/elsewhere');
      context.record('peer', 'end', await peer.receive());
    },
  },
  {
    name: 'the client files are served',
    modes: polling,
    touches: ['option:serveClient', 'Server.serveClient'],
    async run(context) {
      const io = await context.server();
      context.record('server', 'serveClient', io.serveClient());
      for (const file of [
        'socket.io.js',
        'socket.io.min.js',
        'socket.io.esm.min.js',
        'socket.io.js.map',
        'socket.io.msgpack.min.js',
        'nothing.js',
      ]) {
        const answer = await context.http(io, `/socket.io/${file}`);
        const { etag, 'content-type': type, 'cache-control': cache } = answer.headers;
        context.record('peer', file, answer.status, type, cache, typeof etag, answer.body.length > 1000);
        if (etag) {
          const again = await context.http(io, `/socket.io/${file}`, { headers: { 'if-none-match': etag } });
          context.record('peer', `${file} again`, again.status, again.body.length);
        }
      }
      const query = await context.http(io, '/socket.io/socket.io.js?x=1');
      context.record('peer', 'with a query', query.status);
      const zipped = await context.http(io, '/socket.io/socket.io.js', { headers: { 'accept-encoding': 'gzip' } });
      context.record('peer', 'zipped', zipped.status, zipped.headers['content-encoding']);
    },
  },
  {
    name: 'the client files are not served',
    modes: polling,
    touches: ['option:serveClient', 'Server.serveClient'],
    async run(context) {
      const server = createServer((_request, response) => response.writeHead(404).end('not here'));
      const io = await context.server({ serveClient: false }, await context.httpServer(server));
      context.record('server', 'serveClient', io.serveClient());
      const answer = await context.http(io, '/socket.io/socket.io.js');
      context.record('peer', 'answer', answer.status, answer.text);
      context.record('server', 'set', io.serveClient(true) === io, io.serveClient());
    },
  },
  {
    name: 'the client files under a path of their own',
    modes: polling,
    touches: ['option:serveClient', 'option:path'],
    async run(context) {
      const server = createServer((_request, response) => response.writeHead(404).end('not here'));
      const io = await context.server({ path: '/chat' }, await context.httpServer(server));
      for (const target of [
        '/chat/socket.io.js',
        '/socket.io/socket.io.js',
        '/chat/../chat/socket.io.js',
        '/chat/package.json',
      ]) {
        const answer = await context.http(io, target);
        context.record('peer', target, answer.status);
      }
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
      const io = await context.server({ wsEngine: Spy as never });
      const { client } = await context.connect(io);
      context.record('client', 'connected', client.connected);
    },
  },
  {
    name: 'an upgrade that is not finished in upgradeTimeout is dropped, and polling goes on',
    modes: polling,
    touches: ['option:upgradeTimeout'],
    async run(context) {
      const io = await context.server({ upgradeTimeout: 30 });
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
