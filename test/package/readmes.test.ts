// The documents, followed from an empty folder with the package as `npm pack` makes it: what they tell to install is
// installed, what they show is saved under the name it has there, and their commands are run. Only the port is another.
// Those that need a browser are in test/browser/readmes.test.ts.
import type { Socket } from 'socket.io-client';
import { bounded } from '../support/compat/wait.js';
import { cleanUp, client, defer, knock } from '../support/fastify.js';
import { freePort } from '../support/next-project.js';
import { disconnect } from '../support/official-client.js';
import { type Program, Project } from '../support/project.js';
import { NEW_MANIFEST, Readme } from '../support/readme.js';

afterEach(cleanUp);

/** A folder in which the document was followed. */
async function follow(readme: Readme, extra: string[] = []): Promise<{ project: Project; port: number; url: string }> {
  const project = await Project.with([...readme.packages, ...extra]);
  defer(() => project.remove());
  const port = await freePort();
  project.write('package.json', NEW_MANIFEST);
  for (const command of readme.manifestCommands) await project.run(command);
  for (const { file, code } of readme.files) project.write(file, code.replaceAll('3000', String(port)));
  return { project, port, url: `http://localhost:${port}` };
}

/** Resolves when the program lets a client in, by each transport, that gets an answer to `hello`. */
async function saysHello(program: Program, port: number): Promise<void> {
  for (const transports of [['polling'], ['websocket']]) {
    const socket = await arrives(program, `http://127.0.0.1:${port}`, { transports });
    expect(await socket.timeout(60_000).emitWithAck('hello', 'world')).toBe('hello world');
    socket.io.reconnection(false);
    await disconnect(socket);
  }
}

/** A client that tries until the program listens. */
async function arrives(program: Program, url: string, options: object): Promise<Socket> {
  const socket = client(url, { reconnection: true, reconnectionDelay: 50, ...options });
  const connected = new Promise((resolve) => socket.once('connect', () => resolve('connected')));
  const failed = program.exited.then((code) => `ended with ${code}: ${program.output()}`);
  expect(await bounded(Promise.race([connected, failed]), 'the program to serve')).toBe('connected');
  return socket;
}

describe('README.md', () => {
  const readme = new Readme('README.md');

  it('ten lines: server and client', async () => {
    const { project, url } = await follow(readme);
    const server = project.start('node server.mjs');
    const other = await arrives(server, url, {});
    const heard = new Promise((resolve) => other.once('chat', resolve));
    // It prints what it got, and ends.
    expect(await project.run('node client.mjs')).toBe('received\n');
    expect(await bounded(heard, 'the greeting of the client')).toBe('hello');
    expect(server.output()).toBe('');
  });

  it('the events with types, and the report of listeners that fail', async () => {
    const { project } = await follow(readme, ['typescript', '@types/node']);
    const typed = readme.fragment('Ten lines', 'ts');
    const reported = readme.fragment('Moving over from Socket.IO', 'ts');
    project.write(
      'main.ts',
      `import { createServer } from 'node:http';
       import { Server } from 'carillon';
       import { io as connect } from 'carillon/client';
       const httpServer = createServer().listen(0);
       const log = { error: (entry: { error: unknown; event: unknown; id: unknown }) => {
         console.log('reported', (entry.error as Error).message, entry.event, typeof entry.id);
         void io.close();
       } };
       ${typed}
       ${reported}
       io.on('connection', (socket) => socket.on('chat', (text) => { throw new Error(text); }));
       const socket = connect('http://localhost:' + (httpServer.address() as { port: number }).port, { reconnection: false });
       socket.emit('chat', 'oh dear', () => {});`,
    );
    await project.run('npx tsc --module nodenext --target es2023 --types node --strict main.ts');
    expect(await project.run('node main.js')).toBe('reported oh dear chat string\n');
  });
});

it('docs/publish.md: a token that is not set is named as such', async () => {
  const { project } = await follow(new Readme('docs/publish.md'));
  const [server] = new Readme('docs/publish.md').blocks.filter(({ language }) => language === 'js');
  project.write('server.mjs', `import { Server } from 'carillon';\n${server!.code}`);
  await expect(project.run('node server.mjs', { PUBLISH_TOKEN: '' })).rejects.toThrow(
    /publishEndpoint\.token.*at least 16/,
  );
  await expect(project.run('unset PUBLISH_TOKEN; node server.mjs')).rejects.toThrow(
    /publishEndpoint\.token": got undefined.*environment variable that is not set, such as PUBLISH_TOKEN/,
  );
}, 180_000);

describe('docs/express-hono-http.md', () => {
  const readme = new Readme('docs/express-hono-http.md');

  it.each([
    ['Express 5', ['express']],
    ['Hono on Node', ['hono', '@hono/node-server']],
    ['Plain http', []],
  ])(
    '%s: runs, answers, and ends when asked to',
    async (heading, packages) => {
      const { project, port } = await follow(readme, packages);
      project.write('program.mjs', readme.fragment(heading, 'js').replaceAll('3000', String(port)));
      const program = project.start('exec node program.mjs');
      await saysHello(program, port);
      expect(await bounded(program.end(), 'the program to end')).toBe(0);
      expect(program.output()).toBe('');
    },
    180_000,
  );
});

describe('integrations/fastify/README.md', () => {
  const readme = new Readme('integrations/fastify/README.md');

  it('server and client', async () => {
    const { project, port } = await follow(readme);
    const server = project.start(readme.command('node server.mjs'));
    await bounded(server.printed(/Server listening/), 'the server to listen');
    expect(await project.run(readme.command('node client.mjs'))).toBe('hello world\n');
    await saysHello(server, port);
    // What the page of the document imports.
    const script = await fetch(
      `http://localhost:${port}${/'(\/socket\.io\/.+?)'/.exec(readme.fragment('carillon for Fastify', 'html'))![1]}`,
    );
    expect([script.status, await script.text()]).toEqual([200, expect.stringContaining('export{')]);
    expect(server.output()).not.toMatch(/"level":(40|50|60)/);
  });

  it('who may connect', async () => {
    const { project, port, url } = await follow(readme, ['@fastify/jwt']);
    project.write(
      'guarded.mjs',
      `import jwt from '@fastify/jwt';
       import carillon from 'carillon/fastify';
       import Fastify from 'fastify';
       const app = Fastify();
       await app.register(jwt, { secret: 'a secret of the test' });
       ${readme.fragment('Who may connect', 'js').replace('// the Fastify request', '\n  socket.emit("you", user.name, ip, typeof log.info);')}
       await app.listen({ port: ${port} });
       console.log(app.jwt.sign({ name: 'Ada' }));`,
    );
    const program = project.start('node guarded.mjs');
    const [token] = await bounded(program.printed(/\S+\.\S+\.\S+/), 'the token');
    expect(await knock(url)).toMatch(/^end: refused 401/);
    const socket = client(url, { extraHeaders: { authorization: `Bearer ${token}` } });
    const you = new Promise((resolve) => socket.once('you', (...all: unknown[]) => resolve(all)));
    expect(await bounded(you, 'the user')).toEqual(['Ada', expect.stringMatching(/127\.0\.0\.1|::1/), 'function']);
  });

  it('types', async () => {
    const { project } = await follow(readme, ['typescript', '@types/node']);
    project.write(
      'main.mts',
      `import carillon from 'carillon/fastify';
       import Fastify from 'fastify';
       ${readme.fragment('Types', 'ts')}
       const app = Fastify();
       await app.register(carillon);
       app.io.on('connection', (socket) => {
         socket.on('chat', (text) => app.io.emit('chat', text.trim()));
         const user: string = socket.data.user;
         // @ts-expect-error: no such event
         app.io.emit('chatt', user);
       });`,
    );
    await project.run(
      'npx tsc --noEmit --module nodenext --target es2023 --types node --strict --skipLibCheck main.mts',
    );
  });
});

describe('integrations/nestjs/README.md', () => {
  const readme = new Readme('integrations/nestjs/README.md');

  it('from an empty folder', async () => {
    const { project, port } = await follow(readme);
    await project.run(readme.command('npx tsc'));
    const server = project.start(readme.command('node dist/main.js'));
    await saysHello(server, port);
    expect(await project.run(readme.command('node client.mjs'))).toBe('hello world\n');
    expect(server.output()).not.toMatch(/WARN|ERROR/);
  });

  it('arguments, guards, rooms, emitting from anywhere, and the test it shows', async () => {
    const { project } = await follow(readme, ['@nestjs/testing']);
    const gatewayWith = (heading: string, decorators = '') =>
      `${decorators}@WebSocketGateway()\nexport class ${heading.replaceAll(' ', '')} {\n${readme.fragment(heading, 'ts')}\n}`;
    // Declared before they are used, as in files of their own.
    const [gateway, guard] = readme.fragment('Who may connect', 'ts').split(/\n(?=@Injectable)/) as [string, string];
    const [module, service] = readme.fragment('Emitting from anywhere', 'ts').split(/\n(?=@Injectable)/) as [
      string,
      string,
    ];
    const test = readme.fragment('Tests', 'ts');
    const body = test.replace(/^import .*\n/gm, '');
    const rooms = readme.fragment('Rooms', 'ts');
    project.write(
      'src/all.ts',
      `import { type CanActivate, type ExecutionContext, Injectable, Module } from '@nestjs/common';
       import { Test } from '@nestjs/testing';
       import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
       import type { Socket } from 'carillon';
       import { CarillonModule, CarillonService, EmitTo, EventArg, EventArgs, EventName, JoinRoom, Rooms, UseConnectionGuards } from 'carillon/nestjs';
       ${[...test.matchAll(/^import .*$/gm)].join('\n')}
       import { deepStrictEqual } from 'node:assert';
       const expect = (actual: unknown) => ({ toEqual: (wanted: unknown) => deepStrictEqual(actual, wanted) });
       type Square = string;
       class RoomDto { id!: number }
       class SayDto { id!: number; text!: string }
       class Order { id = 7; total = 12 }
       @Injectable() class UsersService { async find(name: string) { return name === 'alice' ? { name } : undefined; } }
       ${guard}
       ${gateway.replace('class ChatGateway {', `class ChatGateway {\n${rooms}`)}
       ${gatewayWith('Arguments').replace(') {}', ') { return [from, to, all, name]; }')}
       ${service}
       ${module.replace('providers: [ChatGateway]', 'providers: [ChatGateway, Arguments, OrdersService, UsersService, TokenGuard]')}
       ${body.replace(
         `await alice.emitWithAck('say'`,
         `await alice.emitWithAck('join', { id: 1 });
          deepStrictEqual(await alice.emitWithAck('move', 'a', 'b'), ['a', 'b', ['a', 'b'], 'move']);
          deepStrictEqual(await alice.emitWithAck('move', ['a', 'b']), [['a', 'b'], null, [['a', 'b']], 'move']);
          await server.connect('/', { auth: { token: 'mallory' } }).catch((error) => console.log('refused', error.message));
          const paid = server.next(alice, 'paid');
          module.get(CarillonService).in(alice.id!).socketsJoin('order:7');
          module.get(OrdersService).paid(new Order());
          deepStrictEqual(await paid, [12]);
          await alice.emitWithAck('say'`,
       )}
       console.log('the test passed');`,
    );
    await project.run('npx tsc');
    const output = await project.run('node dist/all.js');
    expect(output).toContain('refused Forbidden resource');
    expect(output).toContain('the test passed');
  });
});
