// What users may use, entry by entry. A change of the surface changes these texts, and so is seen in review:
// `npm run surface` writes them anew.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { entries, folder, surface } from '../support/surface.mjs';
import { TypeProject } from '../support/type-snippets.js';

const names = [...entries().keys()];
let texts: Map<string, string>;
beforeAll(() => {
  texts = surface();
}, 600_000);

test.each(names)('%s is what the declarations say; npm run surface writes it anew', async (name) => {
  expect(texts.get(name)).toBe(await readFile(join(folder, name), 'utf8'));
});

test('there is a text for each entry, and no other', async () => {
  expect((await readdir(folder)).sort()).toEqual([...names].sort());
});

test.each(names)('%s shows nothing that is internal', (name) => {
  const text = texts.get(name)!;
  expect(text.length).toBeGreaterThan(0);
  expect(text).not.toMatch(/@internal/);
  // Private members have names of their own; what begins with an underscore stands there for the ecosystem.
  const underscored = [...text.matchAll(/^ +(?:readonly |get )?(_\w+)/gm)].map(([, member]) => member);
  expect(underscored.filter((member) => !ECOSYSTEM.has(member!))).toEqual([]);
});

test.each(['typescript', 'typescript-5.9'])(
  'the declarations compile without skipLibCheck: %s',
  async (compiler) => {
    const project = await TypeProject.make();
    try {
      const paths = ['', '/client', '/client/websocket-only', '/redis', '/emitter', '/extension', '/fastify', '/react'];
      await project.add('modules.ts', paths.map((path) => `import 'carillon${path}';\n`).join(''));
      const required = paths.map((path, index) => `import m${index} = require('carillon${path}');\n`);
      await project.add('common.cts', `${required.join('')}export = [${paths.map((_path, index) => `m${index}`)}];\n`);
      const diagnostics = await project.compile(compiler, {
        target: 'es2022',
        lib: ['es2022', 'dom'],
        module: 'nodenext',
        types: ['node'],
        strict: true,
        noEmit: true,
        skipLibCheck: false,
      });
      // Declarations of other packages may have faults of their own.
      const ours = [...diagnostics].filter(([file]) => /carillon\/|modules\.ts|common\.cts/.test(file));
      expect(ours).toEqual([]);
    } finally {
      await project.remove();
    }
  },
  600_000,
);

/** Names that Socket.IO's declarations show as well, and that packages of the ecosystem use. */
const ECOSYSTEM = new Set([
  '_ids',
  '_nsps',
  '_onServerSideEmit',
  '_opts',
  '_parser',
  '_autoConnect',
  '_close',
  '_destroy',
  '_packet',
  '_readyState',
  '_reconnecting',
]);
