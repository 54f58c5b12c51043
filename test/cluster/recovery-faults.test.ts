// Nodes that are killed, a Redis that is restarted, clients that are cut and moved at random: nobody is told that it
// missed nothing when it did.
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { until } from '../contract/adapter/node.js';
import { type Roamer, Servers } from './support/recovery.js';

const range = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);

/** The same numbers each time (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

describe('nodes in processes of their own', () => {
  beforeAll(() => {
    const built = fileURLToPath(new URL('../../dist/core/adapters/redis/index.js', import.meta.url));
    if (!existsSync(built)) throw new Error('The package is not compiled: run `npm run build` first.');
  });

  test('kill -9 in the middle of everything: clients come back elsewhere, with all that was sent', async () => {
    const servers = await Servers.start(1);
    try {
      const [here] = servers.nodes;
      const [home, other] = [await servers.fork(), await servers.fork()];
      const clients: Roamer[] = [];
      for (let i = 0; i < 6; i++) {
        const client = await servers.client(i % 2 === 0 ? 'official' : 'carillon', home.port);
        await client.socket.emitWithAck('settle in', `client ${i}`, ['room', `own ${i}`]);
        clients.push(client);
      }
      const ids = clients.map(({ socket }) => socket.id);
      // Those that got nothing before, too, have something to come back to.
      other.emit('from other', 0, 400);
      home.emit('from home', 0, 400, 'room');
      for (let i = 0; i < 50; i++) {
        here!.io.to('room').emit('from here', i);
        await wait(1);
        if (i === 20) await home.kill();
      }
      await Promise.all(clients.map((client, i) => client.comeBack(i % 2 === 0 ? here!.port : other.port)));
      for (const [i, client] of clients.entries()) {
        expect(client.recoveries).toEqual([false, true]);
        expect(client.socket.id).toBe(ids[i]);
        await client.hears('from other', 399);
        await client.hears('from here', 49);
        expect(client.told('from other')).toEqual(range(0, 400));
        expect(client.told('from here')).toEqual(range(0, 50));
        // However far it came: without a hole, and the same for all.
        const fromHome = client.told('from home');
        expect(fromHome).toEqual(range(0, fromHome.length));
        expect(fromHome).toHaveLength(clients[0]!.told('from home').length);
      }
      const back = here!.io.of('/').sockets.get(ids[0]);
      expect(back.data).toEqual({ name: 'client 0' });
      expect([...back.rooms]).toEqual([ids[0], 'room', 'own 0']);
    } finally {
      await servers.stop();
    }
  });
});

describe.each([true, false])('Redis is killed and restarted; with its data: %s', (persistent) => {
  test('who stayed has everything; who was away is told the truth', async () => {
    const servers = await Servers.start(2, { redis: { persistent } });
    try {
      const [a, b] = servers.nodes;
      const [stays, goes] = [await servers.client('official', a!.port), await servers.client('carillon', a!.port)];
      let number = 0;
      const talk = async (turns: number) => {
        for (let i = 0; i < turns; i++) {
          a!.io.emit('from a', number);
          b!.io.emit('from b', number);
          number++;
          await wait(2);
        }
      };
      await talk(50);
      await goes.hears('from b', 49);
      await goes.cut();
      await until(() => a!.io.of('/').sockets.size === 1);
      await talk(20);
      const [back1, back2] = [a!, b!].map(
        ({ io }) => new Promise((resolve) => io.of('/').adapter.once('resubscribed', resolve)),
      );
      await servers.redis.kill();
      await talk(50);
      await servers.redis.restart();
      await talk(50);
      await Promise.all([back1, back2]);
      await talk(20);
      await stays.hears('from b', number - 1);
      expect(stays.told('from a')).toEqual(range(0, number));
      expect(stays.told('from b')).toEqual(range(0, number));
      expect(stays.recoveries).toEqual([false]);

      await servers.whenReady(b!.port);
      await goes.comeBack(b!.port);
      expect(goes.recoveries).toEqual([false, persistent]);
      await talk(5);
      await goes.hears('from a', number - 1);
      await goes.hears('from b', number - 1);
      const since = persistent ? 0 : number - 5;
      expect(goes.told('from a')).toEqual(range(since, number - since));
      expect(goes.told('from b')).toEqual(range(since, number - since));

      // What began before, on a Redis that knows nothing of it, can be continued all the same.
      await stays.cut();
      await until(() => a!.io.of('/').sockets.size === 0);
      await talk(5);
      await stays.comeBack(b!.port);
      expect(stays.recoveries).toEqual([false, true]);
      expect(stays.told('from a')).toEqual(range(0, number));
    } finally {
      await servers.stop();
    }
  });
});

test('clients cut and moved at random, while all nodes talk', async () => {
  const servers = await Servers.start(3);
  try {
    const clients: Roamer[] = [];
    for (let i = 0; i < 6; i++) {
      const client = await servers.client(i % 2 === 0 ? 'official' : 'carillon', servers.nodes[i % 3]!.port);
      await servers.nodes[i % 3]!.io.of('/')
        .sockets.get(client.socket.id)
        .join(`room ${i % 2}`);
      clients.push(client);
    }
    const random = randomFrom(7);
    const total = 400;
    for (let number = 0; number < total; number++) {
      for (const [index, { io }] of servers.nodes.entries()) {
        io.emit(`all ${index}`, number);
        io.to(`room ${number % 2}`).emit(`room ${index}`, number);
      }
      if (random(10) === 0) clients[random(6)]!.reconnect(servers.nodes[random(3)]!.port);
      if (random(3) === 0) await wait(random(8));
    }
    // One that begins anew at the very end hears nothing of the last number: it is told again until all have heard.
    await until(async () => {
      for (const [index, { io }] of servers.nodes.entries()) io.emit(`end ${index}`);
      await wait(50);
      return clients.every((client) => [0, 1, 2].every((index) => client.told(`end ${index}`).length > 0));
    });
    let recovered = 0;
    for (const [i, client] of clients.entries()) {
      const [, ...later] = client.recoveries;
      recovered += later.filter(Boolean).length;
      // One that began anew has a beginning of its own, but no hole since then.
      const since = client.told('all 0')[0];
      if (!later.includes(false)) expect(since).toBe(0);
      for (const index of [0, 1, 2]) {
        const all = client.told(`all ${index}`);
        expect(all).toEqual(all.length === 0 ? [] : range(all[0], total - all[0]));
        if (later.includes(false)) continue;
        expect(client.told(`room ${index}`)).toEqual(range(0, total).filter((number) => number % 2 === i % 2));
      }
    }
    expect(recovered).toBeGreaterThan(5);
  } finally {
    await servers.stop();
  }
});
