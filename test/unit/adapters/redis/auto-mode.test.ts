import { AutoModeAdapter } from '../../../../core/adapters/redis/auto-mode.js';
import { SocketioAdapter } from '../../../../core/adapters/redis/socketio/adapter.js';
import { MemoryNetwork } from '../../../../core/cluster/memory-bus.js';
import { ClusterNode } from '../../../../core/cluster/node.js';
import { Selection } from '../../../../core/rooms/selection.js';
import { connect, event, TestNamespace, type TestSocket } from '../../../support/adapter.js';
import { SocketioNetwork, type SocketioNetworkBus } from '../../../support/socketio-redis-network.js';
import { TestClock } from '../../../support/test-clock.js';

const { everybody } = Selection;

type Adapter = SocketioAdapter | AutoModeAdapter;

interface Node<Kind extends Adapter = Adapter> {
  readonly namespace: TestNamespace;
  readonly adapter: Kind;
  readonly bus: SocketioNetworkBus;
  /** A client of this node. */
  readonly socket: TestSocket;
}

/** Nodes of both kinds around what is, as far as they know, one Redis. */
class Cluster {
  readonly clock = new TestClock();
  readonly native = new MemoryNetwork(this.clock);
  readonly classic = new SocketioNetwork(this.clock);
  readonly errors: Error[] = [];
  #names = 0;

  auto(prefix = 'carillon'): Promise<Node<AutoModeAdapter>> {
    const namespace = new TestNamespace();
    const bus = this.classic.connect();
    const node = new ClusterNode(this.native.connect(), { clock: this.clock });
    const options = { clock: this.clock, prefix, heartbeatInterval: 5000 };
    return this.#start(new AutoModeAdapter(namespace, node, bus, options), namespace, bus);
  }

  /** What an official node is for the others. */
  compatible(): Promise<Node<SocketioAdapter>> {
    const namespace = new TestNamespace();
    const bus = this.classic.connect();
    return this.#start(new SocketioAdapter(namespace, bus, { clock: this.clock }), namespace, bus);
  }

  async #start<Kind extends Adapter>(
    adapter: Kind,
    namespace: TestNamespace,
    bus: SocketioNetworkBus,
  ): Promise<Node<Kind>> {
    adapter.on('error', (error) => this.errors.push(error));
    await this.during(Promise.resolve(adapter.init()));
    const socket = connect(namespace, adapter, `socket-${this.#names++}`);
    return { adapter, namespace, bus, socket };
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
}

const texts = ({ socket }: Node) => socket.texts.map((text) => /"(.*?)"/.exec(String(text))![1]);

describe('nodes that all speak natively', () => {
  test('say nothing on the classic wire, and ask once a turn who is there', async () => {
    const cluster = new Cluster();
    const [a, b] = [await cluster.auto(), await cluster.auto()];
    expect([a.adapter.mode, b.adapter.mode]).toEqual(['native', 'native']);
    let asked = 0;
    const count = a.bus.countSubscribers.bind(a.bus);
    a.bus.countSubscribers = (channels) => {
      asked++;
      return count(channels);
    };
    for (let i = 0; i < 50; i++) a.adapter.broadcast(event(`e${i}`), everybody);
    a.adapter.addSockets(everybody, ['r']);
    a.adapter.serverSideEmit(['hello']);
    await cluster.settle();
    expect(texts(b)).toEqual(Array.from({ length: 50 }, (_, i) => `e${i}`));
    expect(asked).toBe(1);
    expect(cluster.classic.published).toEqual([]);
    expect([...b.socket.rooms]).toContain('r');
    expect(b.namespace.serverSideEvents).toEqual([['hello']]);
  });

  test('hear emitters on the classic wire', async () => {
    const cluster = new Cluster();
    const a = await cluster.auto();
    const emitter = await cluster.compatible();
    await emitter.adapter.close();
    cluster.clock.advance(5000);
    await cluster.settle();
    expect(a.adapter.mode).toBe('native');
    emitter.adapter.broadcast(event('from outside'), everybody);
    await cluster.settle();
    expect(texts(a)).toEqual(['from outside']);
  });
});

describe('with nodes that know only the classic wire', () => {
  test('everybody hears everybody, once', async () => {
    const cluster = new Cluster();
    const nodes = [await cluster.auto(), await cluster.compatible(), await cluster.auto(), await cluster.compatible()];
    for (const [i, { adapter }] of nodes.entries()) {
      adapter.broadcast(event(`from ${i}`), everybody);
      await cluster.settle();
    }
    for (const node of nodes) expect(texts(node)).toEqual(['from 0', 'from 1', 'from 2', 'from 3']);
    expect(cluster.errors).toEqual([]);
  });

  test('sockets join and leave everywhere, and servers tell each other, once', async () => {
    const cluster = new Cluster();
    const nodes = [await cluster.auto(), await cluster.compatible(), await cluster.auto(), await cluster.compatible()];
    for (const [i, { adapter }] of nodes.entries()) {
      adapter.addSockets(everybody, [`r${i}`, 'left']);
      adapter.delSockets(everybody, ['left']);
      adapter.serverSideEmit([`from ${i}`]);
      await cluster.settle();
    }
    for (const [i, { socket, namespace }] of nodes.entries()) {
      expect([...socket.rooms]).toEqual([socket.id, 'r0', 'r1', 'r2', 'r3']);
      expect(namespace.serverSideEvents).toEqual(
        [0, 1, 2, 3].filter((each) => each !== i).map((each) => [`from ${each}`]),
      );
    }
    nodes[0]!.adapter.disconnectSockets(everybody, true);
    await cluster.settle();
    for (const { socket } of nodes) expect(socket.calls).toEqual([['disconnect', true]]);
  });

  test('queries are answered by all', async () => {
    const cluster = new Cluster();
    const nodes = [await cluster.auto(), await cluster.compatible(), await cluster.auto(), await cluster.compatible()];
    const all = nodes.map(({ socket }) => socket.id);
    for (const { adapter } of nodes) {
      expect(await cluster.during(adapter.serverCount())).toBe(4);
      const sockets = await cluster.during(adapter.fetchSockets(everybody));
      expect(sockets.map(({ id }) => id).sort()).toEqual(all);
      expect(sockets).not.toHaveProperty('missing');
      expect([...(await cluster.during(adapter.sockets(new Set())))].sort()).toEqual(all);
      expect([...(await cluster.during(adapter.allRooms()))].sort()).toEqual(all);
      const answers: unknown[] = [];
      adapter.serverSideEmit(['ask', 1, (error: unknown, list: unknown[]) => answers.push(error, list.length)]);
      await cluster.settle();
      expect(answers).toEqual([null, 3]);
    }
  });

  test('acknowledgements of all are collected', async () => {
    const cluster = new Cluster();
    const nodes = [await cluster.auto(), await cluster.compatible(), await cluster.auto(), await cluster.compatible()];
    for (const { adapter } of nodes) {
      const counts: number[] = [];
      const answers: unknown[] = [];
      let servers = 0;
      adapter.broadcastWithAck(
        event('ask'),
        everybody.with({ timeout: 100 }),
        (count: number, nodeCount = 1) => {
          counts.push(count);
          servers += nodeCount;
        },
        (answer) => answers.push(answer),
      );
      await cluster.settle();
      expect([servers, counts.reduce((sum, each) => sum + each, 0)]).toEqual([4, 4]);
      for (const { socket } of nodes) {
        expect(socket.waiting.size).toBe(1);
        for (const [id, answer] of socket.waiting) {
          socket.waiting.delete(id);
          answer(socket.id);
        }
      }
      await cluster.settle();
      expect(answers.sort()).toEqual(nodes.map(({ socket }) => socket.id));
      cluster.clock.advance(100);
      await cluster.settle();
    }
  });

  test('those that do not answer are counted among the missing', async () => {
    const cluster = new Cluster();
    const [a, , c] = [await cluster.auto(), await cluster.auto(), await cluster.compatible()];
    c.bus.isDead = true;
    const fetched = a.adapter.fetchSockets(everybody);
    await cluster.settle();
    cluster.clock.advance(5000);
    expect(((await cluster.during(fetched)) as unknown as { missing: string[] }).missing).toEqual(['unknown-1']);
  });

  test('native nodes of another prefix are such nodes', async () => {
    const cluster = new Cluster();
    const one = await cluster.auto('one');
    const other = await cluster.auto('other');
    cluster.clock.advance(5000);
    await cluster.settle();
    expect([one.adapter.mode, other.adapter.mode]).toEqual(['compatible', 'compatible']);
  });
});

describe('what is emitted while nodes come and go', () => {
  test('a node that comes hears what is emitted after it subscribed, though nobody knew of it', async () => {
    const cluster = new Cluster();
    const [a, b] = [await cluster.auto(), await cluster.auto()];
    a.adapter.broadcast(event('before'), everybody);
    await cluster.settle();
    const modes: string[] = [];
    a.adapter.on('mode', (mode) => modes.push(mode));
    const c = await cluster.compatible();
    expect(a.adapter.mode).toBe('native');
    const packet = event('first');
    a.adapter.broadcast(packet, everybody);
    packet.data.push('changed after it was emitted');
    a.adapter.addSockets(everybody, ['r']);
    a.adapter.broadcast(event('second'), everybody.to('r'));
    await cluster.settle();
    a.adapter.broadcast(event('third'), everybody);
    await cluster.settle();
    expect(texts(c)).toEqual(['first', 'second', 'third']);
    expect(c.socket.texts[0]).toBe('42["first"]');
    expect(texts(b)).toEqual(['before', 'first', 'second', 'third']);
    await c.adapter.close();
    a.adapter.broadcast(event('last'), everybody);
    await cluster.settle();
    expect(modes).toEqual(['compatible', 'native']);
    const published = cluster.classic.published.length;
    a.adapter.broadcast(event('native again'), everybody);
    await cluster.settle();
    expect(cluster.classic.published.length).toBe(published);
    expect(texts(b)).toEqual(['before', 'first', 'second', 'third', 'last', 'native again']);
  });

  test('an event with many attachments is held like any other', async () => {
    const cluster = new Cluster();
    const a = await cluster.auto();
    const c = await cluster.compatible();
    a.adapter.broadcast(event('many', ...Array.from({ length: 20 }, (_, i) => Buffer.of(i))), everybody);
    await cluster.settle();
    expect(c.socket.delivered[0]!.message.parts).toHaveLength(21);
    expect(cluster.errors).toEqual([]);
  });

  test('what the classic wire cannot carry still goes the native way, and a listener that throws ends nothing', async () => {
    const cluster = new Cluster();
    const [a, b] = [await cluster.auto(), await cluster.auto()];
    a.adapter.on('mode', () => {
      throw new Error('of the application');
    });
    await cluster.compatible();
    let deep: unknown = 'bottom';
    for (let depth = 0; depth < 1100; depth++) deep = [deep];
    for (const name of ['held', 'at once']) {
      a.adapter.broadcast(event(name, deep), everybody);
      await cluster.settle();
    }
    expect([texts(a), texts(b)]).toEqual([
      ['held', 'at once'],
      ['held', 'at once'],
    ]);
    expect(cluster.errors.map(({ message }) => message)).toEqual([
      "an event could not be said in Socket.IO's protocol: cannot encode values nested deeper than 1024 levels",
      'a listener of "mode": of the application',
      "an event could not be said in Socket.IO's protocol: cannot encode values nested deeper than 1024 levels",
    ]);
  });

  test('while Redis does not say who is there, everything is said twice', async () => {
    const cluster = new Cluster();
    const [a, b, c] = [await cluster.auto(), await cluster.auto(), await cluster.compatible()];
    a.bus.isDown = true;
    cluster.clock.advance(5000);
    await cluster.settle();
    a.adapter.broadcast(event('x'), everybody);
    await cluster.settle();
    expect(a.adapter.mode).toBe('compatible');
    expect([texts(b), texts(c)]).toEqual([['x'], ['x']]);
  });

  test.each(Array.from({ length: 25 }, (_, seed) => seed))(
    'nothing is lost, doubled or reordered (%i)',
    async (seed) => {
      const random = generator(seed + 1);
      const cluster = new Cluster();
      const stayers = [await cluster.auto(), await cluster.auto(), await cluster.compatible()];
      const others: { node: Node; since: number[] }[] = [];
      const sent = stayers.map(() => 0);
      for (let step = 0; step < 60; step++) {
        const dice = random(8);
        if (dice === 0) {
          const node = random(2) === 0 ? await cluster.auto() : await cluster.compatible();
          others.push({ node, since: [...sent] });
        } else if (dice === 1 && others.length > 0) {
          const [{ node, since }] = others.splice(random(others.length), 1) as [(typeof others)[0]];
          await cluster.settle();
          expectAll(node, since, sent);
          await node.adapter.close();
        } else if (dice === 2) {
          await cluster.settle();
        } else if (dice === 3) {
          cluster.clock.endTurn();
        } else {
          const from = random(stayers.length);
          for (let i = random(4); i >= 0; i--)
            stayers[from]!.adapter.broadcast(event(`${from} ${sent[from]!++}`), everybody);
        }
      }
      await cluster.settle();
      for (const node of stayers) expectAll(node, [0, 0, 0], sent);
      for (const { node, since } of others) expectAll(node, since, sent);
      expect(cluster.errors).toEqual([]);
    },
  );
});

/** It heard all that was emitted from `since` on, once each, and of each sender in order. */
function expectAll(node: Node, since: number[], sent: number[]): void {
  const heard = sent.map((): number[] => []);
  for (const text of texts(node)) {
    const [from, number] = text!.split(' ').map(Number) as [number, number];
    heard[from]!.push(number);
  }
  for (const [from, numbers] of heard.entries()) {
    const expected = Array.from({ length: sent[from]! - since[from]! }, (_, i) => since[from]! + i);
    // What was on its way while it came may be among it.
    expect(numbers.slice(numbers.length - expected.length)).toEqual(expected);
    expect(numbers).toEqual(Array.from(numbers, (_, i) => numbers[0]! + i));
  }
}

/** Small, and the same every time. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
