import msgpack from 'socket.io-msgpack-parser';
import { NativeAdapter } from '../../../../core/adapters/native/adapter.js';
import type { ClusterOptions } from '../../../../core/adapters/native/options.js';
import { FrameWriter } from '../../../../core/cluster/wire/messages.js';
import { Selection } from '../../../../core/rooms/selection.js';
import { connect, event, everybody, TestNamespace, type TestSocket } from '../../../support/adapter.js';
import { TestCluster, type TestNode } from '../../../support/cluster.js';

interface Member extends TestNode {
  readonly adapter: NativeAdapter;
  readonly namespace: TestNamespace;
  /** Events of the adapter: name and arguments. */
  readonly told: unknown[][];
  socket(id: string, ...rooms: string[]): TestSocket;
}

/** A node with a namespace that is ready. */
async function member(
  cluster: TestCluster,
  name = '/',
  options: ClusterOptions = {},
  parser?: typeof msgpack,
): Promise<Member> {
  const made = cluster.make();
  const namespace = new TestNamespace(name);
  if (parser !== undefined) Object.assign(namespace.server, { encoder: new parser.Encoder(), _parser: parser });
  const adapter = new NativeAdapter(namespace, made.node, options);
  const told: unknown[][] = [];
  for (const what of ['error', 'resubscribed', 'missing-nodes'] as const) {
    adapter.on(what, (...args: unknown[]) => told.push([what, ...args]));
  }
  await cluster.during(adapter.init());
  return { ...made, namespace, adapter, told, socket: (id, ...rooms) => connect(namespace, adapter, id, rooms) };
}

async function clusterOf(count: number, name = '/', options: ClusterOptions = {}) {
  const cluster = new TestCluster();
  const members: Member[] = [];
  for (let i = 0; i < count; i++) members.push(await member(cluster, name, options));
  return { cluster, members, a: members[0]!, b: members[1]!, c: members[2]! };
}

describe('broadcasts', () => {
  test('reach clients here in the call, and those of other nodes by the end of the turn, with the same text', async () => {
    const { cluster, a, b } = await clusterOf(2, '/chat');
    const [here, there] = [a.socket('here'), b.socket('there')];
    a.adapter.broadcast(event('hello', 'é'), everybody);
    expect(here.texts).toEqual(['42/chat,["hello","é"]']);
    expect(there.texts).toEqual([]);
    await cluster.settle();
    expect(there.texts).toEqual(['42/chat,["hello","é"]']);
  });

  test('all of a turn to one room are one publish, and a node without a member hears nothing of it', async () => {
    const { cluster, a, b, c } = await clusterOf(3);
    const there = b.socket('there', 'room');
    c.socket('elsewhere', 'other');
    await cluster.settle();
    const before = a.bus.published;
    const heard: string[] = [];
    const { deliver } = cluster.network;
    cluster.network.deliver = (channel, message) => {
      heard.push(`${channel} ${cluster.network.count(channel)}`);
      deliver.call(cluster.network, channel, message);
    };
    for (let i = 0; i < 50; i++) a.adapter.broadcast(event('x', i), everybody.to('room'));
    await cluster.settle();
    expect(a.bus.published - before).toBe(1);
    expect(heard).toEqual(['/#room# 1']);
    expect(there.texts).toHaveLength(50);
  });

  test('a room is listened to from its first member to its last', async () => {
    const { cluster, b } = await clusterOf(2);
    const listeners = () => cluster.network.count('/#room#');
    b.socket('x', 'room');
    b.socket('y', 'room');
    await cluster.settle();
    expect(listeners()).toBe(1);
    b.adapter.del('x', 'room');
    expect(listeners()).toBe(1);
    b.adapter.delAll('y');
    expect(listeners()).toBe(0);
  });

  test('joining gives a promise while others are not heard yet, and nothing when they are', async () => {
    const { cluster, a, b } = await clusterOf(2);
    const there = b.socket('there');
    await cluster.settle();
    let isHeard = false;
    const joined = (there.join(['room', 'other']) as Promise<void>).then(() => {
      isHeard = true;
      a.adapter.broadcast(event('hello'), everybody.to('room'));
    });
    expect(isHeard).toBe(false);
    await cluster.during(joined);
    await cluster.settle();
    expect(there.texts).toEqual(['42["hello"]']);
    expect(b.socket('second').join('room')).toBeUndefined();
  });

  test('rooms of sockets have no channel where that is not wanted', async () => {
    const id = 'abcdefghij0123456-_-';
    for (const subscribeToSocketIds of [true, false]) {
      const { cluster, a, b } = await clusterOf(2, '/', { subscribeToSocketIds });
      const there = b.socket(id);
      await cluster.settle();
      expect(cluster.network.count(`/#${id}#`)).toBe(subscribeToSocketIds ? 1 : 0);
      a.adapter.broadcast(event('hello'), everybody.to(id));
      await cluster.settle();
      expect(there.texts).toEqual(['42["hello"]']);
    }
  });

  test('catch-all listeners of other nodes get the event decoded', async () => {
    const { cluster, a, b } = await clusterOf(2);
    const there = b.socket('there');
    a.adapter.broadcast(event('hello', { n: 1 }, Buffer.from([7])), everybody);
    await cluster.settle();
    expect(there.outgoing).toEqual([['hello', { n: 1 }, Buffer.from([7])]]);
  });

  test('with a custom parser', async () => {
    const cluster = new TestCluster();
    const [a, b] = [await member(cluster, '/', {}, msgpack), await member(cluster, '/', {}, msgpack)];
    const [here, there] = [a.socket('here'), b.socket('there')];
    a.adapter.broadcast(event('hello', Buffer.from([7])), everybody);
    await cluster.settle();
    expect(there.delivered[0]?.message.parts).toEqual(here.delivered[0]?.message.parts);
    expect(there.delivered[0]?.message.parts).toEqual([expect.any(Buffer)]);
    expect(there.outgoing).toEqual([['hello', Buffer.from([7])]]);
  });

  test('what cannot be encoded throws at the call and reaches nobody', async () => {
    const { cluster, a, b } = await clusterOf(2);
    const there = b.socket('there');
    expect(() => a.adapter.broadcast(event('a', 1n), everybody)).toThrow(TypeError);
    await cluster.settle();
    expect(there.texts).toEqual([]);
  });
});

describe('sockets of other nodes', () => {
  test('are made to join and leave, and what follows reaches them where they are', async () => {
    const { cluster, a, b } = await clusterOf(2);
    const there = b.socket('there', 'x');
    await cluster.settle();
    a.adapter.addSockets(everybody.to('x'), ['room']);
    a.adapter.broadcast(event('1'), everybody.to('room'));
    a.adapter.delSockets(everybody.to('x'), ['room']);
    a.adapter.broadcast(event('2'), everybody.to('room'));
    await cluster.settle();
    expect(there.texts).toEqual(['42["1"]']);
    expect([...there.rooms]).toEqual(['there', 'x']);
  });

  test('a room that was filled from here goes over its own channel once everybody alive must listen to it', async () => {
    const { cluster, a, b } = await clusterOf(2);
    const there = b.socket('there', 'x');
    await cluster.settle();
    a.adapter.addSockets(everybody.to('x'), ['room']);
    await cluster.advance(10_000);
    const channels: string[] = [];
    const { publish } = a.bus;
    a.bus.publish = (channel, message) => {
      channels.push(channel);
      publish.call(a.bus, channel, message);
    };
    a.adapter.broadcast(event('1'), everybody.to('room'));
    await cluster.settle();
    expect(channels).toEqual(['/#room#']);
    expect(there.texts).toEqual(['42["1"]']);
  });

  test('are disconnected', async () => {
    const { cluster, a, b } = await clusterOf(2);
    const [x, y] = [b.socket('x', 'room'), b.socket('y')];
    a.adapter.disconnectSockets(everybody.to('room'), true);
    await cluster.settle();
    expect([x, y].map(({ calls }) => calls)).toEqual([[['disconnect', true]], []]);
  });

  test('stay as they are when only this node is meant', async () => {
    const { cluster, a, b } = await clusterOf(2);
    const there = b.socket('there');
    const local = everybody.with({ local: true });
    a.adapter.addSockets(local, ['room']);
    a.adapter.delSockets(local, ['there']);
    a.adapter.disconnectSockets(local, true);
    a.adapter.broadcast(event('hello'), local);
    await cluster.settle();
    expect([there.texts, there.calls, [...there.rooms]]).toEqual([[], [], ['there']]);
    expect(await cluster.during(a.adapter.fetchSockets(local))).toEqual([]);
  });

  test('are described', async () => {
    const { cluster, a, b, c } = await clusterOf(3);
    const here = a.socket('a', 'room');
    b.socket('b', 'room').data = { since: new Date(5), bytes: Buffer.from([1]) };
    c.socket('c');
    const found = await cluster.during(a.adapter.fetchSockets(everybody.to('room')));
    expect(found).toEqual([
      here,
      {
        id: 'b',
        handshake: { headers: {} },
        rooms: ['b', 'room'],
        data: { since: new Date(5), bytes: Buffer.from([1]) },
      },
    ]);
    expect('missing' in found).toBe(false);
    expect(await cluster.during(a.adapter.sockets(new Set()))).toEqual(new Set(['a', 'b', 'c']));
    expect(await a.adapter.serverCount()).toBe(3);
  });
});

describe('with acknowledgements', () => {
  /** Asks everybody in `room`; what came of it, as text. */
  function ask({ adapter }: Member, timeout = 1000, flags = {}): string[] {
    const heard: string[] = [];
    adapter.broadcastWithAck(
      event('question', 1),
      everybody.to('room').with({ timeout, ...flags }),
      (count, servers = 1) => heard.push(`${count} of ${servers}`),
      (answer) => heard.push(JSON.stringify(answer)),
      (nodes) => heard.push(`missing ${nodes.length}`),
    );
    return heard;
  }
  const answer = (socket: TestSocket, value: unknown) => {
    const [[id, ack]] = [...socket.waiting] as [[number, (answer: unknown) => void]];
    expect(socket.texts.at(-1)).toBe(`42${id}["question",1]`);
    socket.waiting.delete(id);
    ack(value);
  };

  test('every node says how many it asked, and every client answers under an id of its own node', async () => {
    const { cluster, a, b, c } = await clusterOf(3);
    b.namespace._ids = 40;
    const [x, y] = [a.socket('x', 'room'), b.socket('y', 'room')];
    const heard = ask(a);
    await cluster.settle();
    expect(heard).toEqual(['1 of 1', '1 of 1', '0 of 1']);
    answer(y, { from: 'y' });
    answer(x, 'x');
    await cluster.settle();
    expect(heard.slice(3)).toEqual(['"x"', '{"from":"y"}']);
    await cluster.advance(2000);
    expect(heard).toHaveLength(5);
    expect(c.told).toEqual([]);
  });

  test('nodes without this namespace have no clients', async () => {
    const { cluster, a } = await clusterOf(1);
    await cluster.join();
    const heard = ask(a);
    await cluster.settle();
    expect(heard).toEqual(['0 of 1', '0 of 1']);
  });

  test('only here, the others have none', async () => {
    const { cluster, a, b } = await clusterOf(2);
    const y = b.socket('y', 'room');
    const heard = ask(a, 1000, { local: true });
    await cluster.settle();
    expect(heard).toEqual(['0 of 1', '0 of 1']);
    expect(y.texts).toEqual([]);
  });

  test('clients that do not answer in time are forgotten, on their node too', async () => {
    const { cluster, a, b } = await clusterOf(2);
    const y = b.socket('y', 'room');
    const heard = ask(a);
    await cluster.settle();
    expect(y.waiting.size).toBe(1);
    await cluster.advance(1000);
    expect(y.waiting.size).toBe(0);
    expect(heard).toEqual(['0 of 1', '1 of 1']);
  });

  test('a node that dies takes its unanswered clients with it, and is named', async () => {
    const { cluster, a, b } = await clusterOf(2);
    const [y, z] = [b.socket('y', 'room'), b.socket('z', 'room')];
    const heard = ask(a, 60_000);
    await cluster.settle();
    answer(y, 'y');
    await cluster.settle();
    b.bus.cut();
    expect(z.waiting.size).toBe(1);
    await cluster.advance(11_000);
    expect(heard).toEqual(['0 of 1', '2 of 1', '"y"', 'missing 1', '-1 of 0']);
    expect(a.told).toEqual([['missing-nodes', [b.node.id], 'acks']]);
  });

  test('a node that says nothing counts as one without clients, and is named', async () => {
    const { cluster, a, b } = await clusterOf(2);
    b.bus.cut();
    const heard = ask(a);
    await cluster.advance(1000);
    expect(heard).toEqual(['0 of 1', 'missing 1', '0 of 1']);
  });

  test('an answer of a client that was not asked is rejected', async () => {
    const { cluster, a, b } = await clusterOf(2);
    b.adapter.close();
    await cluster.settle();
    const rogue = await cluster.join();
    rogue.node.handle('acks /', (_payload, _from, part) => {
      part(Buffer.from([0, 0, 0, 1]));
      part(Buffer.from([0xa1, 0x78]));
      part(Buffer.from([0xa1, 0x79]));
      return Buffer.alloc(0);
    });
    const heard = ask(a);
    await cluster.settle();
    expect(heard).toEqual(['0 of 1', '1 of 1', '"x"']);
    expect(a.node.rejected).toBe(1);
  });
});

describe('events between servers', () => {
  test('reach the others, not this one', async () => {
    const { cluster, members, a } = await clusterOf(3, '/chat');
    a.adapter.serverSideEmit(['hello', { n: 1 }, Buffer.from([1])]);
    await cluster.settle();
    const heard = ['hello', { n: 1 }, Buffer.from([1])];
    expect(members.map(({ namespace }) => namespace.serverSideEvents)).toEqual([[], [heard], [heard]]);
  });

  test('are answered', async () => {
    const { cluster, a } = await clusterOf(3, '/chat');
    const heard: unknown[][] = [];
    a.adapter.serverSideEmit(['hello', 1, (...args: unknown[]) => heard.push(args)]);
    await cluster.settle();
    expect(heard).toEqual([[null, ['/chat heard 1', '/chat heard 1']]]);
  });

  test('whoever does not answer is named', async () => {
    const { cluster, a, b } = await clusterOf(3);
    b.namespace._onServerSideEmit = () => {};
    const heard: { responses: unknown[]; missing: string[] }[] = [];
    a.adapter.serverSideEmit([
      'hello',
      1,
      (_error: null, responses: unknown[] & { missing: string[] }) =>
        heard.push({ responses: [...responses], missing: responses.missing }),
    ]);
    await cluster.advance(5000);
    expect(heard).toEqual([{ responses: ['/ heard 1'], missing: [b.node.id] }]);
    expect(a.told).toEqual([['missing-nodes', [b.node.id], 'emit']]);
  });

  test('a callback that throws is reported', async () => {
    const { cluster, a } = await clusterOf(1);
    a.adapter.serverSideEmit([
      'hello',
      () => {
        throw new Error('the callback failed');
      },
    ]);
    await cluster.settle();
    expect(a.told).toEqual([['error', expect.objectContaining({ code: 'CARILLON_CLUSTER_FAILURE' })]]);
  });
});

describe('what no node sends is rejected, and nothing of it is done', () => {
  const forge = (write: (writer: FrameWriter) => void): Buffer => {
    const writer = new FrameWriter('forger-_-_-_-_-_-_-_');
    write(writer);
    return writer.finish(1);
  };
  const forged = (...parts: (string | Buffer)[]): Buffer =>
    forge((writer) => {
      writer.broadcast(['42/chat,["first"]'], everybody);
      writer.broadcast(parts, everybody);
    });

  test.each<[string, Buffer]>([
    ['garbage', Buffer.from('garbage')],
    ['a disconnection', forged('41/chat,')],
    ['a connection', forged('40/chat,{"sid":"x"}')],
    ['an event with an acknowledgement id', forged('42/chat,1["x"]')],
    ['an event of another namespace', forged('42["x"]')],
    ['an event that misses an attachment', forged('451-/chat,["x",{"_placeholder":true,"num":0}]')],
    ['attachments nobody announced', forged('42/chat,["x"]', Buffer.alloc(1))],
    ['a text in place of an attachment', forged('451-/chat,["x",{"_placeholder":true,"num":0}]', '42/chat,["x"]')],
    ['more attachments than anybody can count', forged('4599999-/chat,["x"]')],
    ['an event without a name of its length', forged('45-/chat,["x"]')],
    ['bytes', forged(Buffer.from('42["x"]'))],
    ['an answer', forge((writer) => writer.answer(1, 0, Buffer.alloc(0)))],
    ['an event of a server that is no event', forge((writer) => writer.serverSideEmit(Buffer.from([0x93, 1, 2, 3])))],
    ['an event of a server that is garbage', forge((writer) => writer.serverSideEmit(Buffer.from([0xdd])))],
  ])('%s', async (_what, bytes) => {
    const { cluster, a, b } = await clusterOf(2, '/chat');
    const there = b.socket('there');
    a.bus.publish('/chat#', bytes);
    await cluster.settle();
    expect(there.texts.filter((text) => text !== '42/chat,["first"]')).toEqual([]);
    expect(b.namespace.serverSideEvents).toEqual([]);
    expect(b.node.rejected).toBe(1);
    expect(b.told).toEqual([['error', expect.objectContaining({ code: 'CARILLON_REJECTED_MESSAGE' })]]);
  });

  test('an answer that is not what was asked for: its node is missing', async () => {
    const { cluster, a } = await clusterOf(1);
    const rogue = await cluster.join();
    rogue.node.handle('sockets /', () => Buffer.from([0x91, 0x80]));
    rogue.node.handle('ids /', () => Buffer.from([0x91]));
    rogue.node.handle('emit /', () => Buffer.from([0x01]));
    const found = await cluster.during(a.adapter.fetchSockets(everybody));
    expect([...found]).toEqual([]);
    expect((found as unknown as { missing: string[] }).missing).toEqual([rogue.node.id]);
    expect((await cluster.during(a.adapter.sockets(new Set()))).size).toBe(0);
    let responses: unknown;
    a.adapter.serverSideEmit([
      'x',
      (_error: null, list: unknown) => {
        responses = list;
      },
    ]);
    await cluster.settle();
    expect(responses).toEqual([]);
    expect(a.node.rejected).toBe(3);
  });

  test('questions that are none', async () => {
    const { cluster, a, b } = await clusterOf(2);
    for (const name of ['sockets /', 'ids /', 'emit /', 'acks /']) {
      const { missing } = await cluster.during(a.node.request(name, Buffer.from([1, 2, 3])));
      expect(missing).toEqual([b.node.id]);
    }
    expect(b.node.rejected).toBe(4);
  });
});

describe('an outage', () => {
  test('does not concern clients here; others get what waited; both ends are told', async () => {
    const { cluster, a, b } = await clusterOf(2);
    const [here, there] = [a.socket('here', 'room'), b.socket('there', 'room')];
    await cluster.settle();
    a.bus.cut(new Error('Redis is gone'));
    a.adapter.broadcast(event('1'), everybody.to('room'));
    expect(here.texts).toEqual(['42["1"]']);
    const found = await a.adapter.fetchSockets(everybody);
    expect(found).toHaveLength(1);
    expect((found as unknown as { missing: string[] }).missing).toEqual([b.node.id]);
    a.bus.mend();
    await cluster.settle();
    expect(there.texts).toEqual(['42["1"]']);
    expect(a.told).toEqual([
      ['error', expect.objectContaining({ code: 'CARILLON_CLUSTER_DOWN', cause: new Error('Redis is gone') })],
      ['missing-nodes', [b.node.id], 'sockets'],
      ['resubscribed', { dropped: 0 }],
    ]);
  });

  test('rooms of the time before are heard again, and those of the meantime', async () => {
    const { cluster, a, b } = await clusterOf(2);
    const there = b.socket('there', 'before');
    await cluster.settle();
    b.bus.cut();
    const joined = there.join('meanwhile');
    b.bus.mend();
    await cluster.during(joined as Promise<void>);
    for (const room of ['before', 'meanwhile']) a.adapter.broadcast(event(room), everybody.to(room));
    await cluster.settle();
    expect(there.texts).toEqual(['42["before"]', '42["meanwhile"]']);
  });
});

test('a namespace that closes leaves nothing behind; the node lives on for the others', async () => {
  const { cluster, a, b } = await clusterOf(2);
  const other = new NativeAdapter(new TestNamespace('/other'), a.node);
  await cluster.during(other.init());
  a.socket('x', 'room');
  await cluster.settle();
  await a.adapter.close();
  await cluster.settle();
  expect([cluster.network.count('/#'), cluster.network.count('/#room#'), cluster.network.count('/other#')]).toEqual([
    1, 0, 1,
  ]);
  expect(b.node.members.size).toBe(1);
  await other.close();
  await cluster.settle();
  expect(b.node.members.size).toBe(0);
  expect(cluster.network.count('/other#')).toBe(0);
});

test('flags and exceptions travel', async () => {
  const { cluster, a, b } = await clusterOf(2);
  const [x, y] = [b.socket('x', 'room'), b.socket('y', 'room', 'muted')];
  a.adapter.broadcast(
    event('hello'),
    new Selection(new Set(['room', 'other']), new Set(['muted']), { volatile: true, compress: false }),
  );
  await cluster.settle();
  expect(x.delivered.map(({ message, isVolatile }) => [message.compress, isVolatile])).toEqual([[false, true]]);
  expect(y.delivered).toEqual([]);
});
