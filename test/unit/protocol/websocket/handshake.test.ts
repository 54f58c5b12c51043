import { acceptKey, isPlainHandshake } from '../../../../core/protocol/websocket/handshake.js';

test('the answer to a key', () => {
  // The example of RFC 6455 §1.3.
  expect(acceptKey('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
});

describe('isPlainHandshake', () => {
  const headers = {
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const isPlain = (other: object, takesExtensions = false, method = 'GET') =>
    isPlainHandshake({ method, headers: { ...headers, ...other } }, takesExtensions);

  test('the usual one', () => {
    expect(isPlain({})).toBe(true);
    expect(isPlain({ upgrade: 'WebSocket' })).toBe(true);
  });

  test.each<[string, object]>([
    ['another protocol', { upgrade: 'h2c' }],
    ['no protocol', { upgrade: undefined }],
    ['another version', { 'sec-websocket-version': '8' }],
    ['no key', { 'sec-websocket-key': undefined }],
    ['a short key', { 'sec-websocket-key': 'short' }],
    ['a subprotocol to choose', { 'sec-websocket-protocol': 'chat' }],
  ])('not with %s', (_name, other) => {
    expect(isPlain(other)).toBe(false);
  });

  test('not with another method', () => {
    expect(isPlain({}, false, 'POST')).toBe(false);
  });

  test('an extension counts where one would be taken', () => {
    const offer = { 'sec-websocket-extensions': 'permessage-deflate' };
    expect(isPlain(offer, false)).toBe(true);
    expect(isPlain(offer, true)).toBe(false);
    expect(isPlain({}, true)).toBe(true);
  });
});
