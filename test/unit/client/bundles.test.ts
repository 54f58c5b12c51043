import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'carillon-bundles-'));
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

beforeAll(() => {
  execFileSync(process.execPath, [join(root, 'core/client/bundle.mjs'), folder]);
});

afterAll(() => rmSync(folder, { recursive: true }));

/** What an application gets that imports one name from an entry. */
function shake(entry: string, name: string): string {
  const from = JSON.stringify(join(root, 'core/client', entry));
  const options = ['--bundle', '--minify', '--format=esm', '--platform=browser', '--loader=ts', '--target=es2022'];
  return execFileSync(join(root, 'node_modules/.bin/esbuild'), options, {
    input: `export { ${name} } from ${from};`,
    cwd: root,
    encoding: 'utf8',
  });
}

describe('the browser bundles', () => {
  test.each([
    ['socket.io.min.js', 11_000],
    ['socket.io.esm.min.js', 11_000],
    ['socket.io.websocket.esm.min.js', 8192],
  ])('%s is at most %i bytes, gzipped', (name, limit) => {
    const code = read(name);
    const size = gzipSync(code, { level: 9 }).length;
    process.stdout.write(`${name}: ${code.length} bytes minified, ${size} gzipped (at most ${limit})\n`);
    expect(size).toBeLessThanOrEqual(limit);
  });

  test.each(['socket.io.js', 'socket.io.min.js', 'socket.io.esm.min.js', 'socket.io.websocket.esm.min.js'])(
    '%s has a source map that leads to the source',
    (name) => {
      const code = read(name);
      expect(code).toContain(`\n//# sourceMappingURL=${name}.map\n`);
      const map = new SourceMap(JSON.parse(read(`${name}.map`)));
      const before = code.slice(0, code.indexOf('is a reserved event name')).split('\n');
      const entry = map.findEntry(before.length - 1, before.at(-1)!.length) as { originalSource: string };
      expect(entry.originalSource).toMatch(/core\/client\/socket\.ts$/);
    },
  );

  test('nothing of Node.js is in them', () => {
    for (const name of ['socket.io.js', 'socket.io.msgpack.min.js', 'socket.io.websocket.esm.min.js']) {
      expect(read(name)).not.toMatch(/node:|\brequire\(|process\./);
    }
  });

  test('what is not imported is not there', () => {
    expect(shake('index.ts', 'TransportError').length).toBeLessThan(300);
    expect(shake('index.ts', 'protocol').length).toBeLessThan(100);
    expect(shake('websocket-only.ts', 'io')).not.toContain('fetch');
    expect(shake('index.ts', 'Manager').length).toBeLessThan(shake('index.ts', 'io').length);
  });
});
