// The client.
import io, { connect, io as named, Manager, Socket } from 'socket.io-client';
import type { ManagerOptions, SocketOptions } from 'socket.io-client';

interface ServerToClient {
  news: (headline: string, at: number) => void;
  question: (text: string, ack: (answer: number) => void) => void;
}
interface ClientToServer {
  chat: (text: string) => void;
  save: (id: number, ack: (isSaved: boolean) => void) => void;
  maybe: (id: number, ack?: (answer: string) => void) => void;
  message: (text: string) => void;
}
declare const socket: Socket<ServerToClient, ClientToServer>;
declare const plain: Socket;

//: every form of the call
io();
io('http://localhost');
io('/admin', { auth: { token: 'x' } });
io({ path: '/x' });
connect('http://localhost');
named('http://localhost', { transports: ['websocket'] });

//: a typed variable
const typed: Socket<ServerToClient, ClientToServer> = io('http://localhost');

//: a typed field
class Service {
  private socket: Socket<ServerToClient, ClientToServer>;
  constructor() {
    this.socket = io('http://localhost', { autoConnect: false });
  }
  say(text: string) {
    this.socket.emit('chat', text);
  }
}

//: a ref that is filled later
const ref: { current: Socket<ServerToClient, ClientToServer> | null } = { current: null };
ref.current = io();
ref.current?.emit('chat', 'x');

//: the return type of io
let s: ReturnType<typeof io>;
s = io();
const t: typeof Socket = Socket;

//: events of the server
socket.on('news', (headline, at) => [headline.length, at.toFixed()]);
socket.once('question', (text, ack) => ack(text.length));
// @ts-expect-error
socket.on('unknown', () => {});

//: events to the server
socket.emit('chat', 'x');
socket.emit('save', 1, (isSaved) => isSaved === true);
socket.emit('maybe', 1);
socket.emit('maybe', 1, (answer) => answer.length);
// @ts-expect-error
socket.emit('chat', 1);
// @ts-expect-error
socket.emit('news', 'x', 1);

//: chains
socket.volatile.emit('chat', 'x');
socket.compress(false).emit('chat', 'x');
socket.emit('chat', 'x').emit('chat', 'y');
socket.timeout(100).emit('save', 1, (error, isSaved) => [error, isSaved]);
socket.volatile.compress(true).emit('chat', 'x');
socket.timeout(100).volatile.emit('save', 1, (error, isSaved) => [error, isSaved]);

//: emitWithAck
async function awaited() {
  const isSaved: boolean = await socket.emitWithAck('save', 1);
  const timely: boolean = await socket.timeout(100).emitWithAck('save', 1);
}

//: emitWithAck, untyped
async function untyped() {
  const answer: number = await plain.emitWithAck('x', 1);
  const timely: string = await plain.timeout(100).emitWithAck('x');
}

//: emitWithAck on an event without acknowledgement is refused
//! carillon refuses: not assignable
async function refused() {
  await socket.emitWithAck('chat');
}

//: send() takes the message event's arguments
socket.send('x');
plain.send(1, 'two', { three: 3 });

//: send() with other arguments is refused
//! carillon refuses: not assignable
socket.send(1);

//: its own events
socket.on('connect', () => socket.id?.length);
socket.on('connect_error', (error) => error.message);
socket.on('connect_error', (error: Error & { data?: any }) => error.data);
socket.on('disconnect', (reason) => reason === 'io server disconnect');
socket.on('disconnect', (reason: Socket.DisconnectReason, details) => [reason, details]);
socket.once('connect', () => {});

//: its own events, with the listener's own types
const onError = (error: Error) => error.message;
socket.on('connect_error', onError);
socket.off('connect_error', onError);
const onDisconnect = (reason: string) => reason;
socket.on('disconnect', onDisconnect);

//: removing listeners
const onNews = (headline: string) => headline;
socket.on('news', onNews);
socket.off('news', onNews);
socket.off('news');
socket.off();
socket.removeListener('news', onNews);
socket.removeAllListeners('news');
socket.removeAllListeners();
const has: boolean = socket.hasListeners('news');
const list = socket.listeners('news');

//: catch-all
socket.onAny((event, ...args) => [event, args]);
socket.onAnyOutgoing((event: string, ...args: any[]) => [event, args]);
socket.offAny();
socket.prependAny(() => {});

//: state
const id: string | undefined = socket.id;
const flags: boolean[] = [socket.connected, socket.disconnected, socket.active, socket.recovered];
socket.connect().disconnect().open().close();

//: auth
socket.auth = { token: 'x' };
socket.auth = (callback) => callback({ token: 'x' });
io({ auth: { token: 'x' } });
io({ auth: (callback) => callback({ token: 'x' }) });
io({
  auth: async (callback) => {
    await Promise.resolve();
    callback({ token: 'x' });
  },
});

//: auth as an object that is changed
(socket.auth as { token: string }).token = 'y';

//: options in variables
const options: Partial<ManagerOptions & SocketOptions> = { transports: ['websocket'], auth: { token: 'x' } };
io('http://localhost', options);
const forManager: Partial<ManagerOptions> = { reconnection: true, timeout: 1 };

//: all options at once
io('http://localhost', {
  forceNew: true,
  multiplex: false,
  path: '/x',
  reconnection: true,
  reconnectionAttempts: Number.POSITIVE_INFINITY,
  reconnectionDelay: 1,
  reconnectionDelayMax: 1,
  randomizationFactor: 0.5,
  timeout: 1,
  autoConnect: false,
  query: { a: 'b', c: 1 },
  transports: ['polling', 'websocket'],
  upgrade: true,
  rememberUpgrade: true,
  withCredentials: true,
  extraHeaders: { a: 'b' },
  transportOptions: { polling: { extraHeaders: { a: 'b' } } },
  rejectUnauthorized: false,
  closeOnBeforeunload: true,
  retries: 3,
  ackTimeout: 1,
  tryAllTransports: true,
  protocols: ['a'],
  secure: true,
  port: 3000,
  hostname: 'x',
});

//: under exactOptionalPropertyTypes
const token: string | undefined = process.env.TOKEN;
io('http://localhost', { auth: { token }, ...(token ? { extraHeaders: { a: token } } : {}) });

//: a manager
const manager = new Manager('http://localhost', { reconnection: false });
const admin = manager.socket('/admin');
const withAuth = manager.socket('/x', { auth: { token: 'x' } });
manager.on('reconnect', (attempt) => attempt.toFixed());
manager.on('error', (error) => error.message);
manager.open((error) => error?.message);
manager.connect();
new Manager();
new Manager({ path: '/x' });

//: a typed manager
const typedManager = new Manager<ServerToClient, ClientToServer>('http://localhost');

//: a typed socket of a manager
const fromManager: Socket<ServerToClient, ClientToServer> = new Manager().socket('/');

//: the manager of a socket
socket.io.on('reconnect_attempt', (attempt) => attempt.toFixed());
socket.io.on('reconnect_failed', () => {});
socket.io.on('ping', () => {});
socket.io.opts.query = { a: 'b' };
socket.io.opts.extraHeaders = { a: 'b' };
socket.io.opts.transports = ['polling'];
const transport: string = socket.io.engine.transport.name;
socket.io.engine.on('upgrade', (t) => t.name);
socket.io.engine.once('upgrade', () => {});
socket.io.engine.on('packet', ({ type, data }) => [type, data]);
socket.io.engine.on('close', (reason) => reason);
socket.io.engine.close();
socket.io.reconnection(false).reconnectionDelay(1);

//: a typed socket where any is asked for
function takesAny(x: Socket<any, any>) {
  return x.id;
}
takesAny(socket);
takesAny(plain);

//: a typed socket where an untyped one is asked for
function takesPlain(x: Socket) {
  return x.id;
}
takesPlain(socket);

//: a hook-like function, generic over the name
function useEvent<E extends keyof ServerToClient>(event: E, listener: ServerToClient[E]) {
  socket.on(event, listener as any);
  return () => socket.off(event, listener as any);
}
useEvent('news', (headline) => headline.length);

//: a promise of an event
const connected = new Promise<void>((resolve, reject) => {
  socket.once('connect', resolve);
  socket.once('connect_error', reject);
});

//: the reason of a disconnection
const reason: Socket.DisconnectReason = 'io client disconnect';

//: buffers
socket.sendBuffer = [];
const waiting: number = socket.sendBuffer.length + socket.receiveBuffer.length;

//: exported with declarations
export const exportedTyped: Socket<ServerToClient, ClientToServer> = io();
export const exportedEngine = plain.io.engine;

//: exported with declarations whose types are inferred
//! only carillon
export const exported = io('http://localhost');
export const exportedManager = new Manager();
export const exportedTimed = socket.timeout(10);
export const exportedIo = exported.io;

//: generics of io(): typed at the call
//! only carillon
const call = io<ServerToClient, ClientToServer>('http://localhost');
call.on('news', (headline) => headline.length);
call.emit('chat', 'x');
// @ts-expect-error
call.emit('unknown');
const inPlace: Socket<ServerToClient, ClientToServer> = io<ServerToClient, ClientToServer>();

//: a typed socket of a typed manager
//! only carillon
const ofManager = new Manager<ServerToClient, ClientToServer>().socket('/');
ofManager.on('news', (headline) => headline.length);
// @ts-expect-error
ofManager.emit('news', 'x', 1);

//: an unknown event is refused with the names there are
//! carillon lists: news question connect connect_error disconnect
socket.on('unknown', () => {});
