/** What we ask of a `package.json`. */
interface Manifest {
  type?: unknown;
  version?: string;
}

/**
 * Modules of Node.js, without an import: bundlers also compile what imports `withCarillon` for the edge runtime, which
 * has none of them, and complain of what they see.
 */
const { process: runtime } = globalThis;

/** The `package.json` in a folder; `undefined` when it cannot be read. */
export function readManifest(folder: string): Manifest | undefined {
  const { readFileSync } = runtime.getBuiltinModule('node:fs');
  try {
    return JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The version of Next that the project in a folder has; `undefined` when it cannot be told. */
export function nextVersion(folder: string): string | undefined {
  const { createRequire } = runtime.getBuiltinModule('node:module');
  const { dirname } = runtime.getBuiltinModule('node:path');
  try {
    return readManifest(dirname(createRequire(`${folder}/package.json`).resolve('next/package.json')))?.version;
  } catch {
    return undefined;
  }
}

/**
 * Warns of `"type": "commonjs"` in the working directory: npm 11 writes it into every new `package.json`, and what Next
 * then says is about files of its own.
 */
export function warnOfCommonJs(): void {
  const folder = runtime.cwd();
  // Pages in TypeScript are taken for what they are.
  const isTyped = runtime.getBuiltinModule('node:fs').existsSync(`${folder}/tsconfig.json`);
  if (isTyped || readManifest(folder)?.type !== 'commonjs') return;
  runtime.emitWarning(
    `${folder}/package.json has "type": "commonjs", with which Next refuses pages that have \`import\` in them. ` +
      'Run `npm pkg set type=module` (or `npm pkg delete type`) in that folder.',
    { type: 'CarillonWarning', code: 'CARILLON_COMMONJS_PAGES' },
  );
}

/** The version of Next in the working directory. */
export function ownNextVersion(): string | undefined {
  return nextVersion(runtime.cwd());
}
