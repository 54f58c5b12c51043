import type { Server } from 'socket.io';
import type { Context } from '../../support/compat/context.js';
import { describe, type PollingPeer } from '../../support/compat/peers.js';
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
];
