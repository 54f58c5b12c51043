import type { Server } from 'socket.io';
import type { Connected, Context } from '../../support/compat/context.js';
import type { Scenario } from '../../support/compat/types.js';

const on = { connectionStateRecovery: {} };

/**
 * Records what the client receives. With recovery on, the server puts an offset behind the arguments, of which only its
 * being there is compared; no event here has a text as its own last argument.
 */
function listen(context: Context, client: Connected['client']): void {
  client.onAny((event, ...args) => {
    if (event.startsWith('compat')) return;
    const own = typeof args.at(-1) === 'string' ? args.slice(0, -1) : args;
    context.record('client', event, ...own, own === args ? 'no offset' : 'an offset');
  });
}

/** Connects a client that has something to come back to: one event with an offset has reached it. */
async function connect(context: Context, io: Server, namespace = '/'): Promise<Connected> {
  const connected = await context.connect(io, { namespace });
  await context.upgraded(connected);
  listen(context, connected.client);
  connected.socket.emit('first');
  await context.delivered(connected.socket, connected.client);
  return connected;
}

/** Cuts the connection from the client's side, as a network that fails does. */
async function cut(context: Context, { client, socket }: Connected): Promise<void> {
  const gone = context.once(socket, 'disconnect');
  client.io.engine.close();
  const [reason] = await gone;
  context.record('server', 'cut', reason);
}

/** Lets the client come back, and says as whom. */
async function comeBack(
  context: Context,
  io: Server,
  { client, socket }: Connected,
  namespace = '/',
): Promise<Connected> {
  client.on('connect', () => context.record('client', 'connect', client.recovered));
  const again = await context.connected(io, client.connect(), namespace);
  context.record('server', 'back', again.socket.recovered, again.socket.id === socket.id, again.socket === socket);
  return again;
}

export const scenarios: Scenario[] = [
  {
    name: 'a client that comes back gets its id, rooms, data and missed events',
    touches: ['option:connectionStateRecovery', 'Socket.recovered', 'Socket.rooms', 'Socket.data'],
    async run(context) {
      const io = await context.server(on);
      const connected = await connect(context, io);
      const { socket } = connected;
      context.record('server', 'at first', socket.recovered, connected.client.recovered);
      socket.join(['a', 'b']);
      socket.data.user = { name: 'alice' };
      await cut(context, connected);
      io.emit('missed', 1);
      io.to('a').emit('missed', 2, { text: 'é' });
      io.to('elsewhere').emit('not for me');
      io.except('b').emit('not for me');
      io.emit('missed', Buffer.from([3]));
      const again = await comeBack(context, io, connected);
      again.socket.emit('afterwards');
      await context.delivered(again.socket, again.client);
      context.record('server', 'restored', [...again.socket.rooms], again.socket.data);
    },
  },
  {
    name: 'what is emitted to a socket whose client is away arrives when it is back',
    touches: ['option:connectionStateRecovery', 'Socket.emit'],
    async run(context) {
      const io = await context.server(on);
      const connected = await connect(context, io);
      const held = connected.socket;
      await cut(context, connected);
      context.record('server', 'emit', held.emit('missed', 1), held.send('missed', 2) === held);
      held.volatile.emit('not kept', 3);
      io.to(held.id).emit('missed', 4);
      const again = await comeBack(context, io, connected);
      held.emit('afterwards', 5);
      again.socket.emit('afterwards', 6);
      await context.delivered(again.socket, again.client);
    },
  },
  {
    name: 'what is emitted to a socket that was put out goes nowhere',
    touches: ['option:connectionStateRecovery', 'Socket.emit', 'Socket.disconnect'],
    async run(context) {
      const io = await context.server(on);
      const { client, socket } = await connect(context, io);
      const gone = context.once(client, 'disconnect');
      socket.disconnect();
      await gone;
      socket.emit('never');
      const again = await context.connected(io, client.connect());
      await context.delivered(again.socket, again.client);
    },
  },
  {
    name: 'the connection event fires again for a client that comes back',
    touches: ['Server event:connection', 'Socket.recovered', 'Socket event:disconnect'],
    async run(context) {
      const io = await context.server(on);
      io.on('connection', (socket) => {
        context.record('server', 'connection', socket.recovered, socket.connected, [...socket.rooms].length);
        socket.on('disconnect', (reason) => context.record('server', 'disconnect', reason));
      });
      const connected = await connect(context, io);
      connected.socket.join('room');
      await cut(context, connected);
      await comeBack(context, io, connected);
    },
  },
  {
    name: 'a client that comes back to nothing missed',
    touches: ['option:connectionStateRecovery'],
    async run(context) {
      const io = await context.server(on);
      const connected = await connect(context, io);
      await cut(context, connected);
      const again = await comeBack(context, io, connected);
      again.socket.emit('works');
      await context.delivered(again.socket, again.client);
    },
  },
  {
    name: 'a client that never got an offset',
    touches: ['option:connectionStateRecovery'],
    async run(context) {
      const io = await context.server(on);
      const connected = await context.connect(io);
      await context.upgraded(connected);
      listen(context, connected.client);
      await cut(context, connected);
      io.emit('missed');
      const again = await comeBack(context, io, connected);
      await context.delivered(again.socket, again.client);
    },
  },
  {
    name: 'a client comes back twice',
    touches: ['option:connectionStateRecovery', 'Socket.recovered'],
    async run(context) {
      const io = await context.server(on);
      let connected = await connect(context, io);
      for (const round of [1, 2]) {
        await cut(context, connected);
        io.emit('missed', round);
        connected.client.off('connect');
        connected = await comeBack(context, io, connected);
      }
      await context.delivered(connected.socket, connected.client);
    },
  },
  {
    name: 'without the option nobody comes back',
    touches: ['Socket.recovered'],
    async run(context) {
      const io = await context.server();
      const connected = await connect(context, io);
      await cut(context, connected);
      io.emit('missed');
      const again = await comeBack(context, io, connected);
      await context.delivered(again.socket, again.client);
    },
  },
  {
    name: 'a client that said goodbye does not come back',
    touches: ['option:connectionStateRecovery'],
    async run(context) {
      const io = await context.server(on);
      const connected = await connect(context, io);
      const gone = context.once(connected.socket, 'disconnect');
      connected.client.disconnect();
      context.record('server', 'disconnect', ...(await gone));
      io.emit('missed');
      await comeBack(context, io, connected);
    },
  },
  {
    name: 'a client that was put out does not come back',
    touches: ['option:connectionStateRecovery', 'Socket.disconnect'],
    async run(context) {
      const io = await context.server(on);
      const connected = await connect(context, io);
      const gone = context.once(connected.client, 'disconnect');
      connected.socket.disconnect();
      context.record('client', 'disconnect', (await gone)[0]);
      io.emit('missed');
      await comeBack(context, io, connected);
    },
  },
  {
    name: 'a client that comes back too late',
    touches: ['option:connectionStateRecovery'],
    async run(context) {
      const io = await context.server({ connectionStateRecovery: { maxDisconnectionDuration: 5 } });
      const connected = await connect(context, io);
      await cut(context, connected);
      io.emit('missed');
      const closed = Date.now();
      await new Promise((resolve) => setTimeout(resolve, 25));
      context.record('server', 'late', Date.now() - closed > 5);
      await comeBack(context, io, connected);
    },
  },
  {
    name: 'middlewares are skipped for a client that comes back',
    touches: ['option:connectionStateRecovery', 'Server.use'],
    async run(context) {
      const io = await context.server(on);
      io.use((socket, next) => {
        context.record('server', 'middleware', socket.recovered);
        next();
      });
      const connected = await connect(context, io);
      await cut(context, connected);
      await comeBack(context, io, connected);
    },
  },
  {
    name: 'middlewares run for a client that comes back when asked to',
    touches: ['option:connectionStateRecovery', 'Server.use'],
    async run(context) {
      const io = await context.server({ connectionStateRecovery: { skipMiddlewares: false } });
      io.use((socket, next) => {
        context.record('server', 'middleware', socket.recovered);
        next();
      });
      const connected = await connect(context, io);
      await cut(context, connected);
      io.emit('missed');
      await comeBack(context, io, connected);
    },
  },
  {
    name: 'volatile events and questions are not kept',
    touches: ['option:connectionStateRecovery', 'Server.volatile'],
    async run(context) {
      const io = await context.server(on);
      const connected = await connect(context, io);
      await cut(context, connected);
      io.volatile.emit('volatile');
      io.timeout(10).emit('question', () => context.record('server', 'answered'));
      await context.recorded('server', 2);
      io.emit('kept');
      const again = await comeBack(context, io, connected);
      await context.delivered(again.socket, again.client);
    },
  },
  {
    name: 'recovery in a namespace of its own',
    touches: ['option:connectionStateRecovery', 'Namespace.emit'],
    async run(context) {
      const io = await context.server(on);
      const chat = io.of('/chat');
      const connected = await connect(context, io, '/chat');
      connected.socket.join('room');
      await cut(context, connected);
      io.emit('elsewhere');
      chat.to('room').emit('missed');
      const again = await comeBack(context, io, connected, '/chat');
      await context.delivered(again.socket, again.client);
    },
  },
  {
    name: 'events the client emitted while it was away',
    touches: ['option:connectionStateRecovery', 'Socket.on'],
    async run(context) {
      const io = await context.server(on);
      io.on('connection', (socket) => {
        socket.on('up', (value) => context.record('received', 'up', value));
      });
      const connected = await connect(context, io);
      await cut(context, connected);
      connected.client.emit('up', 1);
      connected.client.emit('up', 2);
      await comeBack(context, io, connected);
      await context.recorded('received', 2);
    },
  },
  {
    name: 'the wire of recovery',
    touches: ['option:connectionStateRecovery', 'Adapter.persistSession', 'Adapter.restoreSession'],
    async run(context) {
      const io = await context.server(on);
      const [peer, answer] = await context.joinedPeer(io);
      const { sid, pid } = JSON.parse(String(answer).slice(2));
      context.name(pid, 'pid');
      context.record('peer', 'connect', answer, sid !== pid, typeof pid);
      const [socket] = io.of('/').sockets.values();
      const record = (label: string, packet: string | Buffer) => {
        const offset = /"([^"]+)"\]$/.exec(String(packet))?.[1];
        context.record('peer', label, offset ? String(packet).replace(`"${offset}"]`, '<offset>]') : packet);
        return offset;
      };
      io.emit('x', 1);
      const first = record('broadcast', await peer.receive());
      socket!.emit('y', 2);
      const second = record('direct', await peer.receive());
      socket!.emit('question', 0, () => {});
      record('question', await peer.receive());
      context.record('peer', 'offsets', first !== second, typeof second);
      const gone = context.once(socket!, 'disconnect');
      if (context.mode === 'polling') await peer.send('1');
      else peer.drop();
      await gone;
      io.emit('z', 3);
      io.emit('b', Buffer.from([4]));
      const [again, next] = await context.joinedPeer(io, {
        connect: `40${JSON.stringify({ pid, offset: second, token: 'auth' })}`,
      });
      record('answer', next);
      for (let count = 0; count < 3; count++) record('answer', await again.receive());
      context.record(
        'server',
        'auth',
        [...io.of('/').sockets.values()].map(({ handshake }) => handshake.auth.token),
      );
    },
  },
  {
    name: 'a session that is not known, and offsets that are not',
    touches: ['option:connectionStateRecovery'],
    async run(context) {
      const io = await context.server(on);
      io.on('connection', (socket) => context.record('server', 'connection', socket.recovered));
      for (const auth of [
        { pid: 'guessed' },
        { pid: 'guessed', offset: 'x' },
        { pid: 1, offset: 2 },
        { offset: 'x' },
        { pid: null, offset: null },
      ]) {
        const [, answer] = await context.joinedPeer(io, { connect: `40${JSON.stringify(auth)}` });
        const { sid, pid } = JSON.parse(String(answer).slice(2));
        context.record('peer', JSON.stringify(auth), typeof sid, typeof pid);
      }
    },
  },
  {
    name: 'a known session with an unknown offset',
    touches: ['option:connectionStateRecovery'],
    async run(context) {
      const io = await context.server(on);
      const [peer, answer] = await context.joinedPeer(io);
      const { sid, pid } = JSON.parse(String(answer).slice(2));
      const [socket] = io.of('/').sockets.values();
      const gone = context.once(socket!, 'disconnect');
      if (context.mode === 'polling') await peer.send('1');
      else peer.drop();
      await gone;
      const [, next] = await context.joinedPeer(io, { connect: `40${JSON.stringify({ pid, offset: 'nonsense' })}` });
      context.record('peer', 'recovered', JSON.parse(String(next).slice(2)).sid === sid);
    },
  },
  {
    name: 'a session is recovered once',
    touches: ['option:connectionStateRecovery'],
    async run(context) {
      const io = await context.server(on);
      const [peer, answer] = await context.joinedPeer(io);
      const { sid, pid } = JSON.parse(String(answer).slice(2));
      const [socket] = io.of('/').sockets.values();
      socket!.emit('x');
      const offset = /"([^"]+)"\]$/.exec(String(await peer.receive()))?.[1];
      const gone = context.once(socket!, 'disconnect');
      if (context.mode === 'polling') await peer.send('1');
      else peer.drop();
      await gone;
      for (const round of [1, 2]) {
        const [, next] = await context.joinedPeer(io, { connect: `40${JSON.stringify({ pid, offset })}` });
        context.record('peer', `round ${round}`, JSON.parse(String(next).slice(2)).sid === sid);
      }
      context.record('server', 'sockets', io.sockets.sockets.size);
    },
  },
];
