import fc from 'fast-check';
import { parseHandshake, parseQuery } from '../../../../core/protocol/engineio/handshake.js';

const BOTH = ['polling', 'websocket'];

function handshake(url: string, given: { method?: string; origin?: string; isUpgrade?: boolean } = {}, enabled = BOTH) {
  const { method = 'GET', origin, isUpgrade = false } = given;
  return parseHandshake({ method, origin, isUpgrade, query: parseQuery(url) }, enabled);
}

describe('parseHandshake', () => {
  test('a new session over polling, over websocket', () => {
    expect(handshake('/?EIO=4&transport=polling')).toEqual({ kind: 'open', transport: 'polling', revision: 4 });
    expect(handshake('/?EIO=4&transport=websocket', { isUpgrade: true })).toEqual({
      kind: 'open',
      transport: 'websocket',
      revision: 4,
    });
  });

  test('a known session: the revision may be left out', () => {
    const resume = { kind: 'resume', transport: 'polling', sid: 'abc' };
    expect(handshake('/?EIO=4&transport=polling&sid=abc')).toEqual({ ...resume, revision: 4 });
    expect(handshake('/?transport=polling&sid=abc', { method: 'POST' })).toEqual({ ...resume, revision: undefined });
  });

  test('clients of Socket.IO 2, where they are served', () => {
    const old = (url: string) =>
      parseHandshake({ method: 'GET', origin: undefined, isUpgrade: false, query: parseQuery(url) }, BOTH, true);
    expect(old('/?EIO=3&transport=polling')).toEqual({ kind: 'open', transport: 'polling', revision: 3 });
    expect(old('/?transport=polling')).toEqual({ kind: 'open', transport: 'polling', revision: 3 });
    expect(old('/?EIO=4&transport=polling')).toEqual({ kind: 'open', transport: 'polling', revision: 4 });
    expect(old('/?EIO=3&transport=polling&sid=a')).toMatchObject({ kind: 'resume', revision: 3 });
    expect(old('/?EIO=5&transport=polling&sid=a')).toMatchObject({ kind: 'reject', error: 'badRequest' });
  });

  test('an empty sid is none', () => {
    expect(handshake('/?EIO=4&transport=polling&sid=')).toEqual({ kind: 'open', transport: 'polling', revision: 4 });
  });

  test.each([
    ['no transport', '/?EIO=4', {}, 'unknownTransport', { transport: undefined }],
    ['an unknown transport', '/?EIO=4&transport=pigeon', {}, 'unknownTransport', { transport: 'pigeon' }],
    [
      'a name of Object.prototype',
      '/?EIO=4&transport=constructor',
      {},
      'unknownTransport',
      { transport: 'constructor' },
    ],
    [
      'an origin that no header may hold',
      '/?EIO=4&transport=polling',
      { origin: 'a\r\nb' },
      'badRequest',
      { name: 'INVALID_ORIGIN', origin: 'a\r\nb' },
    ],
    [
      'another revision for a known session',
      '/?EIO=3&transport=polling&sid=a',
      {},
      'badRequest',
      { name: 'REVISION_MISMATCH', protocol: '3' },
    ],
    ['a new session by POST', '/?EIO=4&transport=polling', { method: 'POST' }, 'badMethod', { method: 'POST' }],
    [
      'websocket without an upgrade',
      '/?EIO=4&transport=websocket',
      {},
      'badRequest',
      { name: 'TRANSPORT_HANDSHAKE_ERROR' },
    ],
    [
      'polling as an upgrade',
      '/?EIO=4&transport=polling',
      { isUpgrade: true },
      'badRequest',
      { name: 'TRANSPORT_MISMATCH', transport: 'polling' },
    ],
    ['revision 3', '/?EIO=3&transport=polling', {}, 'unsupportedVersion', { protocol: 3 }],
    ['no revision', '/?transport=polling', {}, 'unsupportedVersion', { protocol: 3 }],
  ] as const)('refuses %s', (_what, url, given, error, context) => {
    expect(handshake(url, given)).toEqual({ kind: 'reject', error, context });
  });

  test('refuses a transport that is not enabled', () => {
    expect(handshake('/?EIO=4&transport=polling', {}, ['websocket'])).toMatchObject({ error: 'unknownTransport' });
  });

  test('every request has a verdict', () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string(), { nil: undefined }), fc.boolean(), (url, origin, isUpgrade) => {
        const verdict = parseHandshake({ method: 'GET', origin, isUpgrade, query: parseQuery(`/?${url}`) }, BOTH);
        expect(['open', 'resume', 'reject']).toContain(verdict.kind);
      }),
    );
  });
});

describe('parseQuery', () => {
  test('parameters are decoded; of a repeated one the last counts', () => {
    expect({ ...parseQuery('/path?a=1&b=%20x&a=2&c') }).toEqual({ a: '2', b: ' x', c: '' });
  });

  test.each([undefined, '', '/path', '/path?'])('%j has none', (url) => {
    expect(Object.keys(parseQuery(url))).toEqual([]);
  });

  test('has no prototype to be surprised by', () => {
    const query = parseQuery('/?__proto__=x&constructor=y');
    expect(Object.getPrototypeOf(query)).toBeNull();
    expect(Object.entries(query)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    expect('toString' in query).toBe(false);
  });
});
