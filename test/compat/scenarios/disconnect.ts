import type { Server } from 'socket.io';
import type { Context } from '../../support/compat/context.js';
import type { PollingPeer } from '../../support/compat/peers.js';
import type { Scenario } from '../../support/compat/types.js';

/** Records how every socket ends, seen from the server. */
function recordEnds(context: Context, io: Server): void {
  io.on('connection', (socket) => {
    socket.on('disconnecting', (reason) =>
      context.record('server', 'disconnecting', reason, socket.connected, socket.rooms.size),
    );
    socket.on('disconnect', (reason) =>
      context.record('server', 'disconnect', reason, socket.connected, socket.disconnected),
    );
  });
}

export const scenarios: Scenario[] = [
  {
    name: 'the client disconnects',
    touches: ['Socket event:disconnect', 'Socket event:disconnecting', 'Socket.connected', 'Socket.disconnected'],
    async run(context) {
      const io = await context.server();
      recordEnds(context, io);
      const { client } = await context.connect(io);
      client.on('disconnect', (reason, details) =>
        context.record('client', 'disconnect', reason, details, client.id, client.active),
      );
      client.disconnect();
      await context.recorded('server', 2);
      context.record('server', 'left', io.sockets.sockets.size);
    },
  },
  {
    name: 'the server disconnects the socket',
    touches: ['Socket.disconnect'],
    async run(context) {
      const io = await context.server();
      recordEnds(context, io);
      const { client, socket } = await context.connect(io);
      client.on('disconnect', (reason, details) =>
        context.record('client', 'disconnect', reason, details, client.id, client.active),
      );
      context.record('server', 'returned', socket.disconnect() === socket, socket.connected);
      socket.disconnect();
      await context.recorded('client', 1);
    },
  },
  {
    name: 'the server closes the connection',
    touches: ['Socket.disconnect'],
    async run(context) {
      const io = await context.server();
      recordEnds(context, io);
      const { client, socket } = await context.connect(io);
      client.on('disconnect', (reason) => context.record('client', 'disconnect', reason));
      // Over polling, the goodbye of a client that is quick comes first, and is the reason.
      const reasonOf = (reason: string) => (context.mode === 'polling' ? 'ended' : reason);
      socket.conn.on('close', (reason) => context.record('engine', 'close', reasonOf(reason)));
      socket.disconnect(true);
      await context.recorded('client', 1);
      await context.recorded('engine', 1);
    },
  },
  {
    name: 'the client closes its connection',
    touches: ['Socket event:disconnect'],
    async run(context) {
      const io = await context.server();
      recordEnds(context, io);
      const connected = await context.connect(io);
      await context.upgraded(connected);
      connected.client.on('disconnect', (reason) => context.record('client', 'disconnect', reason));
      connected.client.io.engine.close();
      await context.recorded('server', 2);
      await context.recorded('client', 1);
    },
  },
  {
    name: 'the engine closes the connection',
    touches: ['Conn.close', 'Conn.readyState'],
    async run(context) {
      const io = await context.server();
      recordEnds(context, io);
      const connected = await context.connect(io);
      await context.upgraded(connected);
      const { client, socket } = connected;
      client.on('disconnect', (reason) => context.record('client', 'disconnect', reason));
      context.record('server', 'state', socket.conn.readyState);
      socket.conn.close();
      await context.recorded('server', 3);
      await context.recorded('client', 1);
      context.record('server', 'state', socket.conn.readyState);
    },
  },
  {
    name: 'the server shuts down',
    touches: ['Server.close', 'Socket event:disconnect'],
    async run(context) {
      const io = await context.server();
      recordEnds(context, io);
      const connected = await context.connect(io);
      await context.upgraded(connected);
      connected.client.on('disconnect', (reason) => context.record('client', 'disconnect', reason));
      await io.close();
      await context.recorded('client', 1);
      await context.recorded('server', 2);
    },
  },
  {
    name: 'the client does not answer pings',
    timed: true,
    touches: ['option:pingTimeout', 'option:pingInterval'],
    async run(context) {
      const io = await context.server({ pingInterval: context.time(200), pingTimeout: context.time(250) });
      recordEnds(context, io);
      const peer = await context.peer(io);
      await peer.send('40');
      // On a busy machine the ping may come before the answer to CONNECT.
      const heard: string[] = [];
      while (!/^(1|end)/.test(heard.at(-1) ?? '')) heard.push(String(await peer.receive()));
      await context.recorded('server', 2);
      context.record('peer', 'pings', heard.filter((packet) => packet === '2').length);
      context.record('peer', 'end', heard.at(-1));
    },
  },
  {
    name: 'the client hears the pings',
    touches: ['option:pingInterval'],
    async run(context) {
      const io = await context.server({ pingInterval: 30 });
      const connected = await context.connect(io);
      connected.client.io.on('ping', () => context.record('client', 'ping'));
      await context.recorded('client', 3);
    },
  },
  {
    name: 'what is emitted just before the end arrives',
    touches: ['Socket.disconnect', 'Socket.emit'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      context.listen('client', client);
      client.on('disconnect', (reason) => context.record('client', 'disconnect', reason));
      socket.emit('last', 1);
      socket.emit('last', Buffer.from([2]));
      io.emit('last', 3);
      socket.disconnect(true);
      await context.recorded('client', 4);
    },
  },
  {
    name: 'a session that ends while nobody polls delivers what waits to the next poll',
    modes: ['polling'],
    touches: ['Socket.disconnect', 'Socket.emit'],
    async run(context) {
      const io = await context.server();
      recordEnds(context, io);
      const [peer] = await context.joinedPeer(io);
      const [socket] = io.of('/').sockets.values();
      socket!.emit('last', 1);
      socket!.disconnect(true);
      // A client that is told to close in the same answer would drop what stands before it: one answer after the other.
      for (let count = 0; count < 3; count++) {
        const answer = await (peer as PollingPeer).request({});
        context.record('peer', 'answer', answer.status, answer.text);
      }
      await context.recorded('server', 2);
    },
  },
  {
    name: 'disconnecting inside the connection handler',
    touches: ['Socket.disconnect', 'Server event:connection'],
    async run(context) {
      const io = await context.server();
      recordEnds(context, io);
      io.on('connection', (socket) => {
        socket.emit('goodbye');
        socket.disconnect();
        socket.emit('too late');
        context.record('server', 'sockets', io.sockets.sockets.size);
      });
      const client = context.client(io);
      context.listen('client', client);
      client.on('connect', () => context.record('client', 'connect'));
      client.on('disconnect', (reason) => context.record('client', 'disconnect', reason));
      await context.recorded('client', 3);
    },
  },
  {
    name: 'disconnecting inside a listener, with more to come',
    touches: ['Socket.disconnect', 'Socket.on'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      await context.upgraded({ client, socket });
      socket.on('x', (value) => {
        context.record('server', 'x', value);
        if (value === 2) socket.disconnect();
      });
      client.on('disconnect', (reason) => context.record('client', 'disconnect', reason));
      for (const value of [1, 2, 3]) client.emit('x', value);
      await context.recorded('client', 1);
    },
  },
  {
    name: 'broadcasting while disconnecting reaches the others',
    touches: ['Socket event:disconnecting', 'Socket.to', 'Server.to'],
    async run(context) {
      const io = await context.server();
      const one = await context.connect(io);
      const two = await context.connect(io);
      for (const { socket } of [one, two]) socket.join('room');
      context.listen('two', two.client);
      one.socket.on('disconnecting', () => {
        one.socket.to('room').emit('leaving');
        io.to('room').emit('somebody leaves');
      });
      one.socket.on('disconnect', () => {
        one.socket.to('room').emit('left');
        io.emit('somebody left');
      });
      one.client.disconnect();
      await context.recorded('two', 4);
    },
  },
  {
    name: 'a client without a namespace is closed after connectTimeout',
    touches: ['option:connectTimeout', 'Server.connectTimeout'],
    async run(context) {
      const io = await context.server({ connectTimeout: 100 });
      context.record('server', 'connectTimeout', io.connectTimeout());
      const peer = await context.peer(io);
      context.record('peer', 'end', await peer.receive());
      context.record('server', 'returned', io.connectTimeout(1234) === io, io.connectTimeout());
    },
  },
  {
    name: 'a client that joined a namespace is not closed by connectTimeout',
    timed: true,
    touches: ['option:connectTimeout'],
    async run(context) {
      const io = await context.server({ connectTimeout: context.time(300), pingInterval: context.time(400) });
      const [peer] = await context.joinedPeer(io);
      context.record('peer', 'ping', await peer.receive());
      context.record('server', 'sockets', io.sockets.sockets.size);
    },
  },
  {
    name: 'a client whose namespace does not exist is closed by connectTimeout',
    timed: true,
    touches: ['option:connectTimeout'],
    async run(context) {
      const io = await context.server({ connectTimeout: context.time(100) });
      const peer = await context.peer(io);
      await peer.send('40/nowhere,');
      context.record('peer', 'received', await peer.receive());
      context.record('peer', 'received', await peer.receive());
    },
  },
  {
    name: 'the listeners of a socket that is gone',
    touches: ['Socket.emit', 'Socket.rooms', 'Socket.conn'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      const gone = context.once(socket, 'disconnect');
      client.disconnect();
      await gone;
      context.attempt('server', 'emit', () => socket.emit('x'));
      context.attempt('server', 'broadcast', () => socket.broadcast.emit('x'));
      context.attempt('server', 'disconnect', () => socket.disconnect() === socket);
      context.attempt('server', 'disconnect close', () => socket.disconnect(true) === socket);
      context.attempt('server', 'leave', () => socket.leave('x'));
      context.record('server', 'state', socket.connected, socket.id.length, socket.nsp.name);
    },
  },
];
