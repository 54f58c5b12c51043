import { execFile } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { providePostgres } from './postgres-path.mjs';
import { onFreePorts, ServerProcess } from './server-process.js';

/** A PostgreSQL server of the test's own. It ends with the test process, however that ends. */
export interface PostgresServer {
  readonly port: number;
  /** `postgres://postgres@127.0.0.1:port/postgres`, no password. */
  readonly url: string;
  /** As a crash; resolves when it is gone. */
  kill(): Promise<void>;
  /** `kill()`, if it runs, and up again on the same port with its data. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Makes a database (about a second) and serves it on a port and in a folder of its own. */
export async function startPostgres(): Promise<PostgresServer> {
  const { bin, env, user } = await providePostgres();
  const folder = mkdtempSync(join(tmpdir(), 'carillon-postgres-'));
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid!);
  const data = join(folder, 'data');
  try {
    await promisify(execFile)(
      join(bin, 'initdb'),
      ['-D', data, '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C', '--no-sync'],
      { env: { ...process.env, ...env }, ...user, cwd: folder },
    );
    return await onFreePorts(1, async ([port]) => {
      const settings = {
        listen_addresses: '127.0.0.1',
        port: String(port),
        unix_socket_directories: '',
        fsync: 'off',
        full_page_writes: 'off',
        jit: 'off',
        log_timezone: 'GMT',
        timezone: 'GMT',
      };
      const server = new ServerProcess({
        command: join(bin, 'postgres'),
        args: ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
        env,
        user,
        folder,
        ready: /ready to accept connections/,
        killSignal: 'QUIT',
      });
      await server.start();
      return {
        port: port!,
        url: `postgres://postgres@127.0.0.1:${port}/postgres`,
        kill: () => server.kill(),
        async restart() {
          await server.kill();
          await server.start();
        },
        stop: () => server.stop(),
      };
    });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}
