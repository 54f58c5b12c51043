// io.engine: middlewares of the Express world, events, and declarations that name its types.
import type { IncomingMessage, ServerResponse } from 'node:http';
import cookieParser from 'cookie-parser';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import session from 'express-session';
import helmet from 'helmet';
import passport from 'passport';
import { Server, type Socket } from 'socket.io';

const io = new Server();

//: express-session
io.engine.use(session({ secret: 'x', resave: false, saveUninitialized: true }));

//: a session middleware in a variable
const sessionMiddleware = session({ secret: 'x' });
io.engine.use(sessionMiddleware);

//: passport
io.engine.use(passport.initialize());
io.engine.use(passport.session());

//: cookie-parser
io.engine.use(cookieParser());
io.engine.use(cookieParser('secret'));

//: helmet
io.engine.use(helmet());
io.engine.use(helmet({ contentSecurityPolicy: false }));

//: a handler of express's types
const handler: RequestHandler = (_request, _response, next) => next();
io.engine.use(handler);
io.engine.use((request: Request, response: Response, next: NextFunction) => next());

//: a handler of node's types
io.engine.use((request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => next());
io.engine.use((request: any, response: any, next: any) => {
  if (request._query.sid === undefined) next();
  else next(new Error('no'));
});
io.engine.use((request: { _query: Record<string, string> }, _response: unknown, next: Function) => {
  const isHandshake = request._query.sid === undefined;
  next();
});

//: only for the handshake: the recipe of the documentation
function onlyForHandshake(middleware: (req: Request, res: Response, next: any) => void) {
  return (req: Request & { _query: Record<string, string> }, res: Response, next: (err?: Error) => void) => {
    const isHandshake = req._query.sid === undefined;
    if (isHandshake) middleware(req, res, next);
    else next();
  };
}
io.engine.use(onlyForHandshake(sessionMiddleware2));
declare const sessionMiddleware2: RequestHandler;

//: the session of a socket
import type { Session, SessionData } from 'express-session';
declare module 'http' {
  interface IncomingMessage {
    session: Session & Partial<SessionData>;
  }
}
declare module 'express-session' {
  interface SessionData {
    count: number;
  }
}
io.on('connection', (socket) => {
  const request = socket.request;
  socket.join(request.session.id);
  request.session.count = 1;
  request.session.reload((error) => error);
  request.session.save();
});

//: middlewares of Express on a namespace, wrapped
const wrap = (middleware: Function) => (socket: Socket, next: any) => middleware(socket.request, {}, next);
io.use(wrap(sessionMiddleware3));
declare const sessionMiddleware3: RequestHandler;

//: events of the engine
io.engine.on('connection_error', (error) => [error.req, error.code, error.message, error.context]);
io.engine.on('initial_headers', (headers, request) => {
  headers['x-a'] = 'b';
});
io.engine.on('headers', (headers: Record<string, string>, request: IncomingMessage) => {
  headers['x-a'] = request.url ?? '';
});
io.engine.on('connection', (connection) => connection.id);

//: ids of sessions
io.engine.generateId = (request: IncomingMessage) => 'x';
io.engine.generateId = async () => 'x';

//: how many
const count: number = io.engine.clientsCount;

//: handing requests over
function forward(request: IncomingMessage, response: ServerResponse) {
  io.engine.handleRequest(request as any, response);
}
import type { Duplex } from 'node:stream';
function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer) {
  io.engine.handleUpgrade(request as any, socket, head);
}
io.engine.close();

//: the engine exported, with declarations
export const engine = io.engine;

//: a server exported, with declarations
export const server = new Server();
export default server;

//: parts of a server exported, with declarations
export const main = io.sockets;
export const remotes = () => io.fetchSockets();
export const namespace = io.of('/x');

//: a socket's parts exported, with declarations
declare const socket: Socket;
export const connection = socket.conn;
export const transport = socket.conn.transport;
export const adapter = io.of('/').adapter;
export const listeners = socket.listeners('x');
export const http = io.httpServer;

//: more parts, with declarations
//! only carillon
declare const socket: Socket;
export const room = io.to('room');
export const client = socket.client;
export const handshake = socket.handshake;
export const broadcast = socket.broadcast;
export const timed = socket.timeout(100);

//: functions exported whose types are inferred, with declarations
export const onConnection = (s: Socket) => s.on('x', () => {});
export const emitLater = (s: Socket) => () => s.timeout(10).emitWithAck('x');
export const close = () => io.close();
export class Holder {
  server = new Server();
  engine = this.server.engine;
  namespaces = [this.server.of('/a')];
}

//: typed parts exported, with declarations
interface In {
  a: (n: number, ack: (ok: boolean) => void) => void;
}
export const typed = new Server<In, In>();
export const fetched = () => typed.fetchSockets();

//: typed operators exported, with declarations
//! only carillon
interface In {
  a: (n: number, ack: (ok: boolean) => void) => void;
}
declare const typed: Server<In, In>;
export const typedRoom = typed.to('room');
export const typedTimed = typed.timeout(10);
