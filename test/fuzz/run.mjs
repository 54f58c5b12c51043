// `npm run fuzz`: the fuzz targets for as long as you like. Inputs that break something join test/fuzz/corpus.
//
//   npm run fuzz                          60 seconds per target
//   npm run fuzz -- --seconds 600 frame   ten minutes of one target
//   npm run fuzz -- --seed 123 decode     the inputs of an earlier run
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/jest/bin/jest.js',
    '--selectProjects=fuzz',
    '--maxWorkers=2',
    ...positionals.map((name) => `fuzz/${name}`),
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
      FUZZ_SECONDS: values.seconds,
      FUZZ_HUNT: '1',
      ...(values.seed === undefined ? {} : { FUZZ_SEED: values.seed }),
    },
  },
);
process.exitCode = status ?? 1;
