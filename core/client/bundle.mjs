// Builds the browser bundles of the client into dist/browser (or the folder given), with source maps. `npm run build` runs it.
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));

const common = {
  bundle: true,
  platform: 'browser',
  target: 'es2022',
  legalComments: 'none',
  sourcemap: true,
  sourcesContent: true,
  logLevel: 'warning',
};

/** Name of the file, entry, and how it is built. */
export const BUNDLES = [
  ['socket.io.js', 'browser.ts', { format: 'iife' }],
  ['socket.io.min.js', 'browser.ts', { format: 'iife', minify: true }],
  ['socket.io.esm.min.js', 'index.ts', { format: 'esm', minify: true }],
  ['socket.io.websocket.esm.min.js', 'websocket-only.ts', { format: 'esm', minify: true }],
];

/** @param {string} directory where the bundles go. */
export async function bundle(directory) {
  await Promise.all(
    BUNDLES.map(([name, entry, options]) =>
      build({ ...common, ...options, entryPoints: [join(here, entry)], outfile: join(directory, name) }),
    ),
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await bundle(process.argv[2] ?? join(here, '../../dist/browser'));
}
