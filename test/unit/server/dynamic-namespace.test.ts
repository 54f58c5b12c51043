import { ParentNamespace } from '../../../core/server/dynamic-namespace.js';
import type { Namespace } from '../../../core/server/namespace.js';
import { FakeClient, FakeNamespaceHost } from './support/fakes.js';

function create(options: ConstructorParameters<typeof FakeNamespaceHost>[0] = {}) {
  const host = new FakeNamespaceHost(options);
  const known: string[] = [];
  const parent = new ParentNamespace(host, {
    register: ({ name }) => known.push(name),
    unregister: ({ name }) => known.splice(known.indexOf(name), 1),
  });
  const join = (namespace: Namespace) => {
    const client = new FakeClient();
    namespace.add(client, {}, {});
    return { client, socket: [...namespace.sockets.values()].at(-1)! };
  };
  return { host, parent, known, join };
}

test('children have the middlewares and listeners of the pattern', () => {
  const { parent, known, join } = create();
  const heard: string[] = [];
  parent.use((socket, next) => {
    heard.push(`middleware ${socket.nsp.name}`);
    next();
  });
  parent.on('connection', (socket) => heard.push(`connection ${socket.nsp.name}`));
  join(parent.createChild('/a', true));
  expect(known).toEqual(['/a']);
  expect(heard).toEqual(['middleware /a', 'connection /a']);
});

test('a broadcast of the pattern reaches each child, and extensions see it there', () => {
  const { host, parent, join } = create();
  const seen: string[] = [];
  host.hooks.add('outgoing', undefined, ({ namespace, data }) => {
    seen.push(`${namespace} ${data[0]}`);
    data.push(namespace);
    return namespace !== '/b';
  });
  const clients = ['/a', '/b', '/c'].map((name) => join(parent.createChild(name, false)).client);
  for (const { log } of clients) log.length = 0;
  parent.emit('x');
  expect(clients.map(({ log }) => log)).toEqual([['2/a,["x","/a"]'], [], ['2/c,["x","/c"]']]);
  expect(seen).toEqual(['/a x', '/b x', '/c x']);
});

test('a child without sockets goes away when that is wanted', () => {
  const { parent, known, join } = create({ cleanupEmptyChildNamespaces: true });
  const { socket } = join(parent.createChild('/a', true));
  socket.disconnect();
  expect(known).toEqual([]);
  expect(parent.children.size).toBe(0);
});

test('of those that clients made, so many stay; those of the application stay', () => {
  const { parent, known, join } = create({ maxEmptyNamespaces: 1 });
  for (const name of ['/a', '/b', '/c']) join(parent.createChild(name, true)).socket.disconnect();
  join(parent.createChild('/mine', false)).socket.disconnect();
  expect(known).toEqual(['/c', '/mine']);
});

test('a child in which somebody is again is passed over', () => {
  const { parent, known, join } = create({ maxEmptyNamespaces: 1 });
  const child = parent.createChild('/a', true);
  join(child).socket.disconnect();
  join(child);
  for (const name of ['/b', '/c']) join(parent.createChild(name, true)).socket.disconnect();
  expect(known).toEqual(['/a', '/c']);
});

test('a client that is refused leaves no namespace behind', () => {
  const { parent, known } = create({ cleanupEmptyChildNamespaces: true });
  parent.use((_socket, next) => next(new Error('no')));
  const child = parent.createChild('/a', true);
  child.add(new FakeClient(), {}, {});
  expect(known).toEqual([]);
});

test('nobody is in the pattern itself', () => {
  expect(() => create().parent.fetchSockets()).toThrow('not supported on parent namespaces');
});
