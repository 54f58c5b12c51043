import { CookieJar } from '../../../core/client/transports/cookies.js';

const jar = (...headers: string[]) => {
  const result = CookieJar.of({ withCredentials: true, socket: {} } as never)!;
  result.store(headers);
  return result;
};

describe('CookieJar', () => {
  test('sends back what it was given', () => {
    expect(jar('a=1; Path=/; HttpOnly', 'b=x=y; Secure').header()).toEqual({ Cookie: 'a=1; b=x=y' });
    expect(jar().header()).toEqual({});
  });

  test('the last word counts', () => {
    expect(jar('a=1', 'a=2', 'b=3; Max-Age=0', 'a=4; Max-Age=100').header()).toEqual({ Cookie: 'a=4' });
    expect(jar('a=1', 'a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT').header()).toEqual({});
    expect(jar('a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=100').header()).toEqual({ Cookie: 'a=1' });
  });

  test('goes along with cookies of the application', () => {
    expect(jar('a=1').header({ cookie: 'mine=2', other: 'x' })).toEqual({ Cookie: 'mine=2; a=1' });
  });

  test('nonsense is passed over', () => {
    expect(jar('', '=', 'novalue', '=x', ';;', 'ok=1;;=;').header()).toEqual({ Cookie: 'ok=1' });
  });

  test('transports of one connection share a jar, and only with credentials', () => {
    const socket = {};
    const options = { withCredentials: true, socket } as never;
    expect(CookieJar.of(options)).toBe(CookieJar.of(options));
    expect(CookieJar.of({ socket } as never)).toBeUndefined();
  });
});
