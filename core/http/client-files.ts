import { createReadStream, readFileSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBrotliCompress, createDeflate, createGzip } from 'node:zlib';
import cors from 'cors';
import type { CorsOptions, CorsOptionsDelegate } from './origins.js';

/** File names of the browser bundle, as `<path>/socket.io.min.js` and so on. */
const FILE = /^\/socket\.io(\.msgpack|\.esm)?(\.min)?\.js(\.map)?$/;

interface Bundle {
  folder: string;
  version: string;
}

let bundle: Bundle | null | undefined;

/**
 * Our own bundle when the package holds one; else the official client's, when it is installed. None at all when this file
 * was bundled into an application, away from the package's others.
 */
function findBundle(): Bundle | null {
  // Bundlers may leave nothing of where a module was.
  const self: string | undefined = import.meta.url;
  if (!self?.startsWith('file:')) return null;
  const here = dirname(fileURLToPath(self));
  for (const root of [join(here, '..', '..'), join(here, '..', '..', '..'), join(here, '..', '..', '..', '..')]) {
    const folder = join(root, 'dist', 'browser');
    if (isFile(join(folder, 'socket.io.js'))) {
      return { folder, version: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version };
    }
  }
  try {
    const manifest = createRequire(self).resolve('socket.io-client/package.json');
    return { folder: join(dirname(manifest), 'dist'), version: JSON.parse(readFileSync(manifest, 'utf8')).version };
  } catch {
    return null;
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/**
 * Serves the files of the browser bundle below a path, or answers 404 when there is no such file here. Returns `false`
 * when the request is for something else.
 */
export type ClientFiles = (request: IncomingMessage, response: ServerResponse) => boolean;

/** @param options who may load them from another origin; without, pages can do so with a plain `<script>` only. */
export function clientFiles(path: string, options: CorsOptions | CorsOptionsDelegate | undefined): ClientFiles {
  const allow = options === undefined ? null : cors(options as cors.CorsOptions);
  return (request, response) => {
    const file = findFile(path, request);
    if (file === undefined) return false;
    if (allow === null) sendFile(file, request, response);
    else allow(request, response, () => sendFile(file, request, response));
    return true;
  };
}

interface ClientFile {
  /** `undefined` when there is no such file: the bundle was not built, or an application's bundler left it behind. */
  location: string | undefined;
  name: string;
  etag: string;
}

function findFile(path: string, request: IncomingMessage): ClientFile | undefined {
  const url = request.url ?? '';
  if (!url.startsWith(`${path}/socket.io`)) return undefined;
  const question = url.indexOf('?');
  const name = url.slice(path.length, question === -1 ? undefined : question);
  if (!FILE.test(name)) return undefined;
  if (bundle === undefined) bundle = findBundle();
  if (bundle === null) return { location: undefined, name, etag: '' };
  const location = join(bundle.folder, name);
  return { location: isFile(location) ? location : undefined, name, etag: `"${bundle.version}"` };
}

function sendFile({ location, name, etag }: ClientFile, request: IncomingMessage, response: ServerResponse): void {
  if (location === undefined) {
    response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' });
    response.end(`carillon has no file ${name.slice(1)} here`);
    return;
  }
  const given = request.headers['if-none-match'];
  if (given === etag || given === `W/${etag}`) {
    response.writeHead(304).end();
    return;
  }
  response.setHeader('Cache-Control', 'public, max-age=0');
  response.setHeader('Content-Type', `application/${name.endsWith('.map') ? 'json' : 'javascript'}; charset=utf-8`);
  response.setHeader('ETag', etag);
  const varies = response.getHeader('Vary');
  response.setHeader('Vary', varies === undefined ? 'Accept-Encoding' : `${varies}, Accept-Encoding`);
  const accepted = String(request.headers['accept-encoding'] ?? '');
  const stream = createReadStream(location);
  stream.on('error', () => response.destroy());
  const encoding = ['br', 'gzip', 'deflate'].find((each) =>
    new RegExp(`\\b${each}\\b(?!;q=0(\\.0+)?\\b)`).test(accepted),
  );
  if (encoding === undefined) {
    response.writeHead(200);
    stream.pipe(response);
    return;
  }
  response.writeHead(200, { 'Content-Encoding': encoding });
  const compressor = encoding === 'br' ? createBrotliCompress() : encoding === 'gzip' ? createGzip() : createDeflate();
  stream.pipe(compressor).pipe(response);
}
