import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** `npm run load` with a smaller share of its clients: what it counts must be exact; what it times is for the long run. */
function load(...words: string[]): Promise<{ code: number | null; output: string }> {
  const script = fileURLToPath(new URL('../load/run.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, '--dry', '--seconds', '3', ...words], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })));
}

test('a room of 750, and 250 clients that all come back at once: nobody is lost, nothing is missed', async () => {
  const { code, output } = await load('--share', '0.05', 'connections', 'reconnection');
  expect(output).toMatch(/^ok {3}Connections: 750$/m);
  expect(output).toMatch(/^ok {3}Lost connections: 0$/m);
  expect(output).toMatch(/^ok {3}Back: 250$/m);
  expect(output).not.toMatch(/FAIL/);
  expect(code).toBe(0);
}, 600_000);

test('22. one of a thousand does not read while 300 MB are sent to it: the others get every message', async () => {
  const { code, output } = await load('deaf');
  expect(output).toMatch(/^ok {3}Sent to a client that does not read: 1 times 300 MB$/m);
  const [, delivered, sent] = /^ok {3}Broadcasts meanwhile: ([\d,]+) of ([\d,]+) delivered$/m.exec(output) ?? [output];
  expect(delivered).toBe(sent);
  expect(output).toMatch(/^ok {3}Memory at its highest/m);
  expect(output).toMatch(/^ok {3}Lost connections of others: 0$/m);
  expect(output).not.toMatch(/FAIL/);
  expect(code).toBe(0);
}, 600_000);
