// What a change touches, for `npm test -- --changed`: imports are followed by Jest; what is read, started or built
// instead of imported stands in the table below.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Whoever changes one of these has changed everything. */
const everything =
  /^(package(-lock)?\.json|tsconfig\.json|jest\.config\.mjs|test\/(run|changed)\.mjs|test\/support\/count-reporter\.mjs)$/;

const core = /^core\//;
const serverSide = /^core\/(?!client\/|emitter\/|adapters\/redis\/)/;

/** Projects that run as a whole: they work with what was built, in other processes, or look at files. */
const wholes = {
  package: [core, /^integrations\//, /README\.md$/, /^examples\//, /^test\/(package|support\/(packed|project|readme))/],
  hostile: [serverSide, /^test\/(hostile|load)\//, /^bench\/load\//],
  proxies: [serverSide, /^core\/client\//, /^docs\/proxies\//, /^test\/proxies\//, /^test\/support\/servers\/prox/],
  languages: [core, /^test\/languages\//],
  types: [core, /^integrations\//, /^test\/types\//],
  browser: [
    /^core\/client\//,
    /^integrations\/(next|react|nestjs|fastify)\//,
    /^examples\//,
    /^test\/(browser|support)\//,
    /README\.md$/,
  ],
};

const clusterSide = /^core\/(adapters|cluster)\/|^test\/cluster\/support\//;

/** Single files that read or start what changed, or import it under a name that is made up at run time. */
const readers = [
  [/^(core|integrations|test|bench|examples)\//, 'test/unit/architecture.test.ts'],
  [/^core\/|^docs\/limits\.md$/, 'test/unit/limits-documentation.test.ts'],
  [/^core\/engine\//, 'test/unit/engine/close-reason.test.ts'],
  [/^core\/client\//, 'test/unit/client/bundles.test.ts'],
  [/^core\/(?!emitter\/|adapters\/redis\/)/, 'test/compat/implementations.ts'],
  [/^docs\/(compatibility|differences)\.md$/, 'test/compat/coverage.test.ts'],
  [clusterSide, 'test/cluster/servers.test.ts'],
  [clusterSide, 'test/cluster/recovery-faults.test.ts'],
  [clusterSide, 'test/cluster/redis-faults.test.ts'],
  [/^integrations\/(next|react)\//, 'test/support/next-project.ts'],
];

/**
 * Files that differ from a commit, committed or not, those that Git does not know yet included.
 *
 * @param {string} root the project's folder.
 * @param {string} ref where the change began; what others have done on that branch since does not count.
 */
export function changedFiles(root, ref) {
  const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean);
  const [base] = git('merge-base', ref, 'HEAD');
  return [
    ...new Set([...git('diff', '--name-only', base), ...git('ls-files', '--others', '--exclude-standard')]),
  ].sort();
}

/**
 * What of a project has to run: `'all'`, or the files whose tests are to be found (see Jest's `--findRelatedTests`), or
 * `null` when none of it is touched.
 */
export function touchedBy(files, root, project) {
  const folder = `test/${project.folder ?? project.name}/`;
  if (files.some((file) => everything.test(file))) return 'all';
  const whole = wholes[project.name];
  if (whole !== undefined) return files.some((file) => whole.some((pattern) => pattern.test(file))) ? 'all' : null;
  const isHere = (test) => test.startsWith(folder) || test.startsWith('test/support/');
  const read = readers.filter(([pattern, test]) => isHere(test) && files.some((file) => pattern.test(file)));
  const sources = files.filter((file) => /\.(tsx?|m?js)$/.test(file)).concat(read.map(([, test]) => test));
  const existing = [...new Set(sources)].filter((file) => existsSync(join(root, file)));
  return existing.length > 0 ? existing : null;
}
