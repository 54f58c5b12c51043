// `carillon-client`: the client as a package of its own, for the place of `socket.io-client`: the root of one package
// cannot be both the server and the client. It has the same files, and the subpaths of socket.io-client.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { VENDORED } from './entries.mjs';
import { reachable } from './reachable.mjs';

export async function writeClientPackage(root, dist) {
  const folder = join(dist, 'packages', 'carillon-client');
  await rm(folder, { recursive: true, force: true });
  const files = await reachable(dist, [
    'core/client/index.js',
    'core/client/index.d.ts',
    'core/client/node.js',
    'core/client/websocket-only.js',
    'core/client/websocket-only.d.ts',
    'cjs/core/client/index.cjs',
    'cjs/core/client/websocket-only.cjs',
  ]);
  const bundles = ['', '.min', '.esm.min', '.msgpack.min'].map((kind) => `socket.io${kind}.js`);
  for (const file of [...files, 'cjs/vendor/LICENSES.txt']) {
    await copy(join(dist, file), join(folder, 'build', file));
  }
  for (const file of bundles.flatMap((name) => [name, `${name}.map`])) {
    await copy(join(dist, 'browser', file), join(folder, 'dist', file));
  }
  await copy(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  const whole = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const { version, license, author, engines } = whole;
  const code = await Promise.all(files.map((file) => readFile(join(dist, file), 'utf8')));
  const isUsed = ([name]) => VENDORED.includes(name) || code.some((text) => text.includes(`require("${name}")`));
  const dependencies = Object.fromEntries(Object.entries(whole.dependencies).filter(isUsed));
  const entry = (types, { node, browser, cjs }) => ({
    import: {
      types: `./build/core/client/${types}.d.ts`,
      // Before `node`: Jest sets both in an environment that imitates a page.
      ...(node && { browser: `./build/core/client/${browser}.js`, node: `./build/core/client/${node}.js` }),
      default: `./build/core/client/${browser}.js`,
    },
    require: {
      types: `./build/cjs/core/client/${types}.d.cts`,
      ...(node && { browser: `./build/cjs/core/client/${cjs}.cjs`, node: `./build/cjs/core/client/${node}.cjs` }),
      default: `./build/cjs/core/client/${cjs}.cjs`,
    },
  });
  const client = entry('index', { node: 'node', browser: 'index', cjs: 'index' });
  const manifest = {
    name: 'carillon-client',
    version,
    description: "carillon's client, in the place of socket.io-client.",
    license,
    author,
    type: 'module',
    engines,
    sideEffects: false,
    main: './build/cjs/core/client/node.cjs',
    browser: './build/cjs/core/client/index.cjs',
    types: './build/cjs/core/client/index.d.cts',
    typesVersions: {
      '*': {
        debug: ['./build/cjs/core/client/index.d.cts'],
        'websocket-only': ['./build/cjs/core/client/websocket-only.d.cts'],
      },
    },
    exports: {
      '.': client,
      './debug': client,
      './websocket-only': entry('websocket-only', { browser: 'websocket-only', cjs: 'websocket-only' }),
      './dist/*': './dist/*',
      './package.json': './package.json',
    },
    imports: Object.fromEntries(
      VENDORED.map((name) => [`#${name}`, { module: `./build/cjs/vendor/${name}.mjs`, default: name }]),
    ),
    dependencies,
  };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await writeFile(
    join(folder, 'README.md'),
    '# carillon-client\n\nThe client of carillon as a package of its own, to be installed in the place of `socket.io-client`:\n\n' +
      '```sh\nnpm install socket.io-client@npm:carillon-client\n```\n\nPrograms that use `carillon` itself have the same client as `carillon/client`.\n',
  );
}

async function copy(from, to) {
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to);
}
