import type { IncomingMessage } from 'node:http';
import { type CorsOptions, type CorsOptionsDelegate, defaultPolicy, policyOf } from '../../../core/http/origins.js';

const EVIL = 'https://evil.example';
const PARTNER = 'https://partner.example';
const COOKIE = 'session=secret';

/** A request to a public name of the server, with cookies. */
function requestWith(headers: Record<string, string> = {}): IncomingMessage {
  return { headers: { host: 'chat.example.org', cookie: COOKIE, ...headers } } as unknown as IncomingMessage;
}

const delegate =
  (options: CorsOptions): CorsOptionsDelegate =>
  (_request, callback) =>
    queueMicrotask(() => callback(null, options));

describe('defaultPolicy', () => {
  let warnings: string[];
  beforeEach(() => {
    warnings = [];
  });
  const policy = (cors?: CorsOptions | CorsOptionsDelegate) =>
    defaultPolicy(cors, (message) => void warnings.push(message));

  test('answers at once where nobody has to be asked', () => {
    expect(policy()('https://chat.example.org', requestWith())).toBe(true);
    expect(policy()(EVIL, requestWith({ 'sec-fetch-site': 'cross-site' }))).toBe(false);
    expect(policy()(EVIL, { headers: { host: 'chat.example.org' } } as IncomingMessage)).toBe(true);
    expect(policy()(EVIL, requestWith({ host: 'backend' }))).toBe(true);
  });

  test.each<[string, CorsOptions | CorsOptionsDelegate]>([
    ['{}', {}],
    ["{ origin: '*' }", { origin: '*' }],
    ["{ origin: '*', credentials: true }", { origin: '*', credentials: true }],
    ['{ origin: true }', { origin: true }],
    ['{ origin: false }', { origin: false }],
    ["{ origin: ['*', true] }", { origin: ['*', true] }],
    ['a delegate that says so', delegate({ origin: '*' })],
    ["a function that answers '*'", { origin: (_origin, callback) => callback(null, '*') }],
  ])('cors: %s lets no page use the cookies of a visitor', async (_name, cors) => {
    expect(await policy(cors)(EVIL, requestWith())).toBe(false);
    expect(await policy(cors)(EVIL, requestWith({ 'sec-fetch-site': 'cross-site' }))).toBe(false);
    expect(await policy(cors)('https://chat.example.org', requestWith())).toBe(true);
  });

  test.each<[string, CorsOptions | CorsOptionsDelegate]>([
    ['an origin', { origin: PARTNER }],
    ['a list', { origin: ['https://a.example', PARTNER] }],
    ['a pattern with a state', { origin: /partner\.example$/g }],
    ['a function', { origin: (origin, callback) => queueMicrotask(() => callback(null, origin === PARTNER)) }],
    ['a delegate', delegate({ origin: [PARTNER] })],
    ['a function within a delegate', delegate({ origin: (origin, callback) => callback(null, origin === PARTNER) })],
  ])('cors with %s trusts that page with cookies, and no other', async (_name, cors) => {
    const trusts = policy(cors);
    for (let i = 0; i < 2; i++) {
      expect(await trusts(PARTNER, requestWith())).toBe(true);
      expect(await trusts(PARTNER, requestWith({ 'sec-fetch-site': 'cross-site' }))).toBe(true);
      expect(await trusts(EVIL, requestWith())).toBe(false);
    }
  });

  test('{ origin: true, credentials: true } trusts everybody, as it says', () => {
    expect(policy({ origin: true, credentials: true })(EVIL, requestWith())).toBe(true);
  });

  test('a function that fails is an error, not a yes', async () => {
    const failing = policy({ origin: (_origin, callback) => callback(new Error('cannot tell')) });
    await expect(failing(EVIL, requestWith())).rejects.toThrow('cannot tell');
  });

  test('says once per origin what was seen and what to set', async () => {
    const trusts = policy();
    for (let i = 0; i < 2; i++) {
      await trusts('https://app.example.com', requestWith({ host: 'backend:3000' }));
      await trusts(EVIL, requestWith({ 'x-forwarded-host': 'shop.example' }));
      await trusts('https://chat.example.org', requestWith());
    }
    expect(warnings).toEqual([
      expect.stringMatching(/accepted.*"https:\/\/app\.example\.com".*Host "backend:3000".*origins: \["https:\/\/app/),
      expect.stringMatching(/refused.*"https:\/\/evil.*X-Forwarded-Host "shop\.example".*origins: \["https:\/\/evil/),
    ]);
  });

  test('a flood of made-up origins does not fill the log', async () => {
    const trusts = policy();
    for (let i = 0; i < 1000; i++)
      await trusts(`https://${i}.evil.example`, requestWith({ 'sec-fetch-site': 'cross-site' }));
    expect(warnings).toHaveLength(20);
  });
});

describe('policyOf', () => {
  test('is strict, also behind a proxy that replaced the host', () => {
    const trusts = policyOf(['same-origin', PARTNER, /\.partner\.example$/]);
    expect(trusts(PARTNER, requestWith())).toBe(true);
    expect(trusts('https://eu.partner.example', requestWith())).toBe(true);
    expect(trusts('https://chat.example.org', requestWith())).toBe(true);
    expect(trusts('https://app.example.com', requestWith({ host: 'backend' }))).toBe(false);
    expect(trusts('https://api.example.org', requestWith({ 'sec-fetch-site': 'same-site' }))).toBe(false);
    expect(trusts('https://app.example.com', requestWith({ host: 'backend', 'sec-fetch-site': 'same-origin' }))).toBe(
      true,
    );
    expect(trusts('null', requestWith())).toBe(false);
  });

  test('admits app shells that are named', () => {
    const trusts = policyOf(['capacitor://localhost', 'file://', 'null', 'chrome-extension://abcdef']);
    for (const origin of ['capacitor://localhost', 'file://', 'null', 'chrome-extension://abcdef'])
      expect(trusts(origin, requestWith())).toBe(true);
    expect(trusts('chrome-extension://other', requestWith())).toBe(false);
  });
});
