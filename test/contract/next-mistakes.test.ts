import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

it('refuses options of carillon that cannot work, and registers nothing', async () => {
  await expect(attach({ pingInterval: -1 })).rejects.toThrow('pingInterval');
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
