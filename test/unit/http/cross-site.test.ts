import { areSameSite, isInternal, siteOf } from '../../../core/http/cross-site.js';

const PAGE = 'https://app.example.com';

describe('siteOf', () => {
  test.each<[string, string, Record<string, string>, string]>([
    ['the same host', PAGE, { host: 'app.example.com' }, 'same'],
    ['the same host at another port', PAGE, { host: 'app.example.com:8443' }, 'same'],
    ['the same address in brackets', 'http://[2001:db8::1]', { host: '[2001:db8::1]:3000' }, 'same'],
    ['the host of HTTP/2', PAGE, { ':authority': 'app.example.com' }, 'same'],
    ['what a proxy says it was', PAGE, { host: 'backend:3000', 'x-forwarded-host': 'app.example.com' }, 'same'],
    ['what the first of two proxies says', PAGE, { host: 'b', 'x-forwarded-host': 'app.example.com, edge' }, 'same'],
    ['Forwarded', PAGE, { host: 'b', forwarded: 'for=192.0.2.1;host="app.example.com:443";proto=https' }, 'same'],
    ['Forwarded of a second proxy', PAGE, { host: 'b', forwarded: 'host=app.example.com, host=edge' }, 'same'],
    ['what the browser says, whatever the host', PAGE, { host: 'b', 'sec-fetch-site': 'same-origin' }, 'same'],
    ['a sibling, as the browser says', PAGE, { host: 'api.example.com', 'sec-fetch-site': 'same-site' }, 'same'],
    [
      'what the browser says against the host',
      PAGE,
      { host: 'app.example.com', 'sec-fetch-site': 'cross-site' },
      'cross',
    ],
    ['two names of one machine', 'http://localhost:5173', { host: '127.0.0.1:3000' }, 'same'],
    ['a host of the same domain', PAGE, { host: 'api.example.com' }, 'sibling'],
    ['a public host of another site', 'https://evil.example', { host: 'app.example.com' }, 'sibling'],
    [
      'what a proxy says of another site',
      'https://evil.example',
      { host: 'b', 'x-forwarded-host': 'app.example.com' },
      'sibling',
    ],
    ['a page of this machine at a public host', 'http://localhost:5173', { host: 'app.example.com' }, 'cross'],
    ['the name of an upstream', PAGE, { host: 'chat_servers' }, 'unknown'],
    ['a loopback address', PAGE, { host: '127.0.0.1:3000' }, 'unknown'],
    ['a private address', PAGE, { host: '10.1.2.3' }, 'unknown'],
    ['no host at all', PAGE, {}, 'unknown'],
    ['an inner proxy that names another one', PAGE, { host: 'b', 'x-forwarded-host': 'edge:8080' }, 'unknown'],
    ['an opaque origin', 'null', { host: 'backend' }, 'cross'],
    ['a file', 'file://', { host: 'backend' }, 'cross'],
    ['an app shell', 'capacitor://localhost', { host: 'localhost' }, 'cross'],
    ['nonsense', 'http://[', { host: 'backend' }, 'cross'],
  ])('%s', (_what, origin, headers, kind) => {
    expect(siteOf(origin, headers).kind).toBe(kind);
  });

  test('a sibling is compared with what is known to be public only', () => {
    expect(siteOf(PAGE, { host: 'b:3000', 'x-forwarded-host': 'api.example.com, 10.0.0.1' })).toEqual({
      kind: 'sibling',
      page: 'app.example.com',
      hosts: ['api.example.com'],
    });
  });
});

test.each([
  ['localhost', true],
  ['backend', true],
  ['my_app', true],
  ['chat.default.svc', true],
  ['chat.default.svc.cluster.local', true],
  ['printer.home.arpa', true],
  ['127.8.0.1', true],
  ['10.0.0.1', true],
  ['172.16.0.1', true],
  ['172.31.255.1', true],
  ['192.168.1.1', true],
  ['169.254.1.1', true],
  ['100.64.0.1', true],
  ['[::1]', true],
  ['[fd00::1]', true],
  ['[fe80::1]', true],
  ['example.com', false],
  ['evil.example', false],
  ['172.32.0.1', false],
  ['100.128.0.1', false],
  ['203.0.113.5', false],
  ['[2001:db8::1]', false],
  ['10.example.com', false],
  ['localhost.example.com', false],
])('isInternal(%s) is %s', (host, expected) => {
  expect(isInternal(host)).toBe(expected);
});

test.each([
  ['app.example.com', ['api.example.com'], true],
  ['example.com', ['api.example.com'], true],
  ['evil.com', ['api.example.com'], false],
  ['evil.co.uk', ['bank.co.uk'], false],
  ['evil.github.io', ['victim.github.io'], false],
  ['app.example.com', ['other.org', 'api.example.com'], true],
  ['203.0.113.5', ['203.0.113.6'], false],
])('areSameSite(%s, %j) is %s', async (page, hosts, expected) => {
  expect(await areSameSite(page, hosts)).toBe(expected);
});
