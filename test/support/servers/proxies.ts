import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { generate } from 'selfsigned';
import { type ProxyName, provideProxy } from './proxy-path.mjs';
import { onFreePorts, ServerProcess } from './server-process.js';

/** A reverse proxy of the test's own, on a port of 127.0.0.1. It ends with the test process, however that ends. */
export interface ReverseProxy {
  readonly port: number;
  stop(): Promise<void>;
}

interface Paths {
  port: number;
  folder: string;
  certificate: string;
  key: string;
}

/** What a configuration of nginx for a real machine, a part of its http block, needs to run in a folder of its own. */
function nginxConfig(part: string, { port, folder, certificate, key }: Paths): string {
  const adapted = part
    .replace(/listen 443 ssl;/g, `listen 127.0.0.1:${port} ssl;`)
    .replace(/ssl_certificate [^;]+;/g, `ssl_certificate ${certificate};`)
    .replace(/ssl_certificate_key [^;]+;/g, `ssl_certificate_key ${key};`);
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  // One process, so that nothing is left behind when it is killed.
  return `daemon off; master_process off; pid ${join(folder, 'pid')}; error_log stderr;
events { worker_connections 256; }
http { access_log off; ${folders.join(' ')}\n${adapted}\n}`;
}

function haproxyConfig(text: string, { port, certificate }: Paths): string {
  return text.replace(/bind :443 ssl crt \S+/g, `bind 127.0.0.1:${port} ssl crt ${certificate}`);
}

/**
 * Starts nginx or HAProxy with TLS, and a certificate that nobody has signed.
 *
 * @param config as it would stand on a real machine (docs/proxies); the upstream at 127.0.0.1:3000 becomes `upstream`.
 */
export async function startProxy(name: ProxyName, config: string, upstream: number): Promise<ReverseProxy> {
  const { path, env } = await provideProxy(name);
  const pems = await generate([{ name: 'commonName', value: 'chat.example.org' }], { keySize: 2048 });
  return onFreePorts(1, async ([port]) => {
    const folder = mkdtempSync(join(tmpdir(), `carillon-${name}-`));
    const paths = { port: port!, folder, certificate: join(folder, 'chat.pem'), key: join(folder, 'chat.key') };
    // HAProxy wants the key in the same file.
    writeFileSync(paths.certificate, `${pems.cert}\n${pems.private}`);
    writeFileSync(paths.key, pems.private);
    const local = config.replaceAll('127.0.0.1:3000', `127.0.0.1:${upstream}`);
    const file = join(folder, 'proxy.conf');
    writeFileSync(file, `${name === 'nginx' ? nginxConfig(local, paths) : haproxyConfig(local, paths)}\n`);
    const args = name === 'nginx' ? ['-p', folder, '-c', file, '-e', 'stderr'] : ['-db', '-f', file];
    const server = new ServerProcess({
      command: 'sh',
      args: ['-c', 'echo starting; exec "$0" "$@"', path, ...args],
      env,
      folder,
      ready: /^starting$/,
      killSignal: 'KILL',
    });
    try {
      await server.start();
      await accepts(port!, server);
    } catch (error) {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
    return { port: port!, stop: () => server.stop() };
  });
}

/** Resolves when something listens on the port. */
async function accepts(port: number, server: ServerProcess): Promise<void> {
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const probe = connect(port, '127.0.0.1');
      probe.once('connect', () => resolve(true)).once('error', () => resolve(false));
      probe.once('connect', () => probe.destroy());
    });
    if (isOpen) return;
    if (!server.isRunning) throw new Error(`it ended:\n${server.log}`);
    await delay(20);
  }
}
