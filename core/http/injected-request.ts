import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { InjectedRequest, PlainAnswer, PlainRequest } from '../extension.js';
import { headersOf } from './compact-request.js';

/** Headers between two neighbours: the node that writes the answer makes its own. */
const HOP_BY_HOP: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date']);

/**
 * Answers a request that is given as a value, as if it had come in over HTTP.
 *
 * @param serve what serves requests that do.
 */
export function injectRequest(
  plain: PlainRequest,
  serve: (request: IncomingMessage, response: ServerResponse) => void,
): InjectedRequest {
  const request = new IncomingMessage(new Socket());
  request.method = plain.method;
  request.url = plain.url;
  request.rawHeaders = [...plain.rawHeaders];
  Object.assign(request, headersOf(plain.rawHeaders));
  request.push(plain.body);
  request.push(null);
  const wire = new Wire();
  const response = new ServerResponse(request);
  response.assignSocket(wire as unknown as Socket);
  const answer = new Promise<PlainAnswer>((resolve, reject) => {
    response.on('finish', () => resolve(wire.answer(response.statusCode)));
    response.on('close', () => reject(new Error('the client is gone')));
  });
  serve(request, response);
  return { answer, abort: () => wire.destroy() };
}

/** The other end of a response: keeps what was written. */
class Wire extends Duplex {
  readonly #chunks: Buffer[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }

  /** Our own answers have a length, and no transfer encoding: the body is what stands behind the head. */
  answer(status: number): PlainAnswer {
    const bytes = Buffer.concat(this.#chunks);
    const end = bytes.indexOf('\r\n\r\n');
    const [, ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
    const headers: [string, string][] = [];
    for (const line of lines) {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon);
      if (!HOP_BY_HOP.has(name.toLowerCase())) headers.push([name, line.slice(colon + 1).trim()]);
    }
    return { status, headers, body: bytes.subarray(end + 4) };
  }
}
