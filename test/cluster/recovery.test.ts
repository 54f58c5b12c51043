// Connection state recovery over carillon/redis, with real servers, a real Redis and real clients.
import { setTimeout as wait } from 'node:timers/promises';
import { until } from '../contract/adapter/node.js';
import { RawWebSocket } from '../hostile/support/raw.js';
import { type ClientLibrary, Servers } from './support/recovery.js';
import type { ClientPackage } from './support/redis.js';

const range = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const socketOf = (io: any, id: string) => io.of('/').sockets.get(id);

const pairs: [ClientPackage, ClientLibrary][] = [
  ['ioredis', 'official'],
  ['node-redis', 'carillon'],
];

describe.each(pairs)('over %s, for clients of %s', (by, library) => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await Servers.start(3, { by });
  });
  afterAll(() => servers.stop());

  test('a client comes back to another node, with id, rooms, data and what it missed from all of them', async () => {
    const [a, b, c] = servers.nodes;
    const client = await servers.client(library, a!.port);
    const { id } = client.socket;
    const socket = socketOf(a!.io, id);
    socket.data = { name: 'Ada', key: Buffer.from([1, 2]) };
    await socket.join(['room', 'muted']);
    c!.io.emit('seen');
    await client.hears('seen');
    await client.cut();
    await until(() => socketOf(a!.io, id) === undefined);
    for (let i = 0; i < 20; i++) {
      for (const [name, { io }] of [
        ['a', a!],
        ['b', b!],
        ['c', c!],
      ] as const) {
        io.emit(`from ${name}`, i);
        io.to('elsewhere').except('nobody').emit('not for it');
        io.except('muted').emit('not for it');
      }
      b!.io.to('room').emit('room', i);
      c!.io.to(id).emit('direct', Buffer.from([i]));
      if (i % 3 === 0) await turn();
    }
    await client.comeBack(b!.port);
    expect(client.socket.id).toBe(id);
    expect(client.recoveries).toEqual([false, true]);
    a!.io.to('room').emit('afterwards');
    await client.hears('afterwards');
    for (const name of ['from a', 'from b', 'from c', 'room']) expect(client.told(name)).toEqual(range(0, 20));
    expect(client.told('direct').map(([byte]) => byte)).toEqual(range(0, 20));
    expect(client.told('not for it')).toEqual([]);
    const back = socketOf(b!.io, id);
    expect([...back.rooms]).toEqual([id, 'room', 'muted']);
    expect(back.data).toEqual({ name: 'Ada', key: Buffer.from([1, 2]) });
    expect(back.recovered).toBe(true);
  });

  test('one that had received nothing yet', async () => {
    const [a, b] = servers.nodes;
    const client = await servers.client(library, a!.port);
    const { id } = client.socket;
    await client.cut();
    b!.io.emit('missed', 1);
    await client.comeBack(b!.port);
    expect(client.recoveries).toEqual([false, true]);
    expect(client.socket.id).toBe(id);
    expect(client.told('missed')).toEqual([1]);
  });

  test('again and again, while everybody goes on talking', async () => {
    const client = await servers.client(library, servers.nodes[0]!.port);
    const { id } = client.socket;
    let count = 0;
    for (let round = 1; round <= 6; round++) {
      const at = servers.nodes[round % 3]!;
      client.reconnect(at.port);
      for (let i = 0; i < 30; i++) {
        for (const [index, { io }] of servers.nodes.entries()) io.emit(`from ${index}`, count);
        count++;
        if (i % 5 === 0) await wait(2);
      }
      await until(() => client.recoveries.length === round + 1);
    }
    for (const index of [0, 1, 2]) {
      await client.hears(`from ${index}`, count - 1);
      expect(client.told(`from ${index}`)).toEqual(range(0, count));
    }
    expect(client.socket.id).toBe(id);
    expect(client.recoveries.slice(1)).toEqual(Array(6).fill(true));
  });

  test('nothing is reported', () => {
    expect(servers.errors).toEqual([]);
  });
});

describe('who may come back', () => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await Servers.start(2, { recovery: { skipMiddlewares: false } });
  });
  afterAll(() => servers.stop());

  const join = async (port: number, auth: object = {}) => {
    const peer = await RawWebSocket.join(port, `40${JSON.stringify(auth)}`);
    const answer = JSON.parse((await peer.text(/^4[04]\{/)).slice(2));
    return { peer, ...answer } as { peer: RawWebSocket; sid: string; pid: string; message?: string };
  };

  test('a session that is asked for on both nodes at once is given out once', async () => {
    const [a, b] = servers.nodes;
    const { peer, sid, pid } = await join(a!.port);
    await peer.end();
    await until(() => socketOf(a!.io, sid) === undefined);
    const both = await Promise.all([join(a!.port, { pid }), join(b!.port, { pid })]);
    expect(both.filter((each) => each.sid === sid)).toHaveLength(1);
    const replayed = await join(a!.port, { pid: 'x'.repeat(20) });
    expect(replayed.sid).not.toBe(sid);
    for (const each of [...both, replayed]) await each.peer.end();
  });

  test('a client that is back on another node before its old connection was missed takes it over', async () => {
    const [a, b] = servers.nodes;
    const old = await join(a!.port);
    socketOf(a!.io, old.sid).data.name = 'Ada';
    // It comes back within a millisecond, which no network allows: Redis may then hear of the return first.
    await servers.written(old.pid);
    const back = await join(b!.port, { pid: old.pid });
    expect(back.sid).toBe(old.sid);
    expect(socketOf(b!.io, back.sid).data).toEqual({ name: 'Ada' });
    await old.peer.closed;
    expect(socketOf(a!.io, old.sid)).toBeUndefined();
    await back.peer.end();
  });

  test('what is sent while middlewares run arrives; a banned user gets nothing of what was missed', async () => {
    const [a, b] = servers.nodes;
    /** One for each client that the middleware holds. */
    const doors: (() => void)[] = [];
    b!.io.use(async (socket: any, next: any) => {
      if (!socket.recovered) return next();
      await new Promise<void>((go) => doors.push(go));
      next(socket.data.banned ? new Error('banned') : undefined);
    });
    const [good, bad] = [await join(a!.port), await join(a!.port)];
    socketOf(a!.io, bad.sid).data.banned = true;
    for (const each of [good, bad]) await each.peer.end();
    await until(() => a!.io.of('/').sockets.size === 0);
    a!.io.emit('missed');
    const back = RawWebSocket.join(b!.port, `40${JSON.stringify({ pid: good.pid })}`);
    await until(() => doors.length === 1);
    a!.io.emit('from afar');
    b!.io.emit('from near');
    // What it hears from there, all of that node have heard.
    const witness = await servers.client('official', b!.port);
    a!.io.emit('heard by b');
    await witness.hears('heard by b');
    doors[0]!();
    const peer = await back;
    const packets = peer.texts.filter((text) => /^4[02]/.test(text));
    // All of it ahead of the CONNECT packet, and in the order of each node.
    expect(packets).toHaveLength(5);
    expect(packets.at(-1)).toMatch(/^40/);
    const names = packets.slice(0, -1).map((packet) => JSON.parse(packet.slice(2))[0]);
    expect(names.filter((name) => name !== 'from near')).toEqual(['missed', 'from afar', 'heard by b']);
    await peer.end();

    const banned = RawWebSocket.join(b!.port, `40${JSON.stringify({ pid: bad.pid })}`);
    await until(() => doors.length === 2);
    doors[1]!();
    const refused = await banned;
    expect(await refused.text(/^4[024]/)).toBe('44{"message":"banned"}');
    await refused.end();
  });
});

describe('limits', () => {
  test('a log that was trimmed; a client that was idle for longer than any log lasts', async () => {
    const servers = await Servers.start(2, { recovery: { maxDisconnectionDuration: 3000, maxBytes: 20_000 } });
    try {
      const [a, b] = servers.nodes;
      const [idle, late] = [await servers.client('official', a!.port), await servers.client('carillon', a!.port)];
      b!.io.emit('seen');
      for (const client of [idle, late]) await client.hears('seen');
      // The log lasts for three seconds of this: longer than until sessions are written anew, shorter than all of it.
      const end = performance.now() + 7000;
      while (performance.now() < end) {
        b!.io.to('elsewhere').emit('noise', 'x'.repeat(500));
        await wait(80);
      }
      for (const client of [idle, late]) await client.cut();
      b!.io.emit('missed');
      await idle.comeBack(b!.port);
      expect(idle.recoveries).toEqual([false, true]);
      expect(idle.told('missed')).toHaveLength(1);
      for (let i = 0; i < 50; i++) b!.io.emit('too much', 'x'.repeat(500));
      await late.comeBack(b!.port);
      expect(late.recoveries).toEqual([false, false]);
    } finally {
      await servers.stop();
    }
  });

  test('on a Redis Cluster', async () => {
    const servers = await Servers.start(2, { by: 'node-redis', redis: { cluster: true } });
    try {
      const [a, b] = servers.nodes;
      const client = await servers.client('official', a!.port);
      b!.io.emit('seen');
      await client.hears('seen');
      await client.cut();
      for (const { io } of [a!, b!]) io.emit('missed');
      await client.comeBack(b!.port);
      expect(client.recoveries).toEqual([false, true]);
      expect(client.told('missed')).toHaveLength(2);
    } finally {
      await servers.stop();
    }
  });
});
