import type { Adapter } from '../../../core/adapters/adapter.js';
import type { Packet } from '../../../core/protocol/socketio/packet.js';
import type { BroadcastOptions, Room } from '../../../core/rooms/selection.js';
import { BroadcastOperator, RemoteSocket } from '../../../core/server/broadcast.js';
import { HookHub } from '../../../core/server/hooks.js';
import type { DefaultEventsMap } from '../../../core/server/types.js';

type Ack = (...args: unknown[]) => void;

/** An adapter that keeps what it was asked to do. */
class FakeAdapter {
  readonly hub = new HookHub();
  readonly sockets_ = new Map<string, { forgotten: number[]; forgetAck(id: number): void }>();
  readonly nsp = {
    name: '/',
    sockets: this.sockets_,
    hooks: this.hub.of('/'),
    server: { reportListenerError: (error: Error) => this.calls.push(['reported', error.message]) },
  };
  readonly calls: unknown[] = [];
  servers = 1;
  count: (clients: number, servers?: number) => void = () => {};
  answer: Ack = () => {};
  missing: (nodes: string[]) => void = () => {};

  broadcast(packet: Packet, { rooms, except, flags }: BroadcastOptions): void {
    this.calls.push([packet.data, [...rooms], [...except], flags]);
  }

  broadcastWithAck(
    packet: Packet,
    _options: BroadcastOptions,
    count: (clients: number, servers?: number) => void,
    answer: Ack,
    missing: (nodes: string[]) => void,
  ): void {
    packet.id = 7;
    Object.assign(this, { count, answer, missing });
  }

  async serverCount(): Promise<number> {
    return this.servers;
  }

  async fetchSockets(): Promise<object[]> {
    return [
      { id: 'here', server: {} },
      { id: 'there', handshake: {}, rooms: ['r'], data: { x: 1 } },
    ];
  }

  async sockets(rooms: Set<Room>): Promise<Set<string>> {
    return new Set([...rooms].map((room) => `in ${room}`));
  }

  addSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.calls.push(['join', [...options.rooms], rooms]);
  }

  delSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.calls.push(['leave', [...options.rooms], rooms]);
  }

  disconnectSockets(options: BroadcastOptions, close: boolean): void {
    this.calls.push(['disconnect', [...options.rooms], close]);
  }
}

function create() {
  const adapter = new FakeAdapter();
  const operator = new BroadcastOperator<DefaultEventsMap, unknown>(adapter as unknown as Adapter);
  return { adapter, operator };
}

test('each refinement is a new operator', () => {
  const { adapter, operator } = create();
  const admins = operator.to('admins');
  admins.to(['a', 'b']).except('x').volatile.compress(false).emit('one', 1);
  admins.local.emit('two');
  expect(adapter.calls).toEqual([
    [['one', 1], ['admins', 'a', 'b'], ['x'], { volatile: true, compress: false }],
    [['two'], ['admins'], [], { local: true }],
  ]);
});

test.each(['connect', 'carillon:x'])('%s is reserved', (event) => {
  const { adapter, operator } = create();
  expect(() => operator.emit(event)).toThrow(`"${event}" is a reserved event name`);
  expect(adapter.calls).toEqual([]);
});

test('extensions see an emit once, add to it, drop it; one that throws is reported', () => {
  const { adapter, operator } = create();
  adapter.hub.add('outgoing', '/other', () => false);
  adapter.hub.add('outgoing', '/', ({ data }) => {
    if (data[0] === 'broken') throw new Error('hook');
    data.push('added');
    return data[0] !== 'dropped';
  });
  for (const event of ['kept', 'dropped', 'broken']) operator.to('r').emit(event);
  expect(adapter.calls).toEqual([
    [['kept', 'added'], ['r'], [], {}],
    ['reported', 'hook'],
    [['broken'], ['r'], [], {}],
  ]);
});

test('an emit that an extension dropped fails as one that nobody answers', async () => {
  const { adapter, operator } = create();
  adapter.hub.add('outgoing', '/', () => false);
  await expect(operator.timeout(1).emitWithAck('x')).rejects.toMatchObject({ reason: 'timeout', responses: [] });
});

describe('acknowledgements', () => {
  const collect = async (servers = 1) => {
    const { adapter, operator } = create();
    adapter.servers = servers;
    const answers: unknown[][] = [];
    operator.timeout(60_000).emit('x', (...answer: unknown[]) => answers.push(answer));
    await adapter.serverCount();
    return { adapter, answers };
  };

  test('complete when all servers have counted, and all clients answered', async () => {
    const { adapter, answers } = await collect(2);
    adapter.count(1);
    adapter.answer('a');
    adapter.count(1);
    expect(answers).toEqual([]);
    adapter.answer('b');
    expect(answers).toEqual([[null, ['a', 'b']]]);
  });

  test('those of a server that died are not waited for, and it is named', async () => {
    const { adapter, answers } = await collect(2);
    adapter.count(1);
    adapter.count(1);
    adapter.answer('a');
    adapter.missing(['dead']);
    adapter.count(-1, 0);
    expect(answers).toEqual([[null, ['a']]]);
    expect(answers[0]![1]).toHaveProperty('missing', ['dead']);
  });

  test('without a timeout they fail in the next turn, and no socket waits any more', async () => {
    const { adapter, operator } = create();
    const socket = {
      forgotten: [] as number[],
      forgetAck(id: number) {
        this.forgotten.push(id);
      },
    };
    adapter.sockets_.set('s', socket);
    await expect(operator.emitWithAck('x')).rejects.toMatchObject({
      message: 'operation has timed out',
      responses: [],
    });
    expect(socket.forgotten).toEqual([7]);
  });

  test('a promise resolves with the answers', async () => {
    const { adapter, operator } = create();
    const answer = operator.timeout(60_000).emitWithAck('x');
    adapter.count(1);
    adapter.answer('a');
    expect(await answer).toEqual(['a']);
  });
});

test('sockets: those of this node as they are, others as values that reach them', async () => {
  const { adapter, operator } = create();
  const [here, there] = await operator.fetchSockets();
  expect(here).toEqual({ id: 'here', server: {} });
  expect(there).toBeInstanceOf(RemoteSocket);
  there!.join('a');
  there!.leave('b');
  there!.disconnect(true);
  there!.emit('x');
  expect(adapter.calls).toEqual([
    ['join', ['there'], ['a']],
    ['leave', ['there'], ['b']],
    ['disconnect', ['there'], true],
    [['x'], ['there'], [], { expectSingleResponse: true }],
  ]);
  expect(await operator.to('r').allSockets()).toEqual(new Set(['in r']));
});
