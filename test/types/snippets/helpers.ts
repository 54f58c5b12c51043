// Code around sockets: generic functions, classes, emitters, mocks.
import { EventEmitter, on, once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { Namespace, Server, type ServerOptions, Socket } from 'socket.io';
import type { DisconnectReason, Event } from 'socket.io';

interface In {
  chat: (text: string) => void;
  save: (id: number, ack: (ok: boolean) => void) => void;
}
interface Out {
  news: (headline: string) => void;
  message: (text: string) => void;
}
interface Data {
  name: string;
}
const io = new Server<In, Out>();
declare const socket: Socket<In, Out>;
declare const plain: Socket;
declare const plainServer: Server;

//: a typed socket where any socket is asked for
function takesAny(s: Socket<any, any>) {
  return s.id;
}
takesAny(socket);
takesAny(plain);

//: a typed socket where an untyped one is asked for
function takesPlain(s: Socket) {
  s.emit('x', 1);
  return s.id;
}
takesPlain(socket);

//: a typed server where any server is asked for
function takesServer(s: Server<any, any>) {
  s.emit('x');
}
takesServer(io);
takesServer(plainServer);

//: a typed server where an untyped one is asked for
function takesPlainServer(s: Server) {
  s.emit('x');
}
takesPlainServer(io);

//: a server with data where an untyped one is asked for
const withData = new Server<In, Out, Record<string, never>, Data>();
function plainly(s: Server) {
  s.emit('x');
}
plainly(new Server<In, Out, any, Data>());

//: a function generic over the maps of its socket
import type { DefaultEventsMap } from 'socket.io';
function generic<L extends DefaultEventsMap, E extends DefaultEventsMap>(s: Socket<L, E>) {
  return s.id;
}
generic(plain);

//: a function generic over the map of its server
function register<T extends { [event: string]: any }>(s: Server<T, T>) {
  s.on('connection', (socket) => socket.id);
}
register(new Server<In, In>());

//: a function generic over the name of the event
function emitTo<E extends keyof Out>(room: string, event: E, ...args: Parameters<Out[E]>) {
  io.to(room).emit(event, ...(args as any));
}
emitTo('room', 'news', 'x');

//: emit with a generic name and spread parameters
function relay<E extends keyof Out & string>(s: Socket<In, Out>, event: E, ...args: Parameters<Out[E]>) {
  s.emit(event, ...args);
}
relay(socket, 'news', 'x');

//: listeners in a table
const handlers: { [E in keyof In]: In[E] } = {
  chat: (text) => text.length,
  save: (_id, ack) => ack(true),
};
for (const [event, handler] of Object.entries(handlers)) socket.on(event as keyof In, handler as any);

//: a handler factory per socket
const chatHandler =
  (s: Socket<In, Out>): In['chat'] =>
  (text) =>
    s.emit('news', text);
socket.on('chat', chatHandler(socket));

//: types out of the classes
type S = Parameters<Parameters<typeof io.use>[0]>[0];
function viaUse(s: S) {
  s.emit('news', 'x');
}
type Connected = Parameters<Server['use']>[0];

//: the type of the io variable
type Io = typeof io;
let later: Io | undefined;
later = io;
let nullable: Server | null = null;
nullable = plainServer;

//: a socket where an EventEmitter is asked for
function takesEmitter(emitter: EventEmitter) {
  return emitter.listenerCount('x');
}
takesEmitter(plain);

//: a typed socket where an EventEmitter is asked for
function takesTheEmitter(emitter: EventEmitter) {
  return emitter.listenerCount('x');
}
takesTheEmitter(socket);

//: a server where an EventEmitter is asked for
const emitter: EventEmitter = io;
const emitterOfPlain: EventEmitter = plainServer;
const emitterOfNamespace: EventEmitter = io.of('/');
const emitterOfEngine: EventEmitter = io.engine;

//: where NodeJS.EventEmitter is asked for
function nodeEmitter(e: NodeJS.EventEmitter) {}
nodeEmitter(socket);
nodeEmitter(io);

//: once() of node:events on an untyped socket
async function waitPlain() {
  const [text] = await once(plain, 'chat');
}

//: once() of node:events on a typed socket
async function wait() {
  const [text] = await once(socket, 'chat');
  const [reason] = await once(socket, 'disconnect');
}

//: once() of node:events on a server
async function waitServer() {
  const [s] = await once(io, 'connection');
  const [t] = await once(plainServer, 'connection');
}

//: on() of node:events
const textsOfPlain = on(plain, 'chat');
const texts = on(socket, 'chat');

//: methods of EventEmitter
socket.addListener('chat', (text) => text);
socket.prependListener('chat', () => {});
socket.prependOnceListener('chat', () => {});
socket.removeAllListeners('chat');
socket.removeAllListeners();
socket.setMaxListeners(0);
const n: number = socket.listenerCount('chat');
const names: (string | symbol)[] = socket.eventNames();
const max: number = socket.getMaxListeners();
const raw: Function[] = socket.rawListeners('chat');
io.removeAllListeners();
io.setMaxListeners(20);

//: listeners of other events of EventEmitter
plain.on('newListener', (name: string) => name);

//: removing and counting with names that are no events
plain.off('whatever', () => {});
plain.removeListener('whatever', () => {});
plain.listenerCount('whatever');

//: instanceof
function check(x: unknown) {
  if (x instanceof Socket) x.emit('x');
  if (x instanceof Server) x.emit('x');
  if (x instanceof Namespace) x.name;
}

//: a subclass of the server
class MyServer extends Server<In, Out> {
  constructor(http: HttpServer) {
    super(http, { cors: { origin: '*' } });
  }
  announce(headline: string) {
    this.emit('news', headline);
  }
}

//: a class with a server as a field, made later
class App {
  io!: Server<In, Out>;
  sockets = new Map<string, Socket<In, Out>>();
  start(http: HttpServer) {
    this.io = new Server(http);
    this.io.on('connection', (s) => this.onConnection(s));
  }
  onConnection(s: Socket<In, Out>) {
    this.sockets.set(s.id, s);
    s.on('disconnect', () => this.sockets.delete(s.id));
    s.on('chat', this.onChat.bind(this));
  }
  onChat(text: string) {
    this.io.emit('news', text);
  }
}

//: a singleton
let instance: Server | undefined;
export function getIo(): Server {
  if (!instance) throw new Error('not yet');
  return instance;
}
export function init(http: HttpServer): Server {
  instance = new Server(http);
  return instance;
}

//: a mock
const mock = { emit: () => true, id: 'x', data: {} } as unknown as Socket;
const partialMock: Partial<Socket> = { id: 'x' };
const picked: Pick<Socket, 'id' | 'emit' | 'join'> = plain;

//: the reason of a disconnection
function why(reason: DisconnectReason) {
  switch (reason) {
    case 'transport close':
    case 'ping timeout':
    case 'client namespace disconnect':
    case 'server namespace disconnect':
    case 'server shutting down':
    case 'forced server close':
    case 'forced close':
    case 'parse error':
    case 'transport error':
      return 1;
    default:
      return 2;
  }
}
socket.on('disconnect', (reason) => why(reason));

//: the type of an event in middlewares
function log(event: Event) {
  const [name, ...args] = event;
  return name.length + args.length;
}
socket.use((event, next) => {
  log(event);
  next();
});

//: options in a variable
const options: Partial<ServerOptions> = { pingInterval: 1000, cors: { origin: '*' } };
new Server(options);
new Server(3000, options);

//: express's app
import express from 'express';
import { createServer } from 'node:http';
const app = express();
const http = createServer(app);
const server = new Server(http, { cors: { origin: 'http://localhost:3000', methods: ['GET', 'POST'] } });
app.set('io', server);
app.use((req, _res, next) => {
  (req as any).io = server;
  next();
});
const fromApp: Server = app.get('io');

//: a listener with `this`
socket.on('chat', function (this: Socket, text) {
  return [this.id, text];
});
socket.on('disconnect', function (this: Socket<In, Out>) {
  return this.id;
});

//: a typed socket's emit as a function
const emit: (event: 'news', headline: string) => boolean = (event, headline) => socket.emit(event, headline);

//: a function over untyped sockets, given a typed one's id
function room(s: { id: string; join(room: string): unknown }) {
  s.join(s.id);
}
room(socket);

//: a decorator of connections
const wrap = (middleware: (req: any, res: any, next: any) => void) => (s: Socket, next: any) =>
  middleware(s.request, {}, next);
plainServer.use(wrap((_req, _res, next) => next()));
