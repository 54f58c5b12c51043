import { toBinaryType } from '../../../core/client/binary-type.js';
import type { TransportMemory } from '../../../core/client/connection.js';
import { NegotiatedConnection } from '../../../core/client/negotiated-connection.js';
import { turn } from './support/harness.js';
import { MemoryPolling, MemoryTransport, network } from './support/memory-transport.js';
import { TestClock } from './support/test-clock.js';

function create(options: object = {}, memory: TransportMemory = {}) {
  network.reset();
  const clock = new TestClock();
  const log: string[] = [];
  const connection = new NegotiatedConnection(
    { hostname: 'h.test', port: '80', secure: false, path: '/socket.io/', clock, ...options },
    {
      transports: { websocket: MemoryTransport, polling: MemoryPolling },
      binaryType: 'arraybuffer',
      toBinary: toBinaryType,
      Connection: NegotiatedConnection,
    },
    memory,
  );
  const errors: Error[] = [];
  connection
    .on('open', () => log.push(`open ${connection.transport.name}`))
    .on('error', (error) => {
      errors.push(error);
      log.push(`error: ${error.message}`);
    })
    .on('close', (reason) => log.push(`close: ${reason}`))
    .on('upgrading', (transport) => log.push(`upgrading ${transport.name}`))
    .on('upgrade', (transport) => log.push(`upgrade ${transport.name}`))
    .on('upgradeError', (error) => log.push(`upgradeError: ${error.message}`));
  connection.open();
  const names = () => network.transports.map(({ name }) => name);
  return { clock, log, connection, memory, names, errors };
}

const upgradable = { upgrades: ['websocket'] };

beforeEach(() => {
  NegotiatedConnection.priorWebsocketSuccess = false;
});

describe('the choice of a transport', () => {
  test('WebSocket first', () => {
    const { names, log } = create();
    network.last.accept();
    expect(names()).toEqual(['websocket']);
    expect(log).toEqual(['open websocket']);
  });

  test('polling when WebSocket is refused, without a word', () => {
    const { names, log, clock } = create();
    const [first] = network.transports;
    first!.refuse();
    network.last.accept();
    expect(names()).toEqual(['websocket', 'polling']);
    expect(log).toEqual(['open polling']);
    expect(first!.closed).toBe(true);
    expect(clock.pending).toBe(1);
  });

  test('polling when WebSocket closes before the handshake, or speaks nonsense', () => {
    const closed = create();
    network.last.cut();
    expect(closed.names()).toEqual(['websocket', 'polling']);
    const nonsense = create();
    network.last.openOnly();
    network.last.receive({ type: 'open', data: 'nonsense' });
    expect(nonsense.names()).toEqual(['websocket', 'polling']);
  });

  test('polling when WebSocket hangs', () => {
    const { names, clock, log } = create({ fallbackTimeout: 1000 });
    clock.advance(999);
    expect(names()).toEqual(['websocket']);
    clock.advance(1);
    expect(names()).toEqual(['websocket', 'polling']);
    expect(network.transports[0]!.closed).toBe(true);
    network.last.accept();
    clock.advance(400);
    expect(log).toEqual(['open polling']);
  });

  test('one error when all fail, with the ones before as its cause', () => {
    const { log, errors, clock } = create();
    network.last.refuse('websocket error', 'HTTP 502');
    network.last.refuse('fetch read error', 'HTTP 503');
    expect(log).toEqual(['error: fetch read error', 'close: transport error']);
    expect((errors[0] as { description?: string }).description).toBe('HTTP 503');
    expect((errors[0]!.cause as { description?: string }).description).toBe('HTTP 502');
    expect(clock.pending).toBe(0);
  });

  test('the order is an option, and so is the fallback', () => {
    const { names } = create({ transports: ['polling', 'websocket'] });
    network.last.refuse();
    expect(names()).toEqual(['polling', 'websocket']);
    const alone = create({ tryAllTransports: false });
    network.last.refuse();
    expect(alone.names()).toEqual(['websocket']);
    expect(alone.log).toEqual(['error: websocket error', 'close: transport error']);
  });

  test('a name that does not exist is an error that says so, prototype names too; webtransport may come one day', () => {
    for (const name of ['carrier pigeon', 'constructor', '__proto__']) {
      expect(() => create({ transports: [name, 'polling'] })).toThrow(
        new TypeError(`transports: no "${name}", only websocket, polling, or a class`),
      );
      expect(create({ transports: ['polling', name] }).names()).toEqual(['polling']);
    }
    expect(create({ transports: ['webtransport', 'polling'] }).names()).toEqual(['polling']);
  });

  test('without any there is an error, later', () => {
    const { log, clock } = create({ transports: ['webtransport'] });
    expect(log).toEqual([]);
    clock.advance(0);
    expect(log).toEqual(['error: No transports available', 'close: transport error']);
  });

  test('classes of the application', () => {
    class Pigeon extends MemoryTransport {
      override get name() {
        return 'pigeon';
      }
    }
    expect(create({ transports: [Pigeon] }).names()).toEqual(['pigeon']);
    expect(create({ transports: ['pigeon'], transportImplementations: [Pigeon] }).names()).toEqual(['pigeon']);
    expect(create({ transportImplementations: [Pigeon] }).names()).toEqual(['pigeon']);
    const { names } = create({ transportImplementations: [MemoryPolling, Pigeon] });
    network.last.refuse();
    expect(names()).toEqual(['polling', 'pigeon']);
  });

  test('what worked where others had failed is tried first the next time', () => {
    const memory: TransportMemory = {};
    create({ upgrade: false }, memory);
    network.last.refuse();
    network.last.accept();
    expect(memory.first).toBe('polling');
    const second = create({ upgrade: false }, memory);
    network.last.accept();
    expect(second.names()).toEqual(['polling']);
    expect(memory.first).toBe('polling');
    const third = create({}, memory);
    network.last.refuse();
    network.last.refuse();
    expect(third.names()).toEqual(['polling', 'websocket']);
    expect(memory.first).toBeUndefined();
  });

  test('rememberUpgrade', () => {
    const options = { transports: ['polling', 'websocket'], rememberUpgrade: true };
    expect(create(options).names()).toEqual(['polling']);
    NegotiatedConnection.priorWebsocketSuccess = true;
    expect(create(options).names()).toEqual(['websocket']);
    expect(create({ transports: ['polling', 'websocket'] }).names()).toEqual(['polling']);
  });

  test('options for one transport', () => {
    create({ extraHeaders: { a: '1' }, transportOptions: { websocket: { extraHeaders: { b: '2' } } } });
    expect(network.last.options.extraHeaders).toEqual({ b: '2' });
    network.last.refuse();
    expect(network.last.options.extraHeaders).toEqual({ a: '1' });
  });

  test('closing while it tries leaves nothing', () => {
    const { connection, clock, names } = create();
    connection.close();
    clock.advance(60_000);
    expect(names()).toEqual(['websocket']);
    expect(network.last.closed).toBe(true);
    expect(clock.pending).toBe(0);
  });
});

describe('the upgrade', () => {
  function polling(options: object = {}) {
    const harness = create({ transports: ['polling', 'websocket'], ...options });
    const first = network.last as MemoryPolling;
    first.accept(upgradable);
    harness.log.length = 0;
    return { ...harness, first };
  }

  test('step by step, with nothing lost or reordered', async () => {
    const { log, connection, first, names } = polling();
    expect(names()).toEqual(['polling', 'websocket']);
    const next = network.last;
    expect(next.query.sid).toBe('session');
    next.openOnly();
    expect(next.sent).toEqual(['2probe']);
    connection.write('before');
    expect(first.sent).toEqual(['4before']);
    await turn();
    next.receive({ type: 'pong', data: 'probe' });
    expect(log).toEqual(['upgrading websocket']);
    connection.write('during');
    await turn();
    expect(first.sent).toEqual(['4before']);
    const received: string[] = [];
    connection.on('message', (data) => received.push(data));
    first.messages('last over polling');
    first.onPause!();
    expect(log).toEqual(['upgrading websocket', 'upgrade websocket']);
    await turn();
    expect(next.sent).toEqual(['2probe', '5', '4during']);
    expect(connection.transport).toBe(next);
    next.messages('first over WebSocket');
    first.messages('not heard any more');
    expect(received).toEqual(['last over polling', 'first over WebSocket']);
  });

  test('a new transport that fails changes nothing', async () => {
    for (const fail of [
      (next: MemoryTransport) => next.refuse(),
      (next: MemoryTransport) => next.cut(),
      (next: MemoryTransport) => {
        next.openOnly();
        next.receive({ type: 'pong', data: 'something else' });
      },
      (next: MemoryTransport) => {
        next.openOnly();
        next.receive({ type: 'message', data: 'x' });
      },
    ]) {
      const { log, connection, first } = polling();
      fail(network.last);
      expect(log).toHaveLength(1);
      expect(log[0]).toMatch(/^upgradeError: /);
      connection.write('x');
      expect(first.sent).toEqual(['4x']);
      expect(connection.transport).toBe(first);
    }
  });

  test('a new transport that fails at the last moment gives the old one back', () => {
    const { log, connection, first } = polling();
    network.last.openOnly();
    network.last.receive({ type: 'pong', data: 'probe' });
    connection.write('waits');
    expect(first.sent).toEqual([]);
    network.last.cut();
    expect(log).toEqual(['upgrading websocket', 'upgradeError: probe error']);
    expect(first.isResumed).toBe(true);
    expect(first.sent).toEqual(['4waits']);
    first.onPause!();
    expect(connection.transport).toBe(first);
  });

  test('the session ends in the middle', () => {
    for (const end of [
      (first: MemoryPolling) => first.cut(),
      (first: MemoryPolling) => first.refuse(),
      (first: MemoryPolling) => first.receive({ type: 'close' }),
    ]) {
      const { first, connection, clock, log } = polling();
      const next = network.last;
      next.openOnly();
      next.receive({ type: 'pong', data: 'probe' });
      end(first);
      expect(connection.readyState).toBe('closed');
      expect(next.closed).toBe(true);
      first.onPause!();
      expect(log).not.toContain('upgrade websocket');
      expect(clock.pending).toBe(0);
    }
  });

  test('closing waits for the upgrade to end', async () => {
    const { first, connection, log } = polling();
    const next = network.last;
    next.openOnly();
    next.receive({ type: 'pong', data: 'probe' });
    connection.write('last words').close();
    expect(connection.readyState).toBe('closing');
    first.onPause!();
    await turn();
    expect(next.sent).toEqual(['2probe', '5', '4last words']);
    expect(log).toEqual(['upgrading websocket', 'upgrade websocket', 'close: forced close']);
  });

  test('a listener of upgrading closes', async () => {
    const { first, connection, log } = polling();
    connection.on('upgrading', () => connection.fail(new Error('enough') as never));
    network.last.openOnly();
    network.last.receive({ type: 'pong', data: 'probe' });
    first.onPause?.();
    expect(log).toEqual(['upgrading websocket', 'error: enough', 'close: transport error']);
  });

  test('only to what both sides know, and only when wanted', () => {
    expect(polling({ upgrade: false }).names()).toEqual(['polling']);
    expect(polling({ transports: ['polling'] }).names()).toEqual(['polling']);
    const other = create({ transports: ['polling', 'websocket'] });
    network.last.accept({ upgrades: ['webtransport', 'polling'] });
    expect(other.names()).toEqual(['polling']);
    const none = create({ transports: ['polling', 'websocket'] });
    network.last.accept({ upgrades: 'websocket' });
    expect(none.names()).toEqual(['polling']);
    const already = create();
    network.last.accept(upgradable);
    expect(already.names()).toEqual(['websocket']);
  });

  test('it starts over with WebSocket once that has worked', () => {
    const memory: TransportMemory = { first: 'polling' };
    create({}, memory);
    const first = network.last as MemoryPolling;
    first.accept(upgradable);
    network.last.openOnly();
    network.last.receive({ type: 'pong', data: 'probe' });
    first.onPause!();
    expect(memory.first).toBeUndefined();
  });
});

describe('polling bodies', () => {
  test('stay below what the server takes', async () => {
    const { connection } = create({ transports: ['polling'] });
    const transport = network.last;
    network.isStalled = true;
    connection.write('a'.repeat(49));
    connection.write('b'.repeat(48));
    connection.write('é'.repeat(30));
    connection.write(Buffer.alloc(200));
    connection.write('c');
    transport.accept({ maxPayload: 100 });
    const bodies: number[] = [];
    let before = 0;
    for (let round = 0; round < 6; round++) {
      bodies.push(transport.sent.length - before);
      before = transport.sent.length;
      transport.drain();
    }
    // 50 + separator + 49 = 100; 61; the long one alone; the rest.
    expect(bodies).toEqual([2, 1, 1, 1, 0, 0]);
  });

  test('have a thousand packets at most', () => {
    const { connection } = create({ transports: ['polling'] });
    network.isStalled = true;
    for (let n = 0; n < 2500; n++) connection.write('x');
    network.last.accept();
    expect(network.last.sent).toHaveLength(1000);
    network.last.drain();
    expect(network.last.sent).toHaveLength(2000);
  });

  test('there is no limit on other transports', () => {
    const { connection } = create();
    for (let n = 0; n < 2500; n++) connection.write('x');
    network.last.accept({ maxPayload: 10 });
    expect(network.last.sent).toHaveLength(2500);
  });
});

describe('what arrives', () => {
  test('binary comes as what is wanted', () => {
    const { connection } = create();
    const transport = network.last;
    const received: any[] = [];
    connection.on('message', (data) => received.push(data));
    transport.accept();
    const bytes = Buffer.from('xabcx').subarray(1, 4);
    for (const type of ['arraybuffer', 'nodebuffer', 'blob'] as const) {
      connection.binaryType = type;
      transport.messages(bytes);
    }
    expect(Object.prototype.toString.call(received[0])).toBe('[object ArrayBuffer]');
    expect(Buffer.from(received[0]).toString()).toBe('abc');
    expect(Buffer.isBuffer(received[1]) && received[1].toString()).toBe('abc');
    expect(received[2]).toBeInstanceOf(Blob);
    expect(received[2].size).toBe(3);
  });
});
