import { Client } from '../../../core/server/client.js';
import type { ClientNamespace, Credentials, NamespaceClient } from '../../../core/server/contracts.js';
import { FakeClientHost, FakeClientSocket, FakeConnection } from './support/fakes.js';

function create(options: ConstructorParameters<typeof FakeClientHost>[0] = {}) {
  const host = new FakeClientHost(options);
  const connection = new FakeConnection();
  const client = new Client(host, connection as never, connection as never); // As much as a client needs.
  return { host, connection, client };
}

/** A namespace that lets everybody in at once, or decides later. */
function addNamespace(host: FakeClientHost, name: string, isSlow = false) {
  const socket = new FakeClientSocket(name);
  const added: [Credentials, Credentials][] = [];
  const namespace: ClientNamespace & { refused: number } = {
    refused: 0,
    add: (client: NamespaceClient, auth, credentials) => {
      added.push([auth, credentials]);
      if (!isSlow) client.accept(socket);
    },
    onRefused: () => {
      namespace.refused++;
    },
  };
  host.namespaces.set(name, namespace);
  return { socket, added, namespace };
}

test('waits for a namespace, until one accepts', () => {
  const { host, connection, client } = create();
  addNamespace(host, '/');
  expect(host.waiting.has(client)).toBe(true);
  connection.receive('0');
  expect(host.waiting.has(client)).toBe(false);
});

test('packets go to the socket of their namespace', () => {
  const { host, connection } = create();
  const [main, orders] = [addNamespace(host, '/'), addNamespace(host, '/orders')];
  for (const text of ['0', '0/orders,', '2["a"]', '2/orders,["b",1]']) connection.receive(text);
  expect(main.socket.heard).toEqual([['packet', ['a']]]);
  expect(orders.socket.heard).toEqual([['packet', ['b', 1]]]);
});

test('what it gives as auth reaches the namespace, without what is for extensions', () => {
  const { host, connection } = create();
  const { added } = addNamespace(host, '/');
  connection.receive('0{"token":"t","carillon:x":1,"carillon:y":"z"}');
  expect(host.asked).toEqual([['/', { token: 't' }]]);
  expect(added).toEqual([[{ token: 't' }, { 'carillon:x': 1, 'carillon:y': 'z' }]]);
});

test('auth without anything for extensions is handed on as it is', () => {
  const { host, connection } = create();
  const { added } = addNamespace(host, '/');
  connection.receive('0');
  expect(added).toEqual([[{}, {}]]);
});

test('a namespace that is not there', () => {
  const { connection } = create();
  connection.receive('0/nowhere,');
  expect(connection.sent).toEqual(['4/nowhere,{"message":"Invalid namespace"}']);
});

test('more namespaces than allowed', () => {
  const { host, connection } = create({ maxNamespacesPerConnection: 1 });
  addNamespace(host, '/');
  connection.receive('0');
  connection.receive('0/orders,');
  expect(connection.sent).toEqual(['4/orders,{"message":"Too many namespaces"}']);
});

test.each([
  ['a packet for a namespace it is not in', ['2["x"]']],
  ['a second CONNECT', ['0', '0']],
  ['a packet while the namespace decides', ['0/slow,', '2/slow,["x"]']],
])('%s ends the connection', (_, texts) => {
  const { host, connection } = create();
  const { socket } = addNamespace(host, '/');
  addNamespace(host, '/slow', true);
  for (const text of texts) connection.receive(text);
  expect(connection.ended).toEqual([['close']]);
  if (texts[0] === '0') expect(socket.heard).toEqual([['close', 'forced server close']]);
});

test('a guard of an extension refuses before any namespace is looked for; one that throws, too', () => {
  const { host, connection } = create();
  addNamespace(host, '/');
  const undo = host.hooks.add('arriving', undefined, ({ namespace, auth }) => ({ message: `${namespace} ${auth.a}` }));
  connection.receive('0{"a":1}');
  undo();
  host.hooks.add('arriving', '/', () => {
    throw new Error('broken');
  });
  connection.receive('0');
  expect(connection.sent).toEqual(['4{"message":"/ 1"}', '4{"message":"Internal server error"}']);
  expect(host.asked).toEqual([]);
  expect(host.reported).toEqual(['arriving: broken']);
});

test('a client that is gone when its namespace was found', () => {
  const { host, connection } = create();
  const { namespace, added } = addNamespace(host, '/');
  host.findNamespace = (_name, _auth, callback) => {
    connection.readyState = 'closed';
    callback(namespace);
  };
  connection.receive('0');
  expect(namespace.refused).toBe(1);
  expect(added).toEqual([]);
});

test('a malformed packet: its sockets hear of it, and the connection fails', () => {
  const { host, connection } = create();
  const { socket } = addNamespace(host, '/');
  connection.receive('0');
  connection.receive('2{');
  expect(socket.heard).toEqual([['error', expect.any(String)]]);
  expect(connection.ended).toEqual([['fail', 'parse error', expect.any(Error)]]);
});

test('volatile packets are sent only while nothing waits', () => {
  const { connection, client } = create();
  connection.isIdle = false;
  client.send({ type: 2, nsp: '/', data: ['x'] }, { volatile: true });
  client.send({ type: 2, nsp: '/', data: ['y'] });
  expect(connection.sent).toEqual(['2["y"]']);
});

test('extensions hear of dropped events, once per namespace', () => {
  const { host, connection, client } = create();
  for (const name of ['/', '/orders']) addNamespace(host, name);
  const missed: unknown[] = [];
  host.hooks.add('missed', undefined, (socket, count) => missed.push([socket.nsp.name, count]));
  for (const text of ['0', '0/orders,']) connection.receive(text);
  client.onDropped(3);
  expect(missed).toEqual([
    ['/', 3],
    ['/orders', 3],
  ]);
});

test('the end of the connection is the end of its sockets, and it waits for nothing any more', () => {
  const { host, connection, client } = create();
  const { socket } = addNamespace(host, '/');
  connection.receive('0');
  client.onClose('ping timeout');
  client.onClose('ping timeout');
  expect(socket.heard).toEqual([['close', 'ping timeout']]);
  expect(host.waiting.size).toBe(0);
});

test('a disconnection of the whole client asks each socket to leave, and closes', () => {
  const { host, connection, client } = create();
  const { socket } = addNamespace(host, '/');
  connection.receive('0');
  client.disconnect();
  expect(socket.heard).toEqual([['disconnect']]);
  expect(connection.ended).toEqual([['close']]);
});

test('a socket that left makes room for another one of its namespace', () => {
  const { host, connection, client } = create();
  const { socket, added } = addNamespace(host, '/');
  connection.receive('0');
  client.remove(socket);
  connection.receive('0');
  expect(added.length).toBe(2);
});
