// `npm run test:mutation`: breaks core in small ways, one at a time, and counts what the unit and fuzz tests notice.
//
//   npm run test:mutation                           60 mutants of each folder, drawn at random
//   npm run test:mutation -- core/rooms             of one folder, or file
//   npm run test:mutation -- --sample 200 --seed 7  more of them, others
//   npm run test:mutation -- --minutes 5            stops then; what it knows is kept, and the next run goes on
//   npm run test:mutation -- --table                brings the table in docs/reliability.md up to date
//
// A mutant dies in the test of its file, or else in those of its folder, or in the fuzz tests about its folder; where
// neither ends in time, it is dead, too. It works in a copy of the project.
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mutantsOf } from './mutants.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '0' },
    workers: { type: 'string', default: '2' },
    table: { type: 'boolean', default: false },
  },
});
const sample = Number(values.sample);
const seed = Number(values.seed);
const deadline = Number(values.minutes) > 0 ? Date.now() + Number(values.minutes) * 60_000 : Number.POSITIVE_INFINITY;

/** The folders that have a target, and the share of mutants, in per cent, that has to die. */
const TARGETS = {
  'core/protocol': 92,
  'core/engine': 92,
  'core/rooms': 92,
  'core/server': 80,
  'core/http': 80,
  'core/cluster': 80,
  'core/adapters': 80,
  'core/client': 80,
};
/** Files that only declare, start or list things. */
const PASSED_OVER = /(\.d\.ts|\/types\.ts|\/contracts\.ts|\/index\.ts|\/public\.ts)$/;
/** A worker is renewed after so many runs: what Jest keeps of each adds up. */
const RUNS_PER_WORKER = 60;
/** Milliseconds after which a run hangs: many times what the same tests took before anything was broken, and at least this. */
const HANG = 180_000;
const HANG_FACTOR = 8;

const root = fileURLToPath(new URL('../..', import.meta.url));
const cacheFile = join(root, 'test-output/mutation.json');
const cache = existsSync(cacheFile) ? JSON.parse(readFileSync(cacheFile, 'utf8')) : {};

/** The same numbers for the same seed (mulberry32). */
function randomFrom(start) {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function filesBelow(path, pattern) {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  if (statSync(full).isFile()) return [path];
  return readdirSync(full, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((name) => pattern.test(name))
    .sort();
}

/** So many mutants of a folder or file, drawn at random. */
function draw(path) {
  const all = filesBelow(path, /\.ts$/)
    .filter((file) => !PASSED_OVER.test(file))
    .flatMap((file) => {
      const source = readFileSync(join(root, file), 'utf8');
      return mutantsOf(source).map((mutant) => ({ file, source, ...mutant }));
    });
  const random = randomFrom(seed);
  // Fisher and Yates, as far as it is needed.
  for (let i = 0; i < Math.min(sample, all.length); i++) {
    const j = i + Math.floor(random() * (all.length - i));
    [all[i], all[j]] = [all[j], all[i]];
  }
  return { count: all.length, mutants: all.slice(0, sample) };
}

/** Test files that may notice, in the order in which they are asked. */
function stagesOf(file) {
  const own = file.replace(/^core/, 'test/unit').replace(/\.ts$/, '');
  const prefix = basename(own);
  const beside = filesBelow(dirname(own), /\.test\.ts$/);
  const first = beside.filter((test) => test.startsWith(`${own}.`) || basename(test).startsWith(`${prefix}-`));
  const room = file.split('/').slice(1, 2).join('/');
  const folder = filesBelow(`test/unit/${room}`, /\.test\.ts$/).filter((test) => !first.includes(test));
  const fuzz = filesBelow('test/fuzz', /\.test\.ts$/).filter((test) => mentions(test, file));
  return [
    first,
    [...folder.filter((test) => beside.includes(test)), ...folder.filter((test) => !beside.includes(test)), ...fuzz],
  ];
}

/** A fuzz test is about the folders it imports from. */
function mentions(test, file) {
  return readFileSync(join(root, test), 'utf8').includes(`../../${dirname(file)}/`);
}

const sandbox = mkdtempSync(join(tmpdir(), 'carillon-mutation-'));
function prepare(folder) {
  mkdirSync(folder);
  for (const name of [
    'core',
    'integrations',
    'examples',
    'test',
    'docs',
    'jest.config.mjs',
    'package.json',
    'tsconfig.json',
    'README.md',
  ])
    cpSync(join(root, name), join(folder, name), {
      recursive: true,
      filter: (path) => !/node_modules|\.next/.test(relative(root, path)),
    });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
}

/** A process that runs tests in a copy of its own. */
class Worker {
  #folder;
  #child = null;
  #runs = 0;
  #id = 0;

  constructor(index) {
    this.#folder = join(sandbox, String(index));
    prepare(this.#folder);
  }

  write(file, text) {
    writeFileSync(join(this.#folder, file), text);
  }

  /** @returns `{ killed, ran, failure }`; killed when it does not end. */
  async run(tests, limit) {
    if (this.#child === null || this.#runs++ >= RUNS_PER_WORKER) await this.#renew();
    const id = this.#id++;
    const child = this.#child;
    return new Promise((resolve) => {
      const finish = (result) => {
        clearTimeout(timer);
        child.off('message', onMessage).off('exit', onExit);
        resolve(result);
      };
      const onMessage = (message) => message.id === id && finish(message);
      const onExit = () => {
        finish({ killed: true, ran: 0, failure: 'the process ended' });
      };
      const timer = setTimeout(() => child.kill('SIGKILL'), limit);
      child.on('message', onMessage).on('exit', onExit);
      child.send({ id, tests });
    });
  }

  async #renew() {
    this.end();
    this.#runs = 0;
    this.#child = fork(fileURLToPath(new URL('worker.mjs', import.meta.url)), [], {
      cwd: this.#folder,
      execArgv: ['--experimental-vm-modules', '--no-warnings'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: { ...process.env, NODE_OPTIONS: '', FUZZ_SECONDS: '0.5', FUZZ_SEED: '1', CI: '1' },
    });
    const child = this.#child;
    // What a broken test left behind may end it at any time.
    child.on('error', () => {});
    child.once('exit', () => {
      if (this.#child === child) this.#child = null;
    });
    await new Promise((resolve) => child.once('message', resolve));
  }

  end() {
    this.#child?.kill('SIGKILL');
    this.#child = null;
  }
}

const describe = ({ file, line, source, start, end, text }) => {
  const short = (words) => (words.length > 60 ? `${words.slice(0, 57)}...` : words).replaceAll(/\s+/g, ' ');
  return `${file}:${line}  ${short(source.slice(start, end))}  →  ${short(text)}`;
};
const keyOf = ({ file, source, start, end, text }) =>
  createHash('sha256')
    .update(JSON.stringify([file, source, start, end, text]))
    .digest('hex')
    .slice(0, 24);

/** What was found out about a mutant; one that survived is judged again when a test that may notice has changed. */
function verdictOn(mutant) {
  const known = cache[keyOf(mutant)];
  if (known === undefined || known === 'killed') return known;
  return known === testsKeyOf(mutant.file) ? 'survived' : undefined;
}

function testsKeyOf(file) {
  const hash = createHash('sha256');
  for (const test of stagesOf(file).flat()) hash.update(readFileSync(join(root, test)));
  return hash.digest('hex').slice(0, 24);
}

async function judge(worker, mutant, limit) {
  const { file, source, start, end, text } = mutant;
  worker.write(file, source.slice(0, start) + text + source.slice(end));
  try {
    for (const tests of stagesOf(file)) {
      if (tests.length > 0 && (await worker.run(tests, limit)).killed) return 'killed';
    }
    return 'survived';
  } finally {
    worker.write(file, source);
  }
}

const folders = positionals.length > 0 ? positionals.map((each) => each.replace(/\/$/, '')) : Object.keys(TARGETS);
const workers = Array.from({ length: Number(values.workers) }, (_, index) => new Worker(index));
const rows = [];
let isLate = false;
try {
  for (const folder of folders) {
    const { count, mutants } = draw(folder);
    const known = mutants.filter((mutant) => verdictOn(mutant) !== undefined).length;
    console.log(`${folder}: ${mutants.length} of ${count} mutants, ${known} known`);
    let limit = HANG;
    if (known < mutants.length) {
      // Tests that fail without a mutant prove nothing.
      const tests = [...new Set(mutants.flatMap((mutant) => stagesOf(mutant.file).flat()))];
      const start = performance.now();
      const { killed, ran, failure } = await workers[0].run(tests, 10 * HANG);
      limit = Math.max(HANG, HANG_FACTOR * (performance.now() - start));
      if (killed || ran === 0) throw new Error(`the tests of ${folder} fail as it is: ${failure}`);
    }
    const queue = mutants.filter((mutant) => verdictOn(mutant) === undefined);
    await Promise.all(
      workers.map(async (worker) => {
        while (queue.length > 0 && Date.now() < deadline) {
          const mutant = queue.shift();
          const verdict = await judge(worker, mutant, limit);
          cache[keyOf(mutant)] = verdict === 'killed' ? verdict : testsKeyOf(mutant.file);
          mkdirSync(dirname(cacheFile), { recursive: true });
          writeFileSync(cacheFile, JSON.stringify(cache));
        }
      }),
    );
    isLate ||= queue.length > 0;
    const judged = mutants.filter((mutant) => verdictOn(mutant) !== undefined);
    const survivors = judged.filter((mutant) => verdictOn(mutant) === 'survived');
    for (const mutant of survivors) console.log(`  survived  ${describe(mutant)}`);
    const share = judged.length === 0 ? 0 : ((judged.length - survivors.length) / judged.length) * 100;
    console.log(`  ${judged.length - survivors.length} of ${judged.length} died: ${share.toFixed(0)} %`);
    rows.push({ folder, count, judged: judged.length, died: judged.length - survivors.length, share });
  }
} finally {
  for (const worker of workers) worker.end();
  rmSync(sandbox, { recursive: true, force: true });
}
if (isLate) console.log('The time is up; the next run goes on.');

if (values.table && !isLate) {
  const page = join(root, 'docs/reliability.md');
  const [before, rest] = readFileSync(page, 'utf8').split('<!-- mutation:begin -->');
  const [, after] = rest.split('<!-- mutation:end -->');
  const line = ({ folder, count, judged, died, share }) =>
    `| \`${folder}\` | ${count} | ${judged} | ${died} | ${share.toFixed(0)} % | ${TARGETS[folder]} % |`;
  const table = [
    '| folder | mutants | drawn | died | share | target |',
    '|---|--:|--:|--:|--:|--:|',
    ...rows.map(line),
  ];
  const when = `${new Date().toISOString().slice(0, 10)}, seed ${seed}, ${sample} of each folder.`;
  writeFileSync(
    page,
    `${before}<!-- mutation:begin -->\n${when}\n\n${table.join('\n')}\n<!-- mutation:end -->${after}`,
  );
}
const missed = rows.filter(({ folder, share }) => share < (TARGETS[folder] ?? 0));
process.exitCode = missed.length > 0 && !isLate ? 1 : 0;
