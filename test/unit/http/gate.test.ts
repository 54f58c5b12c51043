import type { IncomingMessage } from 'node:http';
import { jest } from '@jest/globals';
import { type GateEngine, HandshakeGate, type Verdict } from '../../../core/http/gate.js';
import { resolveOptions, type ServerOptions } from '../../../core/options/index.js';
import { parseQuery } from '../../../core/protocol/engineio/handshake.js';

const POLLING = '/io/?EIO=4&transport=polling';
const WEBSOCKET = '/io/?EIO=4&transport=websocket';

function requestOf(url: string, headers: Record<string, string> = {}, method = 'GET'): IncomingMessage {
  return { url, method, headers, _query: parseQuery(url) } as unknown as IncomingMessage;
}

function create(options: ServerOptions = {}) {
  const log: string[] = [];
  const refusals: Record<string, ReturnType<GateEngine['hooks']['refusalOf']>> = {};
  const sessions = new Map([
    ['polls', { protocol: 4, transport: { name: 'polling' } }],
    ['streams', { protocol: 4, transport: { name: 'websocket' } }],
  ]);
  const hooks = {
    foreign: null as GateEngine['hooks']['foreign'],
    refusalOf: (when: 'first' | 'last') => {
      log.push(when);
      return refusals[when];
    },
  };
  const engine = {
    opts: resolveOptions(options),
    hooks,
    find: (sid: string) => sessions.get(sid),
    generateId: () => {
      log.push('id');
      return 'new' as string | PromiseLike<string>;
    },
  };
  const gate = new HandshakeGate(engine as unknown as GateEngine);
  const verdicts: Verdict[] = [];
  const decide = (request: IncomingMessage, isUpgrade = false): Verdict | undefined => {
    verdicts.length = 0;
    gate.decide(request, isUpgrade, (verdict) => verdicts.push(verdict));
    expect(verdicts.length).toBeLessThanOrEqual(1);
    return verdicts[0];
  };
  return { engine, sessions, hooks, refusals, log, verdicts, decide };
}

const refusal = (error: string, context: object) => ({ kind: 'refuse', refusal: { error, context } });

test('a first request opens, after the guards and with a new id', () => {
  const { decide, log } = create();
  expect(decide(requestOf(POLLING))).toEqual({ kind: 'open', id: 'new' });
  expect(log).toEqual(['first', 'id', 'last']);
  expect(decide(requestOf(WEBSOCKET), true)).toEqual({ kind: 'open', id: 'new' });
});

test('a later request resumes its session, and asks nobody', () => {
  const { decide, sessions, log } = create({ allowRequest: () => log.push('asked') });
  expect(decide(requestOf(`${POLLING}&sid=polls`))).toEqual({ kind: 'resume', connection: sessions.get('polls') });
  expect(decide(requestOf(`${WEBSOCKET}&sid=polls`), true)).toEqual({
    kind: 'resume',
    connection: sessions.get('polls'),
  });
  expect(log).toEqual([]);
});

test.each<[string, string, object]>([
  [`${POLLING}&sid=gone`, 'unknownSession', { sid: 'gone' }],
  [
    `${POLLING}&sid=streams`,
    'badRequest',
    { name: 'TRANSPORT_MISMATCH', transport: 'polling', previousTransport: 'websocket' },
  ],
  ['/io/?EIO=3&transport=polling&sid=polls', 'badRequest', { name: 'REVISION_MISMATCH', protocol: '3' }],
])('%s is refused: %s', (url, error, context) => {
  const { decide } = create({ allowEIO3: true });
  expect(decide(requestOf(url))).toEqual(refusal(error, context));
});

test('a session that is not here is relayed, when somebody serves such: polling alone', () => {
  const { decide, hooks } = create();
  hooks.foreign = { idStart: '', serve: async () => true };
  expect(decide(requestOf(`${POLLING}&sid=gone`))).toEqual({ kind: 'relay', sid: 'gone' });
  expect(decide(requestOf(`${WEBSOCKET}&sid=gone`), true)).toEqual(refusal('unknownSession', { sid: 'gone' }));
});

test('guards refuse: for good, or for a while', () => {
  const { decide, refusals, log } = create();
  refusals.first = { name: 'TOO_MANY', retryAfter: 500 };
  expect(decide(requestOf(POLLING))).toEqual(refusal('tooManyRequests', { name: 'TOO_MANY', retryAfter: 500 }));
  refusals.first = undefined;
  refusals.last = { name: 'NO', message: 'not you' };
  expect(decide(requestOf(POLLING))).toEqual(refusal('forbidden', { name: 'NO', message: 'not you' }));
  expect(log).toEqual(['first', 'first', 'id', 'last']);
});

test('a page that may not connect is refused for sessions, too, however long the policy takes', async () => {
  const { decide, verdicts } = create({ origins: async () => false });
  expect(decide(requestOf(`${POLLING}&sid=polls`, { origin: 'https://evil.example' }))).toBeUndefined();
  await new Promise(setImmediate);
  expect(verdicts).toEqual([refusal('forbidden', { name: 'ORIGIN_NOT_ALLOWED', message: 'Origin not allowed' })]);
});

test('a policy or allowRequest that throws refuses', async () => {
  const fail = (): never => {
    throw new Error('no');
  };
  const { decide } = create({ origins: fail });
  expect(decide(requestOf(POLLING, { origin: 'https://a.example' }))?.kind).toBe('refuse');
  expect(create({ allowRequest: fail }).decide(requestOf(POLLING))).toEqual(
    refusal('forbidden', { message: undefined }),
  );
});

test('allowRequest is heard once', () => {
  const { decide, verdicts } = create({
    allowRequest: (_request, callback) => {
      callback('no', false);
      callback(null, true);
    },
  });
  decide(requestOf(POLLING));
  expect(verdicts).toEqual([refusal('forbidden', { message: 'no' })]);
});

test('an id that is taken is none', () => {
  const { decide, engine } = create();
  engine.generateId = () => 'polls';
  expect(decide(requestOf(POLLING))).toMatchObject(refusal('badRequest', { name: 'ID_GENERATION_ERROR' }));
});

test('an old client is refused, with a word on the console, once', () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
  try {
    const { decide } = create();
    for (const _time of [1, 2])
      expect(decide(requestOf('/io/?EIO=3&transport=polling'))).toMatchObject({
        refusal: { error: 'unsupportedVersion' },
      });
    expect(warn.mock.calls).toHaveLength(1);
    expect(String(warn.mock.calls[0])).toContain('allowEIO3');
  } finally {
    warn.mockRestore();
  }
});
