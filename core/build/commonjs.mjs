// The CommonJS of the package, file by file, with its declarations: `dist/cjs`. In Node.js it is what runs, also behind
// `import`: see docs/decisions/0013-one-implementation-commonjs.md.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire, isBuiltin } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { ENTRIES, VENDORED } from './entries.mjs';

/** Where a module is; nothing where a bundler took it from there. */
const SELF =
  '(typeof __filename === "string" ? process.getBuiltinModule("node:url").pathToFileURL(__filename).href : undefined)';

/** Fails in one line where there is no Node.js, before anything of it is asked for. */
const NODE_ONLY = `"use strict";
if (typeof process !== "object" || typeof process.getBuiltinModule !== "function") {
    const found = globalThis.process?.versions?.node;
    throw new Error(
        found === undefined
            ? "carillon: this is the part for servers, and it was loaded where there is no Node.js, such as in the bundle of a page. Pages use carillon/client."
            : "carillon needs Node.js 20.19 or newer, and this is " + found
    );
}
`;

/** Packages that the dependencies ask for in a `try`, and that nobody needs. */
const OPTIONAL = ['bufferutil', 'utf-8-validate', 'supports-color'];

/** @param {string} dist the folder with what the compiler made, in `cjs`: it becomes `.cjs` and `.d.cts`. */
export async function finishCommonJs(dist) {
  const root = join(dist, 'cjs');
  await Promise.all((await filesBelow(root)).map((file) => finish(root, file)));
  await writeFile(join(root, 'node-only.cjs'), NODE_ONLY);
  await vendor(root);
}

async function filesBelow(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
}

/** Where relative paths of modules stand, in code and in declarations. */
const RELATIVE = /(\b(?:from|import|require|module)\s*\(?\s*["']\.{1,2}\/[^"'\n]+)\.js(["'])/g;

async function finish(root, file) {
  const path = relative(root, file).replaceAll('\\', '/');
  const isDeclaration = path.endsWith('.d.ts');
  let code = (await readFile(file, 'utf8')).replace(RELATIVE, '$1.cjs$2');
  if (!isDeclaration) code = finishCode(code, path);
  await writeFile(file.replace(/(\.d\.ts|\.js)$/, isDeclaration ? '.d.cts' : '.cjs'), code);
  await rm(file);
}

function finishCode(compiled, path) {
  let code = compiled
    // A `require` of Node's modules is one that bundles of ES modules cannot have.
    .replace(/\brequire\("(node:[\w/]+)"\)/g, 'process.getBuiltinModule("$1")')
    .replace(/\brequire\("([\w-]+)"\)/g, (whole, name) => (VENDORED.includes(name) ? `require("#${name}")` : whole))
    .replaceAll('import.meta.url', SELF);
  const entry = ENTRIES.find((each) => `${each.file}.js` === path);
  if (entry?.isServer) {
    const up = '../'.repeat(path.split('/').length - 1);
    code = code.replace(/^("use strict";\n)?/, `"use strict";\nrequire("${up}node-only.cjs");\n`);
  }
  // As those who came from Socket.IO use it: `require(…)(…)`, with everything else as members.
  // Written so that Node.js, which reads the names of exports out of the text, does not take it for all there is.
  if (entry?.defaultOf) code += '\nmodule["exports"] = Object.assign(exports.default, exports);\n';
  return code;
}

/**
 * Bundlers get these dependencies in one file each, which asks Node.js for its modules without `require`. In Node.js the
 * installed package is loaded, so that an update of it, or an override, holds for us as well.
 */
async function vendor(root) {
  const require = createRequire(import.meta.url);
  const licences = [];
  await mkdir(join(root, 'vendor'), { recursive: true });
  const builtins = {
    name: 'builtins',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^[\w:/-]+$/ }, ({ path }) => {
        if (isBuiltin(path)) return { path, namespace: 'builtin' };
        return OPTIONAL.includes(path) ? { path, namespace: 'optional' } : undefined;
      });
      onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
        contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
      }));
      onLoad({ filter: /.*/, namespace: 'optional' }, ({ path }) => ({
        contents: `throw new Error('${path} is not part of this bundle');`,
      }));
    },
  };
  for (const name of VENDORED) {
    await build({
      stdin: { contents: `export * from '${name}';\nexport { default } from '${name}';`, resolveDir: root },
      outfile: join(root, 'vendor', `${name}.mjs`),
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      plugins: [builtins],
      legalComments: 'inline',
      logLevel: 'warning',
    });
    for (const each of name === 'debug' ? ['debug', 'ms'] : [name]) {
      const folder = dirname(require.resolve(`${each}/package.json`));
      const text = (await readdir(folder)).find((file) => /^licen[cs]e/i.test(file));
      licences.push(`${each}\n\n${await readFile(join(folder, text), 'utf8')}`);
    }
  }
  await writeFile(join(root, 'vendor', 'LICENSES.txt'), licences.join('\n\n'));
}
