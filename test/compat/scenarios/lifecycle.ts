import { createServer, type Server as HttpServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Server } from 'socket.io';
import { certificate } from '../../support/compat/certificate.js';
import type { Context } from '../../support/compat/context.js';
import type { Scenario } from '../../support/compat/types.js';

const websocket = ['websocket'] as const;

/** Connects a client to a server however it was made, and says that it works. */
async function works(context: Context, io: Server, label: string): Promise<void> {
  const server = io.httpServer as HttpServer;
  if (!server.listening) await context.once(server, 'listening');
  const client = context.clientModule.io(
    `http://localhost:${(server.address() as AddressInfo).port}`,
    context.clientOptions(),
  );
  context.defer(() => client.disconnect());
  await context.once(client, 'connect');
  context.record('client', label, client.connected);
}

const closed = (server: HttpServer) => new Promise<void>((resolve) => server.once('close', () => resolve()));

export const scenarios: Scenario[] = [
  {
    name: 'constructed with an HTTP server',
    touches: ['Server.constructor', 'Server.httpServer', 'Server.engine'],
    async run(context) {
      const server = await context.httpServer();
      const io = context.own(new context.module.Server(server));
      context.record('server', 'httpServer', io.httpServer === server, typeof io.engine);
      await works(context, io, 'HTTP server');
    },
  },
  {
    name: 'constructed with a port',
    touches: ['Server.constructor', 'Server.httpServer'],
    async run(context) {
      const io = context.own(new context.module.Server(0));
      const address = io.httpServer.address() as AddressInfo;
      context.record('server', 'the port can be read at once', typeof address?.port, address?.port > 0);
      await works(context, io, 'port');
      const withOptions = context.own(new context.module.Server(0, { path: '/chat', pingInterval: 1234 }));
      context.record('server', 'options', withOptions.path(), withOptions.engine.opts.pingInterval);
    },
  },
  {
    name: 'constructed with options, or with nothing, and attached later',
    touches: ['Server.constructor', 'Server.attach', 'Server.listen'],
    async run(context) {
      const options = context.own(new context.module.Server({ path: '/socket.io', pingInterval: 1234 }));
      context.record('server', 'attach', options.attach(await context.httpServer()) === options);
      await works(context, options, 'options');
      context.record('server', 'opts', options.engine.opts.pingInterval);
      const nothing = context.own(new context.module.Server());
      context.record('server', 'listen', nothing.listen(0) === nothing);
      await works(context, nothing, 'nothing');
      const empty = context.own(new context.module.Server(undefined, { path: '/socket.io' }));
      empty.attach(0);
      await works(context, empty, 'undefined and options');
    },
  },
  {
    name: 'attached with options of its own',
    touches: ['Server.attach', 'Server.listen'],
    async run(context) {
      const io = context.own(new context.module.Server({ pingInterval: 1111, pingTimeout: 2222 }));
      io.attach(await context.httpServer(), { pingInterval: 3333 });
      const peer = await context.peer(io);
      context.record('peer', 'open', peer.open.pingInterval, peer.open.pingTimeout);
      const other = context.own(new context.module.Server());
      other.listen(await context.httpServer(), { path: '/listened' });
      const answer = await context.http(other, '/listened/?EIO=4&transport=polling');
      context.record('peer', 'path', answer.status, other.path());
    },
  },
  {
    name: 'a port as a string',
    modes: websocket,
    touches: ['Server.attach', 'Server.constructor'],
    async run(context) {
      const io = context.own(new context.module.Server('0' as unknown as number));
      await works(context, io, 'string');
    },
  },
  {
    name: 'a request handler is not a server',
    modes: websocket,
    touches: ['Server.attach', 'Server.constructor'],
    async run(context) {
      const handler = () => {};
      context.attempt('server', 'constructor', () => new context.module.Server(handler as never));
      context.attempt('server', 'attach', () => new context.module.Server().attach(handler as never));
    },
  },
  {
    name: 'the package called as a function',
    modes: websocket,
    touches: ['default export'],
    async run(context) {
      const io = context.own(context.callable(await context.httpServer()));
      context.record('server', 'instance', io instanceof context.module.Server);
      await works(context, io, 'HTTP server');
      const port = context.own(context.callable(0, { path: '/socket.io' }));
      await works(context, port, 'port');
      const options = context.own(context.callable({ pingInterval: 1234 }));
      options.attach(0);
      context.record('server', 'options', options.engine.opts.pingInterval);
    },
  },
  {
    name: 'what the package exports',
    modes: websocket,
    touches: ['exports'],
    async run(context) {
      const { Namespace, Server, Socket } = context.module;
      const io = await context.server();
      const { socket } = await context.connect(io);
      context.record('server', 'types', typeof Namespace, typeof Server, typeof Socket);
      context.record(
        'server',
        'instances',
        io instanceof Server,
        io.of('/') instanceof Namespace,
        socket instanceof Socket,
      );
      context.record('server', 'a dynamic namespace', io.of(/x/) instanceof Namespace);
    },
  },
  {
    name: 'events can be listened for before the server is attached',
    touches: ['Server.on', 'Server.of', 'Server.use', 'Server.attach'],
    async run(context) {
      const io = context.own(new context.module.Server());
      io.on('connection', () => context.record('server', 'connection'));
      io.use((_socket, next) => {
        context.record('server', 'use');
        next();
      });
      io.of('/chat').on('connection', () => context.record('server', 'chat'));
      context.record('server', 'engine', typeof io.engine, typeof io.httpServer);
      io.emit('to nobody');
      io.attach(await context.httpServer());
      await context.connect(io);
      await context.connect(io, { namespace: '/chat' });
    },
  },
  {
    name: 'close resolves, calls back and lets go of the port',
    touches: ['Server.close'],
    async run(context) {
      const io = await context.server();
      const server = io.httpServer as HttpServer;
      const connected = await context.connect(io);
      await context.upgraded(connected);
      const { client, socket } = connected;
      client.on('disconnect', (reason) => context.record('client', 'disconnect', reason));
      socket.on('disconnect', (reason) => context.record('server', 'disconnect', reason));
      const ended = closed(server);
      const result = await io.close((error) => context.record('server', 'callback', error));
      await context.bounded(ended, 'the HTTP server to close');
      context.record('server', 'closed', result, server.listening, io.engine.clientsCount, io.sockets.sockets.size);
      await context.recorded('client', 1);
    },
  },
  {
    name: 'close of a server whose HTTP server is not running',
    modes: websocket,
    touches: ['Server.close'],
    async run(context) {
      const io = new context.module.Server(createServer());
      const called = new Promise<Error | undefined>((resolve) => {
        const promise = io.close(resolve);
        context.record('server', 'a promise', typeof promise?.then);
        promise.then(
          () => context.record('promise', 'resolved'),
          (error) => context.record('promise', 'rejected', error),
        );
      });
      const error = (await context.bounded(called, 'the callback')) as NodeJS.ErrnoException | undefined;
      context.record('server', 'callback', error?.code);
      await context.recorded('promise', 1);
    },
  },
  {
    name: 'close twice',
    modes: websocket,
    touches: ['Server.close'],
    async run(context) {
      const io = await context.server();
      await context.connect(io);
      await context.settle('server', 'first', io.close());
      await context.settle('server', 'second', io.close());
      const called = new Promise<NodeJS.ErrnoException | undefined>((resolve) => void io.close(resolve));
      context.record('server', 'third', (await context.bounded(called, 'the callback'))?.code);
    },
  },
  {
    name: 'close with clients in the middle of a handshake',
    touches: ['Server.close'],
    async run(context) {
      const io = await context.server();
      await context.peer(io);
      const [peer] = await context.joinedPeer(io);
      const end = peer.receive();
      context.record('server', 'clients', io.engine.clientsCount);
      const done = io.close();
      context.record('peer', 'end', await end);
      (io.httpServer as HttpServer).closeAllConnections();
      await context.settle('server', 'close', done);
      context.record('server', 'clients', io.engine.clientsCount);
    },
  },
  {
    name: 'close ends every connection, also those that never joined',
    touches: ['Server.close'],
    async run(context) {
      const io = await context.server({ connectionStateRecovery: {} });
      const server = io.httpServer as HttpServer;
      const transport = context.mode === 'polling' ? 'websocket' : context.mode;
      const peers = await Promise.all([1, 2, 3].map(() => context.peer(io, {}, transport)));
      await peers[0]!.send('40');
      context.record('peer', 'joined', typeof (await peers[0]!.receive()));
      const ends = peers.map((peer) => peer.receive());
      await io.close();
      for (const end of ends) context.record('peer', 'end', await end);
      const connections = await new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
      context.record('server', 'left over', connections, server.listening, io.engine.clientsCount);
    },
  },
  {
    name: 'after close no client gets in',
    touches: ['Server.close'],
    async run(context) {
      const io = await context.server();
      const url = context.url(io);
      await io.close();
      const client = context.clientModule.io(url, context.clientOptions());
      context.defer(() => client.disconnect());
      const [error] = await context.once(client, 'connect_error');
      context.record('client', 'connect_error', error, client.connected);
    },
  },
  {
    name: 'a server is closed from inside a listener',
    touches: ['Server.close', 'Socket.on'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      await context.upgraded({ client, socket });
      socket.on('close the server', () => {
        void io.close(() => context.record('server', 'closed'));
      });
      client.on('disconnect', (reason) => context.record('client', 'disconnect', reason));
      client.emit('close the server');
      await context.recorded('client', 1);
      await context.recorded('server', 1);
    },
  },
  {
    name: 'bind to an engine of the same package',
    touches: ['Server.bind', 'Server.engine', 'Engine.attach', 'Engine.httpServer'],
    async run(context) {
      const Engine = (await context.server()).engine.constructor as any; // its type would be that of one package
      const server = await context.httpServer();
      const engine = new Engine({ pingInterval: 1234 });
      engine.attach(server, { path: '/socket.io/' });
      const io = new context.module.Server();
      context.record('server', 'bind', io.bind(engine) === io, io.engine === engine);
      context.defer(() => engine.close());
      io.on('connection', () => context.record('server', 'connection'));
      const client = context.client(server);
      await context.once(client, 'connect');
      context.record('client', 'connected', client.connected);
    },
  },
  {
    name: 'bind to an engine of engine.io',
    touches: ['Server.bind'],
    async run(context) {
      const { Server: Engine } = await import('engine.io');
      const server = await context.httpServer();
      const engine = new Engine();
      engine.attach(server, { path: '/socket.io/' });
      const io = new context.module.Server();
      io.bind(engine);
      context.defer(() => engine.close());
      io.on('connection', (socket) => {
        socket.on('echo', (value, answer) => answer(value));
        socket.emit('hello', Buffer.from([1]));
        io.emit('all', 1);
      });
      const client = context.client(server);
      context.listen('client', client);
      await context.once(client, 'connect');
      await context.settle('client', 'echo', client.emitWithAck('echo', Buffer.from([2])));
    },
  },
  {
    name: 'an engine asked to handle requests by hand',
    touches: ['Engine.handleRequest', 'Engine.handleUpgrade'],
    async run(context) {
      const io = await context.server();
      const front = await context.httpServer();
      front.on('request', (request, response) => {
        if (request.url?.startsWith('/socket.io/')) io.engine.handleRequest(request as never, response);
        else response.end('the application');
      });
      front.on('upgrade', (request, socket, head) => io.engine.handleUpgrade(request as never, socket, head));
      io.on('connection', (socket) => {
        socket.on('ask', (answer) => answer('through the front'));
      });
      const client = context.client(front);
      await context.once(client, 'connect');
      await context.settle('client', 'answer', client.emitWithAck('ask'));
      context.record('client', 'application', (await context.http(front, '/')).text);
    },
  },
  {
    name: 'the engine closes all its clients',
    touches: ['Engine.close', 'Engine.clientsCount'],
    async run(context) {
      const io = await context.server();
      const connected = await context.connect(io);
      await context.upgraded(connected);
      connected.client.on('disconnect', (reason) => context.record('client', 'disconnect', reason));
      connected.socket.on('disconnect', (reason) => context.record('server', 'disconnect', reason));
      context.record('engine', 'returned', io.engine.close() === io.engine);
      await context.recorded('client', 1);
      await context.recorded('server', 1);
      context.record('engine', 'clients', io.engine.clientsCount);
    },
  },
  {
    name: 'two servers on one HTTP server, each with its path',
    touches: ['Server.attach', 'option:path', 'option:destroyUpgrade'],
    async run(context) {
      const server = await context.httpServer();
      for (const path of ['/one', '/two']) {
        const io = context.own(new context.module.Server(server, { path, destroyUpgrade: false, serveClient: false }));
        io.on('connection', (socket) => socket.emit('hello', path));
      }
      for (const path of ['/one', '/two']) {
        const client = context.client(server, { path });
        context.listen(path, client);
        await context.recorded(path, 1);
      }
    },
  },
  {
    name: 'over TLS',
    touches: ['Server.attach', 'Handshake.secure'],
    async run(context) {
      const server = await context.httpServer(createSecureServer(certificate) as unknown as HttpServer);
      const io = await context.server({}, server);
      const client = context.clientModule.io(
        context.url(io).replace('http', 'https'),
        context.clientOptions({ rejectUnauthorized: false } as never),
      );
      context.defer(() => client.disconnect());
      const { socket } = await context.connected(io, client);
      context.listen('client', client);
      socket.emit('hello', Buffer.from([1]));
      await context.delivered(socket, client);
      context.record('server', 'secure', socket.handshake.secure, socket.conn.readyState);
    },
  },
];
