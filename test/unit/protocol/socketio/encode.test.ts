import { encode } from '../../../../core/protocol/socketio/encode.js';
import { PacketType } from '../../../../core/protocol/socketio/packet.js';

const { CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR } = PacketType;

test.each([
  ['an event', { type: EVENT, nsp: '/', data: ['a', 1] }, '2["a",1]'],
  ['an event with id', { type: EVENT, nsp: '/', data: ['a'], id: 0 }, '20["a"]'],
  ['an event of a namespace', { type: EVENT, nsp: '/admin', data: ['a'], id: 12 }, '2/admin,12["a"]'],
  ['an acknowledgement', { type: ACK, nsp: '/', data: [], id: 7 }, '37[]'],
  ['a CONNECT', { type: CONNECT, nsp: '/', data: { sid: 'x' } }, '0{"sid":"x"}'],
  ['a CONNECT without data', { type: CONNECT, nsp: '/admin' }, '0/admin,'],
  ['a DISCONNECT', { type: DISCONNECT, nsp: '/' }, '1'],
  ['a CONNECT_ERROR', { type: CONNECT_ERROR, nsp: '/x', data: { message: 'no' } }, '4/x,{"message":"no"}'],
  ['an id that is null', { type: EVENT, nsp: '/', data: ['a'], id: null as never }, '2["a"]'],
  ['undefined arguments', { type: EVENT, nsp: '/', data: ['a', undefined] }, '2["a",null]'],
] as const)('%s', (_what, packet, text) => {
  expect(encode(packet as never)).toEqual([text]);
});

test('binary becomes attachments behind the text', () => {
  const [first, second] = [Buffer.from([1]), new ArrayBuffer(2)];
  expect(encode({ type: EVENT, nsp: '/n', id: 3, data: ['a', first, { second }] })).toEqual([
    '52-/n,3["a",{"_placeholder":true,"num":0},{"second":{"_placeholder":true,"num":1}}]',
    first,
    second,
  ]);
  expect(encode({ type: ACK, nsp: '/', id: 3, data: [first] })).toEqual(['61-3[{"_placeholder":true,"num":0}]', first]);
});

test('only events and acknowledgements may hold binary', () => {
  expect(encode({ type: CONNECT, nsp: '/', data: { a: Buffer.from([1]) } })).toEqual([
    '0{"a":{"type":"Buffer","data":[1]}}',
  ]);
});

test('the packet is not changed', () => {
  const data = ['a', Buffer.from([1])];
  const packet = { type: EVENT, nsp: '/', data };
  encode(packet);
  expect(packet).toEqual({ type: EVENT, nsp: '/', data: ['a', Buffer.from([1])] });
});

test('a replacer is asked', () => {
  const replacer = (_key: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value);
  expect(encode({ type: EVENT, nsp: '/', data: ['a', 1n] }, replacer)).toEqual(['2["a","1n"]']);
});

test('what cannot be JSON throws at the call', () => {
  const cyclic: unknown[] = ['a'];
  cyclic.push({ cyclic });
  expect(() => encode({ type: EVENT, nsp: '/', data: ['a', 1n] })).toThrow(TypeError);
  expect(() => encode({ type: EVENT, nsp: '/', data: cyclic })).toThrow(RangeError);
});

test('what looks like a placeholder is data, unless binary data is next to it', () => {
  const lookalike = { _placeholder: true, num: 0 };
  const text = JSON.stringify(lookalike);
  expect(encode({ type: EVENT, nsp: '/', data: ['a', lookalike] })).toEqual([`2["a",${text}]`]);
  const words = '"_placeholder":true';
  expect(encode({ type: EVENT, nsp: '/', data: ['a', words, Buffer.from([1])] })).toHaveLength(2);
  for (const type of [EVENT, ACK]) {
    for (const each of [lookalike, [{ x: lookalike }], { _placeholder: true }, { toJSON: () => lookalike }]) {
      const refusal = new TypeError('"_placeholder": true next to binary data');
      expect(() => encode({ type, nsp: '/', id: 1, data: ['a', each, Buffer.from([1])] })).toThrow(refusal);
    }
  }
});
