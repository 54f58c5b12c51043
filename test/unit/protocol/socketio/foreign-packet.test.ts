import { ProtocolError } from '../../../../core/errors.js';
import { DEFAULT_DECODE_LIMITS } from '../../../../core/protocol/socketio/decode.js';
import { checkForeignPacket } from '../../../../core/protocol/socketio/foreign-packet.js';

const check = (packet: unknown) => checkForeignPacket(packet, DEFAULT_DECODE_LIMITS);
const event = (...data: unknown[]) => ({ type: 2, nsp: '/', data });

test.each<[string, object, object]>([
  ['an event', { type: 2, nsp: '/a', id: 7, data: ['x', 1] }, { type: 2, nsp: '/a', id: 7, data: ['x', 1] }],
  ['without an id, said with null', { type: 3, nsp: '/', id: null, data: [] }, { type: 3, nsp: '/', data: [] }],
  ['a CONNECT without auth, said with null', { type: 0, nsp: '/', data: null }, { type: 0, nsp: '/' }],
  ['a binary event', { type: 5, nsp: '/', data: ['x'], attachments: 1 }, { type: 2, nsp: '/', data: ['x'] }],
  ['a binary acknowledgement', { type: 6, nsp: '/', id: 1, data: [1] }, { type: 3, nsp: '/', id: 1, data: [1] }],
  ['nothing but what a packet has', { type: 1, nsp: '/', extra: 1 }, { type: 1, nsp: '/' }],
])('%s', (_name, packet, expected) => {
  expect(check(packet)).toEqual(expected);
});

test('values that formats other than JSON know', () => {
  class Money {
    amount = 1;
  }
  const values = [
    new Date(),
    new Map([[1, 2]]),
    new Uint8Array(3),
    Buffer.from('x'),
    new Money(),
    10n,
    undefined,
    Number.NaN,
  ];
  const nothing = Object.assign(Object.create(null), { a: 1 });
  expect(check(event('x', ...values, nothing)).data).toEqual(['x', ...values, nothing]);
});

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['a number', 2],
  ['no type', { nsp: '/', data: ['x'] }],
  ['a type that is none', { type: 7, nsp: '/', data: ['x'] }],
  ['a fractional type', { type: 2.5, nsp: '/', data: ['x'] }],
  ['a type as text', { type: '2', nsp: '/', data: ['x'] }],
  ['no namespace', { type: 2, data: ['x'] }],
  ['a namespace that is an object', { type: 2, nsp: { startsWith: 1 }, data: ['x'] }],
  ['a namespace without a slash', { type: 2, nsp: '__proto__', data: ['x'] }],
  ['a long namespace', { type: 0, nsp: `/${'n'.repeat(2000)}` }],
  ['an event without data', { type: 2, nsp: '/' }],
  ['an event without a name', event()],
  ['an event whose name is an object', event({ toString: 'x' })],
  ['a reserved event', event('disconnect')],
  ['an id that is text', { ...event('x'), id: '1' }],
  ['a negative id', { ...event('x'), id: -1 }],
  ['an id that is not exact', { ...event('x'), id: 2 ** 53 }],
  ['auth that is a list', { type: 0, nsp: '/', data: [] }],
  ['a DISCONNECT with data', { type: 1, nsp: '/', data: {} }],
])('refused: %s', (_name, packet) => {
  expect(() => check(packet)).toThrow(ProtocolError);
});

test('refused: what is nested too deep, in arrays, objects and both', () => {
  for (const wrap of [(value: unknown) => [value], (value: unknown) => ({ value })]) {
    let deep: unknown = 1;
    for (let i = 0; i < 511; i++) deep = wrap(deep);
    expect(check(event('x', deep)).data[1]).toBe(deep);
    for (let i = 0; i < 100_000; i++) deep = wrap(deep);
    expect(() => check(event('x', deep))).toThrow('nested deeper than 512 levels');
  }
});

test('what refers to itself, or to one thing many times, is looked at once', () => {
  const cycle: Record<string, unknown> = {};
  cycle.cycle = cycle;
  let shared: unknown = [];
  for (let i = 0; i < 100; i++) shared = [shared, shared];
  expect(check(event('x', cycle, shared)).data).toHaveLength(3);
});

test('refused: a prototype of the sender', () => {
  const polluted = Object.create({ isAdmin: true });
  for (const value of [
    polluted,
    [polluted],
    { a: [{ b: polluted }] },
    Object.create({ constructor: { prototype: 1 } }),
  ]) {
    expect(() => check(event('x', value))).toThrow('a prototype among the data');
  }
});

test('more arguments than a function may be called with', () => {
  const many = new Array(10_001).fill(1);
  const refusal = 'too many arguments: 10001, at most 10000';
  expect(() => check(event('x', ...many))).toThrow(refusal);
  expect(() => check({ type: 3, nsp: '/', id: 1, data: many })).toThrow(refusal);
  expect(check(event('x', ...many.slice(1))).data).toHaveLength(10_001);
});
