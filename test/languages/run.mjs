// `npm run test:languages`: clients of other languages, from their registries, against our server and the official one; what
// they and the server observe must be the same. Then our client against the servers of other languages.
//
//   npm run test:languages                  everything
//   npm run test:languages -- python rust   some languages
//   npm run test:languages -- --share       what is part of `npm test`: languages whose programs are built in a minute
//
// A language whose tools are not on the machine is named, and with CI=true it has failed. Every awaited event has a limit of a
// minute in the programs themselves; what they print is the transcript.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Server as OfficialServer } from 'socket.io';
import { Server } from '../../dist/core/index.js';
import { languages } from './languages.mjs';
import { serveProgram } from './our-client.mjs';
import { startServer } from './server.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, 'node_modules', '.cache', 'carillon', 'languages');
const print = (line) => process.stdout.write(`${line}\n`);

/** One run of a program, or one build, takes seconds; this ends what hangs. */
const limit = 15 * 60_000;

const words = process.argv.slice(2);
const share = words.includes('--share');
const chosen = words.filter((word) => !word.startsWith('-'));
const unknown = chosen.filter((word) => !languages.some(({ name }) => name === word));

/** @returns {Promise<{ code: number | string, printed: string, output: string }>} standard output, and it with the errors. */
function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    let output = '';
    const add = (text) => {
      output += text;
    };
    child.stderr.setEncoding('utf8').on('data', add);
    child.stdout.setEncoding('utf8').on('data', (text) => {
      printed += text;
      add(text);
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), limit);
    const end = (code) => {
      clearTimeout(timer);
      resolve({ code, printed, output });
    };
    child.on('error', (error) => end(error.message));
    child.on('close', (code, signal) => end(code ?? signal));
  });
}

/** The last lines, which say why something failed. */
const tail = (output) => output.split('\n').slice(-25).join('\n');

const failure = (title, why) => {
  print(`✗ ${title}\n${why.replace(/^/gm, '    ')}`);
  return false;
};

/** Runs one client against one server. @returns the lines of both, or throws with what the program said last. */
async function transcript(Implementation, row, leftOut) {
  const server = await startServer(Implementation, row.server);
  try {
    const { code, printed, output } = await run(row.command, [...row.args(server.url), ...leftOut]);
    const lines = printed.trimEnd().split('\n');
    if (code !== 0 || lines.pop() !== 'done') throw new Error(`ended with ${code}\n${tail(output)}`);
    await server.quiet(row.leavesInSilence);
    return [...lines, ...server.records()];
  } finally {
    await server.close();
  }
}

const attempt = (promise) => promise.catch((error) => error);

/** Compares what a client sees of both servers. */
async function compare(row) {
  const { title } = row;
  const leftOut = Object.keys(row.onlyOurs ?? {});
  const official = await attempt(transcript(OfficialServer, row, leftOut));
  if (official instanceof Error) return failure(`${title}, official server`, official.message);
  const ours = await attempt(transcript(Server, row, []));
  if (ours instanceof Error) return failure(title, ours.message);
  const isOnlyOurs = (line) => leftOut.some((scenario) => line.replace(/^server /, '').startsWith(scenario));
  const compared = ours.filter((line) => !isOnlyOurs(line));
  const at = official.findIndex((line, index) => line !== compared[index]);
  if (at >= 0 || compared.length > official.length) {
    const where = at < 0 ? official.length : at;
    return failure(title, `official: ${official[where]?.slice(0, 2000)}\nours:     ${compared[where]?.slice(0, 2000)}`);
  }
  for (const [scenario, expected] of Object.entries(row.onlyOurs ?? {})) {
    const said = ours.filter((line) => line.startsWith(`${scenario}: `)).join('\n');
    if (said !== expected)
      return failure(title, `expected: ${expected.slice(0, 2000)}\nours:     ${said.slice(0, 2000)}`);
  }
  print(`✓ ${title} (${ours.length} lines)`);
  return true;
}

/** Our client against a server of that language. */
async function connectTo(row) {
  const problem = await attempt(serveProgram(row));
  if (problem instanceof Error) return failure(row.title, problem.stack ?? problem.message);
  print(`✓ ${row.title}`);
  return true;
}

const counts = { passed: 0, failed: unknown.length };
for (const name of unknown)
  print(`No such language: ${name}. There are: ${languages.map(({ name }) => name).join(', ')}.`);
const count = (passed) => {
  counts[passed ? 'passed' : 'failed'] += 1;
};

for (const language of languages) {
  if (chosen.length > 0 ? !chosen.includes(language.name) : share && !language.share) continue;
  const missing = [];
  for (const [command, ...args] of language.tools) {
    const { code } = await run(command, args);
    if (code !== 0) missing.push(command);
  }
  if (missing.length > 0) {
    print(`${language.name}: not run, there is no ${missing.join(' and no ')} here (${language.install}).`);
    if (process.env.CI) count(false);
    continue;
  }
  const folder = join(cache, language.name);
  mkdirSync(folder, { recursive: true });
  const start = performance.now();
  let problem = '';
  for (const [command, ...args] of language.build(folder)) {
    const { code, output } = await run(command, args, {
      cwd: join(dirname(fileURLToPath(import.meta.url)), language.name),
    });
    if (code === 0) continue;
    problem = `${[command, ...args].join(' ')} ended with ${code}\n${tail(output)}`;
    break;
  }
  if (problem !== '') {
    failure(`${language.name}: the build`, problem);
    count(false);
    continue;
  }
  print(`${language.name}: built in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  for (const row of language.clients(folder)) count(await compare({ ...row, title: `${language.name}: ${row.title}` }));
  for (const row of language.servers(folder))
    count(await connectTo({ ...row, title: `${language.name}: ${row.title}` }));
}

if (process.env.CARILLON_COUNTS) writeFileSync(process.env.CARILLON_COUNTS, JSON.stringify({ ...counts, notRun: 0 }));
print(`\n${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;
