import fc from 'fast-check';
import { ProtocolError } from '../../../../core/errors.js';
import {
  attach,
  type Binary,
  countPlaceholders,
  detach,
  hasBinary,
  isBinary,
} from '../../../../core/protocol/socketio/attachments.js';

const binaries = [
  ['Buffer', Buffer.from([1])],
  ['Uint8Array', new Uint8Array([1])],
  ['Float64Array', new Float64Array([1])],
  ['DataView', new DataView(new ArrayBuffer(1))],
  ['ArrayBuffer', new ArrayBuffer(1)],
  ['Blob', new Blob(['x'])],
] as const;

test.each(binaries)('%s is binary, alone and inside', (_name, value) => {
  expect(isBinary(value)).toBe(true);
  expect(hasBinary(value)).toBe(true);
  expect(hasBinary([1, { a: [value] }])).toBe(true);
  expect(hasBinary({ toJSON: () => ({ value }) })).toBe(true);
});

test.each([
  ['undefined', undefined],
  ['null', null],
  ['a string', 'buffer'],
  ['a number', 1],
  ['a function', () => Buffer.alloc(1)],
  ['what Buffer.toJSON returns', { type: 'Buffer', data: [1] }],
  ['a Date', new Date(0)],
  ['inherited binary', Object.create({ inherited: Buffer.alloc(1) })],
  ['binary that toJSON leaves out', { secret: Buffer.alloc(1), toJSON: () => ({}) }],
  [
    'an object whose toJSON is itself',
    Object.assign({
      toJSON() {
        return this;
      },
    }),
  ],
])('%s holds no binary', (_name, value) => {
  expect(hasBinary(value)).toBe(false);
});

test('detach puts placeholders where the binary was, in order, and leaves the value alone', () => {
  const [first, second] = [Buffer.from([1]), new Uint8Array([2])];
  const value = ['name', { deep: [first], also: second }, null, undefined, 0];
  const attachments: Binary[] = [];
  expect(detach(value, attachments)).toEqual([
    'name',
    { deep: [{ _placeholder: true, num: 0 }], also: { _placeholder: true, num: 1 } },
    null,
    undefined,
    0,
  ]);
  expect(attachments).toEqual([first, second]);
  expect(value[1]).toEqual({ deep: [first], also: second });
});

test('detach asks toJSON', () => {
  const attachments: Binary[] = [];
  const buffer = Buffer.from([1]);
  expect(detach({ toJSON: () => [buffer] }, attachments)).toEqual([{ _placeholder: true, num: 0 }]);
  expect(attachments).toEqual([buffer]);
});

test('what is detached can be attached again', () => {
  const leaf = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes)),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie('value'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(value, (original) => {
      const attachments: Binary[] = [];
      const text = JSON.stringify(detach(original, attachments));
      expect(attach(JSON.parse(text), attachments)).toEqual(original);
      expect(attachments.length > 0).toBe(hasBinary(original));
    }),
  );
});

test.each([-1, 2, 0.5, '0', 'splice', 'length', null, undefined, {}, Number.NaN])(
  'a placeholder for %p names no attachment',
  (num) => {
    expect(() => attach(['a', { x: { _placeholder: true, num } }], [1, 2])).toThrow(
      new ProtocolError('illegal attachments'),
    );
  },
);

test('only a true placeholder is one', () => {
  const value = [
    { _placeholder: 'true', num: 0 },
    { _placeholder: true, num: 0 },
  ];
  expect(attach(value, ['x'])).toEqual([{ _placeholder: 'true', num: 0 }, 'x']);
});

test('each attachment is named exactly once', () => {
  const placeholder = (num: number) => ({ _placeholder: true, num });
  const [first, second] = [Buffer.from([1]), Buffer.from([2])];
  expect(attach([placeholder(1), { x: placeholder(0) }], [first, second])).toEqual([second, { x: first }]);
  const illegal = new ProtocolError('illegal attachments');
  expect(() => attach([placeholder(0), placeholder(0)], [first])).toThrow(illegal);
  expect(() => attach([placeholder(0), { x: placeholder(0) }], [first, second])).toThrow(illegal);
  expect(() => attach([placeholder(1)], [first, second])).toThrow(illegal);
  expect(() => attach(['x'], [first])).toThrow(illegal);
});

test('toJSON is asked once, as JSON does', () => {
  class Copy {
    toJSON = () => new Copy();
  }
  expect(hasBinary({ copy: new Copy() })).toBe(false);
  expect(hasBinary({ toJSON: () => ({ bytes: Buffer.from([1]) }) })).toBe(true);
});

test.each<[string, unknown, number]>([
  ['nothing', ['x'], 0],
  ['a placeholder', [{ _placeholder: true, num: 0 }], 1],
  ['any object that is taken for one', [{ a: 1, _placeholder: true }, { b: { _placeholder: true } }], 2],
  ['text that looks like one', ['"_placeholder":true', { '"_placeholder': true, '\\"_placeholder': true }], 0],
  ['what is not true', [{ _placeholder: 'true' }, { _placeholder: 1 }, { _placeholder: { x: true } }], 0],
])('placeholders are counted in JSON: %s', (_name, value, count) => {
  expect(countPlaceholders(JSON.stringify(value))).toBe(count);
});

test('__proto__ stays plain data, both ways', () => {
  const buffer = Buffer.from([1]);
  const value = JSON.parse('{"__proto__":{"x":1}}');
  const attachments: Binary[] = [];
  const detached = detach({ nested: value, buffer }, attachments) as { nested: object };
  expect(Object.keys(detached.nested)).toEqual(['__proto__']);
  const attached = attach(JSON.parse('{"__proto__":{"_placeholder":true,"num":0}}'), attachments) as object;
  expect(Object.getPrototypeOf(attached)).toBe(Object.prototype);
  expect(Object.getOwnPropertyDescriptor(attached, '__proto__')?.value).toBe(buffer);
  expect(({} as { x?: number }).x).toBeUndefined();
});
