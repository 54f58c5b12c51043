// A program without types of its own: any event, any arguments, any acknowledgement.
import { createServer } from 'node:http';
import createIo, {
  type BroadcastOperator,
  type Namespace,
  Server,
  type ServerOptions,
  type Socket,
} from '../../../core/index.js';

const options: Partial<ServerOptions> = {
  path: '/chat',
  transports: ['websocket'],
  cors: { origin: ['https://example.com', /\.example\.org$/], credentials: true },
  cookie: { name: 'io', sameSite: 'strict' },
  connectionStateRecovery: { maxDisconnectionDuration: 1000, skipMiddlewares: false },
  perMessageDeflate: { threshold: 100 },
  allowRequest: (request, callback) => callback(null, request.headers.origin === undefined),
};
const io = new Server(createServer(), options);
new Server(options);
new Server(3000, { serveClient: false });
new Server();
// @ts-expect-error a path is a text
new Server({ path: 1 });
// @ts-expect-error there is no such transport
new Server({ transports: ['pigeon'] });

export function onConnection(socket: Socket): void {
  socket.on('anything', (a, b: number, callback: (answer: string) => void) => callback(`${a}${b}`));
  socket.on('async', async () => {});
  socket.emit('anything', 1, Buffer.alloc(1), { deep: [] });
  socket.emit('answer me', (answer: string) => answer.length);
  socket.timeout(10).emit('answer me', (error: Error | null, answer: string) => [error, answer]);
  socket.data.whatever = 1;
  const { query, headers, auth, issued } = socket.handshake;
  const first: string | string[] | undefined = query.first;
  void [first, headers.cookie, auth.token, issued.toFixed()];
  const rooms: Set<string> = socket.rooms;
  const namespace: Namespace = socket.nsp;
  void [rooms, namespace, socket.request.url, socket.conn.transport.name, socket.client.conn.transport];
  socket.conn.on('upgrade', (transport) => transport.name);
  socket.conn.once('close', (reason) => reason);
  socket.disconnect().disconnect(true);
}

io.on('connection', onConnection);
io.of('/chat', onConnection).on('connection', onConnection);
io.of(/^\/dynamic-\d+$/).on('connection', onConnection);
io.of((name, auth, next) => next(null, name.length > 1 && auth.token === 'x'));
io.on('new_namespace', (namespace) => namespace.name);
io.engine.on('connection_error', (error: { code: number; message: string; context: unknown }) => error.code);
io.engine.on('headers', (headers: Record<string, string>) => {
  headers.a = 'b';
});
io.engine.use((_request: unknown, _response: unknown, next: () => void) => next());
io.engine.generateId = () => 'id';

const operator: BroadcastOperator<any, any> = io.to('room');
operator.emit('anything', 1);
io.sockets.adapter.rooms.get('room')?.has('id');
io.of('/').adapter.on('join-room', (room: string, id: string) => [room, id]);
io.path('/x').serveClient(false).connectTimeout(5).attach(3000).listen(3001);
const path: string = io.path();
const isServed: boolean = io.serveClient();

export async function promises(): Promise<void> {
  const answer: string = await io.timeout(1).emitWithAck('anything');
  const sockets = await io.of('/').in('room').fetchSockets();
  io.socketsJoin('a');
  io.in('a').socketsLeave(['b', 'c']);
  io.disconnectSockets(true);
  io.serverSideEmit('anything', 1, (error: Error | null, answers: unknown[]) => [error, answers]);
  await io.close((error) => error?.message);
  void [answer, sockets[0]?.id, path, isServed, createIo];
}
