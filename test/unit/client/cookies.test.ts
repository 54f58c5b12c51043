import { CookieJar } from '../../../core/client/transports/cookies.js';

const site = { hostname: 'a.example.com', path: '/socket.io/', secure: true };

const jar = (...headers: string[]) => {
  const result = new CookieJar(site);
  result.store(headers);
  return result;
};

/** The header that a site sends back. */
function sent(header: string, where: Partial<typeof site> = {}): string | undefined {
  const result = new CookieJar({ ...site, ...where });
  result.store([header]);
  return result.header().Cookie;
}

describe('CookieJar', () => {
  test('sends back what it was given', () => {
    expect(jar('a=1; Path=/; HttpOnly', 'b=x=y; Secure; Path=/', 'c="%20"; Path=/').header()).toEqual({
      Cookie: 'a=1; b=x=y; c="%20"',
    });
    expect(jar().header()).toEqual({});
  });

  test('the last word counts', () => {
    expect(jar('a=1', 'a=2', 'b=3; Max-Age=0', 'a=4; Max-Age=100').header()).toEqual({ Cookie: 'a=4' });
    expect(jar('a=1', 'a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT').header()).toEqual({});
    expect(jar('a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=100').header()).toEqual({ Cookie: 'a=1' });
    expect(jar('a=1; Max-Age=-5').header()).toEqual({});
    expect(jar('a=1; Max-Age=soon; Expires=sometime').header()).toEqual({ Cookie: 'a=1' });
  });

  test.each([
    ['a=1; Domain=a.example.com', 'a=1'],
    ['a=1; Domain=.Example.COM', 'a=1'],
    ['a=1; Domain=', 'a=1'],
    ['a=1; Domain=b.example.com', undefined],
    ['a=1; Domain=x.a.example.com', undefined],
    ['a=1; Domain=ample.com', undefined],
    ['a=1; Path=/socket.io', 'a=1'],
    ['a=1; Path=/socket.io/', 'a=1'],
    ['a=1; Path=nonsense', 'a=1'],
    ['a=1; Path=/socket', undefined],
    ['a=1; Path=/socket.io/deeper', undefined],
    ['a=1; Path=/other', undefined],
  ])('%s: domain and path', (header, expected) => {
    expect(sent(header)).toBe(expected);
  });

  test('an address has no subdomains', () => {
    expect(sent('a=1; Domain=0.0.1', { hostname: '127.0.0.1' })).toBeUndefined();
    expect(sent('a=1; Domain=127.0.0.1', { hostname: '127.0.0.1' })).toBe('a=1');
  });

  test('secure ones are for encrypted connections, and for those that do not leave the machine', () => {
    expect(sent('a=1; Secure')).toBe('a=1');
    expect(sent('a=1; Secure', { secure: false })).toBeUndefined();
    for (const hostname of ['localhost', 'app.localhost', '127.0.0.1', '[::1]']) {
      expect(sent('a=1; Secure', { secure: false, hostname })).toBe('a=1');
    }
    expect(sent('a=1; Secure', { secure: false, hostname: 'localhost.example.com' })).toBeUndefined();
  });

  test('one name may be there twice, the longer path first', () => {
    expect(jar('a=1; Path=/', 'a=2; Path=/socket.io', 'a=3; Path=/').header()).toEqual({ Cookie: 'a=2; a=3' });
    expect(jar('a=1; Path=/', 'a=2; Path=/socket.io', 'a=; Path=/; Max-Age=0').header()).toEqual({ Cookie: 'a=2' });
  });

  test('a server cannot make it grow', () => {
    const cookies = Array.from({ length: 200 }, (_, index) => `c${index}=1`);
    const { Cookie = '' } = jar(...cookies, `large=${'x'.repeat(5000)}`).header();
    expect(Cookie.split('; ')).toHaveLength(50);
    expect(Cookie).toMatch(/^c150=1; .*c199=1$/);
  });

  test('goes along with cookies of the application', () => {
    expect(jar('a=1').header({ cookie: 'mine=2', other: 'x' })).toEqual({ Cookie: 'mine=2; a=1' });
  });

  test('nonsense is passed over', () => {
    expect(jar('', '=', 'novalue', '=x', ';;', 'ok=1;;=;').header()).toEqual({ Cookie: 'ok=1' });
  });

  test('transports of one connection share a jar, and only with credentials', () => {
    const socket = {};
    const options = { ...site, withCredentials: true, socket } as never;
    expect(CookieJar.of(options)).toBe(CookieJar.of(options));
    expect(CookieJar.of({ ...site, socket } as never)).toBeUndefined();
  });
});
