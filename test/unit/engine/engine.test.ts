import type { IncomingMessage } from 'node:http';
import { Engine } from '../../../core/engine/engine.js';
import { resolveOptions } from '../../../core/options/index.js';
import { TestEngine, TestRequest } from '../../support/engine.js';
import { MemoryTransport } from '../../support/memory-transport.js';
import { TestClock } from '../../support/test-clock.js';

describe('opening a session', () => {
  function open(options = {}, name: 'polling' | 'websocket' = 'websocket') {
    const clock = new TestClock();
    const engine = new Engine(resolveOptions(options), clock);
    const transport = new MemoryTransport(name);
    const request = new TestRequest();
    const connection = engine.open('sid', transport, request, '10.0.0.1')!;
    return { clock, engine, transport, request, connection };
  }

  test('the first packet says who it is and how it goes on', () => {
    const { transport } = open({ pingInterval: 1, pingTimeout: 2, maxHttpBufferSize: 3 });
    const [packet] = transport.received as [string];
    expect(packet[0]).toBe('0');
    expect(JSON.parse(packet.slice(1))).toEqual({
      sid: 'sid',
      upgrades: [],
      pingInterval: 1,
      pingTimeout: 2,
      maxPayload: 3,
    });
  });

  test('over a WebSocket it leaves at once, in one write with what a listener sends', () => {
    const clock = new TestClock();
    const engine = new Engine(resolveOptions({}), clock);
    engine.on('connection', (connection) => connection.send('hello'));
    const transport = new MemoryTransport();
    engine.open('sid', transport, new TestRequest(), '');
    expect(transport.writes).toHaveLength(1);
    expect(transport.received[1]).toBe('4hello');
  });

  test('over polling it waits for the first poll', () => {
    const { transport, request } = open({}, 'polling');
    expect(transport.received).toEqual([]);
    expect(request.reduced).toBe(0);
    transport.poll();
    expect(transport.received).toHaveLength(1);
  });

  test('the request is reduced once the handshake is over', () => {
    expect(open().request.reduced).toBe(1);
  });

  test('an initial packet comes right behind', () => {
    expect(open({ initialPacket: 'hi' }).transport.received[1]).toBe('4hi');
  });

  test.each([
    ['polling', {}, ['websocket']],
    ['polling', { allowUpgrades: false }, []],
    ['polling', { transports: ['polling'] }, []],
    ['websocket', {}, []],
  ] as const)('a client over %s with %j may move to %j', (name, options, upgrades) => {
    const { engine } = open(options, name);
    expect(engine.upgrades(name)).toEqual(upgrades);
  });

  test('it is found by its id until it ends', () => {
    const { engine, connection, transport } = open();
    expect(engine.find('sid')).toBe(connection);
    expect(engine.clientsCount).toBe(1);
    expect(engine.clients.sid).toBe(connection);
    expect(connection).toMatchObject({ id: 'sid', remoteAddress: '10.0.0.1', protocol: 4, readyState: 'open' });
    transport.disconnect();
    expect(engine.find('sid')).toBeUndefined();
    expect(engine.clientsCount).toBe(0);
    expect(engine.clients).toEqual({});
  });

  test('a name of Object.prototype is no session', () => {
    expect(open().engine.clients.constructor).toBeUndefined();
    expect(open().engine.find('constructor')).toBeUndefined();
  });
});

describe('headers', () => {
  test('the first answer of a session: cookie, initial_headers, headers; later ones: headers', () => {
    const test = new TestEngine({ cookie: true });
    const { transport, request } = test.open('polling');
    const heard: string[] = [];
    test.engine.on('initial_headers', (headers) => {
      heard.push('initial');
      headers['x-first'] = '1';
    });
    test.engine.on('headers', () => heard.push('headers'));
    const first: Record<string, string> = {};
    transport.requestHeaders(first, request.request);
    expect(first).toEqual({ 'Set-Cookie': 'io=session-0; Path=/; HttpOnly; SameSite=Lax', 'x-first': '1' });
    const later: Record<string, string> = {};
    transport.requestHeaders(later, {} as IncomingMessage);
    expect(later).toEqual({});
    expect(heard).toEqual(['initial', 'headers', 'headers']);
  });
});

describe('closing', () => {
  test('every session ends, and no new one begins', () => {
    const test = new TestEngine();
    const sessions = [test.open(), test.open('polling')];
    sessions[1]!.transport.poll();
    test.engine.close();
    for (const { handler } of sessions) expect(handler.heard).toEqual([['close', 'forced close']]);
    expect(test.engine.clientsCount).toBe(0);
    expect(test.engine.clientsTold).toBeUndefined();
    const late = new MemoryTransport();
    expect(test.engine.open('late', late, new TestRequest(), '')).toBeUndefined();
    expect(late.readyState).toBe('closed');
  });

  test('a peer that does not answer is let go after a grace', () => {
    const test = new TestEngine();
    const silent = test.open();
    const polite = test.open();
    silent.transport.closesLate = true;
    test.engine.close();
    expect(silent.transport.readyState).toBe('closing');
    test.clock.advance(300);
    expect(silent.transport.readyState).toBe('closed');
    expect(silent.transport.terminateCalls).toBe(1);
    expect(polite.transport.terminateCalls).toBe(0);
    expect(test.clock.pending).toBe(0);
  });

  test('a client between two polls hears of it with its next one, after what was sent to it', async () => {
    const test = new TestEngine();
    const { connection, transport, handler } = test.open('polling');
    connection.send('last words');
    test.engine.close();
    expect(handler.heard).toEqual([]);
    transport.poll();
    expect(transport.take()).toEqual(['4last words']);
    expect(transport.readyState).toBe('open');
    transport.poll();
    expect(transport.readyState).toBe('closed');
    expect(handler.heard).toEqual([['close', 'forced close']]);
    await test.engine.clientsTold;
  });

  test('a client in the middle of an upgrade hears of it where it goes to', async () => {
    const test = new TestEngine();
    const { connection, transport, handler } = test.open('polling');
    transport.poll();
    const next = new MemoryTransport();
    connection.startUpgrade(next);
    next.sendText('2probe');
    test.engine.close();
    next.sendText('5');
    expect(next.readyState).toBe('closed');
    expect(handler.heard).toEqual([['close', 'forced close']]);
    await test.engine.clientsTold;
  });

  test('a client that does not come back in time is let go', async () => {
    const test = new TestEngine();
    const { handler } = test.open('polling');
    test.engine.close();
    test.clock.advance(299);
    expect(handler.heard).toEqual([]);
    test.clock.advance(1);
    expect(handler.heard).toEqual([['close', 'forced close']]);
    await test.engine.clientsTold;
    expect(test.clock.pending).toBe(0);
  });

  test('without sessions there is nothing to wait for', () => {
    const test = new TestEngine();
    expect(test.engine.close()).toBe(test.engine);
    expect(test.clock.pending).toBe(0);
  });
});

test('requests go to the front, once there is one', () => {
  const { engine } = new TestEngine();
  const heard: unknown[][] = [];
  const [request, response, socket, head] = [{}, {}, {}, Buffer.alloc(0)] as never[];
  engine.handleRequest(request!, response!);
  engine.wire({
    handleRequest: (...args) => heard.push(['request', ...args]),
    handleUpgrade: (...args) => heard.push(['upgrade', ...args]),
    close: (grace) => heard.push(['close', grace]),
  });
  engine.handleRequest(request!, response!);
  engine.handleUpgrade(request!, socket!, head!);
  engine.close();
  expect(heard).toEqual([
    ['request', request, response],
    ['upgrade', request, socket, head],
    ['close', 300],
  ]);
});

test('use takes functions only', () => {
  const { engine } = new TestEngine();
  engine.use(() => {});
  expect(engine.middlewares).toHaveLength(1);
  expect(() => engine.use('cors' as never)).toThrow(TypeError);
});

test('the codes of connection_error, by the names users know', () => {
  expect(Engine.errors).toEqual({
    UNKNOWN_TRANSPORT: 0,
    UNKNOWN_SID: 1,
    BAD_HANDSHAKE_METHOD: 2,
    BAD_REQUEST: 3,
    FORBIDDEN: 4,
    UNSUPPORTED_PROTOCOL_VERSION: 5,
  });
  expect(Engine.errorMessages).toEqual({
    0: 'Transport unknown',
    1: 'Session ID unknown',
    2: 'Bad handshake method',
    3: 'Bad request',
    4: 'Forbidden',
    5: 'Unsupported protocol version',
  });
});

describe('what programs written for Engine.IO do', () => {
  test('assigning to an option says what to do instead', () => {
    const engine = new Engine(resolveOptions({ pingInterval: 5 }), new TestClock());
    const options = engine.opts as { pingInterval: number };
    expect(options.pingInterval).toBe(5);
    expect(() => {
      options.pingInterval = 1000;
    }).toThrow(
      'invalid option "engine.opts.pingInterval": got 1000, expected given when the server is made: new Server({ pingInterval })',
    );
    expect(options.pingInterval).toBe(5);
    expect(Object.keys(engine.opts)).toContain('maxHttpBufferSize');
  });

  test('flush and drain of all connections can be watched', () => {
    const clock = new TestClock();
    const engine = new Engine(resolveOptions({}), clock);
    const transport = new MemoryTransport();
    const connection = engine.open('sid', transport, new TestRequest(), '')!;
    const heard: unknown[] = [];
    engine.once('flush', (each, packets) => heard.push('flush', each === connection, packets));
    engine.on('drain', (each) => heard.push('drain', each === connection));
    connection.send('hello', { compress: false });
    clock.endTurn();
    connection.send('again');
    clock.endTurn();
    expect(heard).toEqual([
      'flush',
      true,
      [{ type: 'message', data: 'hello', options: { compress: false } }],
      'drain',
      true,
      'drain',
      true,
    ]);
  });

  test('whoever has seen enough costs nothing any more', () => {
    const clock = new TestClock();
    const engine = new Engine(resolveOptions({}), clock);
    const connection = engine.open('sid', new MemoryTransport(), new TestRequest(), '')!;
    engine.once('drain', () => {});
    expect(engine.isWriteWatched).toBe(true);
    connection.send('hello');
    clock.endTurn();
    expect(engine.isWriteWatched).toBe(false);
  });

  test.each([
    [1, '41'],
    [true, '4true'],
    [10n, '410'],
    [0, '4'],
    [null, '4'],
    [undefined, '4'],
    [Number.NaN, '4'],
  ])('a connection sends %p as text', (value, packet) => {
    const clock = new TestClock();
    const engine = new Engine(resolveOptions({}), clock);
    const transport = new MemoryTransport();
    const connection = engine.open('sid', transport, new TestRequest(), '')!;
    connection.send(value as unknown as string);
    clock.endTurn();
    expect(transport.received.at(-1)).toBe(packet);
  });
});
