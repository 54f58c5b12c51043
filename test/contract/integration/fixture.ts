import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Server, ServerOptions } from '../../../core/index.js';

/** What the application under test serves besides carillon: `GET /hello` answers with this text. */
export const HELLO_PATH = '/hello';
export const HELLO = 'hello';

/** Handlers of others for upgrades, added before and after carillon came to the server. */
export const FOREIGN_BEFORE = '/foreign-before';
export const FOREIGN_AFTER = '/foreign-after';

type Listeners = Map<string | symbol, Function[]>;

/**
 * The application of the contract, the same in every framework. An implementer
 * - serves {@link HELLO} at {@link HELLO_PATH} by the framework's own means;
 * - calls `beforeAttach` with the HTTP server before carillon touches it, and `afterAttach` when it has;
 * - gives `options` to carillon and the `io` it got to `install`.
 *
 * Nothing of it needs the test's process: an implementer that starts another one uses a fixture of its own there.
 */
export class Fixture {
  /** A handshake with the header `x-refused` is answered with 403. */
  readonly options: Partial<ServerOptions> = {
    allowRequest: (request, callback) => callback(null, request.headers['x-refused'] === undefined),
  };
  /** The server's listeners before carillon came. */
  listenersBefore: Listeners = new Map();

  beforeAttach(server: HttpServer): void {
    serveForeignUpgrades(server, FOREIGN_BEFORE);
    this.listenersBefore = listenersOf(server);
  }

  afterAttach(server: HttpServer): void {
    serveForeignUpgrades(server, FOREIGN_AFTER);
  }

  install(io: Server): void {
    io.use((socket, next) => {
      if (socket.handshake.auth.token !== 'wrong') return next();
      next(Object.assign(new Error('not authorized'), { data: { code: 'bad token' } }));
    });
    io.on('connection', (socket) => {
      socket.on('echo', (...args) => args.pop()(...args));
      socket.on('join', async (room, ack) => {
        await socket.join(room);
        ack();
      });
      socket.on('leave', async (room, ack) => {
        await socket.leave(room);
        ack();
      });
      socket.on('say', (room, text, ack) => {
        socket.to(room).emit('said', text);
        ack();
      });
      socket.on('ask', async (ack) => ack(await socket.timeout(60_000).emitWithAck('question', 21)));
      socket.on('fail', () => {
        throw new Error('a listener of the contract that fails');
      });
    });
    // The failure above is meant: it belongs to the test, not into the log.
    io.on('listener_error', () => {});
  }
}

/** A WebSocket server of somebody else: echoes, and answers `seen` with the addresses of all upgrades it saw. */
function serveForeignUpgrades(server: HttpServer, path: string): void {
  const webSockets = new WebSocketServer({ noServer: true });
  const seen: string[] = [];
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    seen.push(request.url ?? '');
    if (request.url !== path) return;
    webSockets.handleUpgrade(request, socket, head, (peer) => {
      peer.on('message', (data) => peer.send(data.toString() === 'seen' ? JSON.stringify(seen) : data.toString()));
    });
  });
  // Clients of others are theirs: with the server going away, they go too.
  server.on('close', () => webSockets.close());
}

export function listenersOf(server: HttpServer): Listeners {
  return new Map(server.eventNames().map((name) => [name, server.rawListeners(name as 'request')]));
}
