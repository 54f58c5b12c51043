import {
  AcknowledgementError,
  describe as describeValue,
  HandshakeErrors,
  OptionError,
  ProtocolError,
} from '../../core/errors.js';

test('the peer’s fault and the application’s are different classes', () => {
  expect(new ProtocolError('x')).toBeInstanceOf(Error);
  expect(new ProtocolError('x').name).toBe('ProtocolError');
  expect(new OptionError('a', 1, 'b')).toBeInstanceOf(TypeError);
  expect(new OptionError('a', 1, 'b')).not.toBeInstanceOf(ProtocolError);
});

test('an option error names the option, the value and what is allowed', () => {
  const error = new OptionError('pingInterval', 'soon', 'a number');
  expect(error.message).toBe('invalid option "pingInterval": got "soon", expected a number');
  expect(error).toMatchObject({ name: 'OptionError', code: 'CARILLON_INVALID_OPTION', option: 'pingInterval' });
});

test('acknowledgement errors speak as users know them', () => {
  expect(new AcknowledgementError('timeout')).toMatchObject({ message: 'operation has timed out', reason: 'timeout' });
  expect(new AcknowledgementError('disconnected')).toMatchObject({
    message: 'socket has been disconnected',
    reason: 'disconnected',
  });
  expect('responses' in new AcknowledgementError('timeout')).toBe(false);
});

test('handshake errors have the codes of the protocol', () => {
  const rows = Object.values(HandshakeErrors).map(({ code, status, message }) => [code, status, message]);
  expect(rows).toEqual([
    [0, 400, 'Transport unknown'],
    [1, 400, 'Session ID unknown'],
    [2, 400, 'Bad handshake method'],
    [3, 400, 'Bad request'],
    [4, 403, 'Forbidden'],
    [5, 400, 'Unsupported protocol version'],
    [6, 429, 'Too many requests'],
    [7, 408, 'Handshake timeout'],
  ]);
});

test.each([
  ['text', '"text"'],
  ['x'.repeat(61), `"${'x'.repeat(57)}..."`],
  [12, '12'],
  [Number.NaN, 'NaN'],
  [10n, '10'],
  [null, 'null'],
  [undefined, 'undefined'],
  [Symbol('s'), 'Symbol(s)'],
  [[1, 2], 'an array of 2'],
  [{}, 'an object with keys (none)'],
  [{ a: 1, b: 2 }, 'an object with keys a, b'],
  [function named() {}, 'a function (named)'],
  [() => {}, 'a function'],
])('describes %p as %s', (value, words) => {
  expect(describeValue(value)).toBe(words);
});
