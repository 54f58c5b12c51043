// What programs do with a typed client, and where the types of the client are known to catch people. Both packages must
// accept it, and refuse the marked lines.
import { io, Manager, type ManagerOptions, type Socket, type SocketOptions } from '../../../core/client/index.js';

// One contract, shared with the server: there it is `Server<ClientToServer, ServerToClient>`.
interface ServerToClient {
  news: (headline: string, at: number) => void;
  nothing: () => void;
  question: (text: string, ack: (answer: number) => void) => void;
  maybe: (ack?: (answer: string) => void) => void;
  many: (...names: string[]) => void;
  bytes: (data: ArrayBuffer) => void;
}
interface ClientToServer {
  chat: (text: string) => void;
  save: (id: number, ack: (isSaved: boolean, version: number) => void) => void;
  find: (query: { name: string }, ack: (found: string[] | null) => void) => void;
  ping: (ack: () => void) => void;
  message: (text: string) => void;
}
// An alias does as well as an interface.
type Alias = { tick: (count: number) => void };

// What it hears comes first, what it says second: the other way round than at the server.
const socket: Socket<ServerToClient, ClientToServer> = io('http://localhost', { autoConnect: false });
const aliased: Socket<Alias> = io();
const untyped = io('/admin', { auth: { token: 'x' } });
const swapped: Socket<ClientToServer, ServerToClient> = io();

socket.on('news', (headline, at) => [headline.toUpperCase(), at.toFixed()]);
socket.once('nothing', () => {});
socket.on('question', (text, ack) => ack(text.length));
socket.on('maybe', (ack) => ack?.('yes'));
socket.on('many', (...names) => names.map((name) => name.length));
socket.on('bytes', (data) => data.byteLength);
swapped.on('save', (id, ack) => ack(id > 0, 1));
// Fewer parameters than there are.
socket.on('news', (headline) => headline.length);
// An async listener.
socket.on('news', async (headline) => {
  await Promise.resolve(headline);
});
// @ts-expect-error the server sends no such event
socket.on('chat', () => {});
// @ts-expect-error the headline is a text
socket.on('news', (headline: number) => headline);

// Its own events need no place in the contract.
socket.on('connect', () => {
  const id: string | undefined = socket.id;
  return [id, socket.recovered, socket.connected, socket.disconnected];
});
socket.on('connect_error', (error) => error.message);
socket.on('disconnect', (reason, details) => [reason === 'io server disconnect', details]);
// @ts-expect-error a reserved event has its own parameters
socket.on('disconnect', (reason: number) => reason);

socket.emit('chat', 'hello');
socket.volatile.emit('chat', 'hello');
socket.compress(false).emit('chat', 'hello');
socket.emit('save', 1, (isSaved, version) => [isSaved === true, version.toFixed()]);
// With a timeout the callback gets the error first.
socket.timeout(1000).emit('save', 1, (error, isSaved) => [error?.message, isSaved]);
socket.send('hello').send('again');
// @ts-expect-error the text is missing
socket.emit('chat');
// @ts-expect-error clients send no news
socket.emit('news', 'headline', 1);
// @ts-expect-error the acknowledgement is missing
socket.emit('save', 1);

// Callbacks as variables, and listeners that go away again.
const onNews = (headline: string, at: number): void => void [headline, at];
socket.on('news', onNews).off('news', onNews).off('news').off();
socket.onAny((event: string, ...args: unknown[]) => [event, args]);
socket.prependAny((event: string) => event);
socket.onAnyOutgoing((event: string, ...args: unknown[]) => [event, args]);
socket.listenersAny().length;
socket.hasListeners('news');
const listeners = socket.listeners('news');
listeners[0]?.('headline', 1);

// Credentials: an object, or a function that gives one; both may be set later.
socket.auth = { token: 'a' };
socket.auth = (callback) => callback({ token: 'b' });
const options: Partial<ManagerOptions & SocketOptions> = { transports: ['websocket'], reconnectionDelayMax: 1000 };
const manager = new Manager('http://localhost', options);
manager
  .socket('/admin', { auth: { token: 'c' } })
  .connect()
  .open()
  .disconnect()
  .close();
socket.io.on('reconnect_attempt', (attempt) => attempt.toFixed());
socket.io.on('reconnect', (attempt) => attempt.toFixed());
socket.io.on('reconnect_error', (error) => error.message);
socket.io.on('reconnect_failed', () => {});
socket.io.on('ping', () => {});
socket.io.on('error', (error) => error.message);
socket.io.reconnection(false).reconnectionAttempts(3).timeout(1000);
const name: string = socket.io.engine.transport.name;

export async function answers(): Promise<void> {
  // The first argument of the acknowledgement is what one gets.
  const isSaved: boolean = await socket.emitWithAck('save', 1);
  const timely: boolean = await socket.timeout(100).emitWithAck('save', 1);
  const found: string[] | null = await socket.emitWithAck('find', { name: 'Ada' });
  await socket.emitWithAck('ping');
  // @ts-expect-error nobody acknowledges chat
  await socket.emitWithAck('chat', 'hello');
  void [isSaved, timely, found];
}

// Without types, anything goes.
untyped.on('anything', (a, b, ack) => ack(a + b));
untyped.emit('anything', 1, { two: 2 }, (answer: string) => answer.length);
export const anyAnswer = async (): Promise<number> => untyped.emitWithAck('anything', 1);

// A typed socket where any will do, and a function over all events of one.
export function close(any: Socket): void {
  any.disconnect();
}
close(untyped);
aliased.on('tick', (count) => count + 1);
aliased.emit('tick', 1);
void name;
