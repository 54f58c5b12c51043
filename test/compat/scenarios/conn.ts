import type { Socket } from 'socket.io';
import type { PollingPeer } from '../../support/compat/peers.js';
import type { Scenario } from '../../support/compat/types.js';

export const scenarios: Scenario[] = [
  {
    name: 'what a connection says about itself',
    touches: [
      'Conn.protocol',
      'Conn.readyState',
      'Conn.transport',
      'Conn.id',
      'Conn.upgraded',
      'Conn.upgrading',
      'Transport.name',
      'Engine.upgrades',
    ],
    async run(context) {
      const io = await context.server();
      const connected = await context.connect(io);
      await context.upgraded(connected);
      const { conn } = connected.socket;
      context.record(
        'server',
        'state',
        conn.protocol,
        conn.readyState,
        conn.transport.name,
        conn.upgraded,
        conn.upgrading,
      );
      const { id } = conn as unknown as { id: string };
      context.record('server', 'id', id.length, id !== connected.socket.id, id === connected.client.io.engine.id);
      context.record(
        'server',
        'upgrades',
        io.engine.upgrades('polling').includes('websocket'),
        io.engine.upgrades('websocket'),
      );
    },
  },
  {
    name: 'the transport before and after the upgrade',
    modes: ['upgrade'],
    touches: ['Conn event:upgrade', 'Conn event:upgrading', 'Conn.transport', 'Transport.name', 'Conn.upgraded'],
    async run(context) {
      const io = await context.server();
      // The engine's event: a fast client probes before it is connected to the namespace.
      io.engine.on('connection', (conn: Socket['conn']) => {
        context.record('server', 'connection', conn.transport.name, conn.upgraded);
        conn.on('upgrading', (transport) => context.record('server', 'upgrading', transport?.name));
        conn.on('upgrade', (transport) =>
          context.record('server', 'upgrade', transport.name, conn.transport.name, conn.upgraded),
        );
      });
      const client = context.client(io);
      client.io.on('open', () => {
        context.record('client', 'open', client.io.engine.transport.name);
        client.io.engine.on('upgrade', (transport) => context.record('client', 'upgrade', transport.name));
      });
      await context.recorded('client', 2);
      await context.recorded('server', 3);
    },
  },
  {
    name: 'the name of the transport without an upgrade',
    modes: ['polling', 'websocket'],
    touches: ['Conn.transport', 'Transport.name'],
    async run(context) {
      const io = await context.server();
      const { client, socket } = await context.connect(io);
      socket.conn.on('upgrade', () => context.record('server', 'never'));
      await context.delivered(socket, client);
      context.record('server', 'transport', socket.conn.transport.name, client.io.engine.transport.name);
    },
  },
  {
    name: 'packets that come in and go out can be watched',
    touches: ['Conn event:packet', 'Conn event:packetCreate'],
    async run(context) {
      const io = await context.server();
      const connected = await context.connect(io);
      await context.upgraded(connected);
      const { client, socket } = connected;
      socket.conn.on('packet', ({ type, data }) => context.record('in', type, data));
      socket.conn.on('packetCreate', ({ type, data }) => context.record('out', type, data));
      client.emit('x', 1);
      client.emit('b', Buffer.from([1, 2]));
      socket.emit('y', 2);
      socket.emit('b', Buffer.from([3]));
      io.emit('z', 3);
      await context.delivered(client, socket);
      await context.delivered(socket, client);
    },
  },
  {
    name: 'heartbeats can be watched',
    touches: ['Conn event:packet', 'Conn event:packetCreate', 'Conn event:heartbeat'],
    async run(context) {
      const io = await context.server({ pingInterval: 50 });
      const [, answer] = await context.joinedPeer(io, {});
      context.record('peer', 'joined', typeof answer);
      const connected = await context.connect(io);
      await context.upgraded(connected);
      const { conn } = connected.socket;
      // From a ping on: what comes in before belongs to the ping before.
      conn.once('packetCreate', (ping) => {
        context.record('out', ping.type, ping.data);
        conn.once('packet', ({ type, data }) => context.record('in', type, data));
        conn.once('heartbeat', () => context.record('heartbeat', 'heartbeat'));
      });
      await context.recorded('in', 1);
      await context.recorded('heartbeat', 1);
    },
  },
  {
    name: 'drain and flush follow a write',
    touches: ['Conn event:drain', 'Conn event:flush'],
    async run(context) {
      const io = await context.server();
      const connected = await context.connect(io);
      await context.upgraded(connected);
      const { client, socket } = connected;
      await context.delivered(client, socket);
      const drained = context.once(socket.conn, 'drain');
      socket.emit('x');
      await drained;
      context.record('server', 'drained');
      await context.delivered(socket, client);
    },
  },
  {
    name: 'the close of a connection, with its reason',
    touches: ['Conn event:close', 'Conn.close', 'Conn.readyState'],
    async run(context) {
      const io = await context.server();
      const connected = await context.connect(io);
      await context.upgraded(connected);
      const { conn } = connected.socket;
      conn.on('close', (reason) => context.record('server', 'close', reason, conn.readyState));
      conn.close();
      await context.recorded('server', 1);
      conn.close();
      context.record('server', 'again', conn.readyState);
    },
  },
  {
    name: 'a connection is closed at once',
    touches: ['Conn.close'],
    async run(context) {
      const io = await context.server();
      const connected = await context.connect(io);
      await context.upgraded(connected);
      const { client, socket } = connected;
      socket.on('disconnect', (reason) => context.record('server', 'disconnect', reason));
      client.on('disconnect', (reason) => context.record('client', 'disconnect', reason));
      socket.conn.close(true);
      await context.recorded('server', 1);
      await context.recorded('client', 1);
    },
  },
  {
    name: 'the connection of the client can be used directly',
    touches: ['Conn.send', 'Conn.write'],
    async run(context) {
      const io = await context.server();
      const [peer] = await context.joinedPeer(io);
      const [socket] = io.of('/').sockets.values();
      const { conn } = socket!;
      const sent = new Promise<void>((resolve) => {
        context.record('server', 'returned', conn.send('raw text', {}, () => resolve()) === conn);
      });
      conn.write(Buffer.from([1, 2]));
      context.record('peer', 'received', await peer.receive());
      context.record('peer', 'received', await peer.receive());
      await context.bounded(sent, 'the callback of send');
      for (const event of ['message', 'data', 'packet'] as const)
        conn.on(event, (what) => context.record('server', event, what));
      await peer.send('42["x"]');
      await context.recorded('server', 4);
    },
  },
  {
    name: 'the engine tells of connections',
    touches: ['Engine event:connection', 'Engine.clientsCount', 'Conn event:close'],
    async run(context) {
      const io = await context.server();
      io.engine.on('connection', (conn) => {
        context.record('engine', 'connection', conn.transport.name, conn.readyState, io.engine.clientsCount);
        conn.on('close', (reason: string) => context.record('engine', 'close', reason));
      });
      const { client } = await context.connect(io);
      context.record('engine', 'count', io.engine.clientsCount);
      client.disconnect();
      await context.recorded('engine', 3);
      context.record('engine', 'count', io.engine.clientsCount);
    },
  },
  {
    name: 'generateId makes the ids of sessions',
    touches: ['Engine.generateId'],
    async run(context) {
      const io = await context.server();
      let count = 0;
      io.engine.generateId = (request: { method?: string }) => {
        count += 1;
        context.record('engine', 'generateId', request.method);
        return `session-${count}`;
      };
      const { client, socket } = await context.connect(io);
      context.record(
        'server',
        'ids',
        (socket.conn as unknown as { id: string }).id,
        socket.id !== 'session-1',
        socket.id.length,
      );
      context.record('client', 'id', client.io.engine.id);
      const second = await context.peer(io);
      context.record('peer', 'sid', second.open.sid);
    },
  },
  {
    name: 'generateId may take its time',
    touches: ['Engine.generateId'],
    async run(context) {
      const io = await context.server();
      io.engine.generateId = async () => {
        await new Promise((resolve) => setImmediate(resolve));
        return 'later';
      };
      const peer = await context.peer(io);
      context.record('peer', 'sid', peer.open.sid);
    },
  },
  {
    name: 'generateId that fails refuses the handshake',
    modes: ['polling', 'websocket'],
    touches: ['Engine.generateId', 'Engine event:connection_error'],
    async run(context) {
      const io = await context.server();
      io.engine.on('connection_error', ({ code, message, context: details }) => {
        context.record('engine', 'connection_error', code, message, details.name, details.error);
      });
      for (const fail of [
        () => Promise.reject(new Error('no id today')),
        () => {
          throw new Error('thrown');
        },
      ]) {
        io.engine.generateId = fail as never;
        if (context.mode === 'polling') {
          const answer = await context.http(io, '/socket.io/?EIO=4&transport=polling');
          context.record('peer', 'answer', answer.status, answer.text);
        } else {
          const received = await context.webSocket(io, '/socket.io/?EIO=4&transport=websocket').receive();
          context.record('peer', 'refused', String(received).startsWith('end:'));
        }
      }
      context.record('engine', 'clients', io.engine.clientsCount);
    },
  },
  {
    name: 'ids by default are short, safe in a URL, and never the same',
    modes: ['polling'],
    touches: ['Engine.generateId', 'Socket.id'],
    async run(context) {
      const io = await context.server();
      const ids = new Set<string>();
      for (let count = 0; count < 50; count++) {
        const [peer, answer] = (await context.joinedPeer(io)) as [PollingPeer, string];
        ids.add(peer.open.sid);
        ids.add(JSON.parse(answer.slice(2)).sid);
      }
      context.record(
        'peer',
        'ids',
        ids.size,
        [...ids].every((id) => /^[A-Za-z0-9_-]{20}$/.test(id)),
      );
      context.record('engine', 'generateId', typeof io.engine.generateId({} as never));
    },
  },
];
