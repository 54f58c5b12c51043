import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const programs = join(root, 'test/types/programs');
const OURS = `'../../../core/index.js'`;

const compilerOptions = {
  target: 'es2023',
  lib: ['es2023', 'dom'],
  module: 'nodenext',
  types: ['node'],
  strict: true,
  noEmit: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: false,
  skipLibCheck: true,
};

/** Compiles all programs, with another import in place of ours; returns what the compiler says. */
async function compile(specifier: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-types-'));
  try {
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    for (const name of await readdir(programs)) {
      const source = await readFile(join(programs, name), 'utf8');
      expect(source).toContain(OURS);
      await writeFile(join(folder, name), source.replace(OURS, `'${specifier}'`));
    }
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder],
      { cwd: folder },
    ).catch((error: { stdout: string }) => error);
    return stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

// What is marked with @ts-expect-error must be refused, everything else accepted: the compiler checks both.
test.each([
  ['carillon', join(root, 'core/index.js')],
  ['socket.io', 'socket.io'],
])('the programs compile against %s', async (_name, specifier) => {
  expect(await compile(specifier)).toBe('');
});
