// A cluster behind a load balancer that deals every request out in turn: polling works as on one server.
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { io as officialClient } from 'socket.io-client';
import { MemoryAdapter } from '../../core/adapters/memory.js';
import { io as client } from '../../core/client/node.js';
import { systemClock } from '../../core/clock.js';
import { MemoryNetwork } from '../../core/cluster/memory-bus.js';
import { ClusterNode } from '../../core/cluster/node.js';
import { type Connection, Server, type ServerOptions, type Socket } from '../../core/index.js';
import { createProxy } from '../../examples/cluster-redis/proxy.js';

const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface Cluster {
  servers: Server[];
  nodes: ClusterNode[];
  /** Of each node. */
  urls: string[];
  /** Of the load balancer. */
  url: string;
}

async function start(count: number, options: ServerOptions = {}): Promise<Cluster> {
  const network = new MemoryNetwork(systemClock);
  const servers = Array.from({ length: count }, () => {
    const node = new ClusterNode(network.connect(), { clock: systemClock });
    const adapter = Object.assign((nsp: any) => new MemoryAdapter(nsp), { node });
    const server = new Server(0, { adapter, ...options });
    cleanUps.push(
      () => node.close(),
      () => server.close(),
    );
    return { server, node };
  });
  await Promise.all(servers.map(({ node }) => node.open()));
  const ports = servers.map(({ server }) => (server.httpServer.address() as AddressInfo).port);
  const proxy = createProxy(ports);
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  cleanUps.push(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return {
    servers: servers.map(({ server }) => server),
    nodes: servers.map(({ node }) => node),
    urls: ports.map((port) => `http://127.0.0.1:${port}`),
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
  };
}

const polling = { transports: ['polling'], forceNew: true };
const QUERY = '/socket.io/?EIO=4&transport=polling';

/** A session of the first node, by hand. */
async function open({ servers, urls }: Cluster): Promise<{ sid: string; conn: Connection }> {
  const connected = once(servers[0]!.engine, 'connection');
  const answer = await (await fetch(urls[0] + QUERY)).text();
  const [conn] = (await connected) as [Connection];
  return { sid: JSON.parse(answer.slice(1)).sid, conn };
}

it.each([
  ['the official client', officialClient],
  ['our client', client],
])('serves %s whose every request arrives at another node', async (_name, connect) => {
  const { servers, url } = await start(3);
  const seen: unknown[] = [];
  for (const server of servers) {
    server.on('connection', (socket: Socket) => {
      socket.on('number', (number, bytes, ack) => {
        seen.push(number);
        ack(number, bytes);
      });
      for (let i = 0; i < 200; i++) socket.emit('count', i);
    });
  }
  const socket = (connect as typeof officialClient)(url, polling);
  cleanUps.push(() => socket.close());
  const counted: number[] = [];
  socket.on('count', (i) => counted.push(i));
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  const bytes = Buffer.from([0, 1, 254, 255]);
  const answers: unknown[] = [];
  for (let i = 0; i < 40; i++) {
    const sent = [i, i + 0.25, i + 0.5].map(
      (number) =>
        new Promise((resolve) => socket.emit('number', number, bytes, (...answer: unknown[]) => resolve(answer))),
    );
    answers.push(...(await Promise.all(sent)));
  }
  const numbers = Array.from({ length: 40 }, (_, i) => [i, i + 0.25, i + 0.5]).flat();
  expect(seen).toEqual(numbers);
  expect(answers.map((answer) => (answer as unknown[])[0])).toEqual(numbers);
  expect(Buffer.from((answers.at(-1) as [number, Uint8Array])[1])).toEqual(bytes);
  expect(counted).toEqual(Array.from({ length: 200 }, (_, i) => i));
});

it('carries headers both ways, and answers that are compressed', async () => {
  const cluster = await start(2, { httpCompression: { threshold: 1 } });
  cluster.servers[0]!.engine.on(
    'headers',
    (headers: Record<string, unknown>, request: { headers: Record<string, unknown> }) => {
      headers['x-seen'] = request.headers['x-sent'] ?? 'no';
      headers['set-cookie'] = ['a=1', 'b=2'];
    },
  );
  const { sid, conn } = await open(cluster);
  conn.send('hello');
  const answer = await fetch(`${cluster.urls[1]}${QUERY}&sid=${sid}`, {
    headers: { 'x-sent': 'yes', 'accept-encoding': 'gzip' },
  });
  expect([answer.status, answer.headers.get('content-encoding')]).toEqual([200, 'gzip']);
  expect([answer.headers.get('x-seen'), answer.headers.getSetCookie()]).toEqual(['yes', ['a=1', 'b=2']]);
  expect(await answer.text()).toBe('4hello');
  const post = await fetch(`${cluster.urls[1]}${QUERY}&sid=${sid}`, { method: 'POST', body: '1' });
  expect([post.status, await post.text()]).toEqual([200, 'ok']);
  expect(conn.readyState).toBe('closed');
});

it('treats two polls at once as one server does, whichever nodes they are at', async () => {
  const cluster = await start(2);
  const { sid, conn } = await open(cluster);
  const closed = once(conn as never, 'close');
  const first = fetch(`${cluster.urls[1]}${QUERY}&sid=${sid}`);
  await new Promise((resolve) => cluster.servers[0]!.engine.once('headers', resolve).emit('headers', {}, {} as never));
  const second = await fetch(`${cluster.urls[0]}${QUERY}&sid=${sid}`).then(async (answer) => [
    answer.status,
    await answer.text(),
  ]);
  const both = [second, await first.then(async (answer) => [answer.status, await answer.text()])];
  expect(both).toContainEqual([400, '']);
  expect(both).toContainEqual([200, '1']);
  expect(await closed).toEqual(['transport error', expect.any(Error)]);
});

it('ends the session when a client gives up its poll at another node', async () => {
  const cluster = await start(2);
  const { sid, conn } = await open(cluster);
  const closed = once(conn as never, 'close');
  const poll = httpRequest(`${cluster.urls[1]}${QUERY}&sid=${sid}`);
  poll.on('error', () => {});
  poll.end();
  await arrival(conn);
  poll.destroy();
  expect((await closed)[0]).toBe('transport error');
});

/** Resolves when a poll waits at the session's own node. */
async function arrival(conn: Connection): Promise<void> {
  while (!conn.transport.ready) await new Promise((resolve) => setImmediate(resolve));
}

it('refuses a body beyond the limit where it arrives, and the session goes on', async () => {
  const cluster = await start(2, { maxHttpBufferSize: 1000 });
  const { sid, conn } = await open(cluster);
  const url = `${cluster.urls[1]}${QUERY}&sid=${sid}`;
  expect((await fetch(url, { method: 'POST', body: `4${'x'.repeat(1000)}` })).status).toBe(413);
  const heard = once(conn as never, 'message');
  expect((await fetch(url, { method: 'POST', body: `4${'x'.repeat(999)}` })).status).toBe(200);
  expect(await heard).toEqual(['x'.repeat(999)]);
});

it('says what a single server says of sessions that nobody has, and of upgrades', async () => {
  const cluster = await start(3);
  const unknown = { code: 1, message: 'Session ID unknown' };
  const answers = await Promise.all(
    ['x'.repeat(20), '__proto__', '%00'].map(async (sid) =>
      (await fetch(`${cluster.urls[0]}${QUERY}&sid=${sid}`)).json(),
    ),
  );
  expect(answers).toEqual([unknown, unknown, unknown]);
  const { sid } = await open(cluster);
  const upgrade = await fetch(`${cluster.urls[1]}/socket.io/?EIO=4&transport=websocket&sid=${sid}`);
  expect([upgrade.status, await upgrade.json()]).toEqual([400, unknown]);
});

it('asks nobody about ids that somebody made up, and keeps no body for them', async () => {
  const { nodes, urls } = await start(3);
  const asked: string[] = [];
  for (const node of nodes) {
    const request = node.request.bind(node);
    node.request = (name, ...args) => {
      asked.push(name);
      return request(name, ...args);
    };
  }
  const ids = ['A'.repeat(20), nodes[0]!.id.slice(0, 4).padEnd(20, 'A'), 'a', 'a'.repeat(4000)];
  for (const sid of ids) expect((await fetch(`${urls[0]}${QUERY}&sid=${sid}`)).status).toBe(400);
  expect(asked).toEqual([]);
  const endless = httpRequest(`${urls[0]}${QUERY}&sid=${ids[0]}`, { method: 'POST' });
  endless.on('error', () => {});
  endless.write('4');
  const [answer] = await once(endless, 'response');
  endless.destroy();
  expect(answer.statusCode).toBe(400);
});

it('finds sessions whose ids the application makes', async () => {
  const cluster = await start(3);
  let made = 0;
  for (const { engine } of cluster.servers) (engine as Server['engine']).generateId = () => `mine-${++made}`;
  const { sid, conn } = await open(cluster);
  expect(sid).toBe('mine-1');
  for (const url of [cluster.urls[1], cluster.urls[2], cluster.urls[1]]) {
    conn.send('hello');
    expect(await (await fetch(`${url}${QUERY}&sid=${sid}`)).text()).toBe('4hello');
  }
});

it.each([
  ['no answer at all', Buffer.from([1])],
  ['a status that does not exist', Buffer.from([0, 0, 0, 7, 0, 0, 0, 0])],
  ['a header that would be two', Buffer.from('\0\0\0\xc8\0\0\0\x01\0\0\0\x01a\0\0\0\x04x\r\ny', 'latin1')],
])('takes %s from another node for none', async (_what, forged) => {
  const cluster = await start(2);
  const { sid } = await open(cluster);
  const reported: string[] = [];
  cluster.nodes[1]!.observe({ onError: (error) => reported.push(error.message) > 0 });
  cluster.nodes[1]!.request = async () => ({
    answers: new Map([[cluster.nodes[0]!.id, forged]]),
    unable: [],
    missing: [],
  });
  expect((await fetch(`${cluster.urls[1]}${QUERY}&sid=${sid}`)).status).toBe(400);
  expect(reported).toEqual([expect.stringContaining('rejected a message of another node: the answer to a poll')]);
});

it('can be turned off', async () => {
  const cluster = await start(2, { relaySessions: false });
  const { sid } = await open(cluster);
  expect((await fetch(`${cluster.urls[1]}${QUERY}&sid=${sid}`)).status).toBe(400);
});

it('lets go of what it waits for when the node with the session closes', async () => {
  const cluster = await start(2);
  const { sid, conn } = await open(cluster);
  const poll = fetch(`${cluster.urls[1]}${QUERY}&sid=${sid}`);
  await arrival(conn);
  await cluster.servers[0]!.close();
  const answer = await poll;
  expect([200, 400]).toContain(answer.status);
  expect((await fetch(`${cluster.urls[1]}${QUERY}&sid=${sid}`)).status).toBe(400);
});
