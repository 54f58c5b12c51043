// `npm run test:next-lowest`: the suites of Next.js with the lowest version that `peerDependencies` allow, from the registry.
//
// It is not part of `npm test`: a second Next is 280 MB, which everybody would download with every `npm ci`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'carillon-next-lowest-'));

function run(cwd, command, args, env = {}) {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit', env: { ...process.env, ...env } });
  return status ?? 1;
}

try {
  writeFileSync(join(folder, 'package.json'), '{}');
  const versions = ['next@15.1.0', 'react@18.2.0', 'react-dom@18.2.0'];
  process.exitCode =
    run(folder, 'npm', ['install', '--no-audit', '--no-fund', ...versions]) ||
    run(root, join(root, 'node_modules', '.bin', 'jest'), ['--selectProjects=contract', '--maxWorkers=1', 'next'], {
      CARILLON_NEXT: join(folder, 'node_modules'),
      NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
    });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
