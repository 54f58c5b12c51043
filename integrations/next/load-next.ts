import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { warnIfUntested } from '../../core/tested-versions.js';
import { nextVersion } from './project.js';

/** What we use of Next's programmatic interface. */
export interface NextApp {
  prepare(): Promise<void>;
  getRequestHandler(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  close(): Promise<void>;
}

/** The file that `next` means, in whatever folder. */
const NEXT_ITSELF = /[\\/]next[\\/]dist[\\/]server[\\/]next\.js$/;

type NextFactory = (options: object) => NextApp;

/**
 * The function `next()` of the copy that the project itself uses: with another one, Next would run twice.
 *
 * @throws Error when there is none, and when another copy is at work in this process already.
 */
export async function loadNext(directory: string): Promise<NextFactory> {
  let path: string;
  const require = createRequire(join(directory, 'package.json'));
  try {
    path = require.resolve('next');
  } catch {
    throw new Error(
      `carillon: Next.js is not installed in ${directory}: run \`npm install next react react-dom\` there`,
    );
  }
  warnIfUntested('next', nextVersion(directory));
  const other = Object.keys(require.cache).find((file) => NEXT_ITSELF.test(file) && file !== path);
  if (other !== undefined) {
    throw new Error(
      `carillon: two copies of Next.js in one process: ${other} is loaded already, and the project in ${directory} has ` +
        `${path}. Keep one (see \`npm ls next\`), and let createServer() load it: leave \`import next from 'next'\` out.`,
    );
  }
  const exported = require(path) as NextFactory | { default: NextFactory };
  return typeof exported === 'function' ? exported : exported.default;
}
