import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { headersOf } from './compact-request.js';

/** A request of a polling session, on its way from the node it came to, to the node that holds the session. */
export interface RelayedPoll {
  readonly method: string;
  readonly url: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** Its answer, on the way back. */
export interface RelayedAnswer {
  readonly status: number;
  /** Name and value; a name may come twice. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** An answer that is being made, for a request that came to another node. */
export interface RunningPoll {
  /** Rejects when the session ends without one. */
  readonly answer: Promise<RelayedAnswer>;
  /** Whoever asked is gone. */
  abort(): void;
}

/** Finds the node that holds a session, and has it answer. */
export interface SessionRelay {
  /** The node that may have a session; `undefined` when there is none. Never rejects. */
  find(sid: string): Promise<string | undefined>;
  /**
   * @param owner who `find` said.
   * @param gone resolves when the client does not wait any longer.
   * @returns `undefined` when it does not have the session. Never rejects.
   */
  forward(sid: string, owner: string, poll: RelayedPoll, gone: Promise<void>): Promise<RelayedAnswer | undefined>;
}

/** Headers between two neighbours: the node that writes the answer makes its own. */
const HOP_BY_HOP: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date']);

/**
 * Takes a request as it is, body and all, to be answered elsewhere.
 *
 * @returns `undefined` when it was aborted, `too large` when its body has more than `maxBytes`.
 */
export function takePoll(request: IncomingMessage, maxBytes: number): Promise<RelayedPoll | 'too large' | undefined> {
  const { method = 'GET', url = '', rawHeaders } = request;
  if (Number(request.headers['content-length']) > maxBytes) return Promise.resolve('too large');
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.byteLength;
      if (size <= maxBytes) chunks.push(chunk);
      else resolve('too large');
    });
    request.on('end', () => resolve({ method, url, rawHeaders, body: Buffer.concat(chunks) }));
    request.on('error', () => {});
    request.on('close', () => resolve(undefined));
  });
}

/** Writes what another node answered. Headers that are set on the response already stay, next to these. */
export function writeAnswer(response: ServerResponse, { status, headers, body }: RelayedAnswer): void {
  for (const [name, value] of headers) response.appendHeader(name, value);
  response.writeHead(status).end(body);
}

/**
 * Answers a request that came to another node, as if it had come here.
 *
 * @param serve what serves requests of the session that come here.
 */
export function answerPoll(
  poll: RelayedPoll,
  serve: (request: IncomingMessage, response: ServerResponse) => void,
): RunningPoll {
  const request = new IncomingMessage(new Socket());
  request.method = poll.method;
  request.url = poll.url;
  request.rawHeaders = [...poll.rawHeaders];
  Object.assign(request, headersOf(poll.rawHeaders));
  request.push(poll.body);
  request.push(null);
  const wire = new Wire();
  const response = new ServerResponse(request);
  response.assignSocket(wire as unknown as Socket);
  const answer = new Promise<RelayedAnswer>((resolve, reject) => {
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
  answer(status: number): RelayedAnswer {
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
