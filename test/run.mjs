// `npm test`: every check there is, one after the other, on a machine that has only Node and npm.
//
//   npm test                      everything
//   npm test -- unit lint         some steps, by name
//   npm test -- unit -t 'outbox'  what follows the first dash goes to Jest
//   npm test -- --changed         what the change of this branch touches: since `main`, or since the commit that is named
//                                 behind it; committed or not. Build, types and lint always run
//
// Nothing is ever skipped: a step that cannot run has failed. The last line is `N passed, N failed`, where each Jest
// test counts as one and so does each other step; the exit code is 1 when anything failed.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { changedFiles, touchedBy } from './changed.mjs';
import { provideChromium } from './support/chromium-path.mjs';
import { providePostgres } from './support/servers/postgres-path.mjs';
import { provideProxy } from './support/servers/proxy-path.mjs';
import { provideRedis } from './support/servers/redis-path.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'carillon-test-'));
const color = Boolean(process.stdout.isTTY) && !process.env.NO_COLOR;
const tool = (name) => join(root, 'node_modules', '.bin', name);

/** A hung step is a failed step; no step comes near this, whatever else the machine does. */
const stepLimit = 40 * 60_000;

/** Jest projects in the order they run. Those that measure time or memory, or drive a browser, get a process of their own. */
const projects = [
  { name: 'unit', workers: 4, coverage: true },
  { name: 'contract', workers: 2 },
  { name: 'lowest-peers', workers: 2, folder: 'contract' },
  { name: 'package', workers: 2 },
  { name: 'compat', workers: 2 },
  { name: 'faults', workers: 2 },
  { name: 'cluster', workers: 2, servers: true },
  { name: 'extensions', workers: 2 },
  { name: 'hostile', workers: 1 },
  { name: 'fuzz', workers: 2 },
  { name: 'types', workers: 2 },
  { name: 'browser', workers: 1, chromium: true },
  { name: 'proxies', workers: 1, chromium: true, proxies: true },
];

const steps = [
  { name: 'build', run: build },
  // Several versions are installed, and which of them `.bin/tsc` is depends on the order in which npm links them.
  {
    name: 'typecheck',
    run: () => check(process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', 'test/tsconfig.json'),
  },
  { name: 'lint', run: () => check(tool('biome'), 'ci', ...(color ? [] : ['--colors=off']), '.') },
  ...projects
    .filter((project) => existsSync(join(root, 'test', project.folder ?? project.name)))
    .map((project) => ({ name: project.name, run: () => jest(project) })),
  { name: 'languages', run: languages },
];

const paint = (code, text) => (color ? `\x1b[${code}m${text}\x1b[0m` : text);
const print = (line = '') => process.stdout.write(`${line}\n`);

/** Runs a command in the package's root with our output; resolves to its exit code (1 for a signal or a missing file). */
function execute(command, args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
    const timer = setTimeout(() => {
      print(`Stopped: not done after ${stepLimit / 60_000} minutes.`);
      child.kill('SIGKILL');
    }, stepLimit);
    child.on('error', (error) => {
      clearTimeout(timer);
      print(`Could not start ${command}: ${error.message}. Has \`npm ci\` been run?`);
      resolve(1);
    });
    child.on('exit', (code) => {
      clearTimeout(timer);
      resolve(code ?? 1);
    });
  });
}

async function check(command, ...args) {
  const code = await execute(command, args);
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** From nothing: a file that was deleted from the sources must not live on in `dist`. */
async function build() {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const code = await execute(process.execPath, [join(root, 'core', 'build', 'index.mjs')]);
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** The share of `npm run test:languages` that is built quickly; Jest's arguments are not for it. */
async function languages() {
  if (changed !== null && touchedBy(changed, root, { name: 'languages' }) === null) {
    print('Not touched.');
    return { passed: 0, failed: 0 };
  }
  const env = { CARILLON_COUNTS: join(scratch, 'languages.json') };
  const code = await execute(process.execPath, [join(root, 'test', 'languages', 'run.mjs'), '--share'], env);
  if (!existsSync(env.CARILLON_COUNTS)) return { passed: 0, failed: 1 };
  const { passed, failed } = JSON.parse(readFileSync(env.CARILLON_COUNTS, 'utf8'));
  return { passed, failed: failed === 0 && code !== 0 ? 1 : failed };
}

async function jest(project) {
  const touched = changed === null ? 'all' : touchedBy(changed, root, project);
  if (touched === null) {
    print('Not touched.');
    return { passed: 0, failed: 0 };
  }
  const env = { CARILLON_COUNTS: join(scratch, `${project.name}.json`) };
  env.NODE_OPTIONS = [
    process.env.NODE_OPTIONS,
    '--experimental-vm-modules', // Jest's support for ES modules needs it,
    '--disable-warning=ExperimentalWarning', // and Node would say so once per worker.
  ]
    .filter(Boolean)
    .join(' ');
  try {
    if (project.chromium) env.CARILLON_CHROMIUM = await provideChromium(print);
    if (project.proxies) for (const name of ['nginx', 'haproxy']) await provideProxy(name, print);
    if (project.servers) await Promise.all([provideRedis(print), providePostgres(print)]);
  } catch (error) {
    print(error.message);
    return { passed: 0, failed: 1 };
  }
  const workers = Math.min(project.workers, Math.max(1, availableParallelism()));
  const code = await execute(
    tool('jest'),
    [
      '--ci',
      `--selectProjects=${project.name}`,
      `--maxWorkers=${workers}`,
      '--reporters=default',
      '--reporters=<rootDir>/test/support/count-reporter.mjs',
      // A part of the tests reaches a part of the code.
      ...(project.coverage && touched === 'all' && jestArguments.length === 0 ? ['--coverage'] : []),
      ...(touched === 'all' ? [] : ['--passWithNoTests', '--findRelatedTests', ...touched]),
      ...jestArguments,
    ],
    env,
  );
  if (!existsSync(env.CARILLON_COUNTS)) return { passed: 0, failed: 1 };
  const { passed, failed, notRun } = JSON.parse(readFileSync(env.CARILLON_COUNTS, 'utf8'));
  // With a name filter (`-t`) the tests left out are what was asked for; otherwise a skipped test is a failed one.
  const skipped = jestArguments.length === 0 ? notRun : 0;
  if (touched !== 'all' && code === 0 && passed + failed + skipped === 0) {
    print('Not touched.');
    return { passed: 0, failed: 0 };
  }
  if (skipped > 0) print(`${skipped} skipped: counted as failed.`);
  if (passed + failed + skipped === 0) print('No test ran.');
  const silentFailure = failed + skipped === 0 && (code !== 0 || passed === 0) ? 1 : 0;
  return { passed, failed: failed + skipped + silentFailure };
}

const words = process.argv.slice(2);
const changed = takeChanged();
const firstDash = words.findIndex((word) => word.startsWith('-'));
const selected = firstDash < 0 ? words : words.slice(0, firstDash);
const jestArguments = firstDash < 0 ? [] : words.slice(firstDash);

/** Takes `--changed [ref]` out of the words. @returns the files, or `null` without it. */
function takeChanged() {
  const at = words.indexOf('--changed');
  if (at < 0) return null;
  const [, ref = 'main'] = words.splice(at, words[at + 1]?.startsWith('-') === false ? 2 : 1);
  const files = changedFiles(root, ref);
  print(`${files.length} files differ from ${ref}.`);
  return files;
}

async function main() {
  const unknown = selected.filter((word) => !steps.some((step) => step.name === word));
  if (unknown.length > 0) {
    print(`No such step: ${unknown.join(', ')}. There are: ${steps.map((step) => step.name).join(', ')}.`);
    return { passed: 0, failed: unknown.length };
  }
  const wanted = (step) => selected.length === 0 || selected.includes(step.name);
  // Tests of browsers, packages and languages run what the build made, and a stale one would be tested in silence.
  const needsBuild = [...projects, { name: 'languages' }].some(wanted);
  const chosen = steps.filter((step) => wanted(step) || (step.name === 'build' && needsBuild));
  const rows = [];
  for (const step of chosen) {
    print(paint('1;36', `\n━━ ${step.name} ${'━'.repeat(Math.max(4, 76 - step.name.length))}`));
    const start = performance.now();
    const { passed, failed } = await step.run();
    const seconds = `${((performance.now() - start) / 1000).toFixed(1)} s`;
    const mark = failed === 0 ? paint('32', '✓') : paint('31', '✗');
    print(`${mark} ${step.name}: ${passed} passed, ${failed} failed (${seconds})`);
    rows.push({ name: step.name, mark, passed, failed, seconds });
  }
  print(paint('1;36', `\n━━ all ${'━'.repeat(73)}`));
  for (const { name, mark, passed, failed, seconds } of rows) {
    print(
      `${mark} ${name.padEnd(10)} ${`${passed} passed`.padStart(12)} ${`${failed} failed`.padStart(10)} ${seconds.padStart(9)}`,
    );
  }
  return {
    passed: rows.reduce((sum, row) => sum + row.passed, 0),
    failed: rows.reduce((sum, row) => sum + row.failed, 0),
  };
}

const total = await main();
rmSync(scratch, { recursive: true, force: true });
print();
print(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
