// What a program does with a server and a client (runtimes/smoke.mjs), on each runtime.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeBinary } from '../place.mjs';

const smoke = fileURLToPath(new URL('../runtimes/smoke.mjs', import.meta.url));

/** Runs the checks with the package that is installed there. */
async function passes(place, command, options) {
  cpSync(smoke, join(place.folder, 'smoke.mjs'));
  await place.run(`${command} smoke.mjs node_modules/carillon`, options);
}

/** Runtimes whose binaries stand in the registry, one package for each platform. */
const arm = process.arch === 'arm64';
const platforms = {
  bun: `@oven/bun-${process.platform}-${arm ? 'aarch64' : 'x64'}`,
  deno: `@deno/${process.platform}-${process.arch}${process.platform === 'linux' ? '-glibc' : ''}`,
};

export default [
  {
    name: 'server and client, on the Node.js that runs the tests',
    area: 'runtimes',
    share: true,
    async run(place) {
      await place.link('carillon');
      await passes(place, 'node');
    },
  },
  ...['20.19', '22', '24', '26'].map((version) => ({
    name: `server and client, Node.js ${version}`,
    area: 'runtimes',
    async run(place) {
      const node = await nodeBinary(version);
      await place.install('carillon');
      await passes(place, 'node', { node: node.binary });
      return { versions: { node: node.version } };
    },
  })),
  {
    name: 'server and client, Bun',
    area: 'runtimes',
    async run(place) {
      await place.install('carillon', platforms.bun);
      await passes(place, `node_modules/${platforms.bun}/bin/bun`);
    },
  },
  {
    name: 'server and client, Deno',
    area: 'runtimes',
    async run(place) {
      await place.install('carillon', platforms.deno);
      await passes(place, `node_modules/${platforms.deno}/deno run --allow-all --node-modules-dir=manual`);
    },
  },
];
