import { parseTarget, splitArguments } from '../../../core/client/url.js';

const page = { protocol: 'https:', hostname: 'page.test', port: '8443' };
const where = (uri?: string, location?: typeof page) => {
  const { hostname, port, secure, nsp } = parseTarget(uri, {}, location);
  return `${secure ? 'https' : 'http'} ${hostname} ${port} ${nsp}`;
};

describe('parseTarget', () => {
  test.each([
    ['http://h.test', 'http h.test 80 /'],
    ['https://h.test', 'https h.test 443 /'],
    ['ws://h.test:8080/ns', 'http h.test 8080 /ns'],
    ['wss://h.test/a/b/', 'https h.test 443 /a/b/'],
    ['HTTPS://H.test/Ns', 'https h.test 443 /Ns'],
    ['http://[::1]:3000/x', 'http [::1] 3000 /x'],
    ['http://h.test/ünï%20x', 'http h.test 80 /ünï%20x'],
    ['http://user:password@h.test/x', 'http h.test 80 /x'],
    ['http://h.test/ns?a=1#part', 'http h.test 80 /ns'],
    ['http://h.test?a=1', 'http h.test 80 /'],
  ])('%s', (uri, expected) => {
    expect(where(uri)).toBe(expected);
    expect(where(uri, page)).toBe(expected);
  });

  test.each([
    [undefined, 'https page.test 8443 /'],
    ['', 'https page.test 8443 /'],
    ['/ns', 'https page.test 8443 /ns'],
    ['?a=1', 'https page.test 8443 /'],
    ['//h.test/ns', 'https h.test 443 /ns'],
    ['h.test:3000/ns', 'https h.test 3000 /ns'],
    ['localhost:3000', 'https localhost 3000 /'],
  ])('%s, on a page', (uri, expected) => {
    expect(where(uri, page)).toBe(expected);
  });

  test('without a page: this machine, without TLS', () => {
    expect(where()).toBe('http localhost 80 /');
    expect(where('/ns')).toBe('http localhost 80 /ns');
    expect(where('localhost:3000')).toBe('http localhost 3000 /');
    expect(where('/ns', { protocol: 'file:', hostname: '', port: '' })).toBe('http localhost 80 /ns');
  });

  test('options take the place of the page', () => {
    const target = (options: object) => {
      const { hostname, port, secure } = parseTarget('/ns', options, page);
      return `${secure ? 'https' : 'http'} ${hostname} ${port}`;
    };
    expect(target({ hostname: 'h.test' })).toBe('https h.test 443');
    expect(target({ host: 'h.test', port: 3000, secure: false })).toBe('http h.test 3000');
    expect(target({ port: '3000' })).toBe('https page.test 3000');
    expect(target({ secure: false })).toBe('http page.test 8443');
    expect(parseTarget('http://h.test', { hostname: 'other.test', port: 1 }).id).toBe(parseTarget('http://h.test').id);
  });

  test('reads the query', () => {
    expect(parseTarget('http://h.test/?a=1&b=x%20y&b=2').query).toEqual({ a: '1', b: '2' });
    expect(parseTarget('http://h.test/').query).toBeUndefined();
    expect(parseTarget('http://h.test/?a&b==c&&#d').query).toEqual({ a: '', b: '=c' });
  });

  test('knows which URLs one connection can serve', () => {
    const id = (uri: string) => parseTarget(uri).id;
    expect(id('http://h.test/a')).toBe(id('ws://h.test:80/b?x=1'));
    expect(id('http://h.test')).not.toBe(id('https://h.test'));
    expect(id('http://h.test')).not.toBe(id('http://h.test:81'));
    expect(id('http://h.test')).not.toBe(id('http://g.test'));
  });

  test('refuses what is no URL', () => {
    expect(() => parseTarget('http://a b')).toThrow('Invalid URL');
    expect(() => parseTarget('http://h.test:port')).toThrow('Invalid URL');
    expect(() => parseTarget('http://h.test:99999')).toThrow('Invalid URL');
  });
});

test('URLs are read where the parser of the platform is not complete, as on React Native', () => {
  const { URL: url, URLSearchParams: parameters } = globalThis;
  Object.assign(globalThis, { URL: undefined, URLSearchParams: undefined });
  try {
    expect(where('https://h.test:3000/ns?a=1')).toBe('https h.test 3000 /ns');
    expect(parseTarget('https://h.test/?a=b%20c').query).toEqual({ a: 'b c' });
  } finally {
    Object.assign(globalThis, { URL: url, URLSearchParams: parameters });
  }
});

describe('splitArguments', () => {
  test('takes null for nothing', () => {
    expect(splitArguments(null, undefined)).toEqual([undefined, {}]);
    expect(splitArguments(null, { port: 1 })).toEqual([undefined, { port: 1 }]);
    expect(splitArguments('/ns', null)).toEqual(['/ns', {}]);
  });
});
