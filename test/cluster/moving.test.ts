// A live cluster of Socket.IO moves over to carillon, one node at a time, under load.
import { createAdapter as createOfficialAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { io as connectClient, type Socket } from 'socket.io-client';
import { createAdapter } from '../../core/adapters/redis/index.js';
import { type ClusterNode, type Library, startNode, until } from '../contract/adapter/node.js';
import { type RedisServer, startRedis } from '../support/servers/index.js';
import { connectTo, type RedisClient } from './support/redis.js';

/** Milliseconds between two emits of a node. */
const PACE = 2;
const ROOM = 'everybody here';

/** A node that emits numbers all the time: to everybody, and to a room that all clients are in, in turn. */
class Node {
  readonly generation: number;
  readonly #node: ClusterNode & { io: any };
  readonly #clients: RedisClient[];
  #timer: NodeJS.Timeout | undefined;
  /** Numbers sent so far: this is the next. */
  next = 0;

  private constructor(generation: number, node: ClusterNode & { io: any }, clients: RedisClient[]) {
    this.generation = generation;
    this.#node = node;
    this.#clients = clients;
    // A node hears of a room only once it has subscribed to it: the promise of join().
    node.io.on('connection', async (socket: any) => {
      await socket.join(ROOM);
      socket.emit('joined');
    });
  }

  static async start(redis: RedisServer, generation: number, library: Library): Promise<Node> {
    const by = generation % 2 === 0 ? 'ioredis' : 'node-redis';
    const clients = [await connectTo(redis, by), await connectTo(redis, by)];
    const [publisher, subscriber] = clients.map(({ client }) => client);
    const adapter =
      library === 'official' ? createOfficialAdapter(publisher, subscriber) : createAdapter(publisher, subscriber);
    const node = new Node(generation, await startNode(library, { adapter }), clients);
    // It hears what the others say: those who connect to it from now on miss nothing.
    await until(async () => (await node.adapter.serverCount()) > 0);
    return node;
  }

  get adapter(): any {
    return this.#node.io.of('/').adapter;
  }

  get port(): number {
    return this.#node.port;
  }

  emitAllTheTime(): void {
    this.#timer = setInterval(() => this.emit(), PACE);
  }

  emit(): void {
    const { io } = this.#node;
    (this.next % 2 === 0 ? io : io.to(ROOM)).emit('number', this.generation, this.next++);
  }

  pause(): void {
    clearInterval(this.#timer);
  }

  async stop(): Promise<void> {
    this.pause();
    await this.#node.close();
    await Promise.all(this.#clients.map((client) => client.close()));
  }
}

/** A client of one node, and the numbers it hears of each. */
class Listener {
  readonly #socket: Socket;
  readonly heard = new Map<number, number[]>();
  #hasJoined = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('joined', () => {
      this.#hasJoined = true;
    });
    socket.on('number', (generation: number, number: number) => {
      if (!this.#hasJoined) return;
      const numbers = this.heard.get(generation);
      if (numbers === undefined) this.heard.set(generation, [number]);
      else numbers.push(number);
    });
  }

  static async connect(port: number): Promise<Listener> {
    const options = { transports: ['websocket'], forceNew: true, reconnection: false };
    const socket = connectClient(`http://127.0.0.1:${port}`, options);
    const listener = new Listener(socket);
    await new Promise<void>((resolve, reject) => socket.once('joined', resolve).once('connect_error', reject));
    return listener;
  }

  /** Resolves when it has heard everything up to now. */
  async catchUp(nodes: readonly Node[]): Promise<void> {
    const last = nodes.map(({ generation, next }) => [generation, next - 1] as const);
    await until(() => last.every(([generation, number]) => (this.heard.get(generation)?.at(-1) ?? -1) >= number));
  }

  leave(): void {
    this.#socket.disconnect();
  }
}

/** How many, from the first to the last that was heard; each once and in order. */
function expectEach(numbers: readonly number[], first: number | undefined, last: number): void {
  const from = first ?? numbers[0]!;
  expect(numbers).toEqual(Array.from({ length: last - from + 1 }, (_, i) => from + i));
}

test('a live cluster moves over node by node, and whoever stays connected misses, doubles and confuses nothing', async () => {
  const redis = await startRedis();
  let generations = 0;
  const nodes = await Promise.all([0, 1, 2].map(() => Node.start(redis, generations++, 'official')));
  for (const node of nodes) await until(async () => (await node.adapter.serverCount()) === nodes.length);
  const listeners = await Promise.all(nodes.map(({ port }) => Listener.connect(port)));
  const since = new Map<Listener, Set<number>>(listeners.map((listener) => [listener, new Set([0, 1, 2])]));
  for (const node of nodes) node.emitAllTheTime();

  /** All it heard of nodes that were there: from the beginning, if it was there first. */
  const check = (listener: Listener, senders: readonly Node[]): void => {
    for (const { generation, next } of senders) {
      expectEach(listener.heard.get(generation)!, since.get(listener)!.has(generation) ? 0 : undefined, next - 1);
    }
  };
  const gone: Node[] = [];

  for (const slot of [0, 1, 2]) {
    await Promise.all(listeners.map((listener) => listener.catchUp(nodes)));
    // The old node emits its last number; those on other nodes hear it, and its own clients leave.
    const old = nodes[slot]!;
    old.pause();
    await Promise.all(listeners.map((listener) => listener.catchUp([old])));
    listeners[slot]!.leave();
    await old.stop();
    gone.push(old);
    const fresh = await Node.start(redis, generations++, 'carillon');
    for (const listener of listeners) since.get(listener)!.add(fresh.generation);
    // At once, and with everything in one turn: nobody can know of it yet.
    for (let i = 0; i < 50; i++) fresh.emit();
    fresh.emitAllTheTime();
    nodes[slot] = fresh;
    listeners[slot] = await Listener.connect(fresh.port);
    since.set(listeners[slot]!, new Set());
    const marks = nodes.map((node) => ({ node, next: node.next + 150 }));
    await until(() => marks.every(({ node, next }) => node.next >= next));
    await Promise.all(listeners.map((listener) => listener.catchUp(nodes)));
  }

  // Official nodes come back, and leave again: nobody who is there knows before.
  expect(nodes.map((node) => node.adapter.mode)).toEqual(nodes.map(() => 'native'));
  const visitor = await Node.start(redis, generations++, 'official');
  const guest = await Listener.connect(visitor.port);
  since.set(guest, new Set());
  for (const listener of listeners) since.get(listener)!.add(visitor.generation);
  visitor.emitAllTheTime();
  await Promise.all([...listeners, guest].map((listener) => listener.catchUp([...nodes, visitor])));
  for (const node of [...nodes, visitor]) node.pause();
  await Promise.all([...listeners, guest].map((listener) => listener.catchUp([...nodes, visitor])));
  check(guest, [...nodes, visitor]);
  guest.leave();
  await visitor.stop();

  // Native from here on: nothing stands on the classic channels any more.
  for (const node of nodes) {
    await until(() => {
      node.emit();
      return node.adapter.mode === 'native';
    });
  }
  const observer = new Redis(redis.port, '127.0.0.1');
  const classic: string[] = [];
  observer.on('pmessage', (_pattern, channel) => classic.push(channel));
  await observer.psubscribe('socket.io*');
  for (const node of nodes) for (let i = 0; i < 100; i++) node.emit();
  await Promise.all(listeners.map((listener) => listener.catchUp(nodes)));
  await observer.quit();
  expect(classic).toEqual([]);

  for (const listener of listeners) check(listener, [...nodes, visitor]);
  for (const listener of listeners) listener.leave();
  for (const node of nodes) await node.stop();
  await redis.stop();
});
