// The programs in the documents, run as they stand there: only the port is another.
import { spawn } from 'node:child_process';
import { once as onceEvent } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { bounded } from '../support/compat/wait.js';
import { cleanUp, client, defer } from '../support/fastify.js';
import { disconnect } from '../support/official-client.js';

afterEach(cleanUp);

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The JavaScript below a heading, up to the next one; `''` for what comes before the first. */
function program(file: string, heading: string): string {
  const text = readFileSync(root + file, 'utf8');
  const section = text.split(/^## /m).find((each, index) => (heading === '' ? index === 0 : each.startsWith(heading)));
  const code = /^```js\n([\s\S]*?)^```/m.exec(section ?? '')?.[1];
  if (code === undefined || !code.includes('3000')) throw new Error(`no program below "${heading}" in ${file}`);
  return code;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await onceEvent(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await onceEvent(server, 'close');
  return port;
}

it.each([
  ['docs/express-hono-http.md', 'Express 5'],
  ['docs/express-hono-http.md', 'Hono on Node'],
  ['docs/express-hono-http.md', 'Plain http'],
  ['integrations/fastify/README.md', ''],
])('%s, %s: runs, answers, and ends when asked to', async (file, heading) => {
  const port = await freePort();
  const code = program(file, heading).replaceAll('3000', String(port));
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const exited = onceEvent(child, 'exit');
  defer(() => child.kill('SIGKILL'));
  for (const transports of [['polling'], ['websocket']]) {
    const socket = client(`http://127.0.0.1:${port}`, { transports, reconnection: true, reconnectionDelay: 50 });
    const connected = new Promise((resolve) => socket.once('connect', () => resolve('connected')));
    const failed = exited.then(() => `ended: ${errors}`);
    expect(await bounded(Promise.race([connected, failed]), 'the program to serve', 10_000)).toBe('connected');
    expect(await socket.timeout(2000).emitWithAck('hello', 'world')).toBe('hello world');
    socket.io.reconnection(false);
    await disconnect(socket);
  }
  child.kill('SIGTERM');
  // A program without a handler for the signal is ended by the signal itself.
  expect(await bounded(exited, 'the program to end')).toEqual(code.includes('SIGTERM') ? [0, null] : [null, 'SIGTERM']);
  expect(errors).toBe('');
});
