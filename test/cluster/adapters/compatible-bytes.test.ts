import { Redis } from 'ioredis';
import { io as connectClient, type Socket } from 'socket.io-client';
import { encode } from '../../../core/protocol/msgpack/encode.js';
import type { AdapterCluster, ClusterNode, Library } from '../../contract/adapter/node.js';
import { until } from '../../contract/adapter/node.js';
import { mixedCluster } from '../support/mixed.js';

/** What a library publishes: `channel message`, with the ids that differ in every run made equal. */
type Log = [channel: string, message: string][];

/** A node, a client of it, and somebody who counts as another node and sees all that passes by. */
class Stage {
  readonly cluster: AdapterCluster;
  readonly node: ClusterNode;
  readonly client: Socket;
  readonly #observer: Redis;
  readonly #publisher: Redis;
  readonly #log: [channel: string, message: Buffer][] = [];

  private constructor(cluster: AdapterCluster, port: number, client: Socket) {
    this.cluster = cluster;
    this.node = cluster.nodes[0]!;
    this.client = client;
    this.#observer = new Redis(port, '127.0.0.1');
    this.#publisher = new Redis(port, '127.0.0.1');
    this.#observer.on('pmessageBuffer', (_pattern: string, channel: Buffer, message: Buffer) => {
      this.#log.push([channel.toString(), message]);
    });
  }

  static async open(library: Library): Promise<Stage> {
    const cluster = await mixedCluster([library === 'official' ? 'official' : 'compatible'], () => 'ioredis');
    await cluster.nodes[0]!.run((io) => void io.of('/x'));
    const client = connectClient(`http://127.0.0.1:${cluster.nodes[0]!.port}`, {
      transports: ['websocket'],
      forceNew: true,
    });
    await new Promise<void>((resolve) => client.once('connect', resolve));
    client.on('ask', (_value, answer) => answer(Buffer.from('yes'), 'more'));
    const stage = new Stage(cluster, cluster.redis.port, client);
    // It counts as another node, so that there is somebody to ask.
    await stage.#observer.subscribe('socket.io-request#/#', 'socket.io-request#/x#');
    await stage.#observer.psubscribe('socket.io*');
    return stage;
  }

  /** What is published while something is done, up to `count` messages. */
  async seen(count: number, act: () => unknown): Promise<Log> {
    this.#log.length = 0;
    await act();
    await until(() => this.#log.length >= count);
    await this.#publisher.publish('socket.io.end', '');
    await until(() => this.#log.at(-1)![0] === 'socket.io.end');
    const uid: string = await this.node.run((io) => io.of('/').adapter.uid);
    const other: string = await this.node.run((io) => io.of('/x').adapter.uid);
    return this.#log.slice(0, -1).map(([channel, message]) => {
      const requestId = /requestId(?:":"|\xa6)(.{6})/.exec(message.toString('latin1'))?.[1];
      let text = message.toString('latin1').replaceAll(uid, 'UID---').replaceAll(other, 'UID---');
      if (requestId) text = text.replaceAll(requestId, 'REQ---');
      return [channel.replace(uid, 'UID---'), text.replaceAll(this.client.id!, 'S'.repeat(20))];
    });
  }

  request(channel: string, message: string | Buffer): Promise<unknown> {
    return this.#publisher.publish(channel, message);
  }

  async close(): Promise<void> {
    this.client.disconnect();
    this.#observer.disconnect();
    this.#publisher.disconnect();
    await this.cluster.stop();
  }
}

let stages: Record<Library, Stage>;

beforeAll(async () => {
  const [official, carillon] = await Promise.all([Stage.open('official'), Stage.open('carillon')]);
  stages = { official, carillon };
});

afterAll(() => Promise.all(Object.values(stages).map((stage) => stage.close())));

/** Done by each library in turn; the bytes must be the same. */
async function compare(count: number, act: (stage: Stage) => unknown): Promise<Log> {
  const official = await stages.official.seen(count, () => act(stages.official));
  const carillon = await stages.carillon.seen(count, () => act(stages.carillon));
  expect(official.length).toBeGreaterThan(0);
  expect(carillon).toEqual(official);
  return carillon;
}

describe('the same bytes as the official adapter', () => {
  test.each<[string, (io: any) => void]>([
    ['to everybody', (io) => io.emit('ev', 1, -1, 1.5, 'é', null, undefined, [true], { a: { b: undefined, c: 'd' } })],
    [
      'of many kinds of values',
      (io) => io.emit('ev', new Date(1234567), 'x'.repeat(300), 2 ** 40, -(2 ** 40), new Map(), [[[]]]),
    ],
    ['to one room', (io) => io.to('r').emit('ev')],
    ['to several rooms, without others', (io) => io.to(['r', 's']).except(['q', 'z']).emit('ev')],
    ['to a room with a number for a name', (io) => io.to(5).emit('ev')],
    ['volatile and not compressed', (io) => io.volatile.compress(false).emit('ev')],
    ['with a timeout, but nobody to answer', (io) => io.timeout(100).emit('ev')],
    [
      'in another namespace, with bytes',
      (io) =>
        io
          .of('/x')
          .to('r')
          .emit('ev', Buffer.from([1, 2, 255]), { deep: new Uint8Array(3) }),
    ],
    ['from a socket', (io) => [...io.of('/').sockets.values()][0].to('r').emit('ev')],
    ['socketsJoin', (io) => io.in('q').except('w').socketsJoin(['r', 's'])],
    ['socketsJoin, everybody, one room', (io) => io.of('/x').socketsJoin('r')],
    ['socketsLeave', (io) => io.in('q').socketsLeave('r')],
    ['disconnectSockets', (io) => io.in('q').disconnectSockets(true)],
    ['disconnectSockets, connections stay', (io) => io.of('/x').disconnectSockets()],
    ['serverSideEmit', (io) => io.serverSideEmit('ev', 1, { a: undefined, b: new Date(0) })],
    [
      'fetchSockets',
      (io) =>
        void io
          .in('q')
          .except('w')
          .timeout(50)
          .fetchSockets()
          .catch(() => {}),
    ],
    [
      'allRooms',
      (io) =>
        void io
          .of('/')
          .adapter.allRooms()
          .catch(() => {}),
    ],
    ['serverSideEmit with an answer', (io) => io.serverSideEmit('ev', 1, () => {})],
    [
      'emit with acknowledgements',
      (io) =>
        void io
          .to('q')
          .except('w')
          .timeout(50)
          .emit('ask', 1, Buffer.from('x'), () => {}),
    ],
    [
      'emit with the acknowledgement of one',
      (io) =>
        void io
          .in('q')
          .timeout(50)
          .emit('ask', () => {}),
    ],
  ])('%s', async (_name, act) => {
    await compare(1, ({ node }) => node.run(act));
  });

  const request = (fields: object) => JSON.stringify({ uid: 'tester', requestId: 'reqid1', ...fields });
  const REQUESTS = 'socket.io-request#/#';
  const ready = () => {};
  const nobody = { rooms: ['nobody'], except: [] };

  test.each<[string, number, string | Buffer, (io: any) => void]>([
    ['ids of sockets', 2, request({ type: 0, rooms: [] }), ready],
    ['rooms', 2, request({ type: 1 }), ready],
    ['sockets, of which there are none', 2, request({ type: 5, opts: nobody }), ready],
    [
      'an event, answered',
      2,
      request({ type: 6, data: ['ev', 1] }),
      (io) => io.removeAllListeners('ev').on('ev', (_value: number, answer: any) => answer({ is: 'this' }, 'more')),
    ],
    [
      'an event, answered with nothing',
      2,
      request({ type: 6, data: ['ev', 1] }),
      (io) => io.removeAllListeners('ev').on('ev', (_value: number, answer: any) => answer()),
    ],
    [
      'a broadcast with acknowledgements',
      3,
      encode({
        uid: 'tester',
        requestId: 'reqid1',
        type: 7,
        packet: { type: 2, data: ['ask', 1], nsp: '/' },
        opts: { rooms: [], except: [], flags: { timeout: 500 } },
      }),
      ready,
    ],
  ])('answers: %s', async (_name, count, message, prepare) => {
    await compare(count, async (stage) => {
      await stage.node.run(prepare);
      await stage.request(REQUESTS, message);
    });
  });

  test('answers: sockets, described in the same order', async () => {
    const shape = (value: any): unknown =>
      value && typeof value === 'object' && !Array.isArray(value)
        ? Object.entries(value).map(([key, item]) => [key, key === 'headers' ? 'headers' : shape(item)])
        : typeof value;
    const answers: unknown[] = [];
    for (const stage of [stages.official, stages.carillon]) {
      const log = await stage.seen(2, () =>
        stage.request(REQUESTS, request({ type: 5, opts: { rooms: [], except: [] } })),
      );
      answers.push(JSON.parse(log[1]![1]).sockets.map(shape));
    }
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[1]).toHaveLength(1);
  });
});
