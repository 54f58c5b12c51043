import fc from 'fast-check';

/** Names and keys that have meant something to somebody's code. */
const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'then',
  'length',
  'splice',
  'hasOwnProperty',
  'toJSON',
  '_placeholder',
  'num',
  'error',
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
  '',
  'x',
];

export const name: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...NAMES) },
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ maxLength: 12 }),
);

const placeholder = fc.record({
  _placeholder: fc.constantFrom<unknown>(true, 1, 'true', false),
  num: fc.oneof(
    fc.integer({ min: -2, max: 12 }),
    fc.constantFrom<unknown>('splice', '0', 0.5, 1e308, null, [0], '__proto__', 2 ** 53),
  ),
});

/** Any JSON value, with a taste for the strange. Keys called `__proto__` are own properties, as JSON.parse makes them. */
export const json: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null), name),
    placeholder,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map(ownProperties),
  ),
})).value;

function ownProperties(entries: [string, unknown][]): object {
  const object = {};
  for (const [key, value] of entries)
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  return object;
}

export const bytes: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 40 });

/** JSON, deep or wrong. */
const jsonText: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(name, fc.array(json, { maxLength: 3 })).map(([event, args]) => text([event, ...args])),
  },
  { weight: 2, arbitrary: json.map(text) },
  fc
    .tuple(fc.integer({ min: 1, max: 2000 }), fc.constantFrom('[]', '[', '{"a":1}'))
    .map(([depth, shape]) => nested(depth, shape)),
  fc.constantFrom(
    '',
    '{',
    '[',
    '[]',
    '{}',
    'null',
    '[null]',
    '"x"',
    '1',
    '-',
    '1e999',
    '[1,]',
    '["x"',
    '\u2028',
    '["\\ud800"]',
  ),
);

function text(value: unknown): string {
  return JSON.stringify(value);
}

function nested(depth: number, shape: string): string {
  if (shape === '{"a":1}') return `["x",${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}]`;
  return `["x",${'['.repeat(depth)}${shape === '[]' ? ']'.repeat(depth) : ''}]`;
}

const digits = fc.oneof(
  fc.nat({ max: 100 }).map(String),
  fc.constantFrom(
    '',
    '-1',
    '1e3',
    '0.5',
    '007',
    '9007199254740991',
    '9007199254740992',
    '9'.repeat(400),
    '٣',
    '+1',
    ' 1',
  ),
);

const namespace = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  fc.constantFrom('/a,', '/a', '/,', ',', '/__proto__,', '//', '/a?x=1,', `/${'n'.repeat(3000)},`),
  name.map((each) => `/${each},`),
);

/** A Socket.IO packet as text: mostly well-formed, sometimes with a piece missing, doubled or in the wrong place. */
export const packetText: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.constantFrom('0', '1', '2', '2', '2', '3', '4', '5', '5', '6', '7', 'b', ''),
        fc.oneof(
          { weight: 2, arbitrary: fc.constant('') },
          digits.map((each) => `${each}-`),
        ),
        namespace,
        fc.oneof({ weight: 2, arbitrary: fc.constant('') }, digits),
        jsonText,
      )
      .map((pieces) => pieces.join('')),
  },
  fc.string({ unit: 'binary', maxLength: 30 }),
);

/** A well-formed packet, as an application or the library would make it. */
export const packet = fc.oneof(
  fc.record({
    type: fc.constant(2 as const),
    nsp: fc.constantFrom('/', '/a', '/b-1'),
    id: fc.option(fc.nat(), { nil: undefined }),
    data: fc
      .tuple(
        name.filter((each) => !reserved.has(each)),
        fc.array(json, { maxLength: 3 }),
      )
      .map(([event, args]) => [event, ...args]),
  }),
  fc.record({
    type: fc.constant(3 as const),
    nsp: fc.constantFrom('/', '/a'),
    id: fc.nat(),
    data: fc.array(json, { maxLength: 3 }),
  }),
  fc.record({
    type: fc.constant(0 as const),
    nsp: fc.constantFrom('/', '/a'),
    id: fc.constant(undefined),
    data: fc.option(fc.record({ sid: fc.string(), pid: fc.string() }), { nil: undefined }),
  }),
  fc.record({
    type: fc.constant(1 as const),
    nsp: fc.constantFrom('/', '/a'),
    id: fc.constant(undefined),
    data: fc.constant(undefined),
  }),
  fc.record({
    type: fc.constant(4 as const),
    nsp: fc.constantFrom('/', '/a'),
    id: fc.constant(undefined),
    data: fc.record({ message: fc.string(), data: json }),
  }),
);

const reserved = new Set(['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener']);
