// Builds the browser bundles of the client, with source maps: `node core/client/bundle.mjs [folder]`, by default into
// dist/browser. The server serves the first four as Socket.IO's does.
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { minify } from '@swc/core';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));

/** File, entry, format, and whether it is made small. */
export const BUNDLES = [
  ['socket.io.js', 'browser.ts', 'iife', false],
  ['socket.io.min.js', 'browser.ts', 'iife', true],
  ['socket.io.esm.min.js', 'index.ts', 'esm', true],
  ['socket.io.msgpack.min.js', 'browser-msgpack.mjs', 'iife', true],
  ['socket.io.websocket.esm.min.js', 'websocket-only.ts', 'esm', true],
];

/** Members between the client's own classes, which no application knows. */
const INTERNAL =
  /^(_(clock|has|onPacket|encode|write|drop)|(open|create|set|drop)Transport|onHandshake|wireSize|checkPing|onOutcome|transmit|giveUp|settle|toBinary|convert)$/;

/**
 * Bundles a module for browsers.
 *
 * @param {{ entry: string, format: 'iife' | 'esm', isSmall: boolean, file: string }} options `entry` is a path.
 * @returns {Promise<{ code: string, map: string }>} the code refers to its map as `file` + `.map`.
 */
export async function bundle({ entry, format, isSmall, file }) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    outfile: file,
    bundle: true,
    write: false,
    format,
    minify: isSmall,
    ...(isSmall && { mangleProps: INTERNAL }),
    // Fields are assigned, not defined: the same to this code, in fewer bytes.
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
    platform: 'browser',
    target: 'es2022',
    sourcemap: 'external',
    logLevel: 'warning',
  });
  const map = outputFiles.find(({ path }) => path.endsWith('.map')).text;
  const code = outputFiles.find(({ path }) => path.endsWith('.js')).text;
  const comment = `\n//# sourceMappingURL=${basename(file)}.map\n`;
  if (!isSmall) return { code: code + comment, map };
  // A second pass: it sees more than one module at a time and takes three percent off.
  const small = await minify(code, {
    module: format === 'esm',
    ecma: 2022,
    toplevel: true,
    compress: {
      ecma: 2022,
      module: format === 'esm',
      passes: 3,
      toplevel: true,
    },
    mangle: { toplevel: true },
    sourceMap: { content: map, filename: basename(file) },
  });
  return { code: small.code + comment, map: small.map };
}

/** @param {string} folder where the bundles go. */
export async function bundleAll(folder) {
  await mkdir(folder, { recursive: true });
  await Promise.all(
    BUNDLES.map(async ([name, entry, format, isSmall]) => {
      const file = join(folder, name);
      const { code, map } = await bundle({ entry: join(here, entry), format, isSmall, file });
      await Promise.all([writeFile(file, code), writeFile(`${file}.map`, map)]);
    }),
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await bundleAll(process.argv[2] ?? join(here, '../../dist/browser'));
}
