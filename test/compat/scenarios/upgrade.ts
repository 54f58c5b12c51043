import type { Server } from 'socket.io';
import type { Context } from '../../support/compat/context.js';
import { describe, type PollingPeer, type WebSocketPeer } from '../../support/compat/peers.js';
import type { Scenario } from '../../support/compat/types.js';

// Everything here is done by hand on a polling session that is asked to move.
const modes = ['polling'] as const;

async function session(context: Context, io: Server): Promise<PollingPeer> {
  io.on('connection', (socket) => {
    socket.onAny((...args) => context.record('server', 'event', ...args));
    socket.on('disconnect', (reason) => context.record('server', 'disconnect', reason));
    socket.conn.on('upgrade', (transport) => context.record('server', 'upgrade', transport.name));
  });
  const [peer] = await context.joinedPeer(io);
  return peer as PollingPeer;
}

async function openWebSocket(context: Context, io: Server, sid: string, EIO = 4): Promise<WebSocketPeer> {
  const probe = context.webSocket(io, `/socket.io/?EIO=${EIO}&transport=websocket&sid=${sid}`);
  await context.once(probe.socket, 'open', 'the WebSocket of the upgrade');
  return probe;
}

/** What a poll brings, without the noops, whose number depends on timing. */
async function next(peer: PollingPeer): Promise<string | Buffer> {
  let packet = await peer.receive();
  while (packet === '6') packet = await peer.receive();
  return packet;
}

export const scenarios: Scenario[] = [
  {
    name: 'an upgrade, step by step',
    modes,
    touches: ['Conn event:upgrade'],
    async run(context) {
      const io = await context.server();
      const peer = await session(context, io);
      const poll = peer.request({});
      const probe = await openWebSocket(context, io, peer.open.sid);
      await probe.send('2probe');
      context.record('probe', 'received', await probe.receive());
      context.record('poll', 'released', describe(await poll));
      await probe.send('5');
      await probe.send('42["over WebSocket"]');
      await context.recorded('server', 2);
      io.emit('answer');
      context.record('probe', 'received', await probe.receive());
    },
  },
  {
    name: 'what waits during the probe comes over WebSocket, in order',
    modes,
    touches: ['Socket.emit'],
    async run(context) {
      const io = await context.server();
      const peer = await session(context, io);
      const poll = peer.request({});
      const probe = await openWebSocket(context, io, peer.open.sid);
      await probe.send('2probe');
      await probe.receive();
      await poll;
      for (const index of [1, 2]) io.emit('waiting', index);
      io.emit('binary', Buffer.from([3]));
      await probe.send('5');
      for (let count = 0; count < 4; count++) context.record('probe', 'received', await probe.receive());
    },
  },
  {
    name: 'a poll during the probe is released again',
    modes,
    touches: ['Conn.upgrading'],
    async run(context) {
      const io = await context.server();
      const peer = await session(context, io);
      const probe = await openWebSocket(context, io, peer.open.sid);
      await probe.send('2probe');
      context.record('probe', 'received', await probe.receive());
      const [socket] = io.of('/').sockets.values();
      context.record('server', 'state', socket!.conn.upgrading, socket!.conn.upgraded, socket!.conn.transport.name);
      context.record('poll', 'released', describe(await peer.request({})));
      await probe.send('5');
      await context.recorded('server', 2);
      context.record('server', 'state', socket!.conn.upgrading, socket!.conn.upgraded, socket!.conn.transport.name);
    },
  },
  {
    name: 'what the client posts during the probe is heard',
    modes,
    touches: ['Socket.on'],
    async run(context) {
      const io = await context.server();
      const peer = await session(context, io);
      const probe = await openWebSocket(context, io, peer.open.sid);
      await probe.send('2probe');
      await probe.receive();
      context.record('peer', 'posted', await peer.send('42["posted",1]', '42["posted",2]'));
      await probe.send('5', '42["over WebSocket",3]');
      await context.recorded('server', 4);
    },
  },
  {
    name: 'a probe that is not one ends the WebSocket, and polling goes on',
    modes,
    touches: ['Conn.transport'],
    async run(context) {
      const io = await context.server();
      for (const packet of ['2', '2other', '42["x"]', '3probe', '6', '0', 'x']) {
        const peer = await session(context, io);
        const probe = await openWebSocket(context, io, peer.open.sid);
        await probe.send(packet);
        context.record('probe', packet, await probe.receive());
        io.emit('still polling');
        context.record('peer', packet, await next(peer));
        io.disconnectSockets(true);
        await next(peer);
        io.removeAllListeners('connection');
      }
    },
  },
  {
    name: 'an upgrade without a probe',
    modes,
    touches: ['Conn event:upgrade'],
    async run(context) {
      const io = await context.server();
      const peer = await session(context, io);
      const probe = await openWebSocket(context, io, peer.open.sid);
      await probe.send('5', '42["over WebSocket"]');
      await context.recorded('server', 2);
      io.emit('answer');
      context.record('probe', 'received', await probe.receive());
    },
  },
  {
    name: 'a WebSocket that goes away after the probe leaves the session on polling',
    modes,
    touches: ['Conn.transport'],
    async run(context) {
      const io = await context.server();
      const peer = await session(context, io);
      const probe = await openWebSocket(context, io, peer.open.sid);
      await probe.send('2probe');
      await probe.receive();
      const [socket] = io.of('/').sockets.values();
      probe.socket.close();
      context.record('probe', 'end', await probe.receive());
      io.emit('still polling');
      context.record('peer', 'received', await next(peer));
      context.record('server', 'transport', socket!.conn.transport.name, socket!.connected);
    },
  },
  {
    name: 'after the upgrade polling requests are refused',
    modes,
    touches: ['Engine event:connection_error'],
    async run(context) {
      const io = await context.server();
      io.engine.on('connection_error', ({ code, message, context: details }) =>
        context.record('engine', 'connection_error', code, message, details),
      );
      const peer = await session(context, io);
      const probe = await openWebSocket(context, io, peer.open.sid);
      await probe.send('2probe');
      await probe.receive();
      await probe.send('5', '42["upgraded"]');
      await context.recorded('server', 2);
      context.record('peer', 'get', describe(await peer.request({})));
      context.record('peer', 'post', await peer.send('42["x"]'));
      io.emit('still there');
      context.record('probe', 'received', await probe.receive());
    },
  },
  {
    name: 'a second upgrade after the first leaves the session alone',
    modes,
    touches: ['Conn.upgraded'],
    async run(context) {
      const io = await context.server();
      const peer = await session(context, io);
      const probe = await openWebSocket(context, io, peer.open.sid);
      await probe.send('2probe');
      await probe.receive();
      await probe.send('5', '42["upgraded"]');
      await context.recorded('server', 2);
      const second = await openWebSocket(context, io, peer.open.sid);
      await second.send('2probe');
      context.record('second', 'received', await second.receive());
      io.emit('still there');
      context.record('probe', 'received', await probe.receive());
    },
  },
  {
    name: 'two probes at once: one session, one upgrade',
    modes,
    touches: ['Conn.upgrading'],
    async run(context) {
      const io = await context.server();
      const peer = await session(context, io);
      const first = await openWebSocket(context, io, peer.open.sid);
      await first.send('2probe');
      context.record('first', 'received', await first.receive());
      const second = await openWebSocket(context, io, peer.open.sid);
      await second.send('2probe');
      context.record('second', 'received', await second.receive());
      await first.send('5', '42["upgraded"]');
      await context.recorded('server', 2);
      io.emit('answer');
      context.record('first', 'received', await first.receive());
    },
  },
  {
    name: 'another protocol version in the upgrade of a session',
    modes,
    touches: ['Conn.protocol'],
    async run(context) {
      const io = await context.server();
      const peer = await session(context, io);
      const probe = context.webSocket(io, `/socket.io/?EIO=3&transport=websocket&sid=${peer.open.sid}`);
      const end = probe.receive().catch(() => 'silence');
      probe.socket.on('open', () => probe.socket.send('2probe'));
      const answer = await end;
      context.record('probe', 'answer', answer);
      const [socket] = io.of('/').sockets.values();
      context.record('server', 'protocol', socket!.conn.protocol, socket!.connected);
      io.emit('still polling');
      context.record('peer', 'received', await next(peer));
    },
  },
  {
    name: 'the session ends while it is being upgraded',
    modes,
    touches: ['Socket.disconnect', 'Conn event:close'],
    async run(context) {
      const io = await context.server();
      const peer = await session(context, io);
      const probe = await openWebSocket(context, io, peer.open.sid);
      await probe.send('2probe');
      await probe.receive();
      const [socket] = io.of('/').sockets.values();
      socket!.conn.on('close', (reason) => context.record('engine', 'close', reason));
      socket!.disconnect(true);
      await context.recorded('server', 1);
      await probe.send('5');
      context.record('probe', 'end', await probe.receive());
      await context.recorded('engine', 1);
      context.record('server', 'clients', io.engine.clientsCount);
    },
  },
  {
    name: 'the server closes while a session is being upgraded',
    modes,
    touches: ['Server.close'],
    async run(context) {
      const io = await context.server();
      const peer = await session(context, io);
      const probe = await openWebSocket(context, io, peer.open.sid);
      await probe.send('2probe');
      await probe.receive();
      const done = io.close();
      await context.recorded('server', 1);
      // It may come too late for the official server, and comes in time for ours: nobody drops the connection but the server.
      if (probe.socket.readyState === probe.socket.OPEN) await probe.send('5');
      context.record('probe', 'end', await probe.receive());
      await context.settle('server', 'close', done);
    },
  },
  {
    name: 'an upgrade of a session that is not known',
    modes,
    touches: ['Engine event:connection_error'],
    async run(context) {
      const io = await context.server();
      io.engine.on('connection_error', ({ code, message }) =>
        context.record('engine', 'connection_error', code, message),
      );
      const probe = context.webSocket(io, '/socket.io/?EIO=4&transport=websocket&sid=unknown');
      context.record('probe', 'end', await probe.receive());
    },
  },
  {
    name: 'an upgrade that is not allowed',
    modes,
    touches: ['option:allowUpgrades'],
    async run(context) {
      const io = await context.server({ allowUpgrades: false });
      const peer = await session(context, io);
      context.record('peer', 'upgrades', peer.open.upgrades);
      io.emit('still polling');
      context.record('peer', 'received', await next(peer));
    },
  },
];
