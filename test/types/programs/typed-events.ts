// A program with all four type parameters. Both packages must accept it, and refuse the marked lines.
import { type Namespace, type RemoteSocket, Server, type Socket } from '../../../core/index.js';

interface ClientToServer {
  chat: (text: string) => void;
  save: (id: number, ack: (isSaved: boolean) => void) => void;
  maybe: (id: number, ack?: (answer: string) => void) => void;
}
interface ServerToClient {
  news: (headline: string, at: number) => void;
  question: (text: string, ack: (answer: number) => void) => void;
  message: (text: string) => void;
}
interface BetweenServers {
  ping: () => void;
  count: (room: string, ack: (count: number) => void) => void;
}
interface Data {
  user: { name: string };
}

const io = new Server<ClientToServer, ServerToClient, BetweenServers, Data>();
const admin: Namespace<ClientToServer, ServerToClient, BetweenServers, Data> = io.of('/admin');

export function takesAnySocket(socket: Socket): string {
  return socket.id;
}
export function takesAnyServer(server: Server): void {
  server.emit('anything', 1, 'goes');
}

io.on('connection', (socket) => {
  const id: string = takesAnySocket(socket);
  socket.data.user = { name: id };
  socket.on('chat', (text) => text.toUpperCase());
  socket.once('save', (saved, ack) => ack(saved > 0));
  socket.on('maybe', (_id, ack) => ack?.('yes'));
  socket.on('disconnect', (reason, description) => [reason.length, description]);
  socket.on('disconnecting', (reason) => reason.length);
  socket.on('error', (error) => error.message);
  socket.emit('news', 'headline', 1);
  socket.emit('question', 'how many?', (answer) => answer.toFixed());
  socket.timeout(1000).emit('question', 'how many?', (error, answer) => [error?.message, answer.toFixed()]);
  socket.to('room').except('muted').volatile.emit('news', 'headline', 1);
  socket.broadcast.emit('message', 'hello');
  socket.send('hello').write('hello');
  socket.use(([event, ...args], next) => (event === 'chat' && args.length === 1 ? next() : next(new Error('no'))));
  socket.onAny((event, ...args) => [event, args]);
  socket.join(['a', 'b']);
  // @ts-expect-error chat takes a text
  socket.on('chat', (text: number) => text);
  // @ts-expect-error clients send no such event
  socket.on('unknown', () => {});
  // @ts-expect-error the second argument is missing
  socket.emit('news', 'headline');
  // @ts-expect-error clients do not know this event
  socket.emit('chat', 'text');
  // @ts-expect-error the answer is a number
  socket.emit('question', 'how many?', (answer: string) => answer);
  // @ts-expect-error broadcasts with the wrong types
  socket.broadcast.emit('message', 1);
});

takesAnyServer(io);

io.use((socket, next) => {
  socket.data.user = { name: socket.handshake.auth.name };
  next(socket.recovered ? undefined : new Error('no'));
});
admin.use((socket, next) => next(socket.connected ? undefined : new Error('no')));
admin.on('connect', (socket) => socket.emit('message', 'welcome'));

io.emit('news', 'headline', 1);
io.to(['a', 'b']).emit('message', 'hello');
io.local.compress(false).emit('news', 'headline', 1);
// @ts-expect-error nobody receives this
io.emit('chat', 'text');
// @ts-expect-error the time is a number
io.to('a').emit('news', 'headline', 'now');
// @ts-expect-error an acknowledgement of everybody needs a timeout and an operator
io.emit('question', 'how many?', () => {});

io.timeout(1000).emit('question', 'how many?', (error, answers) => {
  const all: number[] = answers;
  return [error?.message, all];
});
io.to('room')
  .timeout(1000)
  .emit('question', 'how many?', (error, answers) => [error?.name, answers.map((answer) => answer.toFixed())]);

io.on('ping', () => {});
io.on('count', (room, ack) => ack(room.length));
io.serverSideEmit('ping');
io.serverSideEmit('count', 'room', (error, counts) => [error?.message, counts.map((count) => count.toFixed())]);
// @ts-expect-error the room is missing
io.serverSideEmit('count', 1);
// @ts-expect-error other servers know no such event
io.serverSideEmit('chat', 'text');

export async function promises(): Promise<void> {
  const remotes: RemoteSocket<ServerToClient, Data>[] = await io.fetchSockets();
  for (const remote of remotes) {
    const name: string = remote.data.user.name;
    remote.emit('news', name, 1);
    remote.join('a');
    remote.leave('a');
    remote.disconnect(true);
    // @ts-expect-error the time is a number
    remote.emit('news', name, 'now');
  }
  const all = await io.in('room').fetchSockets();
  all[0]?.emit('message', 'hello');
  for (const socket of io.sockets.sockets.values()) {
    const answer: number = await socket.emitWithAck('question', 'how many?');
    const timely: number = await socket.timeout(10).emitWithAck('question', 'how many?');
    // @ts-expect-error no text
    const wrong: string = await socket.emitWithAck('question', 'how many?');
    // @ts-expect-error nobody answers news
    await socket.emitWithAck('news', 'headline', 1);
    void [answer, timely, wrong];
  }
  const answers: number[] = await io.timeout(10).emitWithAck('question', 'how many?');
  const counts: number[] = await io.serverSideEmitWithAck('count', 'room');
  void [answers, counts];
}
