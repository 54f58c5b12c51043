import { createServer } from 'node:http';
import { describe } from '../../support/compat/peers.js';
import type { Scenario } from '../../support/compat/types.js';

const polling = ['polling'] as const;
const websocket = ['websocket'] as const;

/** Engine.IO over the paths that could be meant; says which of them are served. */
const candidates = ['/socket.io/', '/socket.io', '/socket.io/x', '/socket.iox/', '/socket', '/chat/', '/chat', '/'];

export const scenarios: Scenario[] = [
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
        { path: '' },
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
    timed: true,
    modes: websocket,
    touches: ['option:destroyUpgrade'],
    async run(context) {
      const { WebSocketServer } = await import('ws');
      const io = await context.server({ destroyUpgradeTimeout: context.time(10) });
      const other = new WebSocketServer({ noServer: true });
      context.defer(() => other.close());
      (io.httpServer as import('node:http').Server).on('upgrade', (request, socket, head) => {
        if (request.url === '/elsewhere') {
          other.handleUpgrade(request, socket, head, (accepted) => {
            setTimeout(() => accepted.send('from the other server'), context.time(30));
          });
        }
      });
      const peer = context.webSocket(io, '/elsewhere');
      context.record('peer', 'received', await peer.receive());
    },
  },
  {
    name: 'destroyUpgrade off leaves the socket alone',
    timed: true,
    modes: websocket,
    touches: ['option:destroyUpgrade'],
    async run(context) {
      const io = await context.server({ destroyUpgrade: false, destroyUpgradeTimeout: context.time(5) });
      (io.httpServer as import('node:http').Server).on('upgrade', (request, socket) => {
        if (request.url === '/elsewhere')
          setTimeout(
            () => socket.end('HTTP/1.1 418 Teapot\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nhi'),
            context.time(40),
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
];
