// `npm run build`: everything in `dist`, from the sources.
//
//   dist/core, dist/integrations  ES modules; where package.json says so, wrappers around CommonJS
//   dist/cjs                      CommonJS and the declarations
//   dist/browser                  bundles of the client for pages
//   dist/packages                 carillon-client and carillon-socket.io, packages of their own
//   dist/examples                 the examples, for `npm start` and its relatives
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundleAll } from '../client/bundle.mjs';
import { writeClientPackage } from './client-package.mjs';
import { finishCommonJs } from './commonjs.mjs';
import { ENTRIES } from './entries.mjs';
import { reachable } from './reachable.mjs';
import { writeServerPackage } from './server-package.mjs';
import { writeWrappers } from './wrappers.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dist = join(root, 'dist');
const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
const compile = (project) =>
  promisify(execFile)(process.execPath, [compiler, '-p', join(root, project)], { cwd: root });

try {
  await rm(join(dist, 'cjs'), { recursive: true, force: true });
  await Promise.all([
    compile('tsconfig.json'),
    compile('core/build/tsconfig.cjs.json'),
    bundleAll(join(dist, 'browser')),
  ]);
  await finishCommonJs(dist);
  await writeWrappers(dist);
  await writeClientPackage(root, dist);
  await writeServerPackage(root, dist);
  await writeFile(join(dist, '.npmignore'), await ignored());
} catch (error) {
  process.stderr.write(`${error.stdout || error.stack}\n`);
  process.exitCode = 1;
}

/** Of the ES modules, only those that an entry loads are published; of the others, CommonJS has what runs. */
async function ignored() {
  const modules = [...new Set(ENTRIES.map(({ file }) => `${file}.js`))];
  const declarations = modules.map((file) => file.replace(/\.js$/, '.d.ts'));
  const published = (await reachable(dist, [...modules, ...declarations])).filter((file) => !file.startsWith('cjs/'));
  return [
    '/core/**',
    '/integrations/**',
    '/examples',
    '/packages',
    '/packed',
    ...published.map((file) => `!/${file}`),
    '',
  ].join('\n');
}
