// Who may import whom: the picture of docs/architecture.md as a test. A file that needs more than its row allows is
// either in the wrong folder, or the picture changes, here and there, in the same commit.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkDependencies, type DependencyRule } from '../support/dependency-rule.js';

const base = [
  'core/clock.ts',
  'core/deadlines.ts',
  'core/sweep.ts',
  'core/ids.ts',
  'core/errors.ts',
  'core/rejections.ts',
  'core/tested-versions.ts',
];

const face = 'core/extension.ts';

/** Each extension stands on the face alone: it could as well be somebody else's. */
const extensions = readdirSync(new URL('../../core/extensions/', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => ({
    who: `core/extensions/${name}/`,
    may: [
      face,
      'core/errors.ts',
      'core/clock.ts',
      'core/extensions/token-bucket.ts',
      'core/extensions/client-address.ts',
    ],
  }));

const rule: DependencyRule = {
  rows: [
    // What extensions may see and do: mostly types, and a few tools that stand below everything.
    {
      who: face,
      may: [
        'core/faces.ts',
        'core/ids.ts',
        'core/sweep.ts',
        'core/reserved-names.ts',
        'core/cluster/wire/bytes.ts',
        'core/protocol/',
      ],
      mayTypes: ['core/clock.ts'],
    },
    { who: 'core/faces.ts', may: [], mayTypes: [face] },
    { who: 'core/reserved-names.ts', may: ['core/protocol/'] },
    ...extensions,
    { who: 'core/extensions/token-bucket.ts', may: [], mayTypes: ['core/clock.ts'] },
    { who: 'core/extensions/client-address.ts', may: [] },
    { who: 'core/store/', may: base, mayTypes: [face] },
    { who: 'core/clock.ts', may: [], timers: true },
    { who: 'core/ids.ts', may: [] },
    { who: 'core/errors.ts', may: [] },
    { who: 'core/rejections.ts', may: [] },
    { who: 'core/tested-versions.ts', may: [] },
    { who: 'core/deadlines.ts', may: [], mayTypes: ['core/clock.ts'] },
    { who: 'core/sweep.ts', may: [], mayTypes: ['core/clock.ts'] },
    // It names what the parts take, and knows them by their types.
    {
      who: 'core/options/',
      may: ['core/errors.ts', 'core/http/origins.ts', 'core/protocol/'],
      mayTypes: ['core/engine/', 'core/extensions/', 'core/transports/'],
    },

    { who: 'core/rooms/', may: [] },
    { who: 'core/protocol/', may: base },
    { who: 'core/transports/', may: [...base, 'core/protocol/', 'core/http/body.ts'], outside: true },
    // Serves requests, and hands them to transports and to the engine, which it knows by its type.
    { who: 'core/http/body.ts', may: [], mayTypes: [] },
    { who: 'core/http/cross-site.ts', may: [] },
    { who: 'core/http/origins.ts', may: ['core/http/cross-site.ts'] },
    {
      who: 'core/http/',
      may: [...base, 'core/protocol/', 'core/transports/'],
      mayTypes: ['core/engine/', face],
      outside: true,
    },
    {
      who: 'core/engine/',
      may: [...base, 'core/protocol/'],
      mayTypes: ['core/transports/', 'core/http/', 'core/options/', face],
    },
    // A process among others: it knows no namespace and no adapter.
    { who: 'core/cluster/', may: [...base, 'core/rooms/', 'core/protocol/'] },
    // The contract knows other nodes by a narrow face.
    {
      who: 'core/adapters/adapter.ts',
      may: [],
      mayTypes: ['core/cluster/peer.ts', 'core/store/', 'core/rooms/', 'core/protocol/'],
    },
    {
      who: 'core/adapters/',
      may: [...base, 'core/cluster/', 'core/store/', 'core/rooms/', 'core/protocol/'],
      mayTypes: ['core/server/', 'core/extension.ts'],
    },
    {
      who: 'core/server/',
      may: [
        ...base,
        'core/options/',
        'core/engine/',
        'core/adapters/',
        'core/cluster/',
        'core/rooms/',
        'core/protocol/',
        'core/store/',
        'core/faces.ts',
        'core/reserved-names.ts',
        'core/http/body.ts',
      ],
      mayTypes: ['core/transports/', 'core/http/', face],
    },
    // Which extensions of our own are on; nothing else in the server knows them.
    { who: 'core/server/built-in-extensions.ts', may: ['core/extensions/'], mayTypes: [face, 'core/options/'] },
    // The one place where everything is put together.
    {
      who: 'core/server/attach.ts',
      may: [
        'core/server/',
        ...base,
        'core/options/',
        'core/engine/',
        'core/protocol/',
        'core/http/',
        'core/transports/',
        'core/extensions/',
      ],
      mayTypes: ['core/adapters/', 'core/cluster/', face],
      outside: true,
    },
    {
      who: 'core/engine-io.ts',
      may: ['core/server/attach.ts', 'core/engine/', 'core/errors.ts'],
      mayTypes: ['core/options/', 'core/transports/'],
      outside: true,
    },
    {
      who: 'core/index.ts',
      may: ['core/server/', 'core/engine/', 'core/adapters/', 'core/cluster/', 'core/protocol/', 'core/errors.ts'],
      mayTypes: ['core/options/', 'core/rooms/', 'core/transports/'],
    },

    // No server: it shares with them what they say, and the clients they say it through.
    {
      who: 'core/emitter/',
      may: [
        ...base,
        'core/rooms/',
        'core/protocol/',
        'core/adapters/redis/clients/',
        'core/adapters/redis/socketio/broadcasts.ts',
        'core/adapters/redis/socketio/channels.ts',
        'core/adapters/redis/socketio/requests.ts',
      ],
    },

    // The browser's timers have no `unref`: the client has a clock of its own.
    { who: 'core/client/clock.ts', may: base, timers: true },
    { who: 'core/client/', may: [...base, 'core/protocol/', 'core/extensions/retries/wire.ts'] },
    // The clock of a browser: time by the wall, and timers that a page's test tools may have replaced.
    { who: 'core/client/clock.ts', may: ['core/clock.ts'], timers: true },
    // The round of the event loop, on Node.js alone.
    { who: 'core/client/node-clock.ts', may: [], timers: true },
    { who: 'core/client/transports/', may: [...base, 'core/client/', 'core/protocol/'], outside: true },
  ],
  // What the application sees of a socket: `socket.nsp` and `socket.server`, and `namespace.server`, with its event types.
  typeCycles: [
    ['core/server/socket.ts', 'core/server/namespace.ts'],
    ['core/server/socket.ts', 'core/server/server.ts'],
    ['core/server/namespace.ts', 'core/server/server.ts'],
    // Pairs that have yet to get an interface between them.
    ['core/client/transports/transport.ts', 'core/client/options.ts'],
    ['core/client/default-codec.ts', 'core/client/codec.ts'],
    ['core/client/socket.ts', 'core/client/manager.ts'],
    ['core/client/retry-queue.ts', 'core/client/manager.ts'],
    ['core/adapters/redis/clients/ioredis.ts', 'core/adapters/redis/clients/client.ts'],
    ['core/adapters/redis/clients/node-redis.ts', 'core/adapters/redis/clients/client.ts'],
    ['core/adapters/redis/clients/shards.ts', 'core/adapters/redis/clients/client.ts'],
  ],
  outside: ['net', 'tls', 'http', 'https', 'http2', 'dgram', 'fs', 'fs/promises', 'child_process', 'ws'],
  packages: ['ws', 'cors', 'cookie', 'debug', 'tldts'],
};

/** Glue stands on the public faces only; each piece is alone in its folder, but for what is named as shared. */
const gluePlaces = [
  {
    folder: 'integrations/',
    may: ['core/index.ts', 'core/client/index.ts', 'core/tested-versions.ts'],
    shared: ['integrations/option-names.ts'],
  },
  { folder: 'examples/', may: [], shared: [] },
];

const root = fileURLToPath(new URL('../../', import.meta.url));

function sources(folder: string): Map<string, string> {
  if (!existsSync(join(root, folder))) return new Map();
  const paths = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path) && !/(^|[\\/])(node_modules|\.next)[\\/]/.test(path))
    .map((path) => join(root, folder, path));
  return new Map(paths.map((path) => [relative(root, path).split(sep).join('/'), readFileSync(path, 'utf8')]));
}

test('core keeps to the table', () => {
  const core = sources('core');
  expect(core.size).toBeGreaterThan(0);
  expect(checkDependencies(core, rule)).toEqual([]);
});

test.each(gluePlaces)('$folder uses the public faces only, and each piece is on its own', ({ folder, may, shared }) => {
  const others = [...sources('core').keys(), ...shared].map((path): [string, string] => [path, '']);
  const glue = [...sources(folder)];
  const pieceOf = (path: string): string => path.split('/').slice(0, 2).join('/');
  const violations = [...new Set(glue.map(([path]) => pieceOf(path)))].flatMap((piece) => {
    const own = glue.filter(([path]) => pieceOf(path) === piece);
    const rows = [
      {
        who: own.length === 1 && own[0]![0] === piece ? piece : `${piece}/`,
        may: [...may, ...shared],
        outside: true,
        timers: true,
      },
      { who: 'core/', may: [] },
      ...shared.filter((path) => path !== piece).map((path) => ({ who: path, may: [] })),
    ];
    return checkDependencies(new Map([...others, ...own]), { rows, outside: [] });
  });
  expect(violations).toEqual([]);
});

describe('the check itself finds', () => {
  const small: DependencyRule = {
    rows: [
      { who: 'core/clock.ts', may: [], timers: true },
      { who: 'core/rooms/', may: [] },
      { who: 'core/engine/', may: ['core/clock.ts'], mayTypes: ['core/wire/'] },
      { who: 'core/wire/', may: ['core/clock.ts'], outside: true },
      { who: 'core/wire/pure.ts', may: [] },
    ],
    outside: ['net', 'ws'],
    packages: ['ws'],
  };

  const check = (...files: [path: string, source: string][]): string[] =>
    checkDependencies(
      new Map([['core/clock.ts', 'export const later = setTimeout;'], ['core/wire/pipe.ts', ''], ...files]),
      small,
    );

  test.each<[string, string, string, string[]]>([
    ['nothing in a good file', 'core/engine/a.ts', "import { later } from '../clock.js';", []],
    ['a forbidden import', 'core/rooms/a.ts', "import { later } from '../clock.js';", ['imports core/clock.ts']],
    [
      'one over several lines',
      'core/rooms/a.ts',
      "import {\n  later,\n} from '../clock.js';",
      ['imports core/clock.ts'],
    ],
    ['one for its effect', 'core/rooms/a.ts', "import '../clock.js';", ['imports core/clock.ts']],
    ['a re-export', 'core/rooms/a.ts', "export * from '../clock.js';", ['imports core/clock.ts']],
    ['a dynamic import', 'core/rooms/a.ts', "const a = () => import('../clock.js');", ['imports core/clock.ts']],
    [
      'a value where types are allowed',
      'core/engine/a.ts',
      "import { p } from '../wire/pipe.js';",
      ['imports core/wire/pipe.ts'],
    ],
    ['no fault in the type itself', 'core/engine/a.ts', "import type { P } from '../wire/pipe.js';", []],
    ['nor in one written in place', 'core/engine/a.ts', "let a: import('../wire/pipe.js').P;", []],
    [
      'a forbidden type',
      'core/rooms/a.ts',
      "import type { L } from '../clock.js';",
      ['imports types of core/clock.ts'],
    ],
    [
      'a file that does not exist',
      'core/engine/a.ts',
      "import '../nowhere.js';",
      ['imports ../nowhere.js, which does not exist'],
    ],
    [
      'no import in a comment or a string',
      'core/rooms/a.ts',
      "// import '../clock.js'\nconst a = `import '../clock.js'`;",
      [],
    ],
    ['the outside', 'core/engine/a.ts', "import { connect } from 'node:net';", ['reaches outside: node:net']],
    ['the outside without its prefix', 'core/engine/a.ts', "import net from 'net';", ['reaches outside: net']],
    ['the outside in a stricter row', 'core/wire/pure.ts', "import 'ws';", ['reaches outside: ws']],
    ['no fault in types of the outside', 'core/engine/a.ts', "import type { Socket } from 'node:net';", []],
    ['nor where it is allowed', 'core/wire/a.ts', "import { connect } from 'node:net';", []],
    ['an unknown package', 'core/wire/a.ts', "import 'express';", ['imports package express']],
    ['a timer', 'core/engine/a.ts', 'setTimeout(() => {}, 1);', ['uses setTimeout']],
    ['a timer behind globalThis', 'core/engine/a.ts', 'globalThis.setInterval(f, 1);', ['uses setInterval']],
    ['a timer handed on', 'core/engine/a.ts', 'const a = { later: setImmediate };', ['uses setImmediate']],
    [
      'a timer from its module',
      'core/engine/a.ts',
      "import { setTimeout as a } from 'node:timers';",
      ['uses node:timers'],
    ],
    [
      'no timer in a method of that name',
      'core/engine/a.ts',
      'clock.setTimeout(f, 1); class A { setTimeout() {} }',
      [],
    ],
    ['nor in its type', 'core/engine/a.ts', 'let a: ReturnType<typeof setTimeout>;', []],
    ['a folder nobody listed', 'core/new/a.ts', '', ['has no row in the table']],
  ])('%s', (_what, path, source, expected) => {
    expect(check([path, source])).toEqual(expected.map((violation) => `${path} ${violation}`));
  });

  test('a cycle, but none that only types make', () => {
    const circle = (keyword: string): string[] =>
      check(
        ['core/engine/a.ts', "import { b } from './b.js';"],
        ['core/engine/b.ts', "import { c } from './c.js';"],
        ['core/engine/c.ts', `${keyword} { a } from './a.js';`],
      );
    expect(circle('import')).toEqual([
      'cycle: core/engine/a.ts -> core/engine/b.ts -> core/engine/c.ts -> core/engine/a.ts',
    ]);
    expect(circle('import type')).toEqual([]);
  });

  test('a cycle that types make, where none is allowed but those with a name', () => {
    const files = new Map([
      ['core/rooms/a.ts', "import type { B } from './b.js';"],
      ['core/rooms/b.ts', "import { a } from './a.js';"],
    ]);
    const rule = { ...small, rows: [{ who: 'core/rooms/', may: [] }] };
    expect(checkDependencies(files, { ...rule, typeCycles: [] })).toEqual([
      'cycle of types: core/rooms/a.ts -> core/rooms/b.ts -> core/rooms/a.ts',
    ]);
    expect(checkDependencies(files, { ...rule, typeCycles: [['core/rooms/a.ts', 'core/rooms/b.ts']] })).toEqual([]);
    expect(checkDependencies(files, rule)).toEqual([]);
  });
});
