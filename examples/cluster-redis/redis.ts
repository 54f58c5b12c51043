import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Where Redis is, and how to be done with it. */
export interface RedisPlace {
  url: string;
  stop(): Promise<void>;
}

/** The Redis of `REDIS_URL`; without, one of our own: on a free port, in memory, gone with the example. */
export async function findRedis(): Promise<RedisPlace> {
  if (process.env.REDIS_URL) return { url: process.env.REDIS_URL, stop: async () => {} };
  const program = process.env.REDIS_SERVER ?? 'redis-server';
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'carillon-redis-'));
  const server = spawn(program, ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(server, 'exit').catch(() => {
    throw new Error(
      `There is no ${program} here: install Redis 7 (Debian: apt-get install redis-server), or set REDIS_URL.`,
    );
  });
  const ready = (async () => {
    for await (const line of createInterface(server.stdout!)) if (line.includes('Ready to accept connections')) return;
  })();
  await Promise.race([ready, exited.then(([code]) => Promise.reject(new Error(`${program} ended with ${code}.`)))]);
  server.stdout!.resume();
  return {
    url: `redis://127.0.0.1:${port}`,
    stop: async () => {
      server.kill('SIGTERM');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
