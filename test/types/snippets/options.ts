// Constructors and their options.
import { createServer, type IncomingMessage } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import { Server, type ServerOptions } from 'socket.io';

declare const io: Server;

//: every form of the constructor
new Server();
new Server(3000);
new Server({ path: '/x' });
new Server(createServer());
new Server(createServer(), {});
new Server(createHttps({}), { serveClient: false });
new Server(createSecureServer({}), {});
new Server(undefined, { path: '/x' });

//: attaching later
io.listen(3000);
io.listen(createServer(), { path: '/x' });
io.attach(createServer());
io.attach(3000, { cors: { origin: '*' } });
io.bind(io.engine);

//: settings
io.path('/x').serveClient(false).connectTimeout(1000);
const path: string = io.path();
const serves: boolean = io.serveClient();
const timeout: number = io.connectTimeout();
const http = io.httpServer;
io.httpServer.listen(3000);
io.httpServer.on('listening', () => {});

//: closing
io.close();
io.close(() => {});
io.close((error) => error?.message);
async function close() {
  await io.close();
}

//: all options at once
const all: Partial<ServerOptions> = {
  path: '/socket.io/',
  serveClient: true,
  connectTimeout: 45000,
  connectionStateRecovery: { maxDisconnectionDuration: 1, skipMiddlewares: true },
  cleanupEmptyChildNamespaces: true,
  pingTimeout: 1,
  pingInterval: 1,
  upgradeTimeout: 1,
  maxHttpBufferSize: 1e8,
  allowUpgrades: true,
  httpCompression: true,
  perMessageDeflate: false,
  cookie: false,
  addTrailingSlash: false,
  destroyUpgrade: true,
  destroyUpgradeTimeout: 1,
};

//: transports
new Server({ transports: ['websocket'] });
new Server({ transports: ['polling', 'websocket'] });
const transports: ServerOptions['transports'] = ['websocket'];

//: transports that do not exist are refused
// @ts-expect-error
new Server({ transports: ['carrier pigeon'] });

//: webtransport is named
new Server({ transports: ['polling', 'websocket', 'webtransport'] });

//: cors: its values
new Server({ cors: { origin: '*' } });
new Server({ cors: { origin: true, credentials: true } });
new Server({ cors: { origin: false } });
new Server({ cors: { origin: ['http://a', /b$/] } });
new Server({ cors: { origin: /x/ } });
new Server({ cors: { origin: 'http://a', methods: ['GET', 'POST'], allowedHeaders: ['x'], exposedHeaders: 'y' } });
new Server({ cors: { origin: '*', methods: 'GET,POST', maxAge: 1, preflightContinue: false, optionsSuccessStatus: 204 } });
new Server({ cors: {} });

//: cors: a function as origin
new Server({
  cors: {
    origin: (origin, callback) => {
      if (origin === undefined || origin.endsWith('.x')) callback(null, true);
      else callback(new Error('no'));
    },
  },
});

//: cors: a delegate
new Server({
  cors: (request, callback) => {
    callback(null, { origin: request.headers.host ? '*' : false });
  },
});

//: cors from an environment variable, under exactOptionalPropertyTypes
const allowed: string | undefined = process.env.ORIGIN;
new Server({ cors: { origin: allowed } });
new Server({ cors: { origin: process.env.ORIGINS?.split(','), credentials: undefined } });
new Server({ cors: { origin: allowed ?? false } });

//: cors typed by the cors package
import type { CorsOptions } from 'cors';
const cors: CorsOptions = { origin: '*' };
new Server({ cors });

//: cookie: its values
new Server({ cookie: true });
new Server({ cookie: { name: 'io' } });
new Server({ cookie: { name: 'io', httpOnly: true, path: '/', sameSite: 'strict', maxAge: 1, secure: true, domain: 'x' } });

//: perMessageDeflate: its values
new Server({ perMessageDeflate: true });
new Server({ perMessageDeflate: { threshold: 1024, zlibDeflateOptions: { level: 1 }, serverNoContextTakeover: true } });
new Server({ httpCompression: { threshold: 1 } });

//: allowRequest
new Server({
  allowRequest: (request, callback) => {
    const origin: string | undefined = request.headers.origin;
    callback(null, origin === undefined);
  },
});
new Server({
  allowRequest: async (_request: IncomingMessage, callback: (error: string | null | undefined, ok: boolean) => void) => {
    callback('no', false);
  },
});

//: allowEIO3
new Server({ allowEIO3: false });
new Server({ allowEIO3: true });

//: options that may be undefined, built from parts
function make(port: number, o?: Partial<ServerOptions>) {
  return new Server(port, o);
}
make(3000);
make(3000, { ...(process.env.X ? { path: '/x' } : {}) });

//: an option that does not exist is refused
// @ts-expect-error
new Server({ pingInterwal: 1 });
// @ts-expect-error
new Server({ cors: { orgin: '*' } });

//: a wrong value is refused
// @ts-expect-error
new Server({ pingInterval: '1' });
// @ts-expect-error
new Server({ adapter: 5 });

//: a parser
import * as parser from 'socket.io-msgpack-parser';
new Server({ parser });

//: an options object shared with a class of one's own
interface MyOptions extends Partial<ServerOptions> {
  redisUrl: string;
}
const mine: MyOptions = { redisUrl: 'x', pingInterval: 1 };
new Server(3000, mine);

//: initialPacket and wsEngine
new Server({ initialPacket: 'hello' });
import { WebSocketServer } from 'ws';
new Server({ wsEngine: WebSocketServer });

//: the engine's options
const interval: number | undefined = io.engine.opts.pingInterval;
