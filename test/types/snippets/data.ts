// `socket.data`, the handshake, and what else hangs on a socket.
import type { IncomingMessage } from 'node:http';
import { type RemoteSocket, Server, type Socket } from 'socket.io';

interface Data {
  user: { id: number; name: string };
  roles?: string[];
}
type Events = Record<string, (...args: any[]) => void>;
const io = new Server<Events, Events, Events, Data>();
declare const socket: Socket<Events, Events, Events, Data>;
declare const plain: Socket;

//: data has the type that was given
const name: string = socket.data.user.name;
const roles: string[] | undefined = socket.data.roles;

//: data refuses what is not in its type
// @ts-expect-error
socket.data.unknown;
// @ts-expect-error
socket.data.user = 'x';
// @ts-expect-error
const wrong: number = socket.data.user.name;

//: data may be set as a whole and in parts
socket.data = { user: { id: 1, name: 'x' } };
socket.data.user = { id: 1, name: 'x' };
socket.data.roles = ['a'];

//: data without a type takes anything
plain.data.anything = 1;
plain.data = { a: 1 };
const anything: number = plain.data.whatever;

//: data in middlewares
io.use((s, next) => {
  s.data.user = { id: 1, name: 'x' };
  next();
});

//: data of remote sockets
async function remote() {
  for (const s of await io.fetchSockets()) s.data.user.name.length;
  const typed: RemoteSocket<Events, Data>[] = await io.fetchSockets();
}

//: Partial data
const partial = new Server<Events, Events, Events, Partial<Data>>();
partial.on('connection', (s) => {
  const n: string | undefined = s.data.user?.name;
});

//: the handshake
const token: unknown = socket.handshake.auth.token;
const query: string | string[] | undefined = socket.handshake.query.room;
const cookie: string | undefined = socket.handshake.headers.cookie;
const header: string | string[] | undefined = socket.handshake.headers['x-my'];
const address: string = socket.handshake.address;
const issued: number = socket.handshake.issued;
const url: string = socket.handshake.url;
const secure: boolean = socket.handshake.secure;
const time: string = socket.handshake.time;
const xdomain: boolean = socket.handshake.xdomain;

//: the request
const request: IncomingMessage = socket.request;
const agent: string | undefined = socket.request.headers['user-agent'];
const remoteAddress: string | undefined = socket.request.socket.remoteAddress;
const fromConnection: string | undefined = socket.request.connection.remoteAddress;

//: the request with a session or user of one's own
interface WithUser extends IncomingMessage {
  user: { id: string };
}
const user = (socket.request as WithUser).user.id;
const session = (socket.request as IncomingMessage & { session: { n: number } }).session.n;

//: the request augmented
declare module 'http' {
  interface IncomingMessage {
    account?: { id: string };
  }
}
const account: string | undefined = socket.request.account?.id;

//: the connection
const transport: string = socket.conn.transport.name;
socket.conn.on('upgrade', (t: { name: string }) => t.name);
socket.conn.once('upgrade', () => socket.conn.transport.name);
socket.conn.on('packet', ({ type, data }: { type: string; data?: any }) => [type, data]);
socket.conn.on('packetCreate', ({ type }: { type: string }) => type);
socket.conn.on('drain', () => {});
socket.conn.on('close', (reason: string) => reason);
socket.conn.close();
const remoteOfConnection: string = socket.conn.remoteAddress;
const state: string = socket.conn.readyState;
const protocol: number = socket.conn.protocol;
socket.client.conn.close();

//: the connection's own send
socket.conn.send('text');
socket.conn.write(Buffer.from([1]), { compress: false }, () => {});

//: rooms
const rooms: Set<string> = socket.rooms;
socket.join('a');
socket.join(['a', 'b']);
socket.leave('a');
async function join() {
  await socket.join('a');
}

//: rooms have names, not numbers
// @ts-expect-error
socket.join(1);

//: state
const id: string = socket.id;
const connected: boolean = socket.connected;
const disconnected: boolean = socket.disconnected;
const recovered: boolean = socket.recovered;

//: fields of one's own by intersection
type MySocket = Socket & { userId?: string };
function use(s: MySocket) {
  s.userId = 'x';
}
io.on('connection', (s) => {
  (s as unknown as MySocket).userId = 'y';
});
new Server().on('connection', (s: MySocket) => {
  s.userId = 'x';
});

//: fields of one's own by augmentation
declare module 'socket.io' {
  interface Socket {
    userId?: string;
  }
}
plain.userId = 'x';

//: a subclass-like interface
interface AuthSocket extends Socket {
  user: { id: number };
}
function f(s: AuthSocket) {
  s.emit('x', s.user.id);
}

//: socket middlewares
socket.use(([event, ...args], next) => {
  if (event === 'x' && args.length > 0) next(new Error('no'));
  else next();
});
socket.use((packet, next) => {
  const [name] = packet;
  next();
});

//: catch-all
socket.onAny((event, ...args) => [event, args]);
socket.onAny((event: string, ...args: unknown[]) => [event, args]);
socket.prependAny(() => {});
socket.offAny();
socket.onAnyOutgoing((event, ...args) => [event, args]);
socket.prependAnyOutgoing(() => {});
socket.offAnyOutgoing();
const any: ((...args: any[]) => void)[] = socket.listenersAny();
const out: ((...args: any[]) => void)[] = socket.listenersAnyOutgoing();

//: disconnecting
socket.disconnect();
socket.disconnect(true).connected;
