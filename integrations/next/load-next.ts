import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What we use of Next's programmatic interface. */
export interface NextApp {
  prepare(): Promise<void>;
  getRequestHandler(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  close(): Promise<void>;
}

type NextFactory = (options: object) => NextApp;

/**
 * The function `next()` of the copy that the project itself uses: with another one, Next would run twice.
 *
 * @throws Error when there is none.
 */
export async function loadNext(directory: string): Promise<NextFactory> {
  let path: string;
  try {
    path = createRequire(join(directory, 'package.json')).resolve('next');
  } catch {
    throw new Error(
      `carillon: Next.js is not installed in ${directory}: run \`npm install next react react-dom\` there`,
    );
  }
  // A CommonJS module: `default` is what it exports, and that is the function, or has it as its own default.
  const { default: exported } = (await import(pathToFileURL(path).href)) as {
    default: NextFactory & { default?: NextFactory };
  };
  return typeof exported === 'function' ? exported : (exported as { default: NextFactory }).default;
}
