import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { startPostgres, startRedis } from '../support/servers/index.js';
import { command } from '../support/servers/redis.js';
import { provideRedis } from '../support/servers/redis-path.mjs';
import { freePort } from '../support/servers/server-process.js';

// What the other tests here stand on: servers that can be killed, paused and started again, and that never outlive a test.

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Resolves when the other side closes the connection. */
function untilClosed(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.on('error', () => {}).on('close', () => resolve());
    socket.resume();
  });
}

test('Redis is killed, started again and keeps its data', async () => {
  const redis = await startRedis({ persistent: true });
  await command(redis.port, 'set a 1');
  const { pid } = redis;
  await redis.kill();
  expect(isAlive(pid)).toBe(false);
  await redis.restart();
  expect(redis.pid).not.toBe(pid);
  expect(await command(redis.port, 'get a')).toBe('$1\r\n1\r\n');
  await redis.stop();
  expect(isAlive(redis.pid)).toBe(false);
});

test('Redis is paused: it answers when it goes on', async () => {
  const redis = await startRedis();
  const paused = connect(redis.port, '127.0.0.1');
  await once(paused, 'connect');
  redis.pause();
  let answered = false;
  const answer = once(paused, 'data').then(() => {
    answered = true;
  });
  paused.write('ping\r\n');
  await expect(command((await startAndStop()).port, 'ping')).rejects.toThrow(); // a whole server's life later
  expect(answered).toBe(false);
  redis.resume();
  await answer;
  paused.destroy();
  await redis.stop();
});

async function startAndStop() {
  const other = await startRedis();
  await other.stop();
  return other;
}

test('a Redis cluster of three serves all slots', async () => {
  const redis = await startRedis({ cluster: 3 });
  for (const { port } of redis.nodes) {
    expect(await command(port, 'cluster info')).toMatch(/cluster_state:ok\r\ncluster_slots_assigned:16384/);
  }
  await redis.stop();
});

test('PostgreSQL is killed, started again and keeps its data', async () => {
  const postgres = await startPostgres();
  const before = new Client({ connectionString: postgres.url });
  before.on('error', () => {});
  await before.connect();
  await before.query('CREATE TABLE kept (value int)');
  await postgres.restart();
  const after = new Client({ connectionString: postgres.url });
  await after.connect();
  expect((await after.query('SELECT count(*)::int AS count FROM kept')).rows).toEqual([{ count: 0 }]);
  await after.end();
  await postgres.stop();
});

test('a server ends with the process that started it, even if that is killed', async () => {
  const { path, env } = await provideRedis();
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'carillon-keeper-'));
  const keeper = fileURLToPath(new URL('../support/servers/keeper.sh', import.meta.url));
  const args = [keeper, folder, 'KILL', path, '--port', String(port), '--bind', '127.0.0.1', '--save', ''];
  // Another process starts it: this one cannot be killed to see what happens.
  const script = `
    const options = { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] };
    require('node:child_process').spawn('sh', ${JSON.stringify(args)}, options);`;
  const owner = spawn(process.execPath, ['-e', script], { env: { ...process.env, ...env, NODE_OPTIONS: '' } });
  for await (const line of createInterface({ input: owner.stdout })) if (/Ready to accept/.test(line)) break;
  expect(await command(port, 'ping')).toBe('+PONG\r\n');
  const gone = untilClosed(port);
  owner.kill('SIGKILL');
  await gone;
  owner.stdout.resume();
  await once(owner, 'close'); // when the last process that held its output is gone
  expect(existsSync(folder)).toBe(false);
});
