import type { ExtensionSocket } from '../../../core/extension.js';
import { Namespace } from '../../../core/server/namespace.js';
import type { Socket } from '../../../core/server/socket.js';
import { FakeClient, FakeNamespaceHost } from './support/fakes.js';

/** Lets promises that are settled have their say. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

function create(options: ConstructorParameters<typeof FakeNamespaceHost>[0] = {}, adapter?: unknown) {
  const host = new FakeNamespaceHost(options, adapter);
  const namespace = new Namespace(host, '/');
  const join = (auth: Record<string, unknown> = {}, credentials: Record<string, unknown> = {}) => {
    const client = new FakeClient();
    namespace.add(client, auth, credentials);
    return client;
  };
  return { host, namespace, join };
}

const only = (namespace: Namespace): Socket => [...namespace.sockets.values()][0]!;

test('lets a client in, tells it, and then the application', () => {
  const { namespace, join } = create();
  const heard: unknown[] = [];
  for (const event of ['connect', 'connection'] as const)
    namespace.on(event, (socket) => heard.push([event, socket.handshake.auth]));
  const client = join({ token: 't' });
  expect(client.log).toEqual(['accepted', `0{"sid":"${only(namespace).id}"}`]);
  expect(heard).toEqual([
    ['connect', { token: 't' }],
    ['connection', { token: 't' }],
  ]);
});

test('a connection listener that throws is reported', () => {
  const { host, namespace, join } = create();
  namespace.on('connection', () => {
    throw new Error('broken');
  });
  join();
  expect(host.reported).toEqual(['connection: broken']);
  expect(namespace.sockets.size).toBe(1);
});

test('middlewares, in order; one of them refuses, with data', () => {
  const { namespace, join } = create();
  const order: number[] = [];
  namespace.use((_socket, next) => {
    order.push(1);
    next();
  });
  namespace.use((_socket, next) => {
    order.push(2);
    next(Object.assign(new Error('no'), { data: { code: 1 } }));
  });
  expect(join().log).toEqual(['refused / {"message":"no","data":{"code":1}}']);
  expect(order).toEqual([1, 2]);
  expect([namespace.sockets.size, namespace.isDeserted]).toEqual([0, true]);
});

test('a client that is gone when its middlewares are through', () => {
  const { namespace, join } = create();
  let goOn: () => void = () => {};
  namespace.use((_socket, next) => {
    goOn = next;
  });
  const client = join();
  expect(namespace.isDeserted).toBe(false);
  client.isOpen = false;
  goOn();
  expect(client.log).toEqual([]);
  expect([namespace.sockets.size, namespace.isDeserted]).toEqual([0, true]);
});

describe('extensions', () => {
  test('a guard comes before the middlewares; what it throws, or rejects with, refuses', async () => {
    const { host, namespace, join } = create();
    const order: string[] = [];
    host.hooks.add('connecting', '/', async (socket: ExtensionSocket) => {
      order.push('guard');
      if (socket.handshake.auth.token !== 't') throw Object.assign(new Error('who are you?'), { data: 1 });
    });
    namespace.use((_socket, next) => {
      order.push('middleware');
      next();
    });
    const [stranger, friend] = [join(), join({ token: 't' })];
    await settle();
    expect(stranger.log).toEqual(['refused / {"message":"who are you?","data":1}']);
    expect(friend.log[0]).toBe('accepted');
    expect(order).toEqual(['guard', 'guard', 'middleware']);
  });

  test('see each socket before its client is told, tell the client something, and see its events', () => {
    const { host, namespace, join } = create();
    host.hooks.add('connected', undefined, (socket, { credentials, greeting, deliver }) => {
      expect(socket.connected).toBe(false);
      greeting.window = credentials['carillon:x'];
      return { arrived: () => void deliver({ byteLength: 1, parts: ['4seen'] } as never), disconnected: () => {} };
    });
    host.hooks.add('connected', undefined, () => {
      throw new Error('broken');
    });
    const client = join({}, { 'carillon:x': 64 });
    const socket = only(namespace);
    socket.onPacket({ type: 2, nsp: '/', data: ['x'] });
    expect(client.log).toEqual(['accepted', `0{"sid":"${socket.id}","window":64}`, 'seen']);
    expect(host.reported).toEqual(['connected: broken']);
  });

  test('hear of each adapter', () => {
    const { namespace } = create();
    const adapters: unknown[] = [];
    const stop = namespace.onAdapter((adapter) => adapters.push(adapter));
    namespace.initAdapter();
    stop();
    const { adapter } = namespace;
    namespace.initAdapter();
    expect(adapters).toEqual([adapter]);
  });
});

describe('recovery', () => {
  const session = { sid: 'old', pid: 'secret', rooms: ['r'], data: {}, missedPackets: [['missed', 1]] };
  /** An adapter that finds this session, whatever it is asked for. */
  const finding = (found: unknown) =>
    class {
      readonly rooms = new Map();
      readonly sids = new Map();
      restoreSession = async () => {
        if (found instanceof Error) throw found;
        return found;
      };
      broadcast() {}
      addAll() {}
      del() {}
      delAll() {}
      socketRooms() {
        return new Set();
      }
    };

  test('what was missed comes first, and the middlewares are skipped', async () => {
    const { namespace, join } = create({ connectionStateRecovery: {} }, finding(session));
    namespace.use((_socket, next) => next(new Error('not skipped')));
    const client = join({ pid: 'secret', offset: 'o' });
    await settle();
    expect(client.log).toEqual(['2["missed",1]', 'accepted', '0{"sid":"old","pid":"secret"}']);
    expect(only(namespace).recovered).toBe(true);
  });

  test.each<[string, unknown, ((session: { sid: string }) => boolean) | undefined]>([
    ['there is none', null, undefined],
    ['the adapter fails', new Error('down'), undefined],
    ['an extension has made it invalid', session, ({ sid }) => sid !== 'old'],
    [
      'a guard fails',
      session,
      () => {
        throw new Error('broken');
      },
    ],
  ])('a session of its own when %s', async (_, found, guard) => {
    const { host, namespace, join } = create({ connectionStateRecovery: {} }, finding(found));
    if (guard !== undefined) host.hooks.add('restoring', '/', guard);
    join({ pid: 'secret' });
    await settle();
    expect(only(namespace).recovered).toBe(false);
  });

  test('a session that was found for a client that is gone is given back', async () => {
    const given: string[] = [];
    const found = { ...session, missedPackets: undefined, takeMissed: () => [], release: () => given.push('back') };
    delete (found as { missedPackets?: unknown }).missedPackets;
    const { namespace, join } = create({ connectionStateRecovery: {} }, finding(found));
    const client = join({ pid: 'secret' });
    client.isOpen = false;
    await settle();
    expect(given).toEqual(['back']);
    expect([namespace.sockets.size, namespace.isDeserted]).toEqual([0, true]);
  });
});

test('names that only the library emits', () => {
  const { namespace } = create();
  for (const event of ['connect', 'carillon:x', 'new_namespace'])
    expect(() => namespace.serverSideEmit(event)).toThrow('is a reserved event name');
});

test('an event of another server reaches listeners; those of our own do not', () => {
  const { host, namespace } = create();
  const heard: unknown[] = [];
  namespace.on('news' as 'connect', (...args: unknown[]) => {
    heard.push(args);
    throw new Error('broken');
  });
  namespace.on('connection', () => heard.push('connection'));
  namespace._onServerSideEmit(['news', 1]);
  namespace._onServerSideEmit(['connection', {}]);
  expect(heard).toEqual([[1]]);
  expect(host.reported).toEqual(['news: broken']);
});
