import { type NamespaceMatcher, NamespaceRegistry } from '../../../core/server/namespace-registry.js';

interface Member {
  readonly name: string;
}

function create() {
  const log: string[] = [];
  const registry = new NamespaceRegistry<Member>({
    make: (name) => ({ name }),
    onRegistered: ({ name }) => log.push(`+${name}`),
    onUnregistered: ({ name }) => log.push(`-${name}`),
    onMatcherError: (error) => log.push(String(error)),
  });
  /** A pattern that makes namespaces, and says for whom. */
  const add = (pattern: RegExp | NamespaceMatcher, label = 'pattern') =>
    registry.addPattern(pattern, {
      createChild(name, isForClient) {
        const child = { name };
        log.push(`${label} makes ${name}${isForClient ? ' for a client' : ''}`);
        registry.register(child);
        return child;
      },
    });
  const find = (name: string) => {
    const found: (Member | undefined)[] = [];
    registry.find(name, { auth: 1 }, (namespace) => found.push(namespace));
    return found;
  };
  return { log, registry, add, find };
}

test('a namespace is made once, whether its name begins with a slash or not', () => {
  const { log, registry } = create();
  expect(registry.get('a')).toBe(registry.get('/a'));
  expect([...registry.named.keys()]).toEqual(['/a']);
  expect(log).toEqual(['+/a']);
});

test('a regular expression makes it, also a stateful one', () => {
  const { log, registry, add } = create();
  add(/^\/room-\d+$/g);
  registry.get('/room-1');
  registry.get('/room-2');
  registry.get('/other');
  expect(log).toEqual(['pattern makes /room-1', '+/room-1', 'pattern makes /room-2', '+/room-2', '+/other']);
});

test('looking up makes only what is served', () => {
  const { registry, add } = create();
  add(/^\/room-/);
  add((_name, _auth, next) => next(null, true));
  expect(registry.lookUp('/room-1')?.name).toBe('/room-1');
  expect(registry.lookUp('/other')).toBeUndefined();
  expect(registry.lookUp('/room-1')).toBe(registry.get('/room-1'));
});

test('asking whether a name is served makes nothing', () => {
  const { log, registry, add } = create();
  add(/^\/room-\d+$/g);
  registry.get('/there');
  expect(['/there', '/room-1', '/room-1', '/other'].map((name) => registry.serves(name))).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect(log).toEqual(['+/there']);
});

test('clients find what is there, and what a pattern makes for them, in the order of the patterns', () => {
  const { log, registry, add, find } = create();
  registry.get('/there');
  add((name, _auth, next) => next(null, name === '/first'), 'first');
  add((_name, auth, next) => next(null, auth.auth === 1), 'second');
  expect(find('/there')).toEqual([{ name: '/there' }]);
  find('/first');
  find('/x');
  expect(log).toEqual(['+/there', 'first makes /first for a client', '+/first', 'second makes /x for a client', '+/x']);
});

test('nothing matches: a refusal, an error, a matcher that throws', () => {
  const { log, add, find } = create();
  add((_name, _auth, next) => next(null, false));
  add((_name, _auth, next) => next(new Error('no'), true));
  add(() => {
    throw new Error('broken');
  });
  expect(find('/x')).toEqual([undefined]);
  expect(log).toEqual(['Error: broken']);
});

test('a matcher that answers twice is heard once, and one that is slow finds what was made meanwhile', () => {
  const { log, registry, add } = create();
  let decide: (error: Error | null, success: boolean) => void = () => {};
  add((_name, _auth, next) => {
    decide = next;
  });
  const found: unknown[] = [];
  registry.find('/x', {}, (namespace) => found.push(namespace));
  const made = registry.get('/x');
  decide(null, true);
  decide(null, true);
  expect(found).toEqual([made]);
  expect(log).toEqual(['+/x']);
});

test('a namespace that is forgotten; one that took its name stays', () => {
  const { log, registry } = create();
  const first = registry.get('/a');
  registry.unregister(first);
  expect(registry.named.size).toBe(0);
  const second = registry.get('/a');
  registry.unregister(first);
  expect(registry.named.get('/a')).toBe(second);
  expect(log).toEqual(['+/a', '-/a', '+/a', '-/a']);
});
