// Declarations, checked with every kind of module, from the first TypeScript to the newest, without skipLibCheck.

const PROGRAM = `
import createServer, { Server, type Socket, OptionError, type ServerOptions } from 'carillon';
import { io, type Socket as Client } from 'carillon/client';
import { io as small } from 'carillon/client/websocket-only';
import { Emitter } from 'carillon/emitter';
import { createAdapter } from 'carillon/redis';

interface ListenEvents { chat: (text: string, ack: (answer: number) => void) => void }
const options: ServerOptions = { path: '/ws' };
const server = new Server<ListenEvents>(options);
server.on('connection', (socket: Socket<ListenEvents>) => {
  socket.on('chat', (text, ack) => ack(text.length));
  // @ts-expect-error: no such event
  socket.on('chatt', () => {});
});
const made: Server = createServer(3000, options);
const client: Client<ListenEvents, ListenEvents> = io('http://localhost');
export const answer: Promise<number> = client.emitWithAck('chat', 'text');
// @ts-expect-error: a text, not a number
client.emit('chat', 1, () => {});
export { OptionError, Emitter, createAdapter, made, small };
`;

const KINDS = {
  'commonjs, node10': { module: 'commonjs', moduleResolution: 'node10', esModuleInterop: true },
  'commonjs, node10, no interop': { module: 'commonjs', moduleResolution: 'node10', esModuleInterop: false },
  node16: { module: 'node16' },
  node18: { module: 'node18' },
  node20: { module: 'node20' },
  nodenext: { module: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
};

/** Kinds of module that a version knows; `node10` is gone since 7. */
function kindsOf(major, minor) {
  return Object.keys(KINDS).filter((kind) => {
    if (kind.includes('node10')) return major < 7;
    if (kind === 'node18') return major > 5 || minor >= 8;
    if (kind === 'node20') return major > 5 || minor >= 9;
    return true;
  });
}

/** Checks the program as a CommonJS and as an ES module. */
async function check(place, compiler, kinds, skipLibCheck = false) {
  for (const type of ['commonjs', 'module']) {
    place.write(`${type}/package.json`, { type });
    place.write(`${type}/main.ts`, PROGRAM);
    for (const kind of kinds) {
      const file = `${type}/tsconfig.${kind.replaceAll(/\W+/g, '-')}.json`;
      const compilerOptions = {
        ...KINDS[kind],
        target: 'es2022',
        lib: ['es2023', 'dom'],
        types: ['node'],
        strict: true,
        noEmit: true,
        skipLibCheck,
        ...(compiler.major === 6 && { ignoreDeprecations: '6.0' }),
      };
      place.write(file, { compilerOptions, include: ['main.ts'] });
      await place.run(`node node_modules/${compiler.name}/bin/tsc -p ${file}`);
    }
  }
}

const compilerRow = (range, [major, minor], types) => ({
  name: `TypeScript ${range}`,
  area: 'types',
  async run(place) {
    await place.install('carillon', `typescript@${range}`, `@types/node@${types}`);
    const kinds = kindsOf(major, minor);
    await check(place, { name: 'typescript', major }, kinds);
    return { note: `\`module\`: ${kinds.join('; ')}` };
  },
});

const nodeTypesRow = (version) => ({
  name: `@types/node ${version}, without skipLibCheck`,
  area: 'types',
  async run(place) {
    await place.install('carillon', 'typescript@7', `@types/node@${version}`);
    await check(place, { name: 'typescript', major: 7 }, ['nodenext', 'bundler']);
  },
});

export default [
  compilerRow('5.0', [5, 0], '20'),
  compilerRow('5.4', [5, 4], '22'),
  compilerRow('5.9', [5, 9], '24'),
  compilerRow('6.0', [6, 0], '24'),
  compilerRow('7.0', [7, 0], '26'),
  ...[18, 20, 22, 24, 26].map(nodeTypesRow),
  {
    name: 'the oldest and the newest TypeScript of this project',
    area: 'types',
    share: true,
    async run(place) {
      await place.link('carillon', 'typescript', 'typescript-5.4', '@types/node');
      // It does not know what the newest declarations of Node.js are written in.
      await check(place, { name: 'typescript-5.4', major: 5 }, ['commonjs, node10'], true);
      await check(place, { name: 'typescript', major: 7 }, ['node16', 'bundler']);
    },
  },
];
