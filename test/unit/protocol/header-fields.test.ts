import { validateHeaderName, validateHeaderValue } from 'node:http';
import fc from 'fast-check';
import { dropInvalidHeaders } from '../../../core/protocol/header-fields.js';

test('what can stand in an answer stays', () => {
  const headers = { 'X-Text': 'a\tb é', 'X-Number': 1, 'X-Empty': '', 'Set-Cookie': ['a=1', 'b=2'] };
  const before = { ...headers };
  expect(dropInvalidHeaders(headers)).toEqual([]);
  expect(headers).toEqual(before);
});

test.each<[string, unknown, RegExp]>([
  ['X-Line', 'a\r\nX-Other: b', /"X-Line" is left out: its value has characters/],
  // In latin1, a line break.
  ['X-Wide', 'a\u010db', /"X-Wide" is left out: its value has characters/],
  ['X-List', ['a', 'b\n'], /"X-List" is left out: its value has characters/],
  ['X-Missing', undefined, /"X-Missing" is left out: its value is no text/],
  ['X-Symbol', Symbol('x'), /"X-Symbol" is left out: its value is no text/],
  ['X Name', 'a', /"X Name" is left out: its name/],
  ['', 'a', /"" is left out: its name/],
])('%j: %p does not', (name, value, message) => {
  const headers: Record<string, unknown> = { 'X-Good': 'yes', [name]: value };
  expect(dropInvalidHeaders(headers).map((fault) => fault.message)).toEqual([expect.stringMatching(message)]);
  expect(headers).toEqual({ 'X-Good': 'yes' });
});

test('Node takes what stays, and nothing else', () => {
  const isTaken = (name: string, value: string): boolean => {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
      return true;
    } catch {
      return false;
    }
  };
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, value) => {
      const headers = { 'X-Value': value, [`X${name}`]: 'a' };
      const expected = Object.entries(headers).filter((each) => isTaken(...each));
      dropInvalidHeaders(headers);
      expect(Object.entries(headers)).toEqual(expected);
    }),
  );
});
