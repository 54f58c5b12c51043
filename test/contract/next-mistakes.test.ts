import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { attach, createServer, getIO } from '../../integrations/next/index.js';

const empty = mkdtempSync(join(tmpdir(), 'carillon-empty-'));
afterAll(() => rmSync(empty, { recursive: true }));

it('refuses an option of carillon among those of Next, and says where it goes', async () => {
  await expect(createServer({ path: '/api/ws' } as never)).rejects.toThrow(
    'createServer() of carillon/next has no option "path". Those of carillon go into `io`: { io: { path: … } }',
  );
});

it('refuses a port that is none', async () => {
  await expect(createServer({ port: 70_000 })).rejects.toThrow('invalid option "port": got 70000');
});

it('says where Next is missing, and leaves a given server as it was', async () => {
  const httpServer = createHttpServer();
  await expect(createServer({ dir: empty, httpServer })).rejects.toThrow(`Next.js is not installed in ${empty}`);
  expect(httpServer.listenerCount('upgrade')).toBe(0);
  expect(() => getIO()).toThrow('no server');
});

it('refuses two copies of Next in one process, and names both', async () => {
  const file = ['node_modules', 'next', 'dist', 'server', 'next.js'];
  for (const folder of ['first', 'second']) {
    const copy = join(empty, folder, ...file);
    mkdirSync(dirname(copy), { recursive: true });
    writeFileSync(copy, 'module.exports = () => ({});');
    writeFileSync(join(empty, folder, 'node_modules/next/package.json'), '{ "main": "dist/server/next.js" }');
  }
  const built = new URL('../../dist/integrations/next/index.js', import.meta.url);
  // In a process of its own, with Node's own cache of modules.
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    `await import(${JSON.stringify(pathToFileURL(join(empty, 'first', ...file)).href)});
     const { createServer } = await import(${JSON.stringify(built.href)});
     await createServer({ dir: ${JSON.stringify(join(empty, 'second'))} }).catch((error) => console.log(error.message));
     // The same copy is none.
     await createServer({ dir: ${JSON.stringify(join(empty, 'first'))} }).then(() => console.log('fine'));
     process.exit();`,
  ]);
  const [first, second] = ['first', 'second'].map((folder) => join(realpathSync(empty), folder, ...file));
  expect(stdout).toContain(`two copies of Next.js in one process: ${first} is loaded already`);
  expect(stdout).toContain(`has ${second}. Keep one (see \`npm ls next\`)`);
  expect(stdout).toMatch(/fine$/m);
});

it('refuses options of carillon that cannot work, and registers nothing', async () => {
  await expect(attach({ pingInterval: -1 })).rejects.toThrow('pingInterval');
  await expect(attach({ pingIntervall: 1 } as never)).rejects.toThrow('did you mean "pingInterval"?');
  await expect(createServer({ io: { paht: '/ws' } as never })).rejects.toThrow('did you mean "io.path"?');
  expect(() => getIO()).toThrow('no server');
});

it('refuses the edge runtime', async () => {
  process.env.NEXT_RUNTIME = 'edge';
  try {
    await expect(attach()).rejects.toThrow("call it inside `if (process.env.NEXT_RUNTIME === 'nodejs') { … }`");
  } finally {
    delete process.env.NEXT_RUNTIME;
  }
});

it('attaches once, and again after it was closed, leaving no listener for signals', async () => {
  const signals = process.listenerCount('SIGTERM');
  const io = await attach();
  await expect(attach()).rejects.toThrow('Call it once, and use getIO() everywhere else');
  expect(getIO()).toBe(io);
  await io.close();
  const second = await attach();
  expect(getIO()).toBe(second);
  await second.close();
  expect(process.listenerCount('SIGTERM')).toBe(signals);
});
