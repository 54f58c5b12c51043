// What is in the tarball of `npm pack`, as the tools of the field and the users' own programs see it.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { packed } from '../support/packed.mjs';
import { Project } from '../support/project.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tool = (name: string) => join(root, 'node_modules', '.bin', name);
const run = promisify(execFile);
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

let project: Project;

beforeAll(async () => {
  project = await Project.with([
    ...Object.keys(manifest.peerDependencies),
    'typescript',
    '@types/node',
    '@types/react',
  ]);
  project.write('package.json', '{ "type": "module" }');
});

afterAll(() => project.remove());

describe('the tools', () => {
  it('publint has nothing to say', async () => {
    const { tarball, clientTarball } = await packed();
    for (const [file, level] of [
      [tarball, 'suggestion'],
      // It suggests to leave out what bundlers of the time before `exports` look for.
      [clientTarball, 'warning'],
    ] as const) {
      const { stdout } = await run(tool('publint'), [file, '--strict', '--level', level]);
      expect(stdout).toContain('All good!');
    }
  });

  it('attw has nothing to say, for any module system', async () => {
    const { tarball, clientTarball } = await packed();
    const columns = ['node10', 'node16 (from CJS)', 'node16 (from ESM)', 'bundler'];
    for (const [file, count] of [
      [tarball, Object.keys(manifest.exports).length],
      [clientTarball, 4],
    ] as const) {
      // It fails when it finds a problem; what it prints shows that it looked at every entry.
      const { stdout } = await run(tool('attw'), [file, '--format', 'ascii', '--no-color', '--no-emoji']);
      for (const column of columns) {
        expect([column, stdout.split(`\n${column}: OK`).length - 1]).toEqual([column, count]);
      }
    }
  }, 180_000);
});

describe('carillon-client', () => {
  it('asks for all that its part for Node.js loads', async () => {
    const { modules } = await packed();
    const folder = join(modules, 'carillon-client');
    const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.cjs'));
    const code = files.map((file) => readFileSync(join(folder, file), 'utf8')).join('');
    const used = [...code.matchAll(/\brequire\("([\w@][^"]*)"\)/g)].map(([, name]) => name!);
    expect(used).toContain('cookie');
    expect(Object.keys(dependencies)).toEqual(expect.arrayContaining(used));
  });
});

describe('require()', () => {
  const evaluate = (code: string) => project.run(`node -e ${JSON.stringify(code)} --input-type=commonjs`);
  const entries = Object.keys(manifest.exports).filter((entry) => !entry.endsWith('.json'));

  it.each(entries)('of %s gives what import gives', async (entry) => {
    // Integrations exist twice, where their framework or a bundler has to take them apart.
    const isShared = !['./client/websocket-only', './nestjs', './next', './react'].includes(entry);
    const code = `
      const required = require('carillon${entry.slice(1)}');
      import('carillon${entry.slice(1)}').then((imported) => {
        const names = Object.keys(imported).filter((name) => name !== 'module.exports');
        const missing = names.filter((name) => !(name in required));
        const others = names.filter((name) => imported[name] !== required[name]);
        console.log(JSON.stringify({ count: names.length > 0, missing, shared: others.length === 0 }));
      });
    `;
    expect(JSON.parse(await evaluate(code.replaceAll('\n', ' ')))).toEqual({
      count: true,
      missing: [],
      shared: isShared,
    });
  });

  it('of carillon gives a function, as that of socket.io does', async () => {
    const code = `
      const carillon = require('carillon');
      const http = require('node:http').createServer();
      const io = carillon(http, { path: '/ws' });
      import('carillon').then(({ Server, Socket, Namespace, default: createServer }) => {
        const made = [io, new carillon(), createServer(), new (class extends carillon {})()];
        console.log(
          made.every((each) => each instanceof Server && each instanceof carillon),
          io.path(), carillon.Server === Server, carillon.Socket === Socket, carillon.Namespace === Namespace,
          carillon.default === carillon, createServer === carillon,
        );
      });
    `;
    expect((await evaluate(code.replaceAll('\n', ' '))).trim()).toBe('true /ws true true true true true');
  });

  it('of a file in dist gives the same', async () => {
    const code = `
      const { join } = require('node:path');
      const folder = join(require.resolve('carillon/package.json'), '..');
      console.log(require('carillon') === require(join(folder, 'dist/core/index.js')));
    `;
    expect((await evaluate(code.replaceAll('\n', ' '))).trim()).toBe('true');
  });

  it('of carillon/client and carillon/client/websocket-only gives a function', async () => {
    const code = `
      for (const name of ['carillon/client', 'carillon/client/websocket-only']) {
        const connect = require(name);
        const socket = connect('http://localhost:1', { autoConnect: false });
        console.log(socket instanceof connect.Socket, connect.io === connect, connect.default === connect, connect.protocol);
      }
    `;
    expect(await evaluate(code.replaceAll('\n', ' '))).toBe('true true true 5\n'.repeat(2));
  });

  it('of carillon/fastify gives the plugin itself', async () => {
    const code = `
      const plugin = require('carillon/fastify');
      const app = require('fastify')();
      app.register(plugin).ready(() => console.log(typeof plugin, typeof app.io.emit, plugin.carillon === plugin));
    `;
    expect((await evaluate(code.replaceAll('\n', ' '))).trim()).toBe('function function true');
  });
});

it('has these named exports', async () => {
  const entries = Object.keys(manifest.exports).filter((entry) => !entry.endsWith('.json'));
  const code = `
    const names = {};
    for (const entry of ${JSON.stringify(entries)}) names[entry] = Object.keys(await import('carillon' + entry.slice(1)));
    console.log(JSON.stringify(names));
  `;
  project.write('names.mjs', code);
  const names = JSON.parse(await project.run('node names.mjs'));
  // Of the integrations exactly these; the others have more, and there are others.
  expect(names).toMatchObject({
    '.': expect.arrayContaining(['Server', 'Namespace', 'Socket', 'RemoteSocket', 'Engine', 'OptionError']),
    './client': expect.arrayContaining(['io', 'connect', 'Manager', 'Socket', 'default']),
    './client/websocket-only': expect.arrayContaining(['io', 'Manager', 'Socket']),
    './fastify': ['RegistrationError', 'carillon', 'default', 'module.exports'],
    './nestjs': [
      'CarillonAdapter',
      'CarillonExceptionFilter',
      'CarillonModule',
      'CarillonService',
      'CarillonUsageError',
      'EmitTo',
      'EventArg',
      'EventArgs',
      'EventName',
      'JoinRoom',
      'LeaveRoom',
      'Rooms',
      'ToRoom',
      'UseConnectionGuards',
      'startTestServer',
    ],
    './next': ['attach', 'createServer', 'getIO', 'withCarillon'],
    './react': ['SocketProvider', 'createSocketHooks', 'useConnectionState', 'useEmit', 'useEvent', 'useSocket'],
  });
});

it('core and client need nothing that is not among the dependencies', async () => {
  const bare = await Project.with([]);
  try {
    const code =
      "await import('carillon'); await import('carillon/client'); await import('carillon/next'); console.log('fine')";
    bare.write('main.mjs', code);
    expect(await bare.run('node main.mjs')).toBe('fine\n');
  } finally {
    await bare.remove();
  }
});

it('stops no install: every framework is optional, in any version', () => {
  const names = Object.keys(manifest.peerDependencies);
  expect(manifest.peerDependencies).toEqual(Object.fromEntries(names.map((name) => [name, '*'])));
  expect(manifest.peerDependenciesMeta).toEqual(Object.fromEntries(names.map((name) => [name, { optional: true }])));
});

describe('types', () => {
  const program = `
    import type { FastifyInstance } from 'fastify';
    import { Server, type Socket } from 'carillon';
    import { io, type Socket as Client } from 'carillon/client';
    import { io as small } from 'carillon/client/websocket-only';
    import carillon, { carillon as named } from 'carillon/fastify';
    import { CarillonAdapter, CarillonService, JoinRoom } from 'carillon/nestjs';
    import { createServer, getIO, withCarillon } from 'carillon/next';
    import { SocketProvider, useEvent } from 'carillon/react';

    interface ListenEvents { chat: (text: string, ack: (answer: number) => void) => void }
    const server = new Server<ListenEvents>();
    server.on('connection', (socket: Socket<ListenEvents>) => {
      socket.on('chat', (text, ack) => ack(text.length));
      // @ts-expect-error: no such event
      socket.on('chatt', () => {});
    });
    const client: Client<ListenEvents, ListenEvents> = io('http://localhost');
    export const answer: Promise<number> = client.emitWithAck('chat', 'text');
    // @ts-expect-error: a text, not a number
    client.emit('chat', 1, () => {});

    export async function start(app: FastifyInstance): Promise<void> {
      await app.register(carillon, { path: '/ws' });
      await app.register(named);
      // @ts-expect-error: no such option
      await app.register(carillon, { paht: '/ws' });
      app.io.emit('anything');
      getIO<ListenEvents>().timeout(1000).emit('chat', 'text', (error, answers: number[]) => console.log(error, answers));
      (await createServer({ io: { path: '/ws' } })).io.emit('anything');
    }
    export { CarillonAdapter, CarillonService, JoinRoom, SocketProvider, small, useEvent, withCarillon };
  `;
  const common = { target: 'es2023', lib: ['es2023', 'dom'], types: ['node'], strict: true, noEmit: true };

  async function compile(name: string, source: string, options: object): Promise<string> {
    project.write(`${name}/main.ts`, source);
    project.write(`${name}/tsconfig.json`, JSON.stringify({ compilerOptions: { ...common, ...options } }));
    return project.run(`npx tsc -p ${name}`);
  }

  it.each([
    ['nodenext', { module: 'nodenext' }],
    ['bundler', { module: 'esnext', moduleResolution: 'bundler' }],
  ])('resolve under %s', async (name, options) => {
    // Declarations of frameworks are not ours to check.
    expect(await compile(name, program, { ...options, skipLibCheck: true })).toBe('');
  });

  it('of core and client have no error themselves', async () => {
    const source =
      "export * from 'carillon'; export { io } from 'carillon/client'; export type {} from 'carillon/client/websocket-only';";
    expect(await compile('libraries', source, { module: 'nodenext', skipLibCheck: false })).toBe('');
  });
});
