// Namespaces: maps of their own, patterns, middlewares, parents.
import { type ExtendedError, Namespace, Server, type Socket } from 'socket.io';

interface A {
  a: (n: number) => void;
}
interface B {
  b: (text: string) => void;
}
interface AdminIn {
  ban: (id: string) => void;
}
interface AdminOut {
  banned: (id: string) => void;
}
interface Data {
  name: string;
}
const io = new Server<A, B>();
const plain = new Server();

//: a namespace has the maps of its server
io.of('/x').on('connection', (socket) => {
  socket.on('a', (n) => n.toFixed());
  socket.emit('b', 'x');
});
io.of('/x').emit('b', 'x');

//: a namespace with maps of its own, on an untyped server
const ns: Namespace<AdminIn, AdminOut> = plain.of('/admin');
ns.on('connection', (socket) => {
  socket.on('ban', (id) => ns.emit('banned', id));
});

//: a namespace with the maps of its server, named
const named: Namespace<A, B> = io.of('/x');

//: a namespace with all four types, named
const four = new Server<A, B, AdminIn, Data>();
const same: Namespace<A, B, AdminIn, Data> = four.of('/x');
four.of('/x').use((socket, next) => {
  socket.data.name = 'x';
  next();
});

//: patterns and functions
io.of(/^\/dynamic-\d+$/).on('connection', (socket) => {
  const name: string = socket.nsp.name;
  socket.nsp.emit('b', 'x');
});
io.of((name, auth, next) => {
  next(null, auth.token === 'x' && name.length > 0);
});
io.of((name, auth, next) => next(null, true)).on('connection', (socket) => socket.nsp.name);

//: of() with a listener
io.of('/x', (socket) => {
  socket.on('a', (n) => n.toFixed());
});

//: middlewares
io.of('/x').use((socket, next) => {
  if (socket.handshake.auth.token === 'x') next();
  else next(new Error('no'));
});
io.use(async (socket, next) => {
  await Promise.resolve();
  next();
});

//: a middleware's error with data
io.use((socket, next) => {
  const error: ExtendedError = new Error('no');
  error.data = { code: 401 };
  next(error);
});
const withData = Object.assign(new Error('no'), { data: { code: 1 } });
io.use((_socket, next) => next(withData));

//: what a namespace has
const name: string = io.of('/x').name;
const count: number = io.of('/x').sockets.size;
for (const [id, socket] of io.of('/x').sockets) socket.emit('b', id);
for (const socket of io.sockets.sockets.values()) socket.disconnect(true);
const rooms: Map<string, Set<string>> = io.of('/x').adapter.rooms;
const sids: Map<string, Set<string>> = io.of('/x').adapter.sids;
const size: number | undefined = io.sockets.adapter.rooms.get('room')?.size;

//: io.sockets is the main namespace
const main: Namespace<A, B> = io.sockets;
io.sockets.emit('b', 'x');
io.sockets.in('room').emit('b', 'x');

//: events of rooms
io.of('/').adapter.on('create-room', (room) => room);
io.of('/').adapter.on('join-room', (room, id) => [room, id]);
io.of('/').adapter.on('leave-room', (room: string, id: string) => [room, id]);

//: utilities
io.of('/x').socketsJoin('room');
io.of('/x').in('room').socketsLeave(['a', 'b']);
io.of('/x').disconnectSockets();
io.in('room').disconnectSockets(true);

//: new_namespace
io.on('new_namespace', (namespace) => namespace.name.length);

//: a socket of one namespace finds the other
io.on('connection', (socket) => {
  io.of('/x').to(socket.id).emit('b', 'x');
  socket.nsp.to('room').emit('b', 'x');
  socket.nsp.server.of('/y').emit('b', 'x');
});

//: a function that takes a namespace
function setUp(namespace: Namespace) {
  namespace.on('connection', (socket) => socket.emit('x', 1));
}
setUp(plain.of('/x'));

//: a class with a namespace and a server
class Gateway {
  constructor(
    private readonly server: Server,
    private readonly namespace: Namespace,
  ) {}
  broadcast(room: string) {
    this.namespace.to(room).emit('x');
    this.server.emit('x');
  }
}
new Gateway(plain, plain.of('/x'));

//: the server of a namespace by instanceof
function isNamespace(x: unknown): x is Namespace {
  return x instanceof Namespace;
}

//: generics of of(): maps of its own on a typed server
//! only carillon
const admin = io.of<AdminIn, AdminOut>('/admin');
admin.on('connection', (socket) => {
  socket.on('ban', (id) => admin.emit('banned', id));
  // @ts-expect-error
  socket.on('a', () => {});
});
// @ts-expect-error
admin.emit('b', 'x');
const withAll = io.of<AdminIn, AdminOut, A, Data>('/admin');
withAll.use((socket, next) => {
  socket.data.name.length;
  next();
});
