// CommonJS as it comes: plain scripts, Jest without configuration, ts-jest, and TypeScript compiled to CommonJS.

/** Everything a CommonJS program does at its start, as with Socket.IO. */
const COMMONJS = `
const http = require('node:http');
const { once } = require('node:events');
const carillon = require('carillon');
const connect = require('carillon/client');

async function roundTrip() {
  const server = http.createServer();
  const io = carillon(server, { path: '/ws' });
  io.on('connection', (socket) => socket.on('hello', (name, ack) => ack('hello ' + name)));
  server.listen(0);
  await once(server, 'listening');
  const socket = connect('http://localhost:' + server.address().port, { path: '/ws', forceNew: true });
  const answer = await socket.emitWithAck('hello', 'world');
  socket.close();
  await io.close();
  return { answer, isServer: io instanceof carillon.Server };
}
module.exports = { roundTrip };
`;

const JEST = `
const { roundTrip } = require('./program.cjs');
test('carillon works in a test', async () => {
  expect(await roundTrip()).toEqual({ answer: 'hello world', isServer: true });
});
test.each(['redis', 'emitter', 'client/websocket-only'])('carillon/%s can be required', (name) => {
  expect(Object.keys(require('carillon/' + name)).length).toBeGreaterThan(0);
});
`;

const TYPESCRIPT = `
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import makeServer, { Server } from 'carillon';
import { io as connect } from 'carillon/client';

export async function roundTrip(): Promise<string> {
  const http = createServer();
  const io = new Server(http);
  if (!(makeServer() instanceof Server)) throw new Error('not a Server');
  io.on('connection', (socket) => socket.on('hello', (name: string, ack: (answer: string) => void) => ack('hello ' + name)));
  http.listen(0);
  await once(http, 'listening');
  const socket = connect('http://localhost:' + (http.address() as AddressInfo).port);
  const answer: string = await socket.emitWithAck('hello', 'world');
  socket.close();
  await io.close();
  return answer;
}
`;

const compilerOptions = {
  target: 'es2022',
  module: 'commonjs',
  moduleResolution: 'node10',
  esModuleInterop: true,
  strict: true,
  skipLibCheck: true,
  types: ['node', 'jest'],
};

async function jestIn(place) {
  place.write('package.json', { private: true });
  place.write('program.cjs', COMMONJS);
  place.write('carillon.test.js', JEST);
  await place.run('jest --ci --watchman=false');
}

const jestRow = (version) => ({
  name: `Jest ${version}, CommonJS as it comes`,
  area: 'modules',
  async run(place) {
    await place.install('carillon', `jest@${version}`);
    await jestIn(place);
  },
});

const tsJestRow = (version, typescript) => ({
  name: `ts-jest ${version}, TypeScript ${typescript}`,
  area: 'modules',
  async run(place) {
    await place.install(
      'carillon',
      `jest@${version}`,
      `ts-jest@${version}`,
      `typescript@${typescript}`,
      `@types/jest@${version}`,
      '@types/node@22',
    );
    place.write('tsconfig.json', { compilerOptions });
    place.write('jest.config.js', "module.exports = { preset: 'ts-jest', testEnvironment: 'node' };");
    place.write('program.ts', TYPESCRIPT);
    place.write(
      'program.test.ts',
      "import { roundTrip } from './program';\ntest('works', async () => expect(await roundTrip()).toBe('hello world'));",
    );
    await place.run('jest --ci --watchman=false');
  },
});

export default [
  {
    name: 'Jest of this project, CommonJS as it comes',
    area: 'modules',
    share: true,
    async run(place) {
      await place.link('carillon', 'jest');
      await jestIn(place);
    },
  },
  jestRow('29'),
  jestRow('30'),
  tsJestRow('29', '5.4'),
  {
    name: 'require() where Node.js cannot load ES modules by it, as in older versions of it and in Electron',
    area: 'modules',
    share: true,
    async run(place) {
      await place.link('carillon');
      place.write('program.cjs', COMMONJS);
      const code = "require('./program.cjs').roundTrip().then((each) => console.log(JSON.stringify(each)))";
      const output = await place.run(`node --no-experimental-require-module -e "${code}"`);
      if (output !== '{"answer":"hello world","isServer":true}\n') throw new Error(output);
    },
  },
  {
    name: 'TypeScript compiled to CommonJS',
    area: 'modules',
    async run(place) {
      await place.install('carillon', 'typescript@5.4', '@types/node@22');
      place.write('tsconfig.json', {
        compilerOptions: { ...compilerOptions, types: ['node'] },
        include: ['program.ts'],
      });
      place.write('program.ts', `${TYPESCRIPT}\nvoid roundTrip().then((answer) => console.log(answer));`);
      await place.run('tsc -p .');
      const output = await place.run('node program.js');
      if (output !== 'hello world\n') throw new Error(output);
    },
  },
];
