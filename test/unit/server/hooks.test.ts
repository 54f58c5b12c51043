import { HookHub } from '../../../core/server/hooks.js';

test('nothing is there until somebody registers, and nothing when all of it is taken back', () => {
  const hub = new HookHub();
  const hooks = hub.of('/');
  expect(Object.values(hooks).every((list) => list === null)).toBe(true);
  const undo = [hub.add('outgoing', '/', () => true), hub.add('outgoing', undefined, () => false)];
  expect(hooks.outgoing?.length).toBe(2);
  expect(hooks.connected).toBeNull();
  for (const each of undo) each();
  expect(hooks.outgoing).toBeNull();
});

test('in the order of registration, by namespace', () => {
  const hub = new HookHub();
  const order: string[] = [];
  const add = (namespace: string | undefined, label: string) =>
    hub.add('disconnecting', namespace, () => void order.push(label));
  add('/a', 'a');
  add(undefined, 'all');
  add('/b', 'b');
  for (const name of ['/a', '/b', '/other'])
    for (const hook of hub.of(name).disconnecting ?? []) hook({} as never, 'x'); // These hooks look at neither.
  expect(order).toEqual(['a', 'all', 'all', 'b', 'all']);
});

test('a name that a client made up keeps nothing, and sees what is for all', () => {
  const hub = new HookHub();
  const first = hub.peek('/made-up-1');
  expect(hub.peek('/made-up-2')).toBe(first);
  hub.add('arriving', undefined, () => undefined);
  expect(first.arriving?.length).toBe(1);
  hub.add('arriving', '/named', () => undefined);
  expect(hub.peek('/named').arriving?.length).toBe(2);
});

test('a namespace that is gone is forgotten, unless somebody registered for its name', () => {
  const hub = new HookHub();
  const [gone, kept] = [hub.of('/gone'), hub.of('/kept')];
  hub.add('missed', '/kept', () => {});
  for (const name of ['/gone', '/kept']) hub.forget(name);
  expect(hub.of('/gone')).not.toBe(gone);
  expect(hub.of('/kept')).toBe(kept);
});
