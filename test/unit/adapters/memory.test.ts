import { MemoryAdapter } from '../../../core/adapters/memory.js';
import { connect, event, everybody, TestNamespace } from '../../support/adapter.js';

function setup(name = '/') {
  const namespace = new TestNamespace(name);
  const adapter = new MemoryAdapter(namespace);
  const socket = (id: string, ...rooms: string[]) => connect(namespace, adapter, id, rooms);
  return { namespace, adapter, socket };
}

test('a broadcast is encoded once, and everybody gets the same message', () => {
  const { adapter, socket } = setup('/chat');
  const sockets = [socket('a'), socket('b'), socket('c')];
  adapter.broadcast(event('hello', 1), everybody);
  expect(sockets.map(({ texts }) => texts)).toEqual(new Array(3).fill(['42/chat,["hello",1]']));
  expect(new Set(sockets.map(({ delivered }) => delivered[0]!.message)).size).toBe(1);
});

test('to rooms, but not to those excepted, each once', () => {
  const { adapter, socket } = setup();
  const [a, b, c] = [socket('a', 'x', 'y'), socket('b', 'y'), socket('c', 'x', 'muted')];
  adapter.broadcast(event('hello'), everybody.to(['x', 'y']).without('muted'));
  expect([a, b, c].map(({ texts }) => texts.length)).toEqual([1, 1, 0]);
});

test('flags reach the message', () => {
  const { adapter, socket } = setup();
  const { delivered } = socket('a');
  adapter.broadcast(event('a'), everybody);
  adapter.broadcast(event('b'), everybody.with({ volatile: true, compress: false }));
  expect(delivered.map(({ message, isVolatile }) => [message.compress, isVolatile])).toEqual([
    [true, false],
    [false, true],
  ]);
});

test('catch-all listeners hear what goes out; one that broadcasts itself disturbs nobody', () => {
  const { adapter, socket } = setup();
  const [a, b, muted] = [socket('a', 'x'), socket('b', 'x', 'y'), socket('c', 'x', 'muted')];
  a.onOutgoing = () => {
    a.onOutgoing = undefined;
    adapter.broadcast(event('nested'), everybody.to('y'));
  };
  adapter.broadcast(event('outer'), everybody.to(['x', 'y']).without('muted'));
  expect(a.outgoing).toEqual([['outer']]);
  expect([...b.texts].sort()).toEqual(['42["nested"]', '42["outer"]']);
  expect(muted.texts).toEqual([]);
});

test('with acknowledgements: an id of the namespace, the number of receivers, their answers', () => {
  const { namespace, adapter, socket } = setup();
  namespace._ids = 5;
  const [a, b] = [socket('a', 'x'), socket('b', 'x')];
  socket('c');
  const heard: unknown[] = [];
  const packet = event('question');
  adapter.broadcastWithAck(
    packet,
    everybody.to('x'),
    (count) => heard.push(`count ${count}`),
    (answer) => heard.push(answer),
  );
  expect(packet.id).toBe(5);
  expect(namespace._ids).toBe(6);
  expect(a.texts).toEqual(['425["question"]']);
  b.waiting.get(5)!('from b');
  a.waiting.get(5)!('from a');
  expect(heard).toEqual(['count 2', 'from b', 'from a']);
});

test('with acknowledgements, of nobody', () => {
  const { adapter } = setup();
  const counts: number[] = [];
  adapter.broadcastWithAck(
    event('question'),
    everybody.to('x'),
    (count) => counts.push(count),
    () => {},
  );
  expect(counts).toEqual([0]);
});

test('what cannot be encoded throws at the call and reaches nobody', () => {
  const { adapter, socket } = setup();
  const a = socket('a');
  expect(() => adapter.broadcast(event('a', 1n), everybody)).toThrow(TypeError);
  expect(a.texts).toEqual([]);
});

test('rooms and sids show who is where; events tell of changes', () => {
  const { adapter, socket } = setup();
  const heard: string[] = [];
  for (const name of ['create-room', 'join-room', 'leave-room', 'delete-room'] as const) {
    adapter.on(name, (...args: string[]) => heard.push([name, ...args].join(' ')));
  }
  socket('a', 'x');
  expect([...adapter.rooms.keys()]).toEqual(['a', 'x']);
  expect([...adapter.sids.get('a')!]).toEqual(['a', 'x']);
  expect(adapter.socketRooms('a')).toBe(adapter.sids.get('a'));
  adapter.del('a', 'x');
  adapter.delAll('a');
  expect(heard).toEqual([
    'create-room a',
    'join-room a a',
    'create-room x',
    'join-room x a',
    'leave-room x a',
    'delete-room x',
    'leave-room a a',
    'delete-room a',
  ]);
  expect(adapter.socketRooms('a')).toBeUndefined();
});

test('sockets and fetchSockets find those in rooms', async () => {
  const { adapter, socket } = setup();
  const [a, b] = [socket('a', 'x'), socket('b', 'y')];
  socket('c');
  expect(await adapter.sockets(new Set(['x', 'y']))).toEqual(new Set(['a', 'b']));
  expect((await adapter.sockets(new Set())).size).toBe(3);
  expect(await adapter.fetchSockets(everybody.to(['x', 'y']))).toEqual([a, b]);
  expect(await adapter.fetchSockets(everybody.without(['x', 'y', 'c']))).toEqual([]);
  expect(await adapter.serverCount()).toBe(1);
});

test('joining, leaving and disconnecting many, by the rooms they change', () => {
  const { adapter, socket } = setup();
  const sockets = [socket('a', 'x'), socket('b', 'x'), socket('c', 'x')];
  adapter.addSockets(everybody.to('x'), ['x2', 'x3']);
  expect([...adapter.rooms.get('x2')!]).toEqual(['a', 'b', 'c']);
  adapter.delSockets(everybody.to('x'), ['x', 'x3']);
  expect(adapter.rooms.has('x')).toBe(false);
  expect(adapter.rooms.has('x3')).toBe(false);
  adapter.disconnectSockets(everybody.to('x2'), true);
  expect(sockets.map(({ calls }) => calls)).toEqual(new Array(3).fill([['disconnect', true]]));
});

test('there is no other server to tell', () => {
  const { adapter } = setup();
  const heard: unknown[][] = [];
  adapter.serverSideEmit(['a', (...args: unknown[]) => heard.push(args)]);
  adapter.serverSideEmit(['a']);
  expect(heard).toEqual([[null, []]]);
});

test('no session is kept', () => {
  const { adapter } = setup();
  adapter.persistSession({ sid: 'a', pid: 'p', rooms: [], data: {} });
  expect(adapter.restoreSession('p', undefined)).toBeNull();
});
