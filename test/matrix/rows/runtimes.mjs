// What a program does with a server and a client (runtimes/smoke.mjs), on each runtime.
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeBinary } from '../place.mjs';

const smoke = fileURLToPath(new URL('../runtimes/smoke.mjs', import.meta.url));

/** Runs the checks with the package that is installed there. */
async function passes(place, command, options) {
  cpSync(smoke, join(place.folder, 'smoke.mjs'));
  await place.run(`${command} smoke.mjs node_modules/carillon`, options);
}

const here = (name) => fileURLToPath(new URL(`../runtimes/${name}`, import.meta.url));

/**
 * Tests of a page, in an environment that imitates one; the server runs beside it.
 *
 * @param {{ dom: 'jsdom' | 'happydom', binary?: string }} settings `binary` is the type that binary has by default, which
 * tells the client of pages from that of Node.js.
 */
async function pageTests(place, command, { dom, binary = 'arraybuffer' }) {
  const load = command.startsWith('jest')
    ? "const { io: connect } = require('carillon/client');"
    : "import { io as connect } from 'carillon/client';";
  place.write(
    command.startsWith('jest') ? 'page.test.js' : 'page.test.mjs',
    `${load}\n${readFileSync(here('page.test.mjs'))}`,
  );
  cpSync(here('page-server.mjs'), join(place.folder, 'page-server.mjs'));
  const [url] = await place.start('node page-server.mjs').printed(/http:\S+/);
  await place.run(command, { env: { CARILLON_URL: url, CARILLON_DOM: dom, CARILLON_BINARY: binary } });
}

const jestPage = (environment, dom, binary) => ({
  name: `client in Jest with ${environment}`,
  area: 'runtimes',
  async run(place) {
    await place.install('carillon', 'jest@30', environment);
    await pageTests(place, `jest --ci --watchman=false --env=${environment}`, { dom, binary });
  },
});

const vitestPage = (environment, dom) => ({
  name: `client in Vitest with ${environment}`,
  area: 'runtimes',
  async run(place) {
    await place.install('carillon', 'vitest@4', environment);
    // Vitest leaves installed packages to Node.js, which takes its own client.
    await pageTests(place, `vitest run --globals --environment=${environment}`, { dom, binary: 'nodebuffer' });
    // The same where it goes through Vite.
    place.write('vitest.config.mjs', "export default { test: { server: { deps: { inline: ['carillon'] } } } };");
    await pageTests(place, `vitest run --globals --environment=${environment}`, { dom, binary: 'nodebuffer' });
  },
});

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
  jestPage('jest-environment-jsdom', 'jsdom'),
  // It asks for what is meant for Node.js.
  jestPage('@happy-dom/jest-environment', 'happydom', 'nodebuffer'),
  {
    name: 'client in Jest with jest-environment-jsdom, and the conditions of Node.js',
    area: 'runtimes',
    async run(place) {
      await place.install('carillon', 'jest@30', 'jest-environment-jsdom');
      place.write(
        'jest.config.js',
        "module.exports = { testEnvironmentOptions: { customExportConditions: ['node'] } };",
      );
      await pageTests(place, 'jest --ci --watchman=false --env=jest-environment-jsdom', {
        dom: 'jsdom',
        binary: 'nodebuffer',
      });
    },
  },
  vitestPage('jsdom', 'jsdom'),
  vitestPage('happy-dom', 'happydom'),
  {
    name: 'client with the globals of React Native',
    area: 'runtimes',
    share: true,
    async run(place) {
      await place.link('carillon', 'ws');
      cpSync(here('react-native.mjs'), join(place.folder, 'react-native.mjs'));
      cpSync(here('page-server.mjs'), join(place.folder, 'page-server.mjs'));
      const [url] = await place.start('node page-server.mjs').printed(/http:\S+/);
      const output = await place.run('node react-native.mjs node_modules/carillon', { env: { CARILLON_URL: url } });
      if (!output.includes('passed')) throw new Error(output);
    },
  },
];
