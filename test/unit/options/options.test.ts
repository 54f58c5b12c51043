import { getHeapStatistics } from 'node:v8';
import { jest } from '@jest/globals';
import { WebSocketServer } from 'ws';
import { OptionError } from '../../../core/errors.js';
import { resolveOptions, type ServerOptions } from '../../../core/options/index.js';

const MAX_TIME = 2_147_483_647;

test('the defaults', () => {
  expect(resolveOptions(undefined)).toEqual({
    path: '/socket.io',
    addTrailingSlash: true,
    serveClient: true,
    allowEIO3: false,
    adapter: undefined,
    parser: undefined,
    connectTimeout: 45_000,
    connectionStateRecovery: undefined,
    retryMemory: {
      maxDisconnectionDuration: 120_000,
      maxBytes: 50_000_000,
      maxKeysPerAddress: 10_000,
      maxKeysPerConnection: 16,
    },
    cleanupEmptyChildNamespaces: false,
    pingTimeout: 20_000,
    pingInterval: 25_000,
    upgradeTimeout: 10_000,
    maxHttpBufferSize: 1_000_000,
    allowRequest: undefined,
    transports: ['polling', 'websocket'],
    allowUpgrades: true,
    perMessageDeflate: false,
    httpCompression: { threshold: 1024 },
    initialPacket: undefined,
    cookie: false,
    cors: undefined,
    destroyUpgrade: true,
    destroyUpgradeTimeout: 1000,
    maxPacketsPerPayload: 32_768,
    maxFragments: 3907,
    decodeLimits: {
      maxAttachments: 10,
      maxAttachmentBytes: 10_000_000,
      maxDepth: 512,
      maxNamespaceLength: 1024,
      maxArguments: 10_000,
    },
    encodeLimits: { maxAttachments: 10, maxArguments: 10_000, maxMessageBytes: 100_000_000 },
    maxEmptyNamespaces: 10_000,
    maxNamespacesPerConnection: 256,
    maxPendingAcks: 65_536,
    maxTotalBufferedBytes: Math.floor(getHeapStatistics().heap_size_limit / 4),
    originPolicy: expect.anything(),
    eventRateLimit: undefined,
    handshakeTimeout: 45_000,
    publishEndpoint: undefined,
    relaySessions: true,
    admission: {
      maxConnectionsPerAddress: Number.POSITIVE_INFINITY,
      handshakeRate: undefined,
      clientAddress: undefined,
    },
    backlogLimits: {
      maxBytes: 100_000_000,
      maxMessages: 1_000_000,
      pressureBytes: 1_000_000,
      flushBytes: 1_000_000,
      turnFlushBytes: 16_000_000,
      policy: 'close',
      keyOf: expect.any(Function),
    },
  });
});

test('undefined and null mean the default', () => {
  const grouped = ['decodeLimits', 'encodeLimits', 'backlogLimits', 'admission', 'originPolicy'];
  const names = Object.keys(resolveOptions({})).filter((name) => !grouped.includes(name));
  const limits = ['maxDepth', 'maxBufferedBytes', 'slowConsumerPolicy', 'conflateBy', 'origins', 'handshakeRate'];
  for (const nothing of [undefined, null]) {
    const given = Object.fromEntries([...names, ...limits, 'wsEngine', 'allowEIO3'].map((name) => [name, nothing]));
    const sorted = (options: object) => JSON.stringify(options, (_key, value) => value ?? undefined);
    expect(sorted(resolveOptions(given))).toBe(sorted(resolveOptions({})));
  }
});

test('what is given is neither changed nor kept', () => {
  const transports: ServerOptions['transports'] = ['websocket'];
  const given = Object.freeze({
    transports,
    cookie: Object.freeze({ name: 'a' }),
    perMessageDeflate: Object.freeze({}),
  });
  const resolved = resolveOptions(given);
  transports.push('polling');
  expect(resolved.transports).toEqual(['websocket']);
});

test('the memory for retries can be turned off', () => {
  expect(resolveOptions({ retryMemory: false }).retryMemory).toBeUndefined();
  expect(resolveOptions({ retryMemory: { maxBytes: 0 } }).retryMemory).toEqual({
    maxDisconnectionDuration: 120_000,
    maxBytes: 0,
    maxKeysPerAddress: 10_000,
    maxKeysPerConnection: 16,
  });
});

test('the result is frozen, all the way down', () => {
  const resolved = resolveOptions({ connectionStateRecovery: {} });
  expect(Object.isFrozen(resolved)).toBe(true);
  expect(Object.isFrozen(resolved.transports)).toBe(true);
  expect(Object.isFrozen(resolved.decodeLimits)).toBe(true);
  expect(Object.isFrozen(resolved.connectionStateRecovery)).toBe(true);
});

const times = ['pingTimeout', 'pingInterval', 'upgradeTimeout', 'handshakeTimeout'] as const;
const counts = [
  'maxHttpBufferSize',
  'maxPacketsPerPayload',
  'maxAttachmentBytes',
  'maxDepth',
  'maxNamespaceLength',
  'maxNamespacesPerConnection',
  'maxPendingAcks',
  'maxBufferedBytes',
  'maxBufferedMessages',
  'backpressureThreshold',
  'maxConnectionsPerAddress',
] as const;
const flags = [
  'addTrailingSlash',
  'serveClient',
  'cleanupEmptyChildNamespaces',
  'allowUpgrades',
  'destroyUpgrade',
] as const;

describe('wrong options: name, value and what is allowed', () => {
  const rows: [option: string, value: unknown, got: string, allowed: string, given?: object][] = [
    ...times.flatMap((name): typeof rows => [
      [name, 0, '0', `a number from 1 to ${MAX_TIME}`],
      [name, -1, '-1', `a number from 1 to ${MAX_TIME}`],
      [name, Number.NaN, 'NaN', `a number from 1 to ${MAX_TIME}`],
      [name, MAX_TIME + 1, `${MAX_TIME + 1}`, `a number from 1 to ${MAX_TIME}`],
      [name, Number.POSITIVE_INFINITY, 'Infinity', `a number from 1 to ${MAX_TIME}`],
      [name, '25000', '"25000"', `a number from 1 to ${MAX_TIME}`],
    ]),
    ...(['connectTimeout', 'destroyUpgradeTimeout'] as const).flatMap((name): typeof rows => [
      [name, -1, '-1', `a number from 0 to ${MAX_TIME}`],
      [name, 1e12, '1000000000000', `a number from 0 to ${MAX_TIME}`],
      [name, true, 'true', `a number from 0 to ${MAX_TIME}`],
    ]),
    ...counts.flatMap((name): typeof rows => [
      [name, 0, '0', 'a number of at least 1'],
      [name, Number.NaN, 'NaN', 'a number of at least 1'],
      [name, '1mb', '"1mb"', 'a number of at least 1'],
      [name, {}, 'an object with keys (none)', 'a number of at least 1'],
    ]),
    ['maxAttachments', -1, '-1', 'a number of at least 0'],
    ...flags.flatMap((name): typeof rows => [
      [name, 'yes', '"yes"', 'true or false'],
      [name, 1, '1', 'true or false'],
    ]),
    ['options', 'options', '"options"', 'an object'],
    ['path', 5, '5', 'a path such as "/socket.io"'],
    ['adapter', {}, 'an object with keys (none)', 'a class or a function (namespace) => adapter'],
    ['parser', { Encoder: class {} }, 'an object with keys Encoder', 'an object with the classes Encoder and Decoder'],
    ['parser', 'msgpack', '"msgpack"', 'an object with the classes Encoder and Decoder'],
    ['transports', [], 'an array of 0', 'an array with any of "polling", "websocket"'],
    [
      'transports',
      ['webtransport'],
      'an array of 1',
      'an array with any of "polling", "websocket": WebTransport is not served yet',
    ],
    ['transports', 'websocket', '"websocket"', 'an array with any of "polling", "websocket"'],
    [
      'transports',
      'pigeon',
      '"pigeon"',
      'an array with any of "polling", "websocket"',
      { transports: ['polling', 'pigeon'] },
    ],
    ['perMessageDeflate', 'on', '"on"', 'true, false or an object'],
    [
      'perMessageDeflate.threshold',
      '1kb',
      '"1kb"',
      'a number of at least 0',
      { perMessageDeflate: { threshold: '1kb' } },
    ],
    ['httpCompression', 6, '6', 'true, false or an object'],
    [
      'httpCompression.threshold',
      Number.NaN,
      'NaN',
      'a number of at least 0',
      { httpCompression: { threshold: Number.NaN } },
    ],
    ['cookie', 5, '5', 'true, false, a name or an object with a name'],
    ['cookie', '', '""', 'true, false, a name or an object with a name'],
    ['cookie.name', '', '""', 'a name', { cookie: { name: '' } }],
    ['cookie', 'a b;', '"a b;"', 'attributes that a cookie can have (argument name is invalid: a b;)'],
    [
      'cookie',
      { sameSite: 'none of it' },
      'an object with keys sameSite',
      'attributes that a cookie can have (option sameSite is invalid: none of it)',
    ],
    [
      'cookie',
      { maxAge: Number.NaN },
      'an object with keys maxAge',
      'attributes that a cookie can have (option maxAge is invalid: NaN)',
    ],
    [
      'cors',
      '*',
      '"*"',
      'true, an object such as { origin: "https://example.com" }, or a function (request, callback)',
    ],
    ['allowRequest', true, 'true', 'a function (request, callback)'],
    ['allowEIO3', 'yes', '"yes"', 'true or false'],
    ['connectionStateRecovery', 5000, '5000', 'an object'],
    ['retryMemory', 5000, '5000', 'false, or an object'],
    ['retryMemory.maxBytes', -1, '-1', 'a number of at least 0', { retryMemory: { maxBytes: -1 } }],
    [
      'connectionStateRecovery.maxDisconnectionDuration',
      0,
      '0',
      'a number of at least 1',
      { connectionStateRecovery: { maxDisconnectionDuration: 0 } },
    ],
    [
      'connectionStateRecovery.skipMiddlewares',
      'no',
      '"no"',
      'true or false',
      { connectionStateRecovery: { skipMiddlewares: 'no' } },
    ],
    [
      'connectionStateRecovery.maxBytes',
      -1,
      '-1',
      'a number of at least 0',
      { connectionStateRecovery: { maxBytes: -1 } },
    ],
    ['slowConsumerPolicy', 'wait', '"wait"', ''],
    ['conflateBy', 'name', '"name"', 'a function (event, args, namespace) => key'],
    ['clientAddress', 'x-forwarded-for', '"x-forwarded-for"', 'a function (request) => address'],
    ['handshakeRate', 5, '5', 'an object such as { perSecond: 10, burst: 50 }'],
    ['handshakeRate.perSecond', undefined, 'undefined', 'a number', { handshakeRate: {} }],
    ['handshakeRate.burst', 0, '0', 'a number of at least 1', { handshakeRate: { perSecond: 1, burst: 0 } }],
    ['eventRateLimit', 5, '5', 'an object such as { socket: { perSecond: 50 } }'],
    ['eventRateLimit.exceeded', 'warn', '"warn"', '"refuse" or "close"', { eventRateLimit: { exceeded: 'warn' } }],
    ['eventRateLimit.cost', 1, '1', 'a function (event, args, namespace) => cost', { eventRateLimit: { cost: 1 } }],
    ['eventRateLimit.socket', true, 'true', 'an object such as', { eventRateLimit: { socket: true } }],
    ['origins', 5, '5', '"*", "same-origin", origins, patterns, or a function (origin, request)'],
    ['origins', '*', '"*"', 'the origins you trust', { origins: '*', cookie: true }],
    [
      'cors',
      { origin: '*' },
      'an object with keys origin',
      'no origin of its own next to "origins"',
      { origins: '*', cors: { origin: '*' } },
    ],
    ['wsEngine', 'eiows', '"eiows"', 'the Server of the ws package, or nothing'],
  ];

  const complete = rows.map(([option, value, got, allowed, given]) => {
    return [option, value, got, allowed, option === 'options' ? value : (given ?? { [option]: value })] as const;
  });

  test.each(complete)('%s: %p', (option, _value, got, allowed, options) => {
    let error: unknown;
    try {
      resolveOptions(options as ServerOptions);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(OptionError);
    expect((error as OptionError).option).toBe(option);
    expect((error as OptionError).message).toContain(`invalid option "${option}": got ${got}, expected ${allowed}`);
  });
});

describe('right options', () => {
  test.each([
    ['/chat', '/chat'],
    ['/chat/', '/chat'],
    ['chat', '/chat'],
    ['/', ''],
    ['/a/b/', '/a/b'],
  ])('path %j is %j', (given, path) => {
    expect(resolveOptions({ path: given }).path).toBe(path);
  });

  test.each([
    ['connectTimeout', 0],
    ['destroyUpgradeTimeout', 0],
    ['pingInterval', MAX_TIME],
    ['maxHttpBufferSize', Number.POSITIVE_INFINITY],
    ['maxAttachments', 0],
  ] as const)('%s may be %d', (name, value) => {
    const resolved = resolveOptions({ [name]: value });
    expect({ ...resolved, ...resolved.decodeLimits }[name]).toBe(value);
  });

  test('the limit of all attachments follows that of one message', () => {
    expect(resolveOptions({ maxHttpBufferSize: 50 }).decodeLimits.maxAttachmentBytes).toBe(500);
  });

  test('compression: true, false, or in detail', () => {
    expect(resolveOptions({ perMessageDeflate: true }).perMessageDeflate).toEqual({ threshold: 1024 });
    expect(resolveOptions({ perMessageDeflate: { threshold: 5, concurrencyLimit: 2 } }).perMessageDeflate).toEqual({
      threshold: 5,
      concurrencyLimit: 2,
    });
    expect(resolveOptions({ httpCompression: false }).httpCompression).toBe(false);
    expect(resolveOptions({ httpCompression: { level: 1 } }).httpCompression).toEqual({ threshold: 1024, level: 1 });
  });

  test('a cookie is http-only and lax unless told otherwise', () => {
    const defaults = { name: 'io', path: '/', httpOnly: true, sameSite: 'lax' };
    expect(resolveOptions({ cookie: true }).cookie).toEqual(defaults);
    expect(resolveOptions({ cookie: { name: 'sid', sameSite: 'strict' } }).cookie).toEqual({
      ...defaults,
      name: 'sid',
      sameSite: 'strict',
    });
    expect(resolveOptions({ cookie: { name: 'sid', maxAge: 1.5 } }).cookie).toMatchObject({ maxAge: 1 });
  });

  test('an empty path is none, as with Socket.IO', () => {
    expect(resolveOptions({ path: '' }).path).toBe('/socket.io');
  });

  test('recovery, from true or in part', () => {
    const defaults = {
      maxDisconnectionDuration: 120_000,
      skipMiddlewares: true,
      maxBytes: 50_000_000,
      maxSessions: 100_000,
    };
    expect(resolveOptions({ connectionStateRecovery: true as never }).connectionStateRecovery).toEqual(defaults);
    expect(resolveOptions({ connectionStateRecovery: false as never }).connectionStateRecovery).toBeUndefined();
    expect(resolveOptions({ connectionStateRecovery: { maxBytes: 0 } }).connectionStateRecovery).toEqual({
      ...defaults,
      maxBytes: 0,
    });
  });

  test('a cookie may be given by its name, and cors by true', () => {
    expect(resolveOptions({ cookie: 'sid' }).cookie).toEqual({
      name: 'sid',
      path: '/',
      httpOnly: true,
      sameSite: 'lax',
    });
    expect(resolveOptions({ cors: true }).cors).toEqual({});
    expect(resolveOptions({ cors: false }).cors).toBeUndefined();
  });

  test('webtransport is passed over, with a word on the console', () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
    try {
      expect(resolveOptions({ transports: ['webtransport', 'websocket'] }).transports).toEqual(['websocket']);
      expect(warn.mock.calls.join()).toContain('"webtransport" is not served yet');
    } finally {
      warn.mockRestore();
    }
  });

  test('cors as an object or a function, adapters as a class or a function, ws by itself', () => {
    const cors = () => {};
    const adapter = class {};
    const resolved = resolveOptions({ cors, adapter, wsEngine: WebSocketServer });
    expect(resolved).toMatchObject({ cors, adapter });
    expect(resolveOptions({ cors: { origin: '*' }, wsEngine: 'ws' }).cors).toEqual({ origin: '*' });
  });
});

test.each([
  ['perMessageDeflate', { zlibDeflateOptions: { level: 99 } }, 'perMessageDeflate.zlibDeflateOptions'],
  ['httpCompression', { windowBits: 99 }, 'httpCompression'],
])('%s that zlib refuses', (name, value, option) => {
  expect(() => resolveOptions({ [name]: value })).toThrow(expect.objectContaining({ option }));
});
