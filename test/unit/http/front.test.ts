import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Engine } from '../../../core/engine/engine.js';
import { EngineFace } from '../../../core/http/engine-face.js';
import { NodeHttp } from '../../../core/http/front.js';
import { Routes } from '../../../core/http/routes.js';
import { resolveOptions, type ServerOptions } from '../../../core/options/index.js';
import { HttpWire } from '../../support/http-wire.js';
import { TestClock } from '../../support/test-clock.js';

const POLLING = '/io/?EIO=4&transport=polling';
const WEBSOCKET = '/io/?EIO=4&transport=websocket';
const UPGRADE = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

function create(options: ServerOptions = {}) {
  const clock = new TestClock();
  const engine = new Engine(resolveOptions(options), clock);
  engine.wire(new NodeHttp(engine, new Routes(() => {})));
  const server = createServer((request, response) => engine.handleRequest(request, response));
  server.on('upgrade', (request, socket, head) => engine.handleUpgrade(request, socket, head));
  const errors: unknown[] = [];
  engine.on('connection_error', ({ code, message, context }) => errors.push([code, message, context]));
  return { clock, engine, errors, connect: () => new HttpWire(server) };
}

const open = (body: string) => JSON.parse(body.slice(1));

describe('polling', () => {
  test('the first GET opens a session, later requests find it', async () => {
    const { engine, connect } = create();
    const texts: unknown[] = [];
    engine.on('connection', (connection) => connection.on('message', (data) => texts.push(data)));
    const first = await connect().request(`GET ${POLLING}`);
    expect(first!.status).toBe(200);
    const { sid, upgrades } = open(first!.body);
    expect(upgrades).toEqual(['websocket']);
    expect(engine.clientsCount).toBe(1);
    expect(await connect().request(`POST ${POLLING}&sid=${sid}`, {}, '4hello')).toMatchObject({ body: 'ok' });
    expect(texts).toEqual(['hello']);
  });

  test.each<[string, string, Record<string, string>, number, unknown]>([
    ['an unknown transport', 'GET /io/?EIO=4&transport=pigeon', {}, 400, { code: 0, message: 'Transport unknown' }],
    ['an unknown session', `GET ${POLLING}&sid=nobody`, {}, 400, { code: 1, message: 'Session ID unknown' }],
    ['a POST without session', `POST ${POLLING}`, {}, 400, { code: 2, message: 'Bad handshake method' }],
    ['a WebSocket that is none', `GET ${WEBSOCKET}`, {}, 400, { code: 3, message: 'Bad request' }],
    [
      'another revision',
      'GET /io/?EIO=3&transport=polling',
      {},
      400,
      { code: 5, message: 'Unsupported protocol version' },
    ],
  ])('%s is refused, and reported', async (_name, line, headers, status, body) => {
    const { errors, engine, connect } = create();
    const answer = await connect().request(line, headers);
    expect([answer!.status, JSON.parse(answer!.body)]).toEqual([status, body]);
    expect(errors).toHaveLength(1);
    expect(engine.clientsCount).toBe(0);
  });

  test('a page of another site with cookies is refused', async () => {
    const { connect } = create();
    const headers = { Host: 'mine.example', Cookie: 'a=1', Origin: 'https://evil.example' };
    expect(await connect().request(`GET ${POLLING}`, headers)).toMatchObject({ status: 403 });
    for (const origin of ['http://mine.example', 'https://mine.example', 'https://mine.example:8443'])
      expect(await connect().request(`GET ${POLLING}`, { ...headers, Origin: origin })).toMatchObject({ status: 200 });
  });
});

/** As the package `on-headers` does it. */
function whenWritten(response: ServerResponse, add: () => void): void {
  const { writeHead } = response;
  response.writeHead = function (this: ServerResponse, ...args: unknown[]) {
    add();
    return writeHead.apply(this, args as never);
  } as typeof writeHead;
}

describe('headers that are added when the head is written', () => {
  test('are on the 101, without those that describe a body', async () => {
    const { engine, connect } = create();
    engine.use((_request, response, next) => {
      whenWritten(response, () => {
        response.setHeader('Set-Cookie', 'a=1');
        response.setHeader('Content-Encoding', 'gzip');
      });
      next();
    });
    const answer = await connect().request(`GET ${WEBSOCKET}`, UPGRADE);
    expect(answer).toMatchObject({ status: 101, headers: { 'set-cookie': 'a=1' } });
    expect(answer!.headers).not.toHaveProperty('content-encoding');
  });

  test('refuse the handshake when they cannot be added', async () => {
    const { engine, errors, connect } = create();
    engine.use((_request, response, next) => {
      whenWritten(response, () => {
        throw new Error('no store');
      });
      next();
    });
    expect(await connect().request(`GET ${WEBSOCKET}`, UPGRADE)).toMatchObject({ status: 400 });
    expect(errors).toEqual([[3, 'Bad request', { name: 'MIDDLEWARE_FAILURE', message: 'no store' }]]);
    expect(engine.clientsCount).toBe(0);
  });
});

test('what is counted: handshakes, refusals and closes by reason, packets of sessions that are open and over', async () => {
  const { engine, connect } = create();
  const { connections } = new EngineFace(engine, new Routes(() => {}), engine.generateId);
  const first = await connect().request(`GET ${POLLING}`);
  await connect().request(`POST ${POLLING}&sid=${open(first!.body).sid}`, {}, '4hello');
  await connect().request(`GET ${POLLING}&sid=nobody`);
  const wire = connect();
  await wire.request(`GET ${WEBSOCKET}`, UPGRADE);
  expect(connections.stats()).toMatchObject({
    open: [
      { transport: 'polling', protocol: 4, count: 1 },
      { transport: 'websocket', protocol: 4, count: 1 },
    ],
    opened: 2,
    refused: { unknownSession: 1 },
    closed: {},
    packetsReceived: 1,
    bytesReceived: 6,
    packetsSent: 2,
  });
  await wire.drop();
  expect(connections.stats()).toMatchObject({
    open: [{ transport: 'polling', count: 1 }],
    opened: 2,
    closed: { 'transport close': 1 },
    packetsSent: 2,
  });
});

describe('upgrades', () => {
  test('open a session: the 101, then the open packet', async () => {
    const { engine, connect } = create();
    const wire = connect();
    expect(await wire.request(`GET ${WEBSOCKET}`, UPGRADE)).toMatchObject({ status: 101 });
    expect(wire.written.slice(2)).toMatch(/^0\{"sid":"[\w-]{20}","upgrades":\[\],"pingInterval":25000,/);
    expect(engine.clientsCount).toBe(1);
    await wire.drop();
    expect(engine.clientsCount).toBe(0);
  });

  test.each<[string, string, number, string]>([
    ['an unknown session', `${WEBSOCKET}&sid=nobody`, 400, 'Session ID unknown'],
    ['the wrong transport', POLLING, 400, 'Bad request'],
  ])('%s is refused in words', async (_name, path, status, body) => {
    const { errors, connect } = create();
    const wire = connect();
    expect(await wire.request(`GET ${path}`, UPGRADE)).toMatchObject({ status, body });
    expect(wire.hasEnded).toBe(true);
    expect(errors).toHaveLength(1);
  });

  test('a handshake that ws refuses is reported with its words', async () => {
    const { errors, connect } = create();
    const answer = await connect().request(`GET ${WEBSOCKET}`, { ...UPGRADE, 'Sec-WebSocket-Key': 'short' });
    expect(answer!.status).toBe(400);
    expect(errors).toEqual([[3, 'Bad request', { name: 'TRANSPORT_HANDSHAKE_ERROR', message: answer!.body }]]);
  });
});

describe('middlewares', () => {
  test('run in order, for requests and upgrades, and may set headers', async () => {
    const { engine, connect } = create();
    const log: string[] = [];
    for (const name of ['one', 'two']) {
      engine.use((_request, response, next) => {
        log.push(name);
        response.setHeader(`X-${name}`, 'yes');
        next();
      });
    }
    const headers = { 'x-one': 'yes', 'x-two': 'yes' };
    expect(await connect().request(`GET ${POLLING}`)).toMatchObject({ status: 200, headers });
    expect(await connect().request(`GET ${WEBSOCKET}`, UPGRADE)).toMatchObject({ status: 101, headers });
    expect(log).toEqual(['one', 'two', 'one', 'two']);
  });

  test.each([
    ['passes on', (_request: unknown, _response: unknown, next: (error: unknown) => void) => next(new Error('no'))],
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['rejects with', async () => Promise.reject(new Error('no'))],
  ])('an error that one %s refuses the request', async (_name, middleware) => {
    const { engine, errors, connect } = create();
    engine.use(middleware);
    expect(await connect().request(`GET ${POLLING}`)).toMatchObject({ status: 400 });
    expect(await connect().request(`GET ${WEBSOCKET}`, UPGRADE)).toMatchObject({ status: 400 });
    const report = [3, 'Bad request', { name: 'MIDDLEWARE_FAILURE', message: 'no' }];
    expect(errors).toEqual([report, report]);
  });

  test.each([
    ['with a middleware', { cors: { origin: '*' } }],
    ['without', {}],
  ])('an upgrade behind a request that is not answered yet is refused, %s', async (_name, options) => {
    const { engine, errors, connect } = create(options);
    const first = await connect().request(`GET ${POLLING}`);
    const wire = connect();
    expect(await wire.request(`GET ${POLLING}&sid=${open(first!.body).sid}`)).toBeUndefined();
    expect(await wire.request(`GET ${WEBSOCKET}`, UPGRADE)).toBeUndefined();
    expect(wire.hasEnded).toBe(true);
    expect(errors).toEqual([[3, 'Bad request', { name: 'PIPELINED_UPGRADE' }]]);
    expect(engine.clientsCount).toBe(0);
  });

  test('one that answers ends it', async () => {
    const { engine, connect } = create();
    engine.use((_request, response) => response.writeHead(401).end());
    expect(await connect().request(`GET ${POLLING}`)).toMatchObject({ status: 401 });
    expect(await connect().request(`GET ${WEBSOCKET}`, UPGRADE)).toMatchObject({ status: 401 });
    expect(engine.clientsCount).toBe(0);
  });
});

describe('what the application decides', () => {
  test('allowRequest, with its own words, soon or later', async () => {
    const answers: ((error: string | null, allowed: boolean) => void)[] = [];
    const { connect, engine } = create({ allowRequest: (_request, callback) => answers.push(callback) });
    const [first, second] = [connect(), connect()];
    expect(await first.request(`GET ${POLLING}`)).toBeUndefined();
    expect(await second.request(`GET ${WEBSOCKET}`, UPGRADE)).toBeUndefined();
    answers[0]!('not you', false);
    answers[1]!(null, true);
    answers[1]!('too late', false);
    const refused = await first.answer();
    expect([refused!.status, JSON.parse(refused!.body)]).toEqual([403, { code: 4, message: 'not you' }]);
    expect(await second.answer()).toMatchObject({ status: 101 });
    expect(engine.clientsCount).toBe(1);
  });

  test('a peer that ends its side while the decision is made has no session', async () => {
    const answers: ((error: string | null, allowed: boolean) => void)[] = [];
    const { connect, engine } = create({ allowRequest: (_request, callback) => answers.push(callback) });
    const wire = connect();
    expect(await wire.request(`GET ${WEBSOCKET}`, UPGRADE)).toBeUndefined();
    await wire.finish();
    answers[0]!(null, true);
    expect(await wire.answer()).toBeUndefined();
    expect([wire.hasEnded, engine.clientsCount]).toEqual([true, 0]);
  });

  test('at the end of the server, nobody waits for a decision any longer', async () => {
    const answers: ((error: string | null, allowed: boolean) => void)[] = [];
    const { connect, engine, errors } = create({ allowRequest: (_request, callback) => answers.push(callback) });
    const [polling, upgrade] = [connect(), connect()];
    expect(await polling.request(`GET ${POLLING}`)).toBeUndefined();
    expect(await upgrade.request(`GET ${WEBSOCKET}`, UPGRADE)).toBeUndefined();
    engine.close();
    expect(await polling.answer()).toMatchObject({ status: 408 });
    expect(await upgrade.answer()).toMatchObject({ status: 408 });
    for (const answer of answers) answer(null, true);
    const report = [7, 'Handshake timeout', { name: 'SERVER_CLOSED' }];
    expect([errors, engine.clientsCount]).toEqual([[report, report], 0]);
  });

  test.each<[string, (request: IncomingMessage) => unknown]>([
    ['an empty id', () => ''],
    ['a number', () => 7],
    ['an error', () => Promise.reject(new Error('no entropy'))],
  ])('generateId that gives %s refuses the handshake', async (_name, generateId) => {
    const { engine, errors, connect } = create();
    engine.generateId = generateId as never;
    expect(await connect().request(`GET ${POLLING}`)).toMatchObject({ status: 400 });
    expect(errors).toMatchObject([[3, 'Bad request', { name: 'ID_GENERATION_ERROR' }]]);
  });

  test('headers that cannot be: left out, and reported', async () => {
    const { engine, connect } = create();
    const reported: unknown[] = [];
    engine.on('listener_error', (error, { event }) => reported.push([(error as Error).message.slice(0, 34), event]));
    engine.on('headers', (headers) => {
      headers['X-Bad'] = 'a\r\nX-Other: b';
      headers['X-Good'] = 'yes';
    });
    const first = await connect().request(`GET ${POLLING}`);
    const { sid } = open(first!.body);
    const answers = [
      first,
      await connect().request(`POST ${POLLING}&sid=${sid}`, {}, '4x'),
      await connect().request(`GET ${WEBSOCKET}`, UPGRADE),
    ];
    for (const answer of answers) {
      expect(answer!.headers['x-good']).toBe('yes');
      expect(answer!.headers).not.toHaveProperty('x-bad');
      expect(answer!.headers).not.toHaveProperty('x-other');
    }
    expect(reported).toEqual(answers.map(() => ['the header "X-Bad" is left out: it', 'headers']));
  });

  test('headers: of the first answer, and of all', async () => {
    const { engine, connect } = create({ cookie: true });
    engine.on('initial_headers', (headers) => {
      headers['X-First'] = '1';
    });
    engine.on('headers', (headers) => {
      headers['X-All'] = '1';
    });
    const first = await connect().request(`GET ${POLLING}`);
    const { sid } = open(first!.body);
    expect(first!.headers).toMatchObject({
      'x-first': '1',
      'x-all': '1',
      'set-cookie': expect.stringContaining(`io=${sid}`),
    });
    const second = await connect().request(`POST ${POLLING}&sid=${sid}`, {}, '4x');
    expect(second!.headers).toMatchObject({ 'x-all': '1' });
    expect(second!.headers).not.toHaveProperty('x-first');
    const upgraded = await connect().request(`GET ${WEBSOCKET}`, UPGRADE);
    expect(upgraded!.headers).toMatchObject({ 'x-first': '1', 'x-all': '1' });
  });
});
