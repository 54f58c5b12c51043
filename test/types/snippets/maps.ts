// Maps of events: the ways people write them, and what they expect of `on` and `emit`.
import { type BroadcastOperator, type Namespace, type RemoteSocket, Server, type Socket } from 'socket.io';
import type { DefaultEventsMap } from 'socket.io';

interface ClientToServer {
  chat: (text: string) => void;
  save: (id: number, ack: (isSaved: boolean) => void) => void;
  maybe: (id: number, ack?: (answer: string) => void) => void;
  noop: () => void;
}
interface ServerToClient {
  news: (headline: string, at: number) => void;
  question: (text: string, ack: (answer: number) => void) => void;
  message: (text: string) => void;
  m: (x: string, cb?: (answer: string) => void) => void;
  binary: (data: Buffer) => void;
  optional: (a: string, b?: number) => void;
  rest: (...names: string[]) => void;
}
interface BetweenServers {
  ping: (at: number) => void;
  count: (room: string, ack: (count: number) => void) => void;
}
interface Data {
  name: string;
  age: number;
}
const io = new Server<ClientToServer, ServerToClient, BetweenServers, Data>();
declare const socket: Socket<ClientToServer, ServerToClient, BetweenServers, Data>;

//: listeners get the parameters of the map
io.on('connection', (s) => {
  s.on('chat', (text) => text.toUpperCase());
  s.on('save', (id, ack) => ack(id > 0));
  s.on('noop', () => {});
});

//: an event without a place in the map is refused
// @ts-expect-error
socket.on('unknown', () => {});
// @ts-expect-error
socket.emit('unknown');
// @ts-expect-error
io.emit('unknown');

//: too few and too many arguments are refused
// @ts-expect-error
socket.emit('news', 'a');
// @ts-expect-error
socket.emit('news', 'a', 1, 2);
// @ts-expect-error
io.to('a').emit('news', 'a', '1');

//: an optional acknowledgement, sent to one client
socket.emit('m', 'x');
socket.emit('m', 'x', (answer) => answer.length);

//: an optional acknowledgement, received
socket.on('maybe', (id, ack) => ack?.(String(id)));
socket.on('maybe', (id) => id.toFixed());

//: an optional acknowledgement, broadcast without one
io.emit('m', 'x');

//: an optional acknowledgement, broadcast to a room without one
io.to('room').emit('m', 'x');
socket.broadcast.emit('m', 'x');

//: an event with an acknowledgement cannot be broadcast without timeout
// @ts-expect-error
io.emit('question', 'how many?', () => {});

//: optional and rest parameters
socket.emit('optional', 'a');
socket.emit('optional', 'a', 1);
socket.emit('rest');
socket.emit('rest', 'a', 'b');
io.emit('rest', 'a', 'b');

//: fewer parameters in the listener
socket.on('save', () => {});
socket.on('chat', async () => {});

//: async listeners, and listeners that return something
socket.on('chat', async (text) => {
  await Promise.resolve(text);
});
socket.on('chat', (text) => text.length);

//: a union of names in a loop
for (const name of ['chat', 'noop'] as const) socket.on(name, () => {});

//: a type alias instead of an interface
type Events = { tick: (count: number) => void };
const aliased = new Server<Events>();
aliased.on('connection', (s) => {
  s.on('tick', (count) => s.emit('tick', count + 1));
});

//: one map for both directions
const both = new Server<ClientToServer>();
both.on('connection', (s) => {
  s.on('chat', (text) => s.emit('chat', text));
});

//: an empty map
const none = new Server<Record<string, never>, ServerToClient>();
none.emit('message', 'hello');

//: a map with an index signature
interface Open {
  [event: string]: (...args: any[]) => void;
}
const open = new Server<Open, Open>();
open.emit('whatever', 1, 2);
open.on('connection', (s) => {
  s.on('whatever', (a, b) => [a, b]);
});

//: DefaultEventsMap by name
const defaults = new Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, Data>();
defaults.on('connection', (s) => {
  const name: string = s.data.name;
  s.emit('anything', name);
});

//: `any` as maps
const anything = new Server<any, any, any, any>();
anything.on('connection', (s) => {
  s.on('x', (a: number) => a);
  s.emit('y', 1);
});
anything.emit('z', 1);

//: no maps at all
const untyped = new Server();
untyped.on('connection', (s) => {
  s.on('x', (a, b, ack) => ack(a + b));
  s.emit('y', 1, 'two', { three: 3 }, (answer: string) => answer);
});
untyped.emit('z', 1);
untyped.to('room').emit('z', Buffer.from([1]));

//: enum members as event names
enum Names {
  Hello = 'hello',
  Bye = 'bye',
}
interface Enumerated {
  [Names.Hello]: (name: string) => void;
  [Names.Bye]: () => void;
}
const enumerated = new Server<Enumerated, Enumerated>();
enumerated.on('connection', (s) => {
  s.on(Names.Hello, (name) => s.emit(Names.Bye));
  s.on('hello' as Names.Hello, () => {});
});

//: constants as event names
const EVENTS = { CHAT: 'chat', SAVE: 'save' } as const;
socket.on(EVENTS.CHAT, (text) => text.length);
socket.on(EVENTS.SAVE, (_id, ack) => ack(true));

//: a map made of others
type Both = ClientToServer & { extra: (n: number) => void };
const merged = new Server<Both, ServerToClient>();
merged.on('connection', (s) => {
  s.on('extra', (n) => n.toFixed());
  s.on('chat', (t) => t.length);
});

//: a map that extends another
interface More extends ServerToClient {
  extra: (n: number) => void;
}
const extended = new Server<ClientToServer, More>();
extended.emit('extra', 1);
extended.emit('message', 'hello');

//: a mapped type of payloads
type Payloads = { login: { user: string }; logout: undefined };
type Mapped = { [K in keyof Payloads]: (payload: Payloads[K]) => void };
const mapped = new Server<Mapped, Mapped>();
mapped.emit('login', { user: 'a' });
mapped.on('connection', (s) => {
  s.on('login', ({ user }) => user.length);
});

//: methods instead of properties in the map
interface Methods {
  chat(text: string): void;
  save(id: number, ack: (isSaved: boolean) => void): void;
}
const methods = new Server<Methods, Methods>();
methods.emit('chat', 'x');
methods.on('connection', (s) => {
  s.on('save', (_id, ack) => ack(true));
});

//: listeners with parameter types of their own
socket.on('chat', (text: string) => text.length);
const onChat = (text: string): void => void text;
socket.on('chat', onChat);
socket.off('chat', onChat);
socket.removeListener('chat', onChat);

//: listeners with wrong parameter types are refused
// @ts-expect-error
socket.on('chat', (text: number) => text);

//: the events of the library itself
socket.on('disconnect', (reason) => reason.length);
socket.on('disconnect', (reason, description) => [reason, description]);
socket.on('disconnecting', (reason) => reason === 'ping timeout');
socket.on('error', (error) => error.message);
socket.once('disconnect', () => {});

//: reserved events cannot be sent
// @ts-expect-error
socket.emit('disconnect');
// @ts-expect-error
io.emit('connection');

//: broadcasts: every chain ends in a typed emit
io.to('a').to('b').in('c').except('d').volatile.compress(false).local.emit('message', 'x');
socket.to(['a', 'b']).except(['c']).emit('message', 'x');
socket.in('a').emit('message', 'x');
socket.broadcast.to('a').emit('message', 'x');
socket.volatile.emit('message', 'x');
socket.local.emit('message', 'x');
socket.compress(true).emit('message', 'x');

//: an operator in a variable
let operator: BroadcastOperator<ServerToClient, Data> | undefined;
operator = undefined;
const target = io.to('a');
target.emit('message', 'x');

//: an operator that grows in a loop
let rooms = io.to('a');
for (const room of ['b', 'c']) rooms = rooms.to(room);
rooms.emit('message', 'x');

//: sockets by type, in a map of one's own
const users = new Map<string, Socket<ClientToServer, ServerToClient, BetweenServers, Data>>();
io.on('connection', (s) => {
  users.set(s.id, s);
});
users.get('x')?.emit('message', 'hello');

//: remote sockets
async function remotes() {
  const sockets = await io.fetchSockets();
  for (const s of sockets) {
    s.emit('message', 'x');
    s.join('a');
    s.leave('b');
    s.disconnect(true);
    const n: string = s.data.name;
    const r: Set<string> = s.rooms;
    const h = s.handshake.address;
  }
  const typed: RemoteSocket<ServerToClient, Data>[] = sockets;
  const found = (await io.in('room').fetchSockets()).map((s) => s.data.name);
  const first = (await io.of('/x').fetchSockets())[0];
}

//: events between servers
io.serverSideEmit('ping', 1);
io.on('ping', (at) => at.toFixed());
io.on('count', (room, ack) => ack(room.length));
io.serverSideEmit('count', 'room', (error, counts) => counts.length);

//: events between servers, awaited
async function awaited() {
  const counts: number[] = await io.serverSideEmitWithAck('count', 'room');
}

//: events between servers that are not in the map are refused
// @ts-expect-error
io.serverSideEmit('pong');
// @ts-expect-error
io.serverSideEmit('ping', 'now');

//: send and write check the message event
socket.send('hello');
io.send('hello');
io.write('hello');
// @ts-expect-error
socket.send(1);
// @ts-expect-error
io.send(1, 2);

//: symbols as names of listeners are no obstacle
const s = Symbol('x');
interface Symbols {
  [s]: (n: number) => void;
}
declare const symbolic: Socket<Symbols, Symbols>;
symbolic.on(s, (n) => n.toFixed());

//: noUncheckedIndexedAccess leaves listeners as they are
const [first] = socket.listeners('chat');
first?.('x');

//: parameters of an event, taken from the map
type Args = Parameters<ServerToClient['news']>;
const args: Args = ['a', 1];
socket.emit('news', ...args);
io.emit('news', ...args);

//: the listener of an event, taken from the map
const listener: ClientToServer['chat'] = (text) => text.length;
socket.on('chat', listener);

//: a misspelt event of the server is refused
//! carillon refuses: Did you mean 'connection'?
const untypedServer = new Server();
untypedServer.on('conection', (s) => s);

//: a misspelt event of a server without events between servers is refused
//! carillon refuses: Did you mean 'connection'?
const typedServer = new Server<ClientToServer, ServerToClient>();
typedServer.on('conection', (s) => s);

//: a misspelt event of a typed server is refused with the names there are
//! carillon lists: connect connection new_namespace ping count
io.on('conection', () => {});

//: an unknown event of a socket is refused with the names there are
//! carillon lists: chat save maybe noop disconnect disconnecting error
socket.on('unknown', () => {});

//: events between servers need no map
const between = new Server<ClientToServer, ServerToClient>();
between.on('refresh', (id: string) => id);
between.on('connect-user', (id) => id);
between.serverSideEmit('refresh', 'x');
