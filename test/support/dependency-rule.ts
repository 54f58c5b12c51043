// Checks a tree of sources against a table of who may import whom.
import { posix } from 'node:path';
import { readSource, type SourceFacts } from './source-facts.js';

export interface Row {
  /** A file, or a folder with a slash at its end. The longest that fits a file is the one that counts for it. */
  who: string;
  /** What it may import besides itself, in the same form. */
  may: readonly string[];
  /** What it may import with `import type` only. */
  mayTypes?: readonly string[];
  /** Reaches the outside world: may load the modules listed as `outside`. */
  outside?: boolean;
  /** May use the global timers. */
  timers?: boolean;
}

export interface DependencyRule {
  rows: readonly Row[];
  /** Modules that do input and output: only types of them, except where a row says otherwise. */
  outside: readonly string[];
  /** Imports of types that may close a cycle, as pairs of files; no others may. */
  typeCycles?: readonly (readonly [from: string, to: string])[];
  /** Packages that may be imported (`node:` modules may anyway); all of them if left out. */
  packages?: readonly string[];
}

const covers = (place: string, path: string): boolean =>
  place.endsWith('/') ? path.startsWith(place) : path === place;

/** Every violation, as a sentence; none if the tree keeps to the rule. */
export function checkDependencies(files: ReadonlyMap<string, string>, rule: DependencyRule): string[] {
  const violations: string[] = [];
  const loads = new Map<string, string[]>();
  const knows = new Map<string, string[]>();
  for (const [path, source] of files) {
    const row = rule.rows
      .filter(({ who }) => covers(who, path))
      .sort((a, b) => b.who.length - a.who.length)
      .at(0);
    if (!row) {
      violations.push(`${path} has no row in the table`);
      continue;
    }
    const facts = readSource(source, path);
    if (facts.timers.length > 0 && !row.timers) violations.push(`${path} uses ${facts.timers[0]}`);
    const { loaded, known } = checkImports(path, row, facts, files, rule, violations);
    loads.set(path, loaded);
    knows.set(
      path,
      known.filter((target) => !rule.typeCycles?.some(([from, to]) => from === path && to === target)),
    );
  }
  const cycles = findCycles(loads).map((cycle) => `cycle: ${cycle.join(' -> ')}`);
  if (cycles.length === 0 && rule.typeCycles !== undefined)
    cycles.push(...findCycles(knows).map((cycle) => `cycle of types: ${cycle.join(' -> ')}`));
  return [...violations, ...cycles];
}

/** Reports the imports that are forbidden; returns the files that are really loaded, and those known by their types, too. */
function checkImports(
  path: string,
  row: Row,
  { imports }: SourceFacts,
  files: ReadonlyMap<string, string>,
  rule: DependencyRule,
  violations: string[],
): { loaded: string[]; known: string[] } {
  const loaded: string[] = [];
  const known: string[] = [];
  for (const { specifier, typeOnly } of imports) {
    if (!specifier.startsWith('.')) {
      const name = specifier.replace(/^node:/, '');
      const isBuiltin = specifier.startsWith('node:');
      const isOutside = rule.outside.includes(name);
      if (isOutside && !typeOnly && !row.outside) violations.push(`${path} reaches outside: ${specifier}`);
      else if (/^timers(\/|$)/.test(name) && !row.timers) violations.push(`${path} uses ${specifier}`);
      else if (!isBuiltin && rule.packages?.includes(specifier) === false)
        violations.push(`${path} imports package ${specifier}`);
      continue;
    }
    const target = resolve(path, specifier, files);
    if (!target) {
      violations.push(`${path} imports ${specifier}, which does not exist`);
      continue;
    }
    known.push(target);
    if (!typeOnly) loaded.push(target);
    const allowed = [row.who, ...row.may, ...(typeOnly ? (row.mayTypes ?? []) : [])];
    if (!allowed.some((place) => covers(place, target))) {
      violations.push(`${path} imports ${typeOnly ? 'types of ' : ''}${target}`);
    }
  }
  return { loaded, known };
}

function resolve(from: string, specifier: string, files: ReadonlyMap<string, string>): string | undefined {
  const target = posix.join(posix.dirname(from), specifier);
  const sources = ['.ts', '.tsx', '.d.ts'].map((ending) => target.replace(/\.js$/, ending));
  return [...sources, target].find((path) => files.has(path));
}

/** The cycles of files that load each other: at least one of each knot. */
function findCycles(graph: ReadonlyMap<string, string[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const walk = (path: string): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      cycles.push([...trail.slice(start), path]);
      return;
    }
    if (done.has(path)) return;
    trail.push(path);
    for (const next of graph.get(path) ?? []) walk(next);
    trail.pop();
    done.add(path);
  };
  for (const path of graph.keys()) walk(path);
  return cycles;
}
