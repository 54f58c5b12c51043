// A server in one file: nothing of it may be asked for beside the bundle, and no `require` may be left.

const SERVER = `
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Server } from 'carillon';
import { io as connect } from 'carillon/client';

const http = createServer();
const io = new Server(http, { perMessageDeflate: true });
io.on('connection', (socket) => socket.on('hello', (name, ack) => ack('hello ' + name)));
http.listen(0);
once(http, 'listening').then(async () => {
  const url = 'http://localhost:' + http.address().port;
  const socket = connect(url, { transports: ['websocket'] });
  const answer = await socket.emitWithAck('hello', 'world');
  socket.close();
  const { status } = await fetch(url + '/socket.io/socket.io.js');
  await io.close();
  console.log(answer, status);
});
`;

/** Runs a bundle where no package is installed: its folder is taken away. */
async function runs(place, file) {
  await place.run('mv node_modules away');
  try {
    const output = await place.run(`node ${file}`);
    if (output !== 'hello world 404\n') throw new Error(output);
  } finally {
    await place.run('mv away node_modules');
  }
}

const row = (name, packages, bundle, share) => ({
  name,
  area: 'bundlers',
  share,
  async run(place) {
    if (share) await place.link('carillon', ...packages);
    else await place.install('carillon', ...packages);
    place.write('package.json', { private: true });
    place.write('server.mjs', SERVER);
    await runs(place, await bundle(place));
  },
});

const esbuild = (format) => async (place) => {
  const file = format === 'esm' ? 'out.mjs' : 'out.cjs';
  const log = await place.run(
    `esbuild server.mjs --bundle --platform=node --format=${format} --outfile=${file} --log-level=warning`,
  );
  if (log !== '') throw new Error(`esbuild warns:\n${log}`);
  return file;
};

const rollup = (format) => async (place) => {
  place.write(
    'rollup.config.mjs',
    `import commonjs from '@rollup/plugin-commonjs';
     import json from '@rollup/plugin-json';
     import resolve from '@rollup/plugin-node-resolve';
     const file = ${JSON.stringify(format === 'es' ? 'out.mjs' : 'out.cjs')};
     export default {
       input: 'server.mjs',
       output: { file, format: '${format}', inlineDynamicImports: true },
       plugins: [resolve({ preferBuiltins: true, exportConditions: ['node'] }), commonjs(), json()],
     };`,
  );
  await place.run('rollup -c rollup.config.mjs --silent');
  return format === 'es' ? 'out.mjs' : 'out.cjs';
};

async function webpack(place) {
  place.write(
    'webpack.config.cjs',
    "module.exports = { mode: 'production', target: 'node', entry: './server.mjs', output: { path: __dirname, filename: 'out.cjs' } };",
  );
  const log = await place.run('webpack --no-stats --config webpack.config.cjs');
  if (/WARNING|ERROR/.test(log)) throw new Error(log);
  return 'out.cjs';
}

export default [
  row('esbuild, ES modules', ['esbuild'], esbuild('esm'), true),
  row('esbuild, CommonJS', ['esbuild'], esbuild('cjs'), true),
  row('webpack 5', ['webpack@5', 'webpack-cli@6'], webpack),
  row(
    'rollup, ES modules',
    ['rollup@4', '@rollup/plugin-commonjs', '@rollup/plugin-node-resolve', '@rollup/plugin-json'],
    rollup('es'),
  ),
  row(
    'rollup, CommonJS',
    ['rollup@4', '@rollup/plugin-commonjs', '@rollup/plugin-node-resolve', '@rollup/plugin-json'],
    rollup('cjs'),
  ),
  {
    name: 'the server in the bundle of a page says so',
    area: 'bundlers',
    share: true,
    async run(place) {
      await place.link('carillon', 'esbuild');
      place.write('page.mjs', "import { Server } from 'carillon';\nnew Server();");
      await place.run('esbuild page.mjs --bundle --format=iife --outfile=page.js --log-level=error');
      place.write(
        'main.cjs',
        `const { readFileSync } = require('node:fs');
         const { runInNewContext } = require('node:vm');
         try {
           runInNewContext(readFileSync('page.js', 'utf8'), { console });
         } catch (error) {
           console.log(error.message);
         }`,
      );
      const output = await place.run('node main.cjs');
      if (!/part for servers.*carillon\/client/.test(output)) throw new Error(output);
    },
  },
];
