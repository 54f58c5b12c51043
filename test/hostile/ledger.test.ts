import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

interface Entry {
  measured: number;
  counted: number;
  bound: number;
}

/** What sits at a bound of docs/limits.md holds what the table says, measured: a bound in bytes means memory. */
test('4. bounds of what is kept for clients that are away', async () => {
  const script = fileURLToPath(new URL('support/ledger.mjs', import.meta.url));
  const env = { ...process.env, NODE_OPTIONS: '' };
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script], { env });
  const ledger: Record<string, Entry> = JSON.parse(stdout);
  const lines = Object.entries(ledger).map(
    ([name, { measured, counted }]) =>
      `  ${(measured / 1e6).toFixed(1).padStart(5)} MB measured, ${(counted / 1e6).toFixed(1).padStart(5)} MB counted  ${name}\n`,
  );
  process.stdout.write(lines.join(''));
  expect(lines.length).toBe(8);
  for (const [name, { measured, counted, bound }] of Object.entries(ledger)) {
    expect([name, counted > 0.85 * bound && counted <= bound]).toEqual([name, true]);
    expect([name, Math.abs(measured / counted - 1) < 0.2, measured / counted]).toEqual([name, true, expect.anything()]);
  }
});
