/** A version that was tried, and the last major version that was: everything between counts as tried. */
interface TestedVersions {
  readonly lowest: string;
  readonly lastMajor: number;
}

/**
 * Frameworks and runtimes that `npm run test:matrix` tries, with the versions it tries: see docs/compatibility.md.
 * Peer ranges are wider, because a range must never stop an install that works.
 */
export const TESTED_VERSIONS = {
  'Node.js': { lowest: '20.19', lastMajor: 26 },
  '@nestjs/core': { lowest: '10.0', lastMajor: 12 },
  fastify: { lowest: '4.0', lastMajor: 5 },
  next: { lowest: '14.2', lastMajor: 16 },
  react: { lowest: '18.0', lastMajor: 19 },
} satisfies Record<string, TestedVersions>;

/** Symbols of the global registry exist once per process, however many copies of this file are loaded. */
const WARNED = Symbol.for('carillon.warned-untested');
const processWide = globalThis as { [WARNED]?: Set<string> };

/**
 * Warns, once per process and package, when a version is outside of what was tried. Never throws: an unknown version
 * (`undefined`, or not a number) is left alone.
 *
 * For integrations: call it where the framework is first used, with the version the framework itself tells
 * (`app.version`, `React.version`, the `version` in its package.json), and keep the range in {@link TESTED_VERSIONS}.
 *
 * @param name what is checked, as in {@link TESTED_VERSIONS}.
 * @param found its version, such as `10.4.1` or `16.0.0-canary.3`.
 */
export function warnIfUntested(name: keyof typeof TESTED_VERSIONS, found: string | undefined): void {
  const tested: TestedVersions = TESTED_VERSIONS[name];
  if (found === undefined || isTested(found, tested)) return;
  processWide[WARNED] ??= new Set();
  const warned = processWide[WARNED];
  if (warned.has(name)) return;
  warned.add(name);
  warn(
    `carillon was not tried with ${name} ${found}, only with ${name} ${tested.lowest} to ${tested.lastMajor}. ` +
      'It may work: docs/compatibility.md lists what was tried.',
  );
}

function isTested(found: string, { lowest, lastMajor }: TestedVersions): boolean {
  const [major, minor] = numbersOf(found);
  const [lowestMajor, lowestMinor] = numbersOf(lowest);
  if (Number.isNaN(major)) return true;
  if (major === lowestMajor) return minor >= lowestMinor;
  return major > lowestMajor && major <= lastMajor;
}

function numbersOf(version: string): [major: number, minor: number] {
  const [major, minor = '0'] = version.split('.');
  return [Number.parseInt(major!, 10), Number.parseInt(minor, 10)];
}

/** As Node.js shows warnings, with a code to tell it by; in browsers, on the console. */
function warn(message: string): void {
  if (typeof process === 'object' && typeof process.emitWarning === 'function') {
    process.emitWarning(message, { type: 'CarillonWarning', code: 'CARILLON_UNTESTED' });
  } else {
    console.warn(message);
  }
}
