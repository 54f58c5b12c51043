import { jest } from '@jest/globals';
import { SocketioAdapter } from '../../../../../core/adapters/redis/socketio/adapter.js';
import { encodeBroadcast } from '../../../../../core/adapters/redis/socketio/broadcasts.js';
import type { SocketioOptions } from '../../../../../core/adapters/redis/socketio/nodes.js';
import { encodeRequest } from '../../../../../core/adapters/redis/socketio/requests.js';
import { encode } from '../../../../../core/protocol/msgpack/encode.js';
import { Encoder } from '../../../../../core/protocol/socketio/parser.js';
import { Selection } from '../../../../../core/rooms/selection.js';
import { connect, event, TestNamespace } from '../../../../support/adapter.js';
import { SocketioNetwork } from '../../../../support/socketio-redis-network.js';
import { TestClock } from '../../../../support/test-clock.js';

const { everybody } = Selection;
const CHANNEL = 'socket.io#/#';
const REQUESTS = 'socket.io-request#/#';
const RESPONSES = 'socket.io-response#/#';

class Cluster {
  readonly clock = new TestClock();
  readonly network = new SocketioNetwork(this.clock);
  readonly errors: Error[] = [];

  async node(options: Partial<SocketioOptions> = {}, name = '/') {
    const namespace = new TestNamespace(name);
    const bus = this.network.connect();
    const adapter = new SocketioAdapter(namespace, bus, { clock: this.clock, ...options });
    adapter.on('error', (error) => this.errors.push(error));
    await this.during(adapter.init());
    return { namespace, bus, adapter };
  }

  async settle(): Promise<void> {
    do {
      this.clock.endTurns();
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.clock.isTurnOpen);
  }

  async during<Value>(promise: Promise<Value>): Promise<Value> {
    await this.settle();
    return promise;
  }

  /** What stands on a channel, as text. */
  sent(channel: string): string[] {
    return this.network.published.filter((each) => each.channel === channel).map(({ message }) => message.toString());
  }
}

describe('a broadcast', () => {
  test('reaches this node in the call and the others after it, once each', async () => {
    const cluster = new Cluster();
    const [a, b] = [await cluster.node(), await cluster.node()];
    const here = connect(a.namespace, a.adapter, 'here');
    const there = connect(b.namespace, b.adapter, 'there');
    a.adapter.broadcast(event('x', 1), everybody);
    expect(here.texts).toEqual(['42["x",1]']);
    expect(there.texts).toEqual([]);
    await cluster.settle();
    expect(here.texts).toEqual(['42["x",1]']);
    expect(there.texts).toEqual(['42["x",1]']);
    expect(cluster.errors).toEqual([]);
  });

  test('to rooms, and not to others', async () => {
    const cluster = new Cluster();
    const [a, b] = [await cluster.node(), await cluster.node()];
    const inRoom = connect(b.namespace, b.adapter, 'in', ['r', 'numbers']);
    const inBoth = connect(b.namespace, b.adapter, 'both', ['r', 'q']);
    const inNumber = connect(b.namespace, b.adapter, 'number', [5 as never]);
    a.adapter.broadcast(event('one'), everybody.to('r').without('q'));
    a.adapter.broadcast(event('two'), everybody.to(['r', 'q']));
    a.adapter.broadcast(event('number'), everybody.to(5 as never));
    a.adapter.broadcast(event('text'), everybody.to('5'));
    a.adapter.broadcast(event('nobody'), everybody.to('elsewhere'));
    await cluster.settle();
    expect(inRoom.texts).toEqual(['42["one"]', '42["two"]']);
    expect(inBoth.texts).toEqual(['42["two"]']);
    expect(inNumber.texts).toEqual(['42["number"]']);
  });

  test('for a room without members here is not read', async () => {
    const cluster = new Cluster();
    const { namespace, adapter } = await cluster.node();
    connect(namespace, adapter, 'socket');
    cluster.network.publish(`${CHANNEL}elsewhere#`, 'garbage');
    await cluster.settle();
    expect(cluster.errors).toEqual([]);
  });

  test('stays here when it is local', async () => {
    const cluster = new Cluster();
    const { namespace, adapter } = await cluster.node();
    const here = connect(namespace, adapter, 'here', ['r']);
    adapter.broadcast(event('x'), everybody.with({ local: true }));
    adapter.addSockets(everybody.with({ local: true }), ['q']);
    adapter.delSockets(everybody.with({ local: true }), ['r']);
    expect([...here.rooms]).toEqual(['here', 'q']);
    expect(await adapter.fetchSockets(everybody.with({ local: true }))).toEqual([here]);
    adapter.disconnectSockets(everybody.with({ local: true }), true);
    expect(here.calls).toEqual([['disconnect', true]]);
    expect(cluster.network.published).toEqual([]);
  });

  test('that cannot be encoded reaches nobody, and throws', async () => {
    const cluster = new Cluster();
    const { namespace, adapter } = await cluster.node();
    const here = connect(namespace, adapter, 'here');
    expect(() => adapter.broadcast(event('x', 1n), everybody)).toThrow(TypeError);
    expect(here.texts).toEqual([]);
    expect(cluster.network.published).toEqual([]);
  });

  test('goes out as it was, though a catch-all listener changed it', async () => {
    const cluster = new Cluster();
    const [a, b] = [await cluster.node(), await cluster.node()];
    connect(a.namespace, a.adapter, 'here').onOutgoing = () => packet.data.push('changed');
    const there = connect(b.namespace, b.adapter, 'there');
    const packet = event('x');
    a.adapter.broadcast(packet, everybody);
    await cluster.settle();
    expect(there.texts).toEqual(['42["x"]']);
    expect(there.outgoing).toEqual([['x']]);
  });

  test('with binary, and with flags', async () => {
    const cluster = new Cluster();
    const [a, b] = [await cluster.node({}, '/n'), await cluster.node({}, '/n')];
    const there = connect(b.namespace, b.adapter, 'there');
    a.adapter.broadcast(event('x', Buffer.of(1, 2)), everybody.with({ volatile: true, compress: false }));
    await cluster.settle();
    const [{ message, isVolatile }] = there.delivered as [(typeof there.delivered)[0]];
    expect(message.parts).toEqual(['451-/n,["x",{"_placeholder":true,"num":0}]', Buffer.of(1, 2)]);
    expect([isVolatile, message.compress]).toEqual([true, false]);
  });

  test('is encoded by the encoder of the server, if that is another', async () => {
    const cluster = new Cluster();
    const { namespace, adapter } = await cluster.node();
    const there = connect(namespace, adapter, 'there');
    Object.assign(namespace.server, { encoder: new Encoder((_key, value) => (value === 1 ? 'one' : value)) });
    cluster.network.publish(CHANNEL, encodeBroadcast('other1', '/', ['x', 1], everybody));
    await cluster.settle();
    expect(there.texts).toEqual(['42["x","one"]']);
  });

  test('of another namespace, or with a name that looks like one, is not for us', async () => {
    const cluster = new Cluster();
    const { namespace, adapter } = await cluster.node();
    const here = connect(namespace, adapter, 'here', ['x']);
    // Room `x` of the main namespace, or the namespace `/#x`?
    cluster.network.publish(`${CHANNEL}x#`, encodeBroadcast('other1', '/#x', ['x'], everybody.to('x')));
    await cluster.settle();
    expect(here.texts).toEqual([]);
    expect(cluster.errors).toEqual([]);
  });
});

describe('sockets of other nodes', () => {
  test('join, leave and disconnect; those of this node at once', async () => {
    const cluster = new Cluster();
    const [a, b] = [await cluster.node(), await cluster.node()];
    const here = connect(a.namespace, a.adapter, 'here');
    const there = connect(b.namespace, b.adapter, 'there');
    a.adapter.addSockets(everybody, ['r', 's']);
    a.adapter.broadcast(event('joined'), everybody.to('r'));
    expect(here.texts).toEqual(['42["joined"]']);
    a.adapter.delSockets(everybody.without('here'), ['s']);
    await cluster.settle();
    expect([...here.rooms]).toEqual(['here', 'r', 's']);
    expect([...there.rooms]).toEqual(['there', 'r']);
    expect(there.texts).toEqual(['42["joined"]']);
    a.adapter.disconnectSockets(everybody.to('r'), true);
    expect(here.calls).toEqual([['disconnect', true]]);
    await cluster.settle();
    // Once: our own request is not executed again when it comes back.
    expect(here.calls).toHaveLength(1);
    expect(there.calls).toEqual([['disconnect', true]]);
  });

  test('are found', async () => {
    const cluster = new Cluster();
    const [a, b, c] = [await cluster.node(), await cluster.node(), await cluster.node()];
    const here = connect(a.namespace, a.adapter, 'here', ['r']);
    connect(b.namespace, b.adapter, 'there', ['r']).data = { name: 'Ada' };
    connect(c.namespace, c.adapter, 'elsewhere', ['q']);
    const sockets = await cluster.during(a.adapter.fetchSockets(everybody.to('r')));
    expect(sockets).toEqual([
      here,
      { id: 'there', handshake: { headers: {} }, rooms: ['there', 'r'], data: { name: 'Ada' } },
    ]);
    expect(sockets).not.toHaveProperty('missing');
    expect(await cluster.during(a.adapter.sockets(new Set()))).toEqual(new Set(['here', 'there', 'elsewhere']));
    expect(await cluster.during(a.adapter.sockets(new Set(['q'])))).toEqual(new Set(['elsewhere']));
    expect(await cluster.during(a.adapter.allRooms())).toEqual(new Set(['here', 'r', 'there', 'elsewhere', 'q']));
    expect(await cluster.during(a.adapter.serverCount())).toBe(3);
  });

  test('are found although what one of them holds cannot be sent', async () => {
    const cluster = new Cluster();
    const [a, b] = [await cluster.node(), await cluster.node()];
    connect(b.namespace, b.adapter, 'one').data = { big: 1n };
    connect(b.namespace, b.adapter, 'two').data = { fine: true };
    const sockets = await cluster.during(a.adapter.fetchSockets(everybody));
    expect(sockets).toMatchObject([
      { id: 'one', data: {} },
      { id: 'two', data: { fine: true } },
    ]);
    expect(cluster.errors).toHaveLength(1);
  });

  test('answer, and what they said is forgotten once nobody waits', async () => {
    const cluster = new Cluster();
    const [a, b] = [await cluster.node(), await cluster.node()];
    const here = connect(a.namespace, a.adapter, 'here');
    const there = connect(b.namespace, b.adapter, 'there');
    const silent = connect(b.namespace, b.adapter, 'silent');
    const counts: number[] = [];
    const answers: unknown[] = [];
    const packet = event('ask', 1);
    a.adapter.broadcastWithAck(
      packet,
      everybody.with({ timeout: 100 }),
      (count) => counts.push(count),
      (answer) => answers.push(answer),
    );
    await cluster.settle();
    expect(counts).toEqual([1, 2]);
    expect(there.texts).toEqual(['420["ask",1]']);
    here.waiting.get(0)!('here');
    there.waiting.get(0)!(Buffer.from('there'), 'more');
    await cluster.settle();
    expect(answers).toEqual(['here', Buffer.from('there')]);
    expect(silent.waiting.size).toBe(1);
    cluster.clock.advance(100);
    expect(silent.waiting.size).toBe(0);
    expect(cluster.errors).toEqual([]);
  });
});

describe('events between servers', () => {
  test('reach the others', async () => {
    const cluster = new Cluster();
    const [a, b] = [await cluster.node(), await cluster.node()];
    a.adapter.serverSideEmit(['hello', { a: 1 }]);
    await cluster.settle();
    expect(a.namespace.serverSideEvents).toEqual([]);
    expect(b.namespace.serverSideEvents).toEqual([['hello', { a: 1 }]]);
  });

  test('are answered', async () => {
    const cluster = new Cluster();
    const [a] = [await cluster.node(), await cluster.node(), await cluster.node()];
    const answer = jest.fn();
    a.adapter.serverSideEmit(['hello', 1, answer]);
    await cluster.settle();
    expect(answer.mock.calls).toEqual([[null, ['/ heard 1', '/ heard 1']]]);
  });

  test('are answered at once where nobody else is', async () => {
    const cluster = new Cluster();
    const { adapter } = await cluster.node();
    const answer = jest.fn();
    adapter.serverSideEmit(['hello', answer]);
    await cluster.settle();
    expect(answer.mock.calls).toEqual([[null, []]]);
    expect(cluster.network.published).toEqual([]);
  });
});

describe('a node that does not answer', () => {
  test('is missing, and the others are heard', async () => {
    const cluster = new Cluster();
    const [a, b, c] = [await cluster.node(), await cluster.node(), await cluster.node()];
    connect(b.namespace, b.adapter, 'there');
    c.bus.isDead = true;
    const missing: unknown[] = [];
    a.adapter.on('missing-nodes', (...args) => missing.push(args));
    const fetched = a.adapter.fetchSockets(everybody);
    const answer = jest.fn();
    a.adapter.serverSideEmit(['hello', 1, answer]);
    const onMissing = jest.fn();
    a.adapter.broadcastWithAck(
      event('ask'),
      everybody.with({ timeout: 300 }),
      () => {},
      () => {},
      onMissing,
    );
    await cluster.settle();
    expect(answer).not.toHaveBeenCalled();
    cluster.clock.advance(5000);
    expect(await fetched).toMatchObject([{ id: 'there' }]);
    expect(((await fetched) as unknown as { missing: string[] }).missing).toEqual(['unknown-1']);
    expect(Object.keys(await fetched)).toEqual(['0']);
    await cluster.settle();
    const [[error, answers]] = answer.mock.calls as [[unknown, string[] & { missing: string[] }]];
    expect([error, [...answers], answers.missing]).toEqual([null, ['/ heard 1'], ['unknown-1']]);
    expect(onMissing.mock.calls).toEqual([[['unknown-1']]]);
    expect(missing.map((each) => (each as unknown[])[1]).sort()).toEqual([
      'broadcastWithAck',
      'fetchSockets',
      'serverSideEmit',
    ]);
  });

  test('a query ends after the time that it was given', async () => {
    const cluster = new Cluster();
    const [a, b] = [await cluster.node({ requestsTimeout: 700 }), await cluster.node()];
    b.bus.isDead = true;
    let ended = 0;
    a.adapter.fetchSockets(everybody).then(() => ended++);
    a.adapter.fetchSockets(everybody.with({ timeout: 100 })).then(() => ended++);
    await cluster.settle();
    cluster.clock.advance(100);
    await cluster.settle();
    expect(ended).toBe(1);
    cluster.clock.advance(600);
    await cluster.settle();
    expect(ended).toBe(2);
    expect(cluster.clock.pending).toBe(0);
  });

  test('nor does Redis: queries answer with this node, and say that somebody may be missing', async () => {
    const cluster = new Cluster();
    const { namespace, adapter, bus } = await cluster.node();
    const here = connect(namespace, adapter, 'here');
    bus.isDown = true;
    const sockets = await cluster.during(adapter.fetchSockets(everybody));
    expect([...sockets]).toEqual([here]);
    expect((sockets as unknown as { missing: string[] }).missing).toEqual(['unknown-1']);
  });

  test('closing ends what waits', async () => {
    const cluster = new Cluster();
    const [a, b] = [await cluster.node(), await cluster.node()];
    b.bus.isDead = true;
    const fetched = a.adapter.fetchSockets(everybody);
    await cluster.settle();
    a.adapter.close();
    a.adapter.close();
    expect(await fetched).toHaveLength(0);
    expect(cluster.clock.pending).toBe(0);
    expect([...cluster.network.channels.values()].flat().some(({ bus }) => bus === a.bus)).toBe(false);
    expect([...cluster.network.patterns.values()].flat().some(({ bus }) => bus === a.bus)).toBe(false);
  });
});

describe('answers', () => {
  test('go to all, or to who asked, as the option says', async () => {
    const cluster = new Cluster();
    const [a] = [await cluster.node({ uid: 'asking' }), await cluster.node({ publishOnSpecificResponseChannel: true })];
    await cluster.during(a.adapter.fetchSockets(everybody));
    expect(cluster.sent(RESPONSES)).toEqual([]);
    expect(cluster.sent(`${RESPONSES}asking#`)).toHaveLength(1);
  });

  test('of requests from nobody in particular go to all', async () => {
    const cluster = new Cluster();
    await cluster.node({ publishOnSpecificResponseChannel: true });
    cluster.network.publish(REQUESTS, '{"type":1,"requestId":"q"}');
    await cluster.settle();
    expect(cluster.sent(RESPONSES)).toEqual(['{"requestId":"q","rooms":[]}']);
  });
});

describe('what no node sends', () => {
  test('is reported, not often, and nothing comes of it', async () => {
    const cluster = new Cluster();
    const { namespace, adapter } = await cluster.node();
    const here = connect(namespace, adapter, 'here');
    const asking = adapter.fetchSockets(everybody);
    for (const channel of [CHANNEL, `${CHANNEL}here#`, REQUESTS, RESPONSES])
      for (const message of [
        'garbage',
        '',
        '{',
        '[]',
        '{"type":2}',
        Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]),
        encode({ type: 7 }),
      ])
        cluster.network.publish(channel, message);
    cluster.network.publish(REQUESTS, '{"type":6,"data":["connection",{}]}');
    cluster.network.publish(CHANNEL, encode(['other1', { type: 2, data: ['x'], nsp: '/' }, { rooms: [null] }]));
    cluster.network.publish(CHANNEL, Buffer.concat([encode('x'), encode('y')]));
    await cluster.settle();
    expect(await asking).toEqual([here]);
    expect(here.texts).toEqual([]);
    expect(here.calls).toEqual([]);
    expect(namespace.serverSideEvents).toEqual([]);
    expect(cluster.errors).toHaveLength(1);
    expect(cluster.errors[0]).toMatchObject({ code: 'CARILLON_REJECTED_MESSAGE' });
    cluster.clock.advance(10_000);
    cluster.network.publish(REQUESTS, 'garbage');
    await cluster.settle();
    expect(cluster.errors).toHaveLength(2);
    expect(cluster.errors[1]!.message).toMatch(/^rejected a message for \/: .* \(\d\d so far\)$/);
  });

  test('an extension nobody knows, inside an event', async () => {
    const cluster = new Cluster();
    const { namespace, adapter } = await cluster.node();
    const here = connect(namespace, adapter, 'here');
    const bytes = encodeBroadcast('other1', '/', ['x', 'EXTENS'], everybody);
    bytes.set([0xc7, 4, 0x42, 0, 0, 0, 0], bytes.indexOf('EXTENS') - 1);
    cluster.network.publish(CHANNEL, bytes);
    await cluster.settle();
    expect(here.texts).toEqual([]);
    expect(cluster.errors[0]!.message).toContain('an extension of unknown type 66');
  });

  test('a listener that throws does not reach the client library', async () => {
    const cluster = new Cluster();
    const { namespace, adapter } = await cluster.node();
    connect(namespace, adapter, 'here').onOutgoing = () => {
      throw new Error('of the application');
    };
    cluster.network.publish(CHANNEL, encodeBroadcast('other1', '/', ['x'], everybody));
    await cluster.settle();
    expect(cluster.errors).toMatchObject([
      { code: 'CARILLON_CLUSTER_FAILURE', cause: new Error('of the application') },
    ]);
  });

  test('answers that are none do not count', async () => {
    const cluster = new Cluster();
    const [a, b] = [await cluster.node({ uid: 'asking' }), await cluster.node()];
    b.bus.isDead = true;
    const fetched = a.adapter.fetchSockets(everybody);
    await cluster.settle();
    const { requestId } = JSON.parse(cluster.sent(REQUESTS)[0]!);
    cluster.network.publish(RESPONSES, JSON.stringify({ requestId, sockets: [{ id: 1 }] }));
    cluster.network.publish(RESPONSES, JSON.stringify({ requestId: 'other', sockets: [] }));
    await cluster.settle();
    cluster.network.publish(
      RESPONSES,
      JSON.stringify({ requestId, sockets: [{ id: 's', handshake: {}, rooms: ['s'], data: 1 }] }),
    );
    await cluster.settle();
    expect(await fetched).toEqual([{ id: 's', handshake: {}, rooms: ['s'], data: 1 }]);
    expect(cluster.errors).toHaveLength(1);
  });

  test('requests of versions before 7, for one socket', async () => {
    const cluster = new Cluster();
    const { namespace, adapter } = await cluster.node();
    const here = connect(namespace, adapter, 'here');
    connect(namespace, adapter, 'other');
    cluster.network.publish(REQUESTS, '{"type":2,"sid":"here","room":"r","requestId":"q"}');
    cluster.network.publish(
      REQUESTS,
      encodeRequest.leave(undefined, { rooms: new Set(['here']), except: new Set() }, ['here']),
    );
    await cluster.settle();
    expect([...here.rooms]).toEqual(['r']);
    expect([...adapter.rooms.get('r')!]).toEqual(['here']);
    cluster.network.publish(REQUESTS, '{"type":4,"sid":"other","close":true,"requestId":"q"}');
    await cluster.settle();
    expect(cluster.errors).toEqual([]);
  });
});
