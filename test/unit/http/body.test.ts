import { Body } from '../../../core/http/body.js';

const pieces = (text: string, size: number) =>
  text.match(new RegExp(`.{1,${size}}`, 'gs'))!.map((each) => Buffer.from(each));

test('nothing', () => {
  const body = new Body(10);
  expect([body.size, String(body)]).toEqual([0, '']);
});

test('one piece is kept as it is', () => {
  const piece = Buffer.from('whole');
  const body = new Body(10);
  expect(body.append(piece)).toBe(true);
  expect(String(body)).toBe('whole');
});

test.each([1, 2, 3, 7, 1000])('pieces of %d characters', (size) => {
  const text = 'abcdefghij'.repeat(100);
  const body = new Body(1000);
  for (const piece of pieces(text, size)) expect(body.append(piece)).toBe(true);
  expect([body.size, String(body)]).toEqual([1000, text]);
});

test('the pieces given are not written to', () => {
  const slab = Buffer.from('ab????????');
  const body = new Body(10);
  body.append(slab.subarray(0, 2));
  body.append(Buffer.from('cd'));
  expect([String(body), slab.toString()]).toEqual(['abcd', 'ab????????']);
});

test('a character in two pieces', () => {
  const body = new Body(10);
  for (const byte of Buffer.from('ä€')) body.append(Buffer.of(byte));
  expect(String(body)).toBe('ä€');
});

test('beyond the limit nothing is kept, and the size is known', () => {
  const body = new Body(3);
  expect(body.append(Buffer.from('abc'))).toBe(true);
  expect(body.append(Buffer.from('d'))).toBe(false);
  expect([body.size, String(body)]).toEqual([4, '']);
});
