import type { Server } from 'socket.io';
import { describe, type PollingPeer, type WebSocketPeer } from '../../support/compat/peers.js';
import type { Scenario } from '../../support/compat/types.js';

const polling = ['polling'] as const;
const webSocket = ['websocket'] as const;

/** Resolves when the next request reaches the engine. */
function arrival(io: Server): Promise<void> {
  return new Promise((resolve) => {
    io.engine.use((_request: unknown, _response: unknown, next: () => void) => {
      next();
      resolve();
    });
  });
}

export const scenarios: Scenario[] = [
  {
    name: 'a second GET on one session closes it',
    modes: polling,
    touches: ['Socket event:disconnect'],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => {
        socket.on('disconnect', (reason, description) => {
          context.record('server', 'disconnect', reason, description?.description ?? String(description));
        });
      });
      const [peer] = (await context.joinedPeer(io)) as [PollingPeer, string];
      const reached = arrival(io);
      const first = peer.request({});
      await context.bounded(reached, 'the first GET to arrive');
      const second = await peer.request({});
      context.record('second', 'answer', describe(second));
      context.record('first', 'answer', describe(await first));
      await context.recorded('server', 1);
      context.record('peer', 'afterwards', await peer.receive());
    },
  },
  {
    name: 'a second POST on one session closes it',
    modes: polling,
    touches: ['Socket event:disconnect'],
    async run(context) {
      const { request } = await import('node:http');
      const io = await context.server();
      io.on('connection', (socket) => {
        socket.on('disconnect', (reason) => context.record('server', 'disconnect', reason));
      });
      const [peer] = (await context.joinedPeer(io)) as [PollingPeer, string];
      const poll = peer.request({});
      await peer.send('3');
      const reached = arrival(io);
      const slow = request(peer.url, { method: 'POST', headers: { 'content-length': '100' }, agent: false });
      const first = new Promise<string>((resolve) => {
        slow.on('response', (response) => {
          response.resume();
          resolve(`answered ${response.statusCode}`);
        });
        slow.on('error', () => resolve('cut off'));
      });
      slow.write('4');
      await context.bounded(reached, 'the first POST to arrive');
      context.record('second', 'answer', describe(await peer.request({ method: 'POST', body: '3' })));
      await context.recorded('server', 1);
      slow.destroy();
      context.record('first', 'answer', await first);
      context.record('poll', 'answer', describe(await poll));
    },
  },
  {
    name: 'a waiting GET that is given up closes the session',
    modes: polling,
    touches: ['Socket event:disconnect'],
    async run(context) {
      const { request } = await import('node:http');
      const io = await context.server();
      io.on('connection', (socket) => {
        socket.on('disconnect', (reason) => context.record('server', 'disconnect', reason));
      });
      const [peer] = (await context.joinedPeer(io)) as [PollingPeer, string];
      const reached = arrival(io);
      const poll = request(peer.url, { agent: false });
      poll.on('error', () => {});
      poll.end();
      await context.bounded(reached, 'the GET to arrive');
      poll.destroy();
      await context.recorded('server', 1);
    },
  },
  {
    name: 'a POST of binary content is refused',
    modes: polling,
    touches: ['Socket event:disconnect'],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => {
        socket.on('disconnect', (reason) => context.record('server', 'disconnect', reason));
      });
      const [peer] = (await context.joinedPeer(io)) as [PollingPeer, string];
      const poll = peer.request({});
      await peer.send('3');
      const headers = { 'content-type': 'application/octet-stream' };
      const answer = await peer
        .request({ method: 'POST', headers, body: Buffer.from([1, 2, 3]) })
        .then(describe, () => 'cut off');
      context.record('peer', 'answer', answer);
      context.record('poll', 'answer', describe(await poll));
      await context.recorded('server', 1);
    },
  },
  {
    name: 'a POST is answered ok, and a GET with what waits, with their headers',
    modes: polling,
    touches: ['Socket.emit'],
    async run(context) {
      const io = await context.server();
      const [peer] = (await context.joinedPeer(io)) as [PollingPeer, string];
      const names = (headers: object) =>
        Object.keys(headers)
          .filter((name) => name !== 'date')
          .sort();
      const post = await peer.request({ method: 'POST', body: '42["up"]' });
      context.record('post', 'answer', describe(post), post.headers['content-type'], post.headers['content-length']);
      context.record('post', 'headers', names(post.headers));
      io.emit('one', 'é');
      io.emit('two', Buffer.from([1, 2, 3]));
      const get = await peer.request({});
      context.record('get', 'answer', describe(get), get.headers['content-type'], get.headers['content-length']);
      context.record('get', 'headers', names(get.headers), get.headers['cache-control']);
    },
  },
  {
    name: 'several packets in one payload arrive in order',
    touches: ['Socket.on'],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => {
        socket.onAny((...args) => context.record('server', 'event', ...args));
      });
      const [peer] = await context.joinedPeer(io);
      await peer.send('42["a",1]', '451-["b",{"_placeholder":true,"num":0}]', Buffer.from([1, 2]), '42["c"]');
      await context.recorded('server', 3);
    },
  },
  {
    name: 'a POST of nothing, and of empty packets',
    modes: polling,
    touches: ['Socket event:disconnect'],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => {
        socket.on('disconnect', (reason) => context.record('server', 'disconnect', reason));
      });
      for (const body of ['', '\x1e', '4', '42["x"]\x1e']) {
        const [peer] = (await context.joinedPeer(io)) as [PollingPeer, string];
        const poll = peer.request({});
        await peer.send('42["before"]');
        context.record('peer', JSON.stringify(body), describe(await peer.request({ method: 'POST', body })));
        io.emit('still there');
        context.record('poll', JSON.stringify(body), describe(await poll));
      }
    },
  },
  {
    name: 'packets the engine does not expect, one by one',
    touches: ['Socket event:disconnect'],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => {
        const { name } = socket.handshake.auth;
        socket.on('hello', () => context.record(name, 'hello'));
        socket.on('disconnect', (reason) => context.record(name, 'disconnect', reason));
      });
      // A peer that survives says hello; one that does not is disconnected.
      for (const packet of ['1', '3', '6', '7', '9', 'x', ' ', 'b', 'bAQI=', '5', '0', '2', '2probe']) {
        const [peer] = await context.joinedPeer(io, { connect: `40{"name":"packet ${packet}"}` });
        peer.receive().catch(() => {});
        await peer.send(packet);
        await peer.send('42["hello"]').catch(() => {});
        await context.recorded(`packet ${packet}`, 1);
      }
    },
  },
  {
    name: 'the server answers pongs with patience and times out without them',
    timed: true,
    touches: ['option:pingInterval', 'option:pingTimeout', 'Socket event:disconnect'],
    async run(context) {
      const io = await context.server({ pingInterval: context.time(150), pingTimeout: context.time(250) });
      io.on('connection', (socket) => {
        socket.on('disconnect', (reason) => context.record('server', 'disconnect', reason));
      });
      const [peer] = await context.joinedPeer(io);
      for (let count = 0; count < 3; count++) {
        context.record('peer', 'received', await peer.receive());
        context.record('peer', 'pong', await peer.send('3'));
      }
      context.record('peer', 'received', await peer.receive());
      context.record('peer', 'received', await peer.receive());
      await context.recorded('server', 1);
    },
  },
  {
    name: 'a session that ended by timeout is gone',
    timed: true,
    touches: ['option:pingTimeout', 'Engine.clientsCount'],
    async run(context) {
      const io = await context.server({ pingInterval: context.time(250), pingTimeout: context.time(200) });
      const disconnected = new Promise<string>((resolve) => {
        io.on('connection', (socket) => void socket.on('disconnect', resolve));
      });
      const [peer] = await context.joinedPeer(io);
      await peer.receive();
      const end = peer.receive();
      context.record('server', 'reason', await context.bounded(disconnected, 'the timeout'));
      context.record('server', 'clients', io.engine.clientsCount, io.sockets.sockets.size);
      context.record('peer', 'end', await end);
      const answer = await context.http(io, `/socket.io/?EIO=4&transport=polling&sid=${peer.open.sid}`);
      context.record('peer', 'afterwards', describe(answer));
    },
  },
  {
    name: 'a binary message over WebSocket with b64 asked for',
    modes: webSocket,
    touches: ['Socket.emit'],
    async run(context) {
      const io = await context.server();
      const [peer] = await context.joinedPeer(io, { query: '&b64=1' });
      io.emit('x', Buffer.from([1, 2, 3]));
      context.record('peer', 'received', await peer.receive());
      context.record('peer', 'received', await peer.receive());
    },
  },
  {
    name: 'a WebSocket dropped without a goodbye',
    modes: ['websocket', 'upgrade'],
    touches: ['Socket event:disconnect'],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => {
        socket.on('disconnect', (reason, description) => {
          context.record(
            'server',
            'disconnect',
            reason,
            description?.description,
            description?.context?.code ?? typeof description?.context,
          );
        });
      });
      const [peer] = await context.joinedPeer(io);
      peer.drop();
      await context.recorded('server', 1);
    },
  },
  {
    name: 'a WebSocket closed with a code',
    modes: ['websocket', 'upgrade'],
    touches: ['Socket event:disconnect'],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => {
        socket.on('disconnect', (reason) => context.record('server', 'disconnect', reason));
      });
      const [peer] = (await context.joinedPeer(io)) as [WebSocketPeer, string];
      peer.socket.close(4001, 'enough');
      context.record('peer', 'received', await peer.receive());
      await context.recorded('server', 1);
    },
  },
  {
    name: 'a peer that ends the session with a close packet',
    modes: polling,
    touches: ['Socket event:disconnect'],
    async run(context) {
      const io = await context.server();
      io.on('connection', (socket) => {
        socket.on('disconnect', (reason) => context.record('server', 'disconnect', reason));
      });
      const [peer] = await context.joinedPeer(io);
      await peer.send('1');
      await context.recorded('server', 1);
    },
  },
];
