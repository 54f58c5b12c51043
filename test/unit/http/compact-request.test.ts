import { IncomingMessage } from 'node:http';
import { CompactRequest } from '../../../core/http/compact-request.js';
import { parseRequest } from '../../support/http-request.js';

const LINES = [
  'GET /socket.io/?EIO=4&transport=polling HTTP/1.1',
  'Host: example.com',
  'Cookie: a=1',
  'cookie: b=2',
  'X-Forwarded-For: 10.0.0.1',
  'x-forwarded-for: 10.0.0.2',
  'User-Agent: first',
  'User-Agent: second',
  'Set-Cookie: a',
  'Set-Cookie: b',
  'X-Empty:',
  'Constructor: c',
  '__proto__: p',
  'ToString: t',
];

test('a request that was reduced comes back as it was', async () => {
  const request = await parseRequest(LINES);
  const kept = new CompactRequest(request);
  kept.reduce();
  const restored = kept.get();
  expect(restored).not.toBe(request);
  expect(restored).toBeInstanceOf(IncomingMessage);
  for (const name of [
    'method',
    'url',
    'httpVersion',
    'httpVersionMajor',
    'httpVersionMinor',
    'rawHeaders',
    'socket',
  ] as const) {
    expect(restored[name]).toEqual(request[name]);
  }
  expect(restored.headers).toEqual(request.headers);
  expect(restored.headersDistinct).toEqual(request.headersDistinct);
  expect(restored.complete).toBe(true);
});

test('from then on it is always the same object', async () => {
  const kept = new CompactRequest(await parseRequest(LINES));
  kept.reduce();
  const restored = kept.get();
  kept.reduce();
  expect(kept.get()).toBe(restored);
});

test('what somebody has seen is kept as it is', async () => {
  const request = await parseRequest(LINES);
  const kept = new CompactRequest(request);
  expect(kept.get()).toBe(request);
  kept.reduce();
  expect(kept.get()).toBe(request);
});

test('so is what somebody left something on', async () => {
  const request = Object.assign(await parseRequest(LINES), { user: { name: 'Ann' } });
  const kept = new CompactRequest(request);
  kept.reduce();
  expect(kept.get()).toBe(request);
});

test('asking whether it is the one does not count as seeing', async () => {
  const request = await parseRequest(LINES);
  const kept = new CompactRequest(request);
  expect(kept.is(request)).toBe(true);
  expect(kept.is(await parseRequest(LINES))).toBe(false);
  kept.reduce();
  expect(kept.is(request)).toBe(false);
  expect(kept.get()).not.toBe(request);
});

test('a request without headers', async () => {
  const request = await parseRequest(['GET / HTTP/1.0']);
  const kept = new CompactRequest(request);
  kept.reduce();
  expect(kept.get().headers).toEqual({});
  expect(kept.get().rawHeaders).toEqual([]);
});
