// The example of docs/extensions.md, on one node and on three, spoken to by the official client.
import type { AddressInfo } from 'node:net';
import { type Socket as ClientSocket, io as connect } from 'socket.io-client';
import { createClusterAdapter, MemoryNetwork, Server } from '../../../core/index.js';
import { type Hits, hits } from './hits.js';

const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface Node {
  readonly io: Server;
  readonly api: Hits;
  readonly url: string;
}

function start(network?: MemoryNetwork, options?: Parameters<typeof hits>[1]): Node {
  const io = new Server(0, network === undefined ? {} : { adapter: createClusterAdapter(network) });
  cleanUps.push(() => io.close());
  const api = hits(io, options);
  const { port } = (io.httpServer as unknown as { address(): AddressInfo }).address();
  return { io, api, url: `http://127.0.0.1:${port}` };
}

async function client({ url }: Node): Promise<{ socket: ClientSocket; heard: unknown[][] }> {
  const socket = connect(url, { forceNew: true, transports: ['websocket'] });
  cleanUps.push(() => socket.close());
  const heard: unknown[][] = [];
  socket.on('carillon:hits:hit', (...args) => heard.push(args));
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  return { socket, heard };
}

/** Waits until a list has so many items. */
async function until(list: unknown[], length: number): Promise<void> {
  while (list.length < length) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe.each([
  ['one node', 1],
  ['three nodes', 3],
])('on %s', (_, count) => {
  function startAll(options?: Parameters<typeof hits>[1]): Node[] {
    const network = count === 1 ? undefined : new MemoryNetwork();
    return Array.from({ length: count }, () => start(network, options));
  }

  test('hits are numbered, watchers hear them in order, and what they missed comes first', async () => {
    const nodes = startAll();
    const [first, last] = [nodes[0]!, nodes.at(-1)!];
    const [writer, early] = [await client(first), await client(last)];
    expect(await early.socket.emitWithAck('carillon:hits:watch', 0)).toEqual({ last: 0, isComplete: true });
    expect(await writer.socket.emitWithAck('carillon:hits:add', '/a')).toBe(1);
    expect(await writer.socket.emitWithAck('carillon:hits:add', '/b')).toBe(2);
    const late = await client(last);
    expect(await late.socket.emitWithAck('carillon:hits:watch', 1)).toEqual({ last: 2, isComplete: true });
    expect(await early.socket.emitWithAck('carillon:hits:add', '/c')).toBe(3);
    await Promise.all([until(early.heard, 3), until(late.heard, 2)]);
    expect(early.heard).toEqual([
      [1, '/a'],
      [2, '/b'],
      [3, '/c'],
    ]);
    expect(late.heard).toEqual([
      [2, '/b'],
      [3, '/c'],
    ]);
    expect(writer.heard).toEqual([]);
  });

  test('who watches is counted on all nodes, and HTTP tells', async () => {
    const nodes = startAll();
    for (const node of nodes) {
      const { socket } = await client(node);
      await socket.emitWithAck('carillon:hits:watch', 0);
      await socket.emitWithAck('carillon:hits:add', '/');
    }
    for (const { api, url } of nodes) {
      expect(await api.total()).toBe(count);
      expect(await api.watching()).toBe(count);
      const answer = await fetch(`${url}/socket.io/hits`);
      expect(await answer.json()).toEqual({ total: count, watching: count });
    }
  });

  test('a history that does not reach back says so', async () => {
    const nodes = startAll({ maxHistory: 2 });
    const { socket, heard } = await client(nodes[0]!);
    for (const page of ['/a', '/b', '/c']) await socket.emitWithAck('carillon:hits:add', page);
    expect(await socket.emitWithAck('carillon:hits:watch', 0)).toEqual({ last: 3, isComplete: false });
    await until(heard, 2);
    expect(heard).toEqual([
      [2, '/b'],
      [3, '/c'],
    ]);
  });

  test('its events are none of the application', async () => {
    const [node] = startAll();
    const seen: unknown[] = [];
    node!.io.on('connection', (socket) => {
      socket.onAny((event) => seen.push(event));
      socket.use(([event], next) => {
        seen.push(event);
        next();
      });
    });
    const { socket } = await client(node!);
    await socket.emitWithAck('carillon:hits:add', '/a');
    expect(await socket.emitWithAck('carillon:other', 1)).toEqual({
      status: 'error',
      message: '"carillon:other" is a reserved event name: "carillon:" begins those of extensions',
    });
    const refused = new Promise((resolve) => socket.once('carillon:refused', resolve));
    socket.emit('carillon:other');
    expect(await refused).toEqual({ event: 'carillon:other', reason: 'reserved name' });
    expect(seen).toEqual([]);
  });
});
