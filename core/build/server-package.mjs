// `carillon-socket.io`: carillon under the version and with the files of the package it stands for. Tools that look at those
// before they do anything, such as OpenTelemetry's instrumentation, find what they look for. It holds no code of its own.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The version of Socket.IO whose API we have; see docs/differences.md. */
const STANDS_FOR = '4.8.4';

/** Its files that such tools name, and the classes they expect in them. */
const FILES = {
  socket: ['Socket'],
  namespace: ['Namespace'],
  'broadcast-operator': ['BroadcastOperator', 'RemoteSocket'],
};

export async function writeServerPackage(root, dist) {
  const folder = join(dist, 'packages', 'carillon-socket.io');
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'dist'), { recursive: true });
  await cp(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  const { version, license, author, engines } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const files = {
    ...Object.fromEntries(
      Object.entries(FILES).map(([name, classes]) => [
        `dist/${name}.js`,
        `const { ${classes.join(', ')} } = require('carillon');\nmodule.exports = { ${classes.join(', ')} };\n`,
      ]),
    ),
    // Each is required, so that whoever waits for one of them is called.
    'dist/index.js': `${Object.keys(FILES)
      .map((name) => `require('./${name}.js');\n`)
      .join('')}module.exports = require('carillon');\n`,
    'wrapper.mjs': "import './dist/index.js';\nexport * from 'carillon';\nexport { default } from 'carillon';\n",
    'index.d.ts': "export * from 'carillon';\nexport { default } from 'carillon';\n",
    'wrapper.d.mts': "export * from 'carillon';\nexport { default } from 'carillon';\n",
    'README.md':
      '# carillon-socket.io\n\ncarillon in the place of `socket.io`, for tools that look at its version or files:\n\n' +
      '```sh\nnpm install carillon socket.io@npm:carillon-socket.io\n```\n',
  };
  const manifest = {
    name: 'carillon-socket.io',
    version: STANDS_FOR,
    description: 'carillon in the place of socket.io, for tools that look at its version or files.',
    license,
    author,
    engines,
    main: './dist/index.js',
    types: './index.d.ts',
    exports: {
      '.': {
        import: { types: './wrapper.d.mts', default: './wrapper.mjs' },
        require: { types: './index.d.ts', default: './dist/index.js' },
      },
      './dist/*': './dist/*',
      './package.json': './package.json',
    },
    peerDependencies: { carillon: version },
  };
  for (const [name, content] of Object.entries({ ...files, 'package.json': `${JSON.stringify(manifest, null, 2)}\n` }))
    await writeFile(join(folder, name), content);
}
