import { NativeAdapter } from '../../../../core/adapters/native/adapter.js';
import { ClusterNode } from '../../../../core/cluster/node.js';
import { event, everybody, TestNamespace } from '../../../support/adapter.js';
import { RecoveringCluster } from '../../../support/recovering-cluster.js';

const names = (events: unknown[][] | undefined) => events?.map(([name]) => name) ?? null;

async function setup(count = 3, limits = {}) {
  const cluster = new RecoveringCluster(limits);
  const nodes = [];
  for (let i = 0; i < count; i++) nodes.push(await cluster.start());
  return { cluster, nodes, settle: () => cluster.settle() };
}

describe('a client comes back to another node', () => {
  test('with id, rooms, data, and what it missed from all nodes', async () => {
    const {
      nodes: [a, b, c],
      settle,
    } = await setup();
    const socket = a!.connect(['room', 'muted']);
    socket.data = { name: 'Ann' };
    c!.emit('seen');
    await settle();
    a!.lose(socket);
    a!.emit('from a');
    b!.emit('from b', 'room');
    c!.emit('elsewhere', 'other');
    c!.emit('from c', socket.id);
    await settle();
    const back = await b!.comeBack(socket.pid, socket.offset);
    expect(back).toMatchObject({ id: socket.id, data: { name: 'Ann' }, recovered: true });
    expect([...back!.rooms]).toEqual([socket.id, 'room', 'muted']);
    expect(names(back!.events)!.sort()).toEqual(['from a', 'from b', 'from c']);
    c!.emit('afterwards', 'room');
    await settle();
    expect(names(back!.events)!.at(-1)).toBe('afterwards');
  });

  test('that had received nothing yet', async () => {
    const {
      nodes: [a, b],
      settle,
    } = await setup();
    b!.emit('before it came');
    await settle();
    const socket = a!.connect();
    await settle();
    a!.lose(socket);
    b!.emit('missed');
    await settle();
    expect(names((await b!.comeBack(socket.pid, undefined))?.events)).toEqual(['missed']);
  });

  test('once: a replayed pid finds nothing', async () => {
    const {
      nodes: [a, b, c],
      settle,
    } = await setup();
    const socket = a!.connect();
    await settle();
    a!.lose(socket);
    await settle();
    const both = [b!.comeBack(socket.pid, undefined), c!.comeBack(socket.pid, undefined)];
    expect((await Promise.all(both)).filter((each) => each !== null)).toHaveLength(1);
    expect(await a!.comeBack(socket.pid, undefined)).toBeNull();
  });

  test('whose loss nobody has noticed: the node that has its socket lets go', async () => {
    const {
      nodes: [a, b],
      settle,
    } = await setup();
    const socket = a!.connect(['room']);
    await settle();
    socket.data = { since: 'then' };
    a!.emit('sent, not received');
    await settle();
    const back = await b!.comeBack(socket.pid, undefined);
    expect(back!.data).toEqual({ since: 'then' });
    expect(names(back!.events)).toEqual(['sent, not received']);
    expect(a!.namespace.sockets.size).toBe(0);
  });

  test('that was put out does not', async () => {
    const {
      nodes: [a, b],
      settle,
    } = await setup();
    const socket = a!.connect();
    await settle();
    a!.dismiss(socket);
    await settle();
    expect(await b!.comeBack(socket.pid, undefined)).toBeNull();
  });

  test('whose node is dead, with what was written last', async () => {
    const {
      cluster,
      nodes: [a, b, c],
      settle,
    } = await setup();
    const socket = a!.connect(['first']);
    socket.data = { name: 'Ann' };
    await settle();
    a!.adapter.addAll(socket.id, new Set(['second']));
    c!.emit('seen');
    await settle();
    a!.kill();
    c!.emit('missed', 'second');
    await settle();
    // It is not known yet that the node is dead: it is asked, and does not answer.
    const returning = b!.comeBack(socket.pid, socket.offset);
    await settle();
    await cluster.pass(1000);
    const back = await returning;
    expect(back!.data).toEqual({ name: 'Ann' });
    expect([...back!.rooms]).toEqual([socket.id, 'first', 'second']);
    expect(names(back!.events)).toEqual(['missed']);
  });

  test('again and again', async () => {
    const { nodes, settle } = await setup();
    let socket = nodes[0]!.connect(['room']);
    const got: unknown[] = [];
    let offset: string | undefined;
    for (let round = 0; round < 10; round++) {
      nodes[(round + 1) % 3]!.emit(event('live', round), 'room');
      await settle();
      socket.node.lose(socket);
      nodes[round % 3]!.emit(event('missed', round));
      await settle();
      got.push(...socket.events);
      offset = socket.offset ?? offset;
      socket = (await nodes[(round + 1) % 3]!.comeBack(socket.pid, offset))!;
    }
    got.push(...socket.events);
    expect(got).toEqual(
      Array.from({ length: 10 }, (_, round) => [
        ['live', round],
        ['missed', round],
      ]).flat(),
    );
  });
});

describe('while a client comes back', () => {
  test('nothing is lost and nothing doubled, however long its middlewares take', async () => {
    const {
      cluster,
      nodes: [a, b, c],
      settle,
    } = await setup();
    const socket = a!.connect(['room']);
    await settle();
    a!.lose(socket);
    for (let i = 0; i < 5; i++) {
      c!.emit(event('away', i), 'room');
      await settle();
    }
    const restoring = b!.adapter.restoreSession(socket.pid, undefined);
    // Each step of the way is a turn; something is sent in each.
    for (let i = 0; i < 20; i++) {
      c!.emit(event('on the way', i), 'room');
      b!.emit(event('on the way from b', i));
      for (let tick = 0; tick < 7; tick++) await Promise.resolve();
      cluster.clock.endTurn();
    }
    await settle();
    const session = (await restoring)!;
    c!.emit(event('middleware'), 'room');
    b!.emit(event('middleware of b'), 'room');
    await settle();
    const texts = session.takeMissed()!.map(({ parts }) => JSON.parse((parts[0] as string).slice(2)));
    const of = (name: string) => texts.filter(([each]) => each === name).map(([, i]) => i);
    const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
    expect(of('away')).toEqual(upTo(5));
    expect(of('on the way')).toEqual(upTo(20));
    expect(of('on the way from b')).toEqual(upTo(20));
    expect(
      texts
        .slice(-2)
        .map(([name]) => name)
        .sort(),
    ).toEqual(['middleware', 'middleware of b']);
  });

  test('it may be lost once more, and come again', async () => {
    const {
      nodes: [a, b, c],
      settle,
    } = await setup();
    const socket = a!.connect(['room']);
    await settle();
    a!.lose(socket);
    c!.emit('missed', 'room');
    await settle();
    const restoring = b!.adapter.restoreSession(socket.pid, undefined);
    await settle();
    (await restoring)!.release();
    expect(b!.adapter.sids.size).toBe(0);
    await settle();
    expect(names((await c!.comeBack(socket.pid, undefined))?.events)).toEqual(['missed']);
  });

  test('a refused one leaves nothing behind', async () => {
    const {
      nodes: [a, b],
      settle,
    } = await setup();
    const socket = a!.connect(['room']);
    await settle();
    a!.lose(socket);
    await settle();
    const restoring = b!.adapter.restoreSession(socket.pid, undefined);
    await settle();
    const session = (await restoring)!;
    b!.adapter.delAll(session.sid);
    expect(session.takeMissed()).toBeNull();
    expect(b!.adapter.rooms.size).toBe(0);
  });
});

describe('limits', () => {
  test('a session is kept as long as it says', async () => {
    for (const [wait, isKept] of [
      [9_500, true],
      [10_001, false],
    ] as const) {
      const { cluster, nodes, settle } = await setup(2);
      const socket = nodes[0]!.connect();
      await settle();
      nodes[0]!.lose(socket);
      await settle();
      await cluster.pass(wait);
      expect((await nodes[1]!.comeBack(socket.pid, undefined)) !== null).toBe(isKept);
    }
  });

  test('one whose node is dead as long at least', async () => {
    const { cluster, nodes, settle } = await setup(2);
    const socket = nodes[0]!.connect();
    await cluster.pass(60_000);
    nodes[0]!.kill();
    nodes[1]!.emit('missed');
    await cluster.pass(10_000);
    const returning = nodes[1]!.comeBack(socket.pid, undefined);
    await cluster.pass(1000);
    await settle();
    expect(names((await returning)?.events)).toEqual(['missed']);
  });

  test('beyond the bytes of a log', async () => {
    const {
      nodes: [a, b],
      settle,
    } = await setup(2, { maxBytes: 1000 });
    const [one, other] = [a!.connect(), a!.connect()];
    b!.emit('seen');
    await settle();
    a!.lose(one);
    b!.emit(event('long', 'x'.repeat(700)));
    await settle();
    a!.lose(other);
    b!.emit(event('longer', 'x'.repeat(700)));
    await settle();
    expect(await b!.comeBack(one.pid, one.offset)).toBeNull();
    expect(names((await b!.comeBack(other.pid, other.offset))?.events)).toEqual(['longer']);
  });

  test('a client that was silent for longer than any log lasts', async () => {
    const {
      cluster,
      nodes: [a, b, c],
      settle,
    } = await setup();
    const socket = a!.connect();
    b!.emit('for it', socket.id);
    await settle();
    for (let i = 0; i < 100; i++) {
      await cluster.pass(1000);
      b!.emit('elsewhere', 'other');
      c!.emit('elsewhere', 'another');
    }
    // Sent, but lost on the way, some time before its node noticed.
    c!.emit('lost on the way', socket.id);
    await settle();
    const offset = JSON.parse((socket.texts[0] as string).slice(2)).at(-1);
    await cluster.pass(4000);
    a!.kill();
    await cluster.pass(11_000);
    expect(names((await b!.comeBack(socket.pid, offset))?.events)).toEqual(['lost on the way']);
  });

  test('a node that went long ago is nothing that anybody waits for', async () => {
    const {
      cluster,
      nodes: [a, b, c],
      settle,
    } = await setup();
    const socket = a!.connect();
    c!.emit('seen');
    await settle();
    c!.kill();
    await cluster.pass(240_000);
    expect(cluster.server.senders.size).toBe(2);
    a!.lose(socket);
    b!.emit('missed');
    await settle();
    const back = await b!.comeBack(socket.pid, socket.offset);
    expect(names(back?.events)).toEqual(['missed']);
    expect(back!.offset).not.toContain(c!.node.id.slice(0, 6));
  });

  test('offsets and sessions that nobody gave out', async () => {
    const {
      nodes: [a, b],
      settle,
    } = await setup(2);
    const socket = a!.connect();
    b!.emit('seen');
    await settle();
    const tag = b!.node.id.slice(0, 6);
    for (const [pid, offset] of [
      ['guessed', undefined],
      ['__proto__', '__proto__'],
      ['x'.repeat(20), undefined],
      ['x'.repeat(100_000), 'x'.repeat(100_000)],
      [socket.pid, 'nonsense'],
      [socket.pid, ''],
    ] as const)
      expect(await b!.comeBack(pid, offset)).toBeNull();
    a!.lose(socket);
    await settle();
    expect(await b!.comeBack(socket.pid, `~${tag}zz`)).toBeNull();
  });
});

describe('when something fails', () => {
  test('a message that does not arrive is made up for, in order', async () => {
    const {
      nodes: [a, b],
      settle,
    } = await setup(2);
    const socket = a!.connect();
    b!.emit(event('1'));
    await settle();
    const isUp = Object.getOwnPropertyDescriptor(a!.bus, 'isUp')!;
    b!.emit(event('2'));
    // Lost without anybody noticing.
    Object.defineProperty(a!.bus, 'isUp', { value: false, writable: true, configurable: true });
    await settle();
    Object.defineProperty(a!.bus, 'isUp', isUp);
    b!.emit(event('3'));
    b!.emit(event('4'));
    await settle();
    expect(names(socket.events)).toEqual(['1', '2', '3', '4']);
  });

  test('a node that was cut off catches up', async () => {
    const {
      cluster,
      nodes: [a, b, c],
      settle,
    } = await setup();
    const socket = a!.connect(['room']);
    b!.emit(event('1'), 'room');
    await settle();
    a!.bus.cut();
    for (const name of ['2', '3']) {
      b!.emit(event(name), 'room');
      await settle();
    }
    c!.emit(event('elsewhere'), 'other');
    a!.emit(event('own'));
    await settle();
    a!.bus.mend();
    b!.emit(event('4'), 'room');
    await settle();
    await cluster.pass(2000);
    expect(names(socket.events)).toEqual(['1', 'own', '2', '3', '4']);
    a!.lose(socket);
    await settle();
    expect(names((await b!.comeBack(socket.pid, socket.offset))?.events)).toEqual([]);
  });

  test('what cannot be made up for is said, and nobody is told that it missed nothing', async () => {
    const {
      cluster,
      nodes: [a, b],
      settle,
    } = await setup(2, { maxBytes: 100 });
    const socket = a!.connect();
    b!.emit(event('1'));
    await settle();
    a!.bus.cut();
    b!.emit(event('2', 'x'.repeat(100)));
    b!.emit(event('3'));
    await settle();
    a!.bus.mend();
    await cluster.pass(2000);
    expect(cluster.errors.join()).toContain('begin anew');
    a!.lose(socket);
    await settle();
    expect(await b!.comeBack(socket.pid, socket.offset)).toBeNull();
  });

  test('Redis that lost everything: nobody comes back from before, everybody from after', async () => {
    const {
      cluster,
      nodes: [a, b],
      settle,
    } = await setup(2);
    const [gone, there] = [a!.connect(), a!.connect()];
    b!.emit('seen');
    await settle();
    a!.lose(gone);
    b!.emit('missed');
    await settle();
    for (const node of [a!, b!]) node.bus.cut();
    cluster.server.restart(false);
    for (const node of [a!, b!]) node.bus.mend();
    await settle();
    await cluster.pass(2000);
    expect(cluster.errors.filter((each) => each.includes('begin anew'))).toEqual([]);
    expect(await b!.comeBack(gone.pid, gone.offset)).toBeNull();
    a!.lose(there);
    b!.emit('after');
    await settle();
    expect(names((await b!.comeBack(there.pid, there.offset))?.events)).toEqual(['after']);
  });

  test('Redis that came back with an older state of things', async () => {
    const {
      cluster,
      nodes: [a, b, c],
      settle,
    } = await setup();
    const socket = a!.connect();
    b!.emit('seen');
    await settle();
    a!.lose(socket);
    await settle();
    const log = [...cluster.server.sender(b!.node.id.slice(0, 6)).entries];
    b!.emit('missed');
    await settle();
    for (const node of [a!, b!, c!]) node.bus.cut();
    cluster.server.restart(true);
    const sender = cluster.server.sender(b!.node.id.slice(0, 6));
    Object.assign(sender, { entries: log, position: 1 });
    // b is not back yet: nobody can say what it had sent.
    for (const node of [a!, c!]) node.bus.mend();
    await settle();
    const returning = c!.comeBack(socket.pid, socket.offset);
    await cluster.pass(6000);
    expect(await returning).toBeNull();
  });

  test('a log that cannot be written: events arrive, and nobody is told that it missed nothing', async () => {
    const {
      cluster,
      nodes: [a, b],
      settle,
    } = await setup(2);
    const [one, other] = [a!.connect(), a!.connect()];
    b!.emit('1');
    await settle();
    a!.lose(one);
    cluster.server.isFull = true;
    b!.emit('2');
    await settle();
    expect(names(other.events)).toEqual(['1', '2']);
    expect(await a!.comeBack(one.pid, one.offset)).toBeNull();
    cluster.server.isFull = false;
    b!.emit('3');
    await settle();
    a!.lose(other);
    b!.emit('4');
    await settle();
    expect(names((await a!.comeBack(other.pid, other.offset))?.events)).toEqual(['4']);
  });

  test('a node that slept while its client came back elsewhere does not write over it', async () => {
    const {
      cluster,
      nodes: [a, b, c],
      settle,
    } = await setup();
    const socket = a!.connect(['old']);
    await settle();
    a!.bus.cut();
    const returning = b!.comeBack(socket.pid, undefined);
    await settle();
    await cluster.pass(1000);
    const back = (await returning)!;
    b!.adapter.addAll(back.id, new Set(['new']));
    await settle();
    // It wakes up, and finds that the connection is dead.
    a!.lose(socket);
    a!.bus.mend();
    await settle();
    await cluster.pass(1000);
    b!.kill();
    await cluster.pass(11_000);
    const third = await c!.comeBack(socket.pid, undefined);
    expect([...third!.rooms]).toEqual([socket.id, 'old', 'new']);
  });

  test('data that cannot be written: the others are not touched by it', async () => {
    const {
      cluster,
      nodes: [a, b],
      settle,
    } = await setup(2);
    const [bad, good] = [a!.connect(), a!.connect()];
    bad.data = { big: 1n };
    a!.adapter.addAll(bad.id, new Set(['room']));
    await settle();
    expect(cluster.errors).toEqual([expect.stringContaining('cannot be recovered')]);
    for (const socket of [bad, good]) a!.lose(socket);
    await settle();
    expect(await b!.comeBack(bad.pid, undefined)).toBeNull();
    expect(await b!.comeBack(good.pid, undefined)).not.toBeNull();
  });
});

describe('what is not kept', () => {
  test('volatile and local events; texts at their end are not taken for offsets', async () => {
    const {
      nodes: [a, b],
      settle,
    } = await setup(2);
    const [here, there] = [a!.connect(), b!.connect()];
    a!.emit('kept');
    await settle();
    const offset = there.offset;
    for (const flags of [{ volatile: true }, { local: true }]) {
      a!.adapter.broadcast(event('words', 'text'), everybody.with(flags));
      a!.adapter.broadcast(event('number', 1), everybody.with(flags));
    }
    await settle();
    expect(there.texts.slice(1)).toEqual([`42["words","text","${offset}"]`, '42["number",1]']);
    expect(here.texts.slice(1)).toEqual([...there.texts.slice(1), ...there.texts.slice(1)]);
    b!.lose(there);
    await settle();
    expect((await a!.comeBack(there.pid, offset))?.events).toEqual([]);
  });

  test('nodes that do not number their events are named, once', async () => {
    const {
      cluster,
      nodes: [a],
      settle,
    } = await setup(1);
    const bus = cluster.network.connect();
    const plain = new NativeAdapter(new TestNamespace(), new ClusterNode(bus, { clock: cluster.clock }));
    const started = plain.init();
    await settle();
    await started;
    const socket = a!.connect();
    for (const text of ['1', '2']) plain.broadcast(event('words', text), everybody);
    await settle();
    expect(socket.texts).toEqual(['42["words","1","~"]', '42["words","2","~"]']);
    expect(cluster.errors).toEqual([expect.stringContaining('it runs without connectionStateRecovery')]);
  });
});
