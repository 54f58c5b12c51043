import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { internalsOf } from './internals.js';

interface RouterOptions {
  caseSensitive?: boolean;
  ignoreDuplicateSlashes?: boolean;
  ignoreTrailingSlash?: boolean;
}

type RewriteUrl = (this: FastifyInstance, request: IncomingMessage) => unknown;

/** A setting of the app's router; Fastify 5 moved them into an object of their own. */
function routerOption(app: FastifyInstance, name: keyof RouterOptions): boolean | undefined {
  const config = app.initialConfig as RouterOptions & { routerOptions?: RouterOptions };
  // Where there is such an object, it has the settings that were given in the old way, too.
  return (config.routerOptions ?? config)[name];
}

export function ignoresTrailingSlash(app: FastifyInstance): boolean {
  return routerOption(app, 'ignoreTrailingSlash') === true;
}

/**
 * Reads the path of a request as the app's router does: rewritten, decoded, with its rules for slashes and letters.
 * Polling passes through that router; what is an upgrade on our path must be known before.
 *
 * @param path ours, in the letters the server knows it by.
 */
export function pathnameReader(app: FastifyInstance, path: string): (request: IncomingMessage) => string {
  const rewriteUrl = rewriteUrlOf(app);
  const ignoresCase = routerOption(app, 'caseSensitive') === false;
  const ignoresDuplicates = routerOption(app, 'ignoreDuplicateSlashes') === true;
  const rewritten = (request: IncomingMessage): string => {
    try {
      return String(rewriteUrl?.call(app, request) ?? request.url);
    } catch {
      // It will throw again where the app can see it.
      return request.url ?? '';
    }
  };
  return (request) => {
    let pathname = decoded(rewritten(request).replace(/[?#].*$/s, ''));
    if (ignoresDuplicates) pathname = pathname.replace(/\/{2,}/g, '/');
    const length = path.length;
    if (ignoresCase && pathname.slice(0, length).toLowerCase() === path.toLowerCase()) {
      pathname = path + pathname.slice(length);
    }
    // Where a slash at the end says nothing, clients may leave it out.
    return pathname === path && ignoresTrailingSlash(app) ? `${path}/` : pathname;
  };
}

function rewriteUrlOf(app: FastifyInstance): RewriteUrl | undefined {
  const { rewriteUrl } = internalsOf(app, 'options') as { rewriteUrl?: unknown };
  return typeof rewriteUrl === 'function' ? (rewriteUrl as RewriteUrl) : undefined;
}

function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}
