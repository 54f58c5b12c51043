import { ClusterNode } from '../../../core/cluster/node.js';
import { Announcement, Kind } from '../../../core/cluster/wire/kinds.js';
import { FrameWriter, type Message } from '../../../core/cluster/wire/messages.js';
import { Selection } from '../../../core/rooms/selection.js';
import { TestCluster, type TestNode } from '../../support/cluster.js';

const nodes = 'nodes#';
const text = (buffer: Buffer) => buffer.toString();
const say = (answer: string) => () => Buffer.from(answer);

/** What came of a request: answers and missing nodes, by the names of the cluster. */
async function ask(cluster: TestCluster, { node }: TestNode, name: string, options = {}) {
  const { answers, missing } = await cluster.during(node.request(name, Buffer.from('?'), options));
  return {
    answers: Object.fromEntries([...answers].map(([id, payload]) => [cluster.nameOf(id), text(payload)])),
    missing: missing.map((id) => cluster.nameOf(id)),
  };
}

async function clusterOf(count: number) {
  const cluster = new TestCluster();
  const joined: TestNode[] = [];
  for (let i = 0; i < count; i++) joined.push(await cluster.join());
  return { cluster, joined, a: joined[0]!, b: joined[1]!, c: joined[2]! };
}

describe('membership', () => {
  test('nodes know each other as soon as they are open', async () => {
    const { joined, b } = await clusterOf(3);
    expect(joined.map(({ node }) => node.members.size)).toEqual([2, 2, 2]);
    expect(b.heard).toEqual(['member 0', 'member 2']);
  });

  test('a node that closes says goodbye; it is closed by its last user', async () => {
    const { cluster, a, b } = await clusterOf(2);
    await cluster.during(a.node.open());
    await cluster.during(a.node.close());
    expect(b.heard).toEqual(['member 0']);
    await cluster.during(a.node.close());
    await a.node.close();
    expect(b.heard).toEqual(['member 0', 'leave 0 left']);
    await expect(a.node.open()).rejects.toThrow('left the cluster');
  });

  test('a node that dies is noticed', async () => {
    const { cluster, a, b } = await clusterOf(2);
    a.bus.cut();
    await cluster.advance(10_500);
    expect(b.heard).toEqual(['member 0', 'leave 0 silent']);
  });

  test('what a node can do is known, and what it can do later', async () => {
    const cluster = new TestCluster();
    const { node } = await cluster.join({ features: ['native'] });
    const other = await cluster.join();
    expect([...other.node.members.get(node.id)!.features]).toEqual(['native']);
    node.setFeatures(['native', 'relay']);
    await cluster.settle();
    expect([...other.node.members.get(node.id)!.features]).toEqual(['native', 'relay']);
  });
});

describe('messages', () => {
  /** Sends events with numbers to channels: `x1` is event 1 to channel x. */
  function send({ node, bus }: TestNode, ...what: string[]) {
    for (const each of what) {
      node.to(bus.channel('/', each[0])).broadcast([`42["${each}"]`], Selection.everybody);
    }
  }
  function listen({ node }: TestNode, channel: string, heard: string[], own = false) {
    const listener = (message: Message) => {
      if (message.kind === Kind.BROADCAST) heard.push((message.parts[0] as string).slice(4, -2));
      if (heard.at(-1) === 'x9') throw new Error('the listener failed');
    };
    return node.listen('/', channel, listener, own);
  }

  test('the messages of a turn to one channel are one publish; a change of channel begins the next', async () => {
    const { cluster, a, b } = await clusterOf(2);
    const heard: string[] = [];
    await cluster.during(Promise.all([listen(b, 'x', heard), listen(b, 'y', heard)]));
    const before = a.bus.published;
    send(a, 'x1', 'x2', 'x3');
    await cluster.settle();
    expect(a.bus.published).toBe(before + 1);
    send(a, 'x4', 'y5', 'y6', 'x7');
    await cluster.settle();
    expect(a.bus.published).toBe(before + 4);
    expect(heard).toEqual(['x1', 'x2', 'x3', 'x4', 'y5', 'y6', 'x7']);
  });

  test('what is large goes out in pieces', async () => {
    const { cluster, a, b } = await clusterOf(2);
    const heard: string[] = [];
    await cluster.during(listen(b, 'x', heard));
    const before = a.bus.published;
    const large = `x${'a'.repeat(200_000)}`;
    send(a, large, large, large, 'x1');
    await cluster.settle();
    expect(a.bus.published).toBe(before + 2);
    expect(heard.map(({ length }) => length)).toEqual([200_001, 200_001, 200_001, 2]);
  });

  test('own messages are not heard, unless asked for', async () => {
    const { cluster, a } = await clusterOf(1);
    const heard: string[] = [];
    await cluster.during(Promise.all([listen(a, 'x', heard), listen(a, 'y', heard, true)]));
    send(a, 'x1', 'y2');
    await cluster.settle();
    expect(heard).toEqual(['y2']);
    a.node.unlisten('/', 'y');
    send(a, 'y3');
    await cluster.settle();
    expect(heard).toEqual(['y2']);
  });

  test('hooks run before what a turn says is published', async () => {
    const { cluster, a } = await clusterOf(1);
    const order: string[] = [];
    await cluster.during(a.node.listen('/', 'x', () => order.push('published'), true));
    a.node.beforePublish(() => order.push('before'));
    send(a, 'x1', 'x2');
    a.node.flush();
    expect(order).toEqual(['before']);
    await cluster.settle();
    expect(order).toEqual(['before', 'published', 'published']);
  });

  /** Frames in the name of a node, whoever publishes them. */
  function forger({ bus }: TestNode, sender = 'emitter-_-_-_-_-_-_-') {
    return (number: number, name: string) => {
      const writer = new FrameWriter(sender);
      writer.broadcast([`42["${name}"]`], Selection.everybody);
      bus.publish('/#x#', writer.finish(number));
    };
  }

  test('a frame that comes twice is taken once; one without a number never', async () => {
    const { cluster, a } = await clusterOf(1);
    const heard: string[] = [];
    await cluster.during(listen(a, 'x', heard));
    const publish = forger(a);
    publish(1, 'x1');
    publish(2, 'x2');
    publish(1, 'x1');
    publish(2, 'x2');
    publish(3, 'x3');
    expect(a.errors).toEqual([]);
    publish(0, 'x0');
    publish(0, 'x0');
    await cluster.settle();
    expect(heard).toEqual(['x1', 'x2', 'x3']);
    expect(a.node.rejected).toBe(2);
    expect(a.errors).toMatchObject([{ code: 'CARILLON_REJECTED_MESSAGE' }]);
  });

  test.each([2 ** 40, 2 ** 48 - 1, 1000])('a number far ahead does not silence a node (%d)', async (number) => {
    const { cluster, a, b } = await clusterOf(2);
    const heard: string[] = [];
    await cluster.during(listen(b, 'x', heard));
    send(a, 'x1');
    await cluster.settle();
    forger(b, a.node.id)(number, 'x0');
    await cluster.settle();
    send(a, 'x2');
    await cluster.settle();
    send(a, 'x3');
    await cluster.settle();
    expect(heard).toEqual(['x1', 'x0', 'x2', 'x3']);
    expect(b.errors).toMatchObject([
      { code: 'CARILLON_FRAMES_OUT_OF_ORDER', message: expect.stringContaining(a.node.id) },
    ]);
  });

  test('nor does one that comes before the node itself was heard', async () => {
    const { cluster, a, b } = await clusterOf(2);
    const heard: string[] = [];
    await cluster.during(listen(b, 'x', heard));
    forger(b, a.node.id)(2 ** 40, 'x0');
    await cluster.settle();
    send(a, 'x1');
    await cluster.settle();
    expect(heard).toEqual(['x0', 'x1']);
  });

  test('what a node said is not heard again when it is gone', async () => {
    const { cluster, a, b } = await clusterOf(2);
    const heard: string[] = [];
    await cluster.during(listen(b, 'x', heard));
    const frames: Buffer[] = [];
    await cluster.during(cluster.network.connect().subscribe('/#x#', (bytes) => frames.push(bytes)));
    send(a, 'x1');
    await cluster.settle();
    await cluster.during(a.node.close());
    expect(frames).toHaveLength(1);
    b.bus.publish('/#x#', frames[0]!);
    await cluster.settle();
    expect(heard).toEqual(['x1']);
  });

  test('a listener that fails is reported, and the next message is handled', async () => {
    const { cluster, a, b } = await clusterOf(2);
    const heard: string[] = [];
    await cluster.during(listen(b, 'x', heard));
    send(a, 'x9', 'x2');
    await cluster.settle();
    expect(heard).toEqual(['x9', 'x2']);
    expect(b.errors.map(({ message }) => message)).toEqual(['handling a message of another node: the listener failed']);
  });

  test('garbage is counted and reported, but not as often as it comes', async () => {
    const { cluster, a, b } = await clusterOf(2);
    for (let i = 0; i < 100; i++) b.bus.publish(nodes, Buffer.from('garbage'));
    await cluster.settle();
    expect(a.node.rejected).toBe(100);
    expect(a.errors.map(({ message }) => message)).toEqual([
      'rejected a message of another node: shorter than a header (1 so far)',
    ]);
    await cluster.advance(10_000);
    b.bus.publish(nodes, Buffer.from('garbage'));
    await cluster.settle();
    expect(a.errors.at(-1)?.message).toContain('(101 so far)');
  });

  test('what does not belong on the channel of the nodes is rejected', async () => {
    const { cluster, a, b } = await clusterOf(2);
    b.node.to(nodes).disconnect(Selection.everybody, true);
    await cluster.settle();
    expect(a.errors.map(({ message }) => message)).toEqual([expect.stringContaining('does not belong here')]);
  });
});

describe('requests', () => {
  test('everybody answers; whoever cannot has nothing to say', async () => {
    const { cluster, joined, a, b, c } = await clusterOf(4);
    b.node.handle('name', say('b'));
    c.node.handle('name', async () => Buffer.from('c'));
    expect(await ask(cluster, a, 'name')).toEqual({ answers: { 1: 'b', 2: 'c' }, missing: [] });
    expect(joined.flatMap(({ errors }) => errors)).toEqual([]);
  });

  test('one node is asked', async () => {
    const { cluster, a, b, c } = await clusterOf(3);
    for (const { node } of [b, c]) node.handle('name', (payload, from) => Buffer.from(`${payload} of ${from}`));
    const { answers } = await ask(cluster, a, 'name', { to: c.node.id });
    expect(answers).toEqual({ 2: `? of ${a.node.id}` });
    expect(await ask(cluster, a, 'name', { to: 'nobody' })).toEqual({ answers: {}, missing: ['-1'] });
  });

  test('alone, there is nobody to wait for', async () => {
    const { cluster, a } = await clusterOf(1);
    a.node.handle('name', say('a'));
    expect(await ask(cluster, a, 'name')).toEqual({ answers: {}, missing: [] });
  });

  test('a handler that fails is missing, and reported where it failed', async () => {
    const { cluster, a, b, c } = await clusterOf(3);
    b.node.handle('name', () => {
      throw new Error('the handler failed');
    });
    c.node.handle('name', () => Promise.reject(new Error('the promise failed')));
    expect(await ask(cluster, a, 'name')).toEqual({ answers: {}, missing: ['1', '2'] });
    expect([b, c].map(({ errors }) => errors[0]?.message)).toEqual([
      'answering "name": the handler failed',
      'answering "name": the promise failed',
    ]);
  });

  test('parts come before the answer', async () => {
    const { cluster, a, b } = await clusterOf(2);
    b.node.handle('count', async (_payload, _from, part) => {
      part(Buffer.from('one'));
      await undefined;
      part(Buffer.from('two'));
      return Buffer.from('three');
    });
    const parts: string[] = [];
    const onPart = (node: string, payload: Buffer) => parts.push(`${cluster.nameOf(node)} ${payload}`);
    expect(await ask(cluster, a, 'count', { onPart })).toEqual({ answers: { 1: 'three' }, missing: [] });
    expect(parts).toEqual(['1 one', '1 two']);
  });

  test('whoever is too slow is missing, and so is whoever dies or leaves: nobody waits for them', async () => {
    const { cluster, a, b, c } = await clusterOf(4);
    for (const { node } of cluster.nodes) node.handle('wait', () => new Promise(() => {}));
    let outcome: { missing: string[] } | undefined;
    const asked = ask(cluster, a, 'wait', { timeout: 60_000 }).then((answer) => {
      outcome = answer;
    });
    await cluster.settle();
    await b.node.close();
    c.bus.cut();
    await cluster.advance(15_000);
    expect(outcome).toBeUndefined();
    await cluster.advance(45_000);
    await asked;
    expect(outcome?.missing).toEqual(['1', '2', '3']);
  });

  test('without a time of its own, a request has the usual one', async () => {
    const { cluster, a, b } = await clusterOf(2);
    b.node.handle('wait', () => new Promise(() => {}));
    const asked = ask(cluster, a, 'wait');
    await cluster.advance(5000);
    expect(await asked).toEqual({ answers: {}, missing: ['1'] });
    expect(cluster.clock.pendingForeground).toBe(0);
  });

  test('one that is asked while a node comes waits until it knows who is there', async () => {
    const { cluster, a } = await clusterOf(1);
    a.node.handle('name', say('a'));
    const late = cluster.make();
    late.node.open();
    expect(await ask(cluster, late, 'name')).toEqual({ answers: { 0: 'a' }, missing: [] });
  });

  test('nodes that Redis still counts, but that are dead, hold a new one up for a second only', async () => {
    const { cluster, a } = await clusterOf(1);
    a.node.handle('name', say('a'));
    // A connection without a node behind it.
    cluster.network.connect().subscribe(nodes, () => {});
    const late = cluster.make();
    let isOpen = false;
    late.node.open().then(() => {
      isOpen = true;
    });
    await cluster.settle();
    await cluster.advance(900);
    expect(isOpen).toBe(false);
    await cluster.advance(100);
    expect(isOpen).toBe(true);
  });

  test('two handlers of one name are a mistake', async () => {
    const { a } = await clusterOf(1);
    const remove = a.node.handle('name', say('a'));
    expect(() => a.node.handle('name', say('a'))).toThrow('"name" are handled already');
    remove();
    a.node.handle('name', say('a'));
  });

  test('an answer from a stranger is rejected, one that comes late is not an offence', async () => {
    const { cluster, a, b } = await clusterOf(2);
    const stranger = new FrameWriter('stranger-_-_-_-_-_-_');
    stranger.answer(1, 0, Buffer.alloc(0));
    b.bus.publish(`nodes#${a.node.id}#`, stranger.finish(1));
    b.node.to(`nodes#${a.node.id}#`).answer(1, 0, Buffer.alloc(0));
    await cluster.settle();
    expect(a.node.rejected).toBe(1);
  });
});

describe('an outage', () => {
  test('is told once, requests answer at once with nobody, and then all is as before', async () => {
    const { cluster, a, b } = await clusterOf(2);
    b.node.handle('name', say('b'));
    b.node.handle('wait', () => new Promise(() => {}));
    const waiting = ask(cluster, a, 'wait');
    await cluster.settle();
    a.bus.cut(new Error('Redis is gone'));
    expect((await waiting).missing).toEqual(['1']);
    expect(a.node.isUp).toBe(false);
    expect(await ask(cluster, a, 'name')).toEqual({ answers: {}, missing: ['1'] });
    await cluster.advance(30_000);
    a.bus.mend();
    await cluster.settle();
    expect(a.node.isUp).toBe(true);
    expect(await ask(cluster, a, 'name')).toEqual({ answers: { 1: 'b' }, missing: [] });
    expect(a.heard).toEqual(['member 1', 'down other nodes cannot be reached: Redis is gone', 'up 0']);
  });

  test('is over when messages get through, not before: whoever hears of it can rely on it', async () => {
    const { cluster, a } = await clusterOf(2);
    const wasUp: boolean[] = [];
    a.node.observe({ onUp: () => wasUp.push(a.node.isUp) });
    for (const duration of [1000, 30_000]) {
      a.bus.cut();
      await cluster.advance(duration);
      a.bus.mend();
      await cluster.settle();
    }
    expect(wasUp).toEqual([true, true]);
  });

  test('is noticed, too, when the connection stands but nothing comes through', async () => {
    const { cluster, a } = await clusterOf(1);
    a.node.unlisten('nodes');
    await cluster.advance(10_000);
    expect(a.heard).toEqual(['down other nodes cannot be reached: nothing comes back of what was published']);
    expect(a.node.isUp).toBe(false);
  });

  test('a node may come while Redis is down', async () => {
    const cluster = new TestCluster();
    const made = cluster.make();
    made.bus.cut();
    const opened = made.node.open();
    await cluster.settle();
    made.bus.mend();
    await cluster.during(opened);
    const other = await cluster.join();
    expect(other.node.members.size).toBe(1);
  });

  test('what nobody listens to is logged', () => {
    const logged: unknown[][] = [];
    const log = console.error;
    console.error = (...args) => logged.push(args);
    try {
      const { clock, network } = new TestCluster();
      const bus = network.connect();
      new ClusterNode(bus, { clock });
      bus.cut(new Error('Redis is gone'));
    } finally {
      console.error = log;
    }
    expect(logged).toEqual([
      [
        'carillon: the cluster:',
        expect.objectContaining({ code: 'CARILLON_CLUSTER_DOWN', cause: new Error('Redis is gone') }),
      ],
    ]);
  });
});

test('an announcement under another name is no sign of life of ours', async () => {
  const { cluster, a } = await clusterOf(1);
  const writer = new FrameWriter('stranger-_-_-_-_-_-_');
  writer.announce(Announcement.BYE, []);
  a.bus.publish(nodes, writer.finish(1));
  await cluster.settle();
  expect(a.node.members.size).toBe(0);
});
