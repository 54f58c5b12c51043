import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Programs for the server and for the client, and how they import it. */
const SERVER = { folder: join(root, 'test/types/programs'), ours: `'../../../core/index.js'` };
const CLIENT = { folder: join(root, 'test/types/client-programs'), ours: `'../../../core/client/index.js'` };

const OWN = { ...CLIENT, folder: join(root, 'test/types/own-programs') };
const REACT = {
  folder: join(root, 'test/types/react-programs'),
  ours: `'../../../integrations/react/index.js'`,
};

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

/** Compiles programs, with another import in place of ours; returns what the compiler says. */
async function compile(programs: typeof SERVER, specifier: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-types-'));
  try {
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    for (const name of await readdir(programs.folder)) {
      const source = await readFile(join(programs.folder, name), 'utf8');
      expect(source).toContain(programs.ours);
      await writeFile(join(folder, name), source.replace(programs.ours, `'${specifier}'`));
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
  ['carillon', SERVER, join(root, 'core/index.js')],
  ['socket.io', SERVER, 'socket.io'],
  ['carillon/client', CLIENT, join(root, 'core/client/index.js')],
  ['carillon/client, beyond Socket.IO', OWN, join(root, 'core/client/index.js')],
  ['carillon/react', REACT, join(root, 'integrations/react/index.js')],
  ['socket.io-client', CLIENT, 'socket.io-client'],
])('the programs compile against %s', async (_name, programs, specifier) => {
  expect(await compile(programs, specifier)).toBe('');
});
