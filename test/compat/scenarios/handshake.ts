import type { Server } from 'socket.io';
import type { Context } from '../../support/compat/context.js';
import { describe, type PollingPeer, type WebSocketPeer } from '../../support/compat/peers.js';
import type { Scenario } from '../../support/compat/types.js';

const polling = ['polling'] as const;
const webSocket = ['websocket'] as const;

/** Records every `connection_error` of the engine. */
function recordErrors(context: Context, io: Server): void {
  io.engine.on('connection_error', ({ req, code, message, context: details }) => {
    context.record(
      'engine',
      'connection_error',
      req?.method,
      code,
      message,
      details?.name,
      Object.keys(details ?? {}).sort(),
    );
  });
}

/** Sends each request on its own and records how it was answered. */
async function refusals(context: Context, targets: Record<string, string>, method = 'GET'): Promise<void> {
  const io = await context.server();
  recordErrors(context, io);
  for (const [name, target] of Object.entries(targets)) {
    const answer = await context.http(io, `/socket.io/?${target}`, { method });
    context.record('peer', name, answer.status, answer.headers['content-type'], answer.text);
  }
}

async function refusedUpgrades(context: Context, targets: Record<string, string>): Promise<void> {
  const io = await context.server();
  recordErrors(context, io);
  for (const [name, target] of Object.entries(targets)) {
    context.record('peer', name, await context.webSocket(io, `/socket.io/?${target}`).receive());
  }
}

/** Resolves when the next request reaches the engine. */
function arrival(io: Server): Promise<void> {
  return new Promise((resolve) => {
    io.engine.use((_request: unknown, _response: unknown, next: () => void) => {
      next();
      resolve();
    });
  });
}

const badQueries = {
  'no EIO': 'transport=polling',
  'EIO 3': 'EIO=3&transport=polling',
  'EIO 5': 'EIO=5&transport=polling',
  'EIO empty': 'EIO=&transport=polling',
  'EIO text': 'EIO=four&transport=polling',
};

const badTransports = {
  'no transport': 'EIO=4',
  'transport empty': 'EIO=4&transport=',
  'transport unknown': 'EIO=4&transport=tobacco',
  'transport webtransport': 'EIO=4&transport=webtransport',
  'transport __proto__': 'EIO=4&transport=__proto__',
  'transport constructor': 'EIO=4&transport=constructor',
  'transport twice': 'EIO=4&transport=polling&transport=polling',
};

const badSessions = {
  'sid unknown': 'EIO=4&transport=polling&sid=abc',
  'sid __proto__': 'EIO=4&transport=polling&sid=__proto__',
  'sid constructor': 'EIO=4&transport=polling&sid=constructor',
  'sid twice': 'EIO=4&transport=polling&sid=abc&sid=abc',
};

const overWebSocket = (targets: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(targets).map(([name, target]) => [name, target.replaceAll('polling', 'websocket')]),
  );

export const scenarios: Scenario[] = [
  {
    name: 'the open packet says what the options say',
    touches: ['option:pingInterval', 'option:pingTimeout', 'option:maxHttpBufferSize'],
    async run(context) {
      const io = await context.server({ pingInterval: 1234, pingTimeout: 567, maxHttpBufferSize: 8910 });
      const defaults = await context.server();
      context.record('peer', 'set', (await context.peer(io)).open);
      context.record('peer', 'defaults', (await context.peer(defaults)).open);
    },
  },
  {
    name: 'the polling handshake, as bytes and headers',
    modes: polling,
    touches: ['Engine.clientsCount'],
    async run(context) {
      const io = await context.server();
      const answer = await context.http(io, '/socket.io/?EIO=4&transport=polling');
      const { 'content-type': type, 'content-length': length, 'cache-control': cache } = answer.headers;
      context.record('peer', 'answer', answer.status, type, length, cache, answer.text);
      context.record(
        'peer',
        'headers',
        Object.keys(answer.headers)
          .filter((name) => name !== 'date')
          .sort(),
      );
      context.record('server', 'clients', io.engine.clientsCount);
    },
  },
  {
    name: 'the first packet of a WebSocket session, as bytes',
    modes: webSocket,
    touches: ['Engine.clientsCount'],
    async run(context) {
      const io = await context.server();
      const peer = context.webSocket(io, '/socket.io/?EIO=4&transport=websocket');
      context.record('peer', 'first', await peer.receive());
      context.record('server', 'clients', io.engine.clientsCount);
    },
  },
  {
    name: 'unsupported protocol versions are refused over HTTP',
    modes: polling,
    touches: ['Engine event:connection_error', 'Engine.errors'],
    run: (context) => refusals(context, badQueries),
  },
  {
    name: 'unsupported protocol versions are refused over WebSocket',
    modes: webSocket,
    touches: ['Engine event:connection_error'],
    run: (context) => refusedUpgrades(context, overWebSocket(badQueries)),
  },
  {
    name: 'unknown transports are refused over HTTP',
    modes: polling,
    touches: ['Engine event:connection_error'],
    run: (context) => refusals(context, badTransports),
  },
  {
    name: 'unknown transports are refused over WebSocket',
    modes: webSocket,
    touches: ['Engine event:connection_error'],
    run: (context) => refusedUpgrades(context, badTransports),
  },
  {
    name: 'unknown session ids are refused over HTTP',
    modes: polling,
    touches: ['Engine event:connection_error'],
    async run(context) {
      await refusals(context, badSessions);
      await refusals(context, badSessions, 'POST');
    },
  },
  {
    name: 'unknown session ids are refused over WebSocket',
    modes: webSocket,
    touches: ['Engine event:connection_error'],
    run: (context) => refusedUpgrades(context, overWebSocket(badSessions)),
  },
  {
    name: 'a handshake must be a GET',
    modes: polling,
    touches: ['Engine event:connection_error'],
    async run(context) {
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS']) {
        await refusals(context, { [method]: 'EIO=4&transport=polling' }, method);
      }
    },
  },
  {
    name: 'methods other than GET and POST are refused on a session',
    modes: polling,
    touches: ['Engine event:connection_error'],
    async run(context) {
      const io = await context.server();
      recordErrors(context, io);
      for (const method of ['PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS']) {
        const peer = (await context.peer(io)) as PollingPeer;
        const answer = await peer.request({ method });
        context.record('peer', method, answer.status, answer.headers['content-type'], answer.text);
      }
    },
  },
  {
    name: 'a plain GET with the WebSocket transport is refused',
    modes: polling,
    touches: ['Engine event:connection_error'],
    run: (context) => refusals(context, { 'not an upgrade': 'EIO=4&transport=websocket' }),
  },
  {
    name: 'an upgrade request with the polling transport is refused',
    modes: webSocket,
    touches: ['Engine event:connection_error'],
    run: (context) => refusedUpgrades(context, { 'polling by upgrade': 'EIO=4&transport=polling' }),
  },
  {
    name: 'a session of one transport cannot be polled as another',
    modes: webSocket,
    touches: ['Engine event:connection_error'],
    async run(context) {
      const io = await context.server();
      recordErrors(context, io);
      const peer = await context.peer(io);
      const answer = await context.http(io, `/socket.io/?EIO=4&transport=polling&sid=${peer.open.sid}`);
      context.record('peer', 'polling', describe(answer));
    },
  },
  {
    name: 'a second WebSocket on a WebSocket session leaves the first alone',
    modes: webSocket,
    touches: ['Socket.emit'],
    async run(context) {
      const io = await context.server();
      const [peer] = await context.joinedPeer(io);
      const second = context.webSocket(io, `/socket.io/?EIO=4&transport=websocket&sid=${peer.open.sid}`);
      await context.once(second.socket, 'open');
      io.emit('still here');
      context.record('first', 'received', await peer.receive());
      context.record('server', 'sockets', io.sockets.sockets.size, io.engine.clientsCount);
    },
  },
  {
    name: 'the error table of the engine',
    modes: polling,
    touches: ['Engine.errors', 'Engine.errorMessages'],
    async run(context) {
      const io = await context.server();
      const engine = io.engine.constructor as unknown as { errors: object; errorMessages: object };
      context.record('engine', 'errors', engine.errors);
      context.record('engine', 'messages', engine.errorMessages);
    },
  },
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
      recordErrors(context, io);
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
    touches: ['option:pingInterval', 'option:pingTimeout', 'Socket event:disconnect'],
    async run(context) {
      const io = await context.server({ pingInterval: 40, pingTimeout: 60 });
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
    touches: ['option:pingTimeout', 'Engine.clientsCount'],
    async run(context) {
      const io = await context.server({ pingInterval: 60, pingTimeout: 20 });
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
