import { createClusterAdapter } from '../../../../core/adapters/native/factory.js';
import { MemoryNetwork } from '../../../../core/cluster/memory-bus.js';
import { OptionError } from '../../../../core/errors.js';
import { TestNamespace } from '../../../support/adapter.js';

test('one factory is one node, for all namespaces of one server', () => {
  const factory = createClusterAdapter(new MemoryNetwork());
  const [main, chat, foreign] = [new TestNamespace('/'), new TestNamespace('/chat'), new TestNamespace('/')];
  Object.assign(chat, { server: main.server });
  expect(factory.node?.id).toHaveLength(20);
  expect(factory(main).nsp).toBe(main);
  expect(factory(chat).nsp).toBe(chat);
  expect(() => factory(foreign)).toThrow('belongs to another server already');
});

test('set again, it is the same adapter, until it is closed', async () => {
  const factory = createClusterAdapter(new MemoryNetwork());
  const namespace = new TestNamespace('/');
  const adapter = factory(namespace);
  adapter.init();
  const again = factory(namespace);
  expect(again).toBe(adapter);
  again.init();
  await adapter.close();
  expect(factory(namespace)).toBe(adapter);
  await adapter.close();
  const next = factory(namespace);
  expect(next).not.toBe(adapter);
  await expect(next.init()).rejects.toThrow('left the cluster');
});

test.each<[string, object, string]>([
  ['heartbeatInterval', { heartbeatInterval: 0 }, 'got 0, expected a number of milliseconds, at least 1'],
  ['heartbeatTimeout', { heartbeatInterval: 100, heartbeatTimeout: 199 }, 'at least twice heartbeatInterval (100)'],
  ['requestTimeout', { requestTimeout: '5s' }, 'got "5s"'],
  ['subscribeToSocketIds', { subscribeToSocketIds: 1 }, 'true or false'],
])('%s that cannot work', (option, options, message) => {
  const make = () => createClusterAdapter(new MemoryNetwork(), options);
  expect(make).toThrow(OptionError);
  expect(make).toThrow(`invalid option "${option}"`);
  expect(make).toThrow(message);
});
