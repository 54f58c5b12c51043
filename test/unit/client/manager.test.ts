import { Manager } from '../../../core/client/index.js';
import { createConnected, createHarness, turn } from './support/harness.js';
import { MemoryTransport, network } from './support/memory-transport.js';

/** A page that a test speaks for, in place of the missing one. */
function pretendPage() {
  const page = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  const counts = { listeners: 0 };
  const globals = globalThis as any;
  const keys = ['addEventListener', 'document'];
  const before = keys.map((key) => [key, globals[key]] as const);
  for (const target of [page, document]) {
    const { addEventListener } = target;
    target.addEventListener = (type: string, listener: any, options?: any) => {
      counts.listeners++;
      options.signal.addEventListener('abort', () => counts.listeners--);
      addEventListener.call(target, type, listener, options);
    };
  }
  globals.addEventListener = page.addEventListener;
  globals.document = document;
  return {
    counts,
    document,
    tell: (type: string) => (type === 'visibilitychange' ? document : page).dispatchEvent(new Event(type)),
    restore: () => {
      for (const [key, value] of before) {
        if (value === undefined) delete globals[key];
        else globals[key] = value;
      }
    },
  };
}

describe('reconnection', () => {
  test('waits longer from attempt to attempt, and goes on until it works', async () => {
    const { socket, log, clock } = createHarness();
    socket.connect();
    const delays: number[] = [];
    for (let attempt = 0; attempt < 5; attempt++) {
      network.last.refuse();
      delays.push(clock.next);
      clock.advance(clock.next);
    }
    expect(delays).toEqual([1000, 2000, 4000, 5000, 5000]);
    network.last.accept();
    await turn();
    network.last.messages('0{"sid":"id1"}');
    expect(log.slice(-4)).toEqual(['reconnect_attempt 5', 'open', 'reconnect 5', 'connect']);
    expect(network.transports).toHaveLength(6);
  });

  test('each failed attempt is one connect_error', () => {
    const { socket, log, clock } = createHarness();
    socket.connect();
    network.last.refuse();
    clock.advance(1000);
    network.last.refuse();
    expect(log).toEqual([
      'error: websocket error',
      'connect_error: websocket error',
      'reconnect_attempt 1',
      'error: websocket error',
      'connect_error: websocket error',
      'reconnect_error: websocket error',
    ]);
  });

  test('gives up after so many attempts, and can be told to begin again', () => {
    const { socket, log, clock } = createHarness({ reconnectionAttempts: 2 });
    socket.connect();
    for (let attempt = 0; attempt < 3; attempt++) {
      network.last.refuse();
      clock.advance(10_000);
    }
    expect(log.filter((line) => line === 'reconnect_failed')).toHaveLength(1);
    expect(network.transports).toHaveLength(3);
    expect(clock.pending).toBe(0);
    log.length = 0;
    socket.connect();
    network.last.refuse();
    clock.advance(1000);
    expect(log).toContain('reconnect_attempt 1');
  });

  test('an attempt may take so long, and then counts as failed', () => {
    const { socket, log, clock } = createHarness({ timeout: 3000 });
    socket.connect();
    clock.advance(2999);
    expect(log).toEqual([]);
    clock.advance(1);
    expect(log).toEqual(['error: timeout', 'connect_error: timeout']);
    expect(network.last.closed).toBe(true);
    clock.advance(1000);
    expect(network.transports).toHaveLength(2);
  });

  test('the timeout can be switched off', () => {
    const { socket, log, clock } = createHarness({ timeout: false as never });
    socket.connect();
    clock.advance(1_000_000);
    expect(log).toEqual([]);
  });

  test('a connection that worked begins with the first delay again', async () => {
    const { clock } = await createConnected();
    network.last.cut();
    expect(clock.next).toBe(1000);
    clock.advance(1000);
    network.last.accept();
    network.last.cut();
    expect(clock.next).toBe(1000);
  });

  test('opening by hand while an attempt is waiting is that attempt', async () => {
    const { manager, clock } = await createConnected();
    network.last.cut();
    expect(manager._reconnecting).toBe(true);
    manager.open();
    expect(network.transports).toHaveLength(2);
    clock.advance(10_000);
    expect(network.transports).toHaveLength(2);
    network.last.refuse();
    clock.advance(10_000);
    expect(network.transports).toHaveLength(3);
  });

  test('a listener of reconnect_attempt that opens does not stop later attempts', async () => {
    const { manager, clock } = await createConnected();
    manager.once('reconnect_attempt', () => manager.open());
    network.last.cut();
    clock.advance(1000);
    network.last.refuse();
    clock.advance(10_000);
    expect(network.transports).toHaveLength(3);
  });

  test('a listener of error that connects again by itself is left alone', () => {
    const { manager, socket } = createHarness();
    manager.once('error', () => manager.open());
    socket.connect();
    network.last.refuse();
    expect(manager._readyState).toBe('opening');
    expect(network.transports).toHaveLength(2);
  });

  test('the callback of open is called once, with the error', () => {
    const { manager, clock } = createHarness();
    const outcomes: unknown[] = [];
    manager.open((error) => outcomes.push(error?.message));
    network.last.refuse();
    clock.advance(60_000);
    expect(outcomes).toEqual(['websocket error']);
    expect(network.transports).toHaveLength(1);
  });
});

describe('the page', () => {
  let page: ReturnType<typeof pretendPage>;
  beforeEach(() => {
    page = pretendPage();
  });
  afterEach(() => page.restore());

  test('the network is back: an attempt at once', async () => {
    const { clock, log } = await createConnected();
    network.last.cut();
    expect(clock.next).toBe(1000);
    page.tell('online');
    expect(log).toContain('reconnect_attempt 1');
    expect(network.transports).toHaveLength(2);
    clock.advance(999);
    expect(network.transports).toHaveLength(2);
    network.last.refuse();
    expect(clock.next).toBe(2000);
  });

  test('somebody looks at the page: an attempt at once', async () => {
    await createConnected();
    network.last.cut();
    page.document.visibilityState = 'hidden';
    page.tell('visibilitychange');
    expect(network.transports).toHaveLength(1);
    page.document.visibilityState = 'visible';
    page.tell('visibilitychange');
    expect(network.transports).toHaveLength(2);
  });

  test('neither matters while it is connected, or connecting', async () => {
    const { log } = await createConnected();
    page.tell('online');
    page.tell('visibilitychange');
    expect(network.transports).toHaveLength(1);
    network.last.cut();
    page.tell('online');
    page.tell('online');
    expect(network.transports).toHaveLength(2);
    expect(log.filter((line) => line.startsWith('reconnect_attempt'))).toHaveLength(1);
  });

  test('the network is gone: the connection is, too', async () => {
    const { log } = await createConnected();
    page.tell('offline');
    expect(log.slice(0, 2)).toEqual(['close: transport close', 'disconnect: transport close']);
  });

  test('the network goes while it connects', () => {
    const { socket, log } = createHarness();
    socket.connect();
    page.tell('offline');
    expect(log).toContain('connect_error: websocket error');
  });

  test('a page that wakes up finds out that the connection has died, and makes another at once', async () => {
    const { clock, log } = await createConnected();
    clock.sleep(10_000);
    page.tell('visibilitychange');
    expect(log).toContain('disconnect: ping timeout');
    expect(log).toContain('reconnect_attempt 1');
    expect(network.transports).toHaveLength(2);
  });

  test('the page goes: the connection is closed, without an event', async () => {
    const { log } = await createConnected({ closeOnBeforeunload: true });
    page.tell('beforeunload');
    expect(network.last.closed).toBe(true);
    expect(log).toEqual([]);
    const other = await createConnected();
    page.tell('beforeunload');
    expect(network.last.closed).toBe(false);
    expect(other.log).toEqual([]);
  });

  test('a thousand connections leave no listener and no timer', async () => {
    for (let round = 0; round < 1000; round++) {
      const { socket, clock, manager } = createHarness();
      socket.connect();
      if (round % 4 !== 0) network.last.accept();
      if (round % 4 === 2) network.last.cut();
      if (round % 4 === 3) network.last.messages('0{"sid":"id1"}');
      socket.disconnect();
      await turn();
      expect([round, clock.pending, page.counts.listeners]).toEqual([round, 0, 0]);
      expect(manager._readyState).toBe('closed');
    }
  });
});

describe('where it connects to', () => {
  const uri = (...args: any[]) => {
    network.reset();
    const options = { transports: [MemoryTransport], autoConnect: false };
    const last = args.at(-1);
    const manager =
      typeof last === 'object'
        ? new Manager(...([...args.slice(0, -1), { ...options, ...last }] as [string]))
        : new Manager(args[0], options);
    manager.open();
    const url = new URL(network.last.address);
    manager._close();
    return `${url.protocol}//${url.hostname}:${network.last.options.port}${url.pathname}`;
  };

  test('by URL', () => {
    expect(uri('http://h.test:3000/ns')).toBe('http://h.test:3000/socket.io/');
    expect(uri('wss://h.test')).toBe('https://h.test:443/socket.io/');
    expect(uri('http://[::1]:3000')).toBe('http://[::1]:3000/socket.io/');
  });

  test('by options', () => {
    expect(uri({ hostname: 'h.test', port: 3000 })).toBe('http://h.test:3000/socket.io/');
    expect(uri({ host: 'h.test', secure: true })).toBe('https://h.test:443/socket.io/');
    expect(uri({})).toBe('http://localhost:80/socket.io/');
  });

  test('the URL is stronger', () => {
    expect(uri('http://h.test:3000', { hostname: 'other.test', port: 1 })).toBe('http://h.test:3000/socket.io/');
  });

  test('the path, with and without its slash', () => {
    expect(uri('http://h.test', { path: '/custom' })).toBe('http://h.test:80/custom/');
    expect(uri('http://h.test', { path: '/custom/' })).toBe('http://h.test:80/custom/');
    expect(uri('http://h.test', { path: '/custom/', addTrailingSlash: false })).toBe('http://h.test:80/custom');
  });

  test('a transport that does not exist is told at once, and nothing has begun', () => {
    const options = { transports: ['pigeon'] };
    expect(() => new Manager('http://h.test', options)).toThrow('transports: no "pigeon"');
    const manager = new Manager('http://h.test', { ...options, autoConnect: false });
    expect(() => manager.open()).toThrow('transports: no "pigeon"');
    expect(manager._readyState).toBe('closed');
  });

  test('options are not written to', () => {
    const options = Object.freeze({ transports: [MemoryTransport], autoConnect: false });
    const manager = new Manager('http://h.test?a=1', options);
    manager.reconnectionDelay(5).open();
    expect(network.last.query.a).toBe('1');
    manager._close();
  });
});
